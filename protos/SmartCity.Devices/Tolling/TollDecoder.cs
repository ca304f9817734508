using System.Buffers;
using System.Text.Json;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Devices.Tolling;

/// <summary>
/// Decodes toll events (<c>city/v1/{deviceId}/toll</c>), each kept byte for byte beside what identifies it. Never throws, for any payload.
/// </summary>
/// <remarks>
/// Payload: one JSON object or an array of them. Required of each: <c>boot</c>, <c>seq</c> (from 1), <c>ts</c>, <c>clock</c>, <c>lane</c>, <c>kind</c> and the
/// members without which its kind says nothing; others may be missing, but not be of a wrong type; unknown ones are kept unread. A member that
/// stands twice costs the event: which one counts is not for us to guess. An event is of use or not as a whole; its neighbours stay.
/// One decoder serves one thread at a time.
/// </remarks>
/// <param name="numbering">Numbers the series of <c>health</c> readings.</param>
/// <param name="limits">Bounds; the contract's if null.</param>
public sealed partial class TollDecoder(ISeriesNumbering numbering, PayloadLimits? limits = null)
{
    private readonly PayloadLimits _limits = limits ?? PayloadLimits.Default;
    private readonly TelemetryDecoder _health = new(numbering, limits);
    private readonly JsonPayload _payload = new();
    private readonly RejectionList _rejections = new();
    private readonly List<TollEvent> _events = [];

    /// <summary>What the last payload lost, the first 32 with words; valid until the next one.</summary>
    public IReadOnlyList<Rejection> Rejections => _rejections.Worded;

    /// <summary>What the last payload lost, a line each, for its dead letter; empty if it lost nothing.</summary>
    public string DescribeRejections() => _rejections.Describe();

    /// <summary>What became of the readings of the last payload's <c>health</c> events; its rejected values are described by <see cref="DescribeHealthRejections"/>.</summary>
    public PayloadOutcome Health { get; private set; }

    private readonly List<string> _healthRejections = [];

    /// <summary>What the last payload's <c>health</c> events lost as readings, a line each.</summary>
    public string DescribeHealthRejections() => string.Join('\n', _healthRejections);

    /// <summary>Decodes one payload.</summary>
    /// <param name="device">What is known of the device that sent it.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="events">Where the events go, behind those it holds.</param>
    /// <param name="health">Where the readings of <c>health</c> events go.</param>
    /// <param name="receipt">When it came.</param>
    /// <param name="repeats">Judges every event; null keeps all. A flagged one is kept with <see cref="ReadingQuality.RepeatedSequence"/>.</param>
    /// <returns>What became of the events; for readings see <see cref="Health"/>.</returns>
    public PayloadOutcome Decode(DeviceSeries device, in ReadOnlySequence<byte> payload, List<TollEvent> events, ReadingBatch health, Receipt receipt, IRepeatFilter? repeats = null) =>
        Decode(device, _payload.Flatten(payload), events, health, receipt, repeats);

    /// <inheritdoc cref="Decode(DeviceSeries, in ReadOnlySequence{byte}, List{TollEvent}, ReadingBatch, Receipt, IRepeatFilter?)"/>
    public PayloadOutcome Decode(DeviceSeries device, ReadOnlySpan<byte> json, List<TollEvent> events, ReadingBatch health, Receipt receipt, IRepeatFilter? repeats = null)
    {
        _rejections.Clear();
        _healthRejections.Clear();
        _events.Clear();
        Health = default;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = _limits.DepthMax });
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                for (var element = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; element++)
                {
                    if (element == _limits.ValuesMax) return RejectWhole(RejectReason.JsonLimit, (int)reader.TokenStartIndex, json, $"more than {_limits.ValuesMax} events; send smaller messages");
                    ReadElement(ref reader, json, device, receipt, element);
                }
            }
            else if (reader.TokenType == JsonTokenType.StartObject) ReadElement(ref reader, json, device, receipt, 0);
            else return RejectWhole(RejectReason.JsonShape, (int)reader.TokenStartIndex, json, "one JSON object or an array of them is needed");
            reader.Read();
        }
        catch (JsonException error)
        {
            var (reason, offset) = JsonPayload.Explain(error, json, reader, _limits.DepthMax);
            return RejectWhole(reason, offset, json, JsonPayload.WordsFor(reason, _limits));
        }
        return Keep(device, events, health, receipt, repeats);
    }

    private PayloadOutcome Keep(DeviceSeries device, List<TollEvent> events, ReadingBatch health, Receipt receipt, IRepeatFilter? repeats)
    {
        int kept = 0, repeated = 0, readings = 0, bad = 0;
        foreach (var one in _events)
        {
            var verdict = repeats?.Judge(device, one.Boot, one.Sequence) ?? RepeatVerdict.Keep;
            if (verdict == RepeatVerdict.Drop)
            {
                repeated++;
                continue;
            }
            kept++;
            events.Add(verdict == RepeatVerdict.Flag ? one with { Quality = one.Quality | ReadingQuality.RepeatedSequence } : one);
            if (one.Kind != TollEventKind.Health) continue;
            var outcome = _health.DecodeHealth(device, one.Json.Span, health, receipt);
            readings += outcome.Kept;
            bad += outcome.Rejected;
            if (outcome.Rejected > 0 && _healthRejections.Count < RejectionList.WordedMax) _healthRejections.Add(_health.DescribeRejections());
        }
        _events.Clear();
        Health = new PayloadOutcome(readings, 0, bad, false);
        return new PayloadOutcome(kept, repeated, _rejections.Count, false);
    }

    private PayloadOutcome RejectWhole(RejectReason reason, int offset, ReadOnlySpan<byte> json, string what)
    {
        _events.Clear();
        _rejections.Clear();
        _rejections.Add(reason, offset, -1, default, json[Math.Min(offset, json.Length)..], what);
        return new PayloadOutcome(0, 0, 1, true);
    }
}
