using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using SmartCity.Model;

namespace SmartCity.Devices.Telemetry;

public sealed partial class TelemetryDecoder
{
    private RejectReason _badTime;
    private int _badTimeOffset, _badTimeLength;

    /// <summary>Reads the members of the object that the reader has entered; their names follow the first <paramref name="prefix"/> bytes of the path.</summary>
    /// <returns>False where the payload has too many values.</returns>
    private bool ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int prefix)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var offset = (int)reader.TokenStartIndex;
            var raw = reader.ValueSpan;
            var name = raw;
            var isEscaped = reader.ValueIsEscaped;
            var length = isEscaped ? Unescape(ref reader) : raw.Length;
            ReadOnlySpan<byte> part = !isEscaped ? raw : length is JsonText.NotUnicode or JsonText.TooLong ? default : _unescaped.AsSpan(0, length);
            reader.Read();
            if (prefix == 0 && ReservedOf(part) is not Reserved.None and var reserved)
            {
                if (!ReadReserved(ref reader, json, reserved)) return false;
                continue;
            }
            var isName = length > 0 && length <= _path.Length && length + (prefix == 0 ? 0 : prefix + 1) <= _path.Length;
            // Plain names of one part need no copy; this is the usual road.
            if (isName && (prefix > 0 || isEscaped || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray))
            {
                // The pieces of a path are judged here, one by one: two halves of a letter must not heal each other.
                if (isName = Utf8.IsValid(part)) name = Join(prefix, part);
            }
            if (!isName)
            {
                if (!RejectName(ref reader, offset, raw)) return false;
            }
            else if (!ReadValue(ref reader, json, name)) return false;
        }
        return true;
    }

    /// <summary>Reads the items of the array that the reader has entered; their names are <c>{path}.0</c>, <c>{path}.1</c> …</summary>
    private bool ReadItems(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int prefix)
    {
        Span<byte> digits = stackalloc byte[10];
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            Utf8Formatter.TryFormat(i, digits, out var length);
            if (prefix + 1 + length <= _path.Length)
            {
                if (!ReadValue(ref reader, json, Join(prefix, digits[..length]))) return false;
            }
            else if (!RejectName(ref reader, (int)reader.TokenStartIndex, _path.AsSpan(0, prefix))) return false;
        }
        return true;
    }

    /// <summary>Reads the value that the reader stands on.</summary>
    private bool ReadValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                if (JsonNumber.TryParse(reader.ValueSpan, out var number)) return Add(ref reader, name, ValueKind.Double, BitConverter.DoubleToInt64Bits(number));
                Reject(RejectReason.ValueOverflow, (int)reader.TokenStartIndex, name, reader.ValueSpan, "is beyond the range of a double");
                return CountValue();
            case JsonTokenType.True:
                return Add(ref reader, name, ValueKind.Bool, 1);
            case JsonTokenType.False:
                return Add(ref reader, name, ValueKind.Bool, 0);
            case JsonTokenType.String:
                return ReadText(ref reader, name);
            case JsonTokenType.StartObject:
                return ReadMembers(ref reader, json, name.Length);
            case JsonTokenType.StartArray:
                return ReadItems(ref reader, json, name.Length);
            default:
                return true;
        }
    }

    private bool ReadText(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        var text = reader.ValueSpan;
        var length = text.Length;
        if (reader.ValueIsEscaped)
        {
            length = Unescape(ref reader);
            text = length is JsonText.NotUnicode or JsonText.TooLong ? default : _unescaped.AsSpan(0, length);
        }
        if (length > _limits.TextBytesMax)
        {
            Reject(RejectReason.ValueTooLong, (int)reader.TokenStartIndex, name, reader.ValueSpan, $"is longer than {_limits.TextBytesMax} bytes");
        }
        else if (length == JsonText.NotUnicode || !Utf8.IsValid(text))
        {
            Reject(RejectReason.ValueEncoding, (int)reader.TokenStartIndex, name, reader.ValueSpan, "is not Unicode (UTF-8 without lone surrogates)");
        }
        else
        {
            var index = SeriesOf(ref reader, name, ValueKind.Text);
            if (index >= 0) _batch.AddText(_device[index].Number, 0, _receipt.Received, text, ReadingQuality.Good);
        }
        return CountValue();
    }

    private bool Add(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ValueKind kind, long bits)
    {
        var index = SeriesOf(ref reader, name, kind);
        if (index >= 0) _batch.Add(_device[index].Number, 0, _receipt.Received, kind, bits, ReadingQuality.Good);
        return CountValue();
    }

    /// <summary>The device's entry for a metric, with the name taken for this element; -1 where the value is rejected.</summary>
    private int SeriesOf(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ValueKind kind)
    {
        var index = _device.Find(name);
        if (index >= 0)
        {
            ref var entry = ref _device[index];
            if (entry.Kind == kind && entry.Number >= 0)
            {
                if (_device.TryTake(index)) return index;
                Reject(RejectReason.ValueDuplicate, (int)reader.TokenStartIndex, name, default, "stands here a second time; the first value counts");
                return -1;
            }
        }
        else if (!Utf8.IsValid(name))
        {
            Reject(RejectReason.ValueName, (int)reader.TokenStartIndex, name, default, NameWords());
            return -1;
        }
        var number = _numbering.NumberOf(_device.Device, name, kind);
        if (number < 0)
        {
            if (number == ISeriesNumbering.KindConflict)
                Reject(RejectReason.ValueKind, (int)reader.TokenStartIndex, name, reader.ValueSpan, $"is a {NameOf(kind)}, but the metric has values of another kind; give it another name");
            else Reject(RejectReason.ValueSeries, (int)reader.TokenStartIndex, name, default, "the gateway takes no more metrics of this device; retire some or raise the limit");
            return -1;
        }
        if (index < 0) index = _device.Add(name, kind, number);
        else (_device[index].Number, _device[index].Kind) = (number, kind);
        if (_device.TryTake(index)) return index;
        Reject(RejectReason.ValueDuplicate, (int)reader.TokenStartIndex, name, default, "stands here a second time; the first value counts");
        return -1;
    }

    private enum Reserved : byte
    {
        None,
        Time,
        Boot,
        Sequence,
        /// <summary>A common member of a toll event; it is judged with the event.</summary>
        OfEvent,
    }

    private Reserved ReservedOf(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("ts"u8) => Reserved.Time,
        3 when name.SequenceEqual("seq"u8) => Reserved.Sequence,
        4 when name.SequenceEqual("boot"u8) => Reserved.Boot,
        4 when _isEvent && (name.SequenceEqual("lane"u8) || name.SequenceEqual("kind"u8)) => Reserved.OfEvent,
        5 when _isEvent && name.SequenceEqual("clock"u8) => Reserved.OfEvent,
        _ => Reserved.None,
    };

    private bool ReadReserved(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, Reserved member)
    {
        if (reader.TokenType == JsonTokenType.Null) return true;
        return member switch
        {
            Reserved.Time => ReadTimeMember(ref reader),
            Reserved.Boot => ReadCounter(ref reader, json, "boot"u8, ref _hasBoot, ref _boot),
            Reserved.Sequence => ReadCounter(ref reader, json, "seq"u8, ref _hasSequence, ref _sequence),
            _ => reader.TrySkip(),
        };
    }

    private bool ReadTimeMember(ref Utf8JsonReader reader)
    {
        if (_hasTime) return RejectRepeated(ref reader, "ts"u8);
        _hasTime = true;
        var start = (int)reader.TokenStartIndex;
        var reason = ReadTime(ref reader, out _time);
        reader.Skip();
        if (reason != RejectReason.None) (_badTime, _badTimeOffset, _badTimeLength) = (reason, start, (int)reader.BytesConsumed - start);
        return true;
    }

    private bool ReadCounter(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ref bool has, ref ulong counter)
    {
        if (has) return RejectRepeated(ref reader, name);
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out counter)) return has = true;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        Reject(RejectReason.ValueReserved, start, name, json[start..(int)reader.BytesConsumed], "is no unsigned 64-bit integer; the element is kept without its key");
        return CountValue();
    }

    private bool RejectRepeated(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        Reject(RejectReason.ValueDuplicate, (int)reader.TokenStartIndex, name, default, "stands here a second time; the first value counts");
        reader.Skip();
        return CountValue();
    }

    private RejectReason ReadTime(ref Utf8JsonReader reader, out long micros)
    {
        micros = 0;
        if (reader.TokenType == JsonTokenType.Number) return DeviceTime.TryRead(ref reader, out micros);
        if (reader.TokenType != JsonTokenType.String) return RejectReason.TimeFormat;
        if (!reader.ValueIsEscaped) return DeviceTime.TryParse(reader.ValueSpan, out micros);
        var length = Unescape(ref reader);
        return length is JsonText.NotUnicode or JsonText.TooLong ? RejectReason.TimeFormat : DeviceTime.TryParse(_unescaped.AsSpan(0, length), out micros);
    }

    private bool RejectName(ref Utf8JsonReader reader, int offset, ReadOnlySpan<byte> name)
    {
        reader.Skip();
        Reject(RejectReason.ValueName, offset, name, default, NameWords());
        return CountValue();
    }

    private string NameWords() => $"the name of a metric is Unicode of 1 to {_limits.NameBytesMax} bytes, with the dots of nested members";

    /// <summary>Puts a part behind the first <paramref name="prefix"/> bytes of the path. It fits.</summary>
    private ReadOnlySpan<byte> Join(int prefix, scoped ReadOnlySpan<byte> part)
    {
        var at = prefix;
        if (at > 0) _path[at++] = (byte)'.';
        part.CopyTo(_path.AsSpan(at));
        return _path.AsSpan(0, at + part.Length);
    }

    /// <summary>Puts the text of the escaped string that the reader stands on into <see cref="_unescaped"/>; answers as <see cref="JsonText.Unescape"/>.</summary>
    private int Unescape(ref Utf8JsonReader reader) => JsonText.Unescape(reader.ValueSpan, _unescaped);

    private static string NameOf(ValueKind kind) => kind switch { ValueKind.Bool => "truth value", ValueKind.Text => "text", _ => "number" };
}
