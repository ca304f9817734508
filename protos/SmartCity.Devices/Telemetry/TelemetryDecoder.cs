using System.Buffers;
using System.Text.Json;
using SmartCity.Model;

namespace SmartCity.Devices.Telemetry;

/// <summary>
/// Decodes native telemetry (<c>city/v1/{deviceId}/telemetry</c>) straight into a <see cref="ReadingBatch"/>. Never throws, for any payload, and allocates
/// nothing for a message whose metrics are known.
/// </summary>
/// <remarks>
/// Payload: one JSON object or an array of them; reserved members <c>ts</c>, <c>boot</c>, <c>seq</c>, all others metrics; nested members and array items
/// join with a dot. What is bad costs the least that can be told apart: a value, else its element, else (text that is no JSON, too many values) the
/// payload, of which then nothing is kept.
/// One decoder serves one thread at a time; its scratch memory is reused.
/// </remarks>
public sealed partial class TelemetryDecoder
{
    private readonly ISeriesNumbering _numbering;
    private readonly PayloadLimits _limits;
    private readonly JsonPayload _payload = new();
    private readonly RejectionList _rejections = new();
    private readonly List<Element> _elements = [];
    private readonly byte[] _path;
    private readonly byte[] _unescaped;
    private readonly long _aheadMax;

    // Of the payload at hand.
    private DeviceSeries _device = null!;
    private ReadingBatch _batch = null!;
    private Receipt _receipt;
    private int _values;
    private int _first;

    // Of the element at hand.
    private int _element;
    private bool _isEvent;
    private bool _hasTime, _hasBoot, _hasSequence;
    private long _time;
    private ulong _boot, _sequence;

    /// <summary>Creates a decoder.</summary>
    /// <param name="numbering">Gives series their numbers.</param>
    /// <param name="limits">Bounds; the contract's if null.</param>
    public TelemetryDecoder(ISeriesNumbering numbering, PayloadLimits? limits = null)
    {
        _numbering = numbering;
        _limits = limits ?? PayloadLimits.Default;
        _path = new byte[_limits.NameBytesMax];
        _unescaped = new byte[Math.Max(_limits.NameBytesMax, _limits.TextBytesMax)];
        _aheadMax = _limits.AheadMax.Ticks / 10;
    }

    /// <summary>What the last payload lost, the first 32 with words; valid until the next one.</summary>
    public IReadOnlyList<Rejection> Rejections => _rejections.Worded;

    /// <summary>What the last payload lost, a line each, for its dead letter; empty if it lost nothing.</summary>
    public string DescribeRejections() => _rejections.Describe();

    /// <summary>Decodes one payload and adds its readings to <paramref name="batch"/>.</summary>
    /// <param name="device">What is known of the device that sent it.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="batch">Where the readings go, behind those it holds.</param>
    /// <param name="receipt">When it came.</param>
    /// <param name="repeats">Judges elements with <c>boot</c> and <c>seq</c> that stand under the gateway's time; null keeps all.</param>
    /// <returns>What became of it; see also <see cref="Rejections"/>.</returns>
    public PayloadOutcome Decode(DeviceSeries device, in ReadOnlySequence<byte> payload, ReadingBatch batch, Receipt receipt, IRepeatFilter? repeats = null) =>
        Decode(device, _payload.Flatten(payload), batch, receipt, repeats);

