using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using SmartCity.Devices;

namespace SmartCity.Fuzz.Devices;

/// <summary>Counts the values of a telemetry payload by the contract, slowly and with the library's document model: what the decoder keeps, drops and refuses must add up to it.</summary>
/// <param name="limits">Bounds of the decoder.</param>
internal sealed class ValueCount(PayloadLimits limits)
{
    private int _seen;

    /// <summary>Values that the payload brings; null where it is to be refused whole.</summary>
    public int? Of(ReadOnlySpan<byte> payload)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(payload.ToArray(), new JsonDocumentOptions { MaxDepth = limits.DepthMax });
        }
        catch (JsonException)
        {
            return null;
        }
        using (document)
        {
            _seen = 0;
            var values = 0;
            switch (document.RootElement.ValueKind)
            {
                case JsonValueKind.Object:
                    values = OfElement(document.RootElement);
                    break;
                case JsonValueKind.Array:
                    foreach (var element in document.RootElement.EnumerateArray()) values += OfElement(element);
                    break;
                default:
                    return null;
            }
            return _seen > limits.ValuesMax ? null : values;
        }
    }

    private int One()
    {
        _seen++;
        return 1;
    }

    private int OfElement(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) return One();
        bool hasTime = false, hasBoot = false, hasSequence = false, isBadTime = false;
        var values = 0;
        foreach (var member in element.EnumerateObject())
        {
            var name = NameOf(member, out _);
            if (name is not null && name.AsSpan().SequenceEqual("ts"u8)) Reserved(ref hasTime, () => !IsTime(member.Value), counts: false);
            else if (name is not null && name.AsSpan().SequenceEqual("boot"u8)) Reserved(ref hasBoot, () => !IsCounter(member.Value), counts: true);
            else if (name is not null && name.AsSpan().SequenceEqual("seq"u8)) Reserved(ref hasSequence, () => !IsCounter(member.Value), counts: true);
            else values += OfMember(member, 0);

            void Reserved(ref bool has, Func<bool> isBad, bool counts)
            {
                if (member.Value.ValueKind == JsonValueKind.Null) return;
                if (has)
                {
                    values += One();
                    return;
                }
                var bad = isBad();
                has = !counts || !bad;
                if (!bad) return;
                if (counts) values += One();
                else isBadTime = true;
            }
        }
        return isBadTime ? One() : values;
    }

    private int OfMember(JsonProperty member, int prefix)
    {
        var name = NameOf(member, out var isPlain);
        var isContainer = member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        // A plain name of one part is looked at only where there is a value to keep under it.
        if (isPlain && prefix == 0 && !isContainer && name is { Length: > 0 } && name.Length <= limits.NameBytesMax) return OfValue(member.Value, name.Length);
        if (name is not { Length: > 0 } || !Utf8.IsValid(name)) return One();
        var length = name.Length + (prefix == 0 ? 0 : prefix + 1);
        return length > limits.NameBytesMax ? One() : OfValue(member.Value, length);
    }

    private int OfValue(JsonElement value, int path)
    {
        var values = 0;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject()) values += OfMember(member, path);
                return values;
            case JsonValueKind.Array:
                var i = 0;
                foreach (var item in value.EnumerateArray())
                {
                    var digits = i++.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;
                    values += path + 1 + digits > limits.NameBytesMax ? One() : OfValue(item, path + 1 + digits);
                }
                return values;
            case JsonValueKind.Null:
                return 0;
            default:
                return One();
        }
    }

    /// <summary>The name in UTF-8; null where its escapes are not Unicode.</summary>
    private static byte[]? NameOf(JsonProperty member, out bool isPlain)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(member);
        isPlain = !raw.Contains((byte)'\\');
        if (isPlain) return raw.ToArray();
        try
        {
            return Encoding.UTF8.GetBytes(member.Name);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsCounter(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out _);

    private bool IsTime(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return value.TryGetInt64(out var millis) ? millis is >= -62_135_596_800_000 and <= 253_402_300_799_999
                : value.TryGetDecimal(out var exact) && exact >= -62_135_596_800_000 && exact < 253_402_300_800_000;
        if (value.ValueKind != JsonValueKind.String) return false;
        try
        {
            var raw = JsonMarshal.GetRawUtf8Value(value);
            var text = Encoding.UTF8.GetBytes(value.GetString()!);
            if (raw.Contains((byte)'\\') && text.Length > Math.Max(limits.NameBytesMax, limits.TextBytesMax)) return false;
            return DeviceTime.TryParse(text, out _) == RejectReason.None;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