    /// <inheritdoc cref="Decode(DeviceSeries, in ReadOnlySequence{byte}, ReadingBatch, Receipt, IRepeatFilter?)"/>
    public PayloadOutcome Decode(DeviceSeries device, ReadOnlySpan<byte> json, ReadingBatch batch, Receipt receipt, IRepeatFilter? repeats = null)
    {
        Begin(device, batch, receipt);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = _limits.DepthMax });
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (!ReadElement(ref reader, json)) return RejectWhole(RejectReason.JsonLimit, (int)reader.TokenStartIndex, json, $"more than {_limits.ValuesMax} values; send smaller messages");
                    _element++;
                }
            }
            else if (reader.TokenType != JsonTokenType.StartObject)
            {
                return RejectWhole(RejectReason.JsonShape, (int)reader.TokenStartIndex, json, "one JSON object or an array of them is needed");
            }
            else if (!ReadElement(ref reader, json))
            {
                return RejectWhole(RejectReason.JsonLimit, (int)reader.TokenStartIndex, json, $"more than {_limits.ValuesMax} values; send smaller messages");
            }
            reader.Read();
        }
        catch (JsonException error)
        {
            var (reason, offset) = JsonPayload.Explain(error, json, reader, _limits.DepthMax);
            return RejectWhole(reason, offset, json, JsonPayload.WordsFor(reason, _limits));
        }
        var repeated = repeats is null ? 0 : Judge(repeats);
        return new PayloadOutcome(batch.Count - _first, repeated, _rejections.Count, false);
    }

    /// <summary>Adds the free members of a <c>health</c> toll event as readings; its common members are left out. The text is known to be JSON.</summary>
    internal PayloadOutcome DecodeHealth(DeviceSeries device, ReadOnlySpan<byte> json, ReadingBatch batch, Receipt receipt)
    {
        Begin(device, batch, receipt);
        _isEvent = true;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = _limits.DepthMax });
        reader.Read();
        return ReadElement(ref reader, json)
            ? new PayloadOutcome(batch.Count - _first, 0, _rejections.Count, false)
            : RejectWhole(RejectReason.JsonLimit, (int)reader.TokenStartIndex, json, $"more than {_limits.ValuesMax} values; send smaller messages");
    }

    private void Begin(DeviceSeries device, ReadingBatch batch, Receipt receipt)
    {
        _device = device;
        _batch = batch;
        _receipt = receipt;
        _first = batch.Count;
        _values = 0;
        _element = 0;
        _isEvent = false;
        _elements.Clear();
        _rejections.Clear();
        device.BeginPayload(_numbering.Generation);
    }

    private PayloadOutcome RejectWhole(RejectReason reason, int offset, ReadOnlySpan<byte> json, string what)
    {
        _batch.Truncate(_first);
        _elements.Clear();
        _rejections.Clear();
        _rejections.Add(reason, offset, -1, default, json[Math.Min(offset, json.Length)..], what);
        return new PayloadOutcome(0, 0, 1, true);
    }

    /// <summary>Reads the element that the reader stands on.</summary>
    /// <returns>False where the payload has too many values.</returns>
    private bool ReadElement(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var rejected = _rejections.Count;
        var worded = _rejections.Worded.Count;
        var start = (int)reader.TokenStartIndex;
        var element = new Element { Index = _element, First = _batch.Count, End = _batch.Count };
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            Reject(RejectReason.JsonShape, start, default, json[start..(int)reader.BytesConsumed], "an element is one JSON object");
            return CountValue();
        }
        _hasTime = _hasBoot = _hasSequence = false;
        _badTime = RejectReason.None;
        _device.BeginElement();
        if (!ReadMembers(ref reader, json, 0)) return false;
        if (_badTime != RejectReason.None)
        {
            // A value without its time is no reading: the element goes, its neighbours stay.
            _batch.Truncate(element.First);
            _rejections.Truncate(rejected, worded);
            Reject(_badTime, _badTimeOffset, "ts"u8, json.Slice(_badTimeOffset, _badTimeLength), _badTime == RejectReason.TimeRange
                ? "lies outside the years 1 to 9999; ts is milliseconds since 1970"
                : "is no time; ts is milliseconds since 1970, or RFC 3339 with Z or an offset");
            return CountValue();
        }
        element.End = _batch.Count;
        element.Rejected = _rejections.Count - rejected;
        (element.Boot, element.Sequence) = (_boot, _sequence);
        var hasOwnTime = Stamp(element.First, element.End);
        // Under its own time a repeat is the same reading again, which the store knows by series and time.
        element.HasKey = _hasBoot && _hasSequence && !hasOwnTime;
        if (element.HasKey) _elements.Add(element);
        return true;
    }

    /// <summary>Gives the element's readings their time, by the rules of readings.</summary>
    /// <returns>Whether it is the device's own.</returns>
    private bool Stamp(int first, int end)
    {
        var time = _receipt.Received;
        var quality = _receipt.ClockTrusted ? ReadingQuality.Good : ReadingQuality.ClockNotTrusted;
        if (!_hasTime) quality |= ReadingQuality.GatewayTime;
        else if (_receipt.ClockTrusted && (_time < DeviceTime.Earliest || _time - _receipt.Received > _aheadMax))
        {
            quality |= ReadingQuality.TimeReplaced;
            for (var i = first; i < end; i++) _batch.TimeRepairs.Add(new TimeRepair(i, _time));
        }
        else time = _time;
        // Nothing tells it from a reading of its own: kept, since it may be the first to come, and flagged.
        if (_receipt.MayBeRepeat && time == _receipt.Received && !_isEvent && !(_hasBoot && _hasSequence)) quality |= ReadingQuality.RepeatedSequence;
        _batch.Time.AsSpan(first, end - first).Fill(time);
        _batch.Quality.AsSpan(first, end - first).Fill(quality);
        return (quality & (ReadingQuality.GatewayTime | ReadingQuality.TimeReplaced)) == 0;
    }

    /// <summary>Asks about every element that carries a key, and takes out what was kept before.</summary>
    /// <returns>Values taken out.</returns>
    private int Judge(IRepeatFilter repeats)
    {
        var dropped = 0;
        var shift = 0;
        foreach (var element in _elements)
        {
            var (first, end) = (element.First - shift, element.End - shift);
            switch (repeats.Judge(_device, element.Boot, element.Sequence))
            {
                case RepeatVerdict.Flag:
                    for (var i = first; i < end; i++) _batch.Quality[i] |= ReadingQuality.RepeatedSequence;
                    break;
                case RepeatVerdict.Drop:
                    dropped += end - first + element.Rejected;
                    shift += end - first;
                    _batch.Remove(first, end - first);
                    if (element.Rejected > 0) _rejections.RemoveElement(element.Index, element.Rejected);
                    break;
            }
        }
        return dropped;
    }

    private bool CountValue() => ++_values <= _limits.ValuesMax;

    private void Reject(RejectReason reason, int offset, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, string what) =>
        _rejections.Add(reason, offset, _element, name, value, what);

    private struct Element
    {
        public int Index, First, End, Rejected;
        public bool HasKey;
        public ulong Boot, Sequence;
    }
}
