using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Devices.Mappings;

/// <summary>
/// The vectors of a mapping, a file beside it: <c>{"zone": …, "vectors": [{"name": …, "topic": …, "payload": …, "received": …, "device": …, "readings": […], "rejected": […]}]}</c>.
/// Each message goes the road of one that comes over MQTT, and what becomes of it is compared with what stands there.
/// </summary>
public sealed class MappingVectors
{
    private readonly Mapping _mapping;
    private readonly List<MappingError> _errors;
    private readonly List<VectorResult> _results = [];
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;

    private MappingVectors(Mapping mapping, List<MappingError> errors) => (_mapping, _errors) = (mapping, errors);

    /// <summary>Runs a file of vectors.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="json">The file.</param>
    /// <param name="errors">What is wrong with the file, by line; its sound vectors are run all the same.</param>
    /// <returns>A result for each vector, in their order.</returns>
    public static IReadOnlyList<VectorResult> Run(Mapping mapping, ReadOnlySpan<byte> json, out IReadOnlyList<MappingError> errors)
    {
        var found = new List<MappingError>();
        errors = found;
        if (LinedJson.Parse(json, found) is not { } root) return [];
        var vectors = new MappingVectors(mapping, found);
        vectors.Run(root);
        return vectors._results;
    }

    private void Run(LinedJson root)
    {
        if (!IsMap(root, "a file of vectors", "zone", "vectors")) return;
        if (root["zone"] is { } zone)
        {
            if (TimeZoneInfo.TryFindSystemTimeZoneById(zone.Text, out var known)) _zone = known;
            else Say(zone, $"\"{zone.Text}\" is no time zone; an IANA name is needed, e.g. Asia/Tehran or UTC.");
        }
        if (root["vectors"] is not { Kind: JsonValueKind.Array, Items.Count: > 0 } list)
        {
            Say(root, "\"vectors\" is a list of one vector at least.");
            return;
        }
        foreach (var vector in list.Items) RunOne(vector);
    }

    private void RunOne(LinedJson vector)
    {
        if (!IsMap(vector, "a vector", "name", "topic", "payload", "received", "device", "readings", "rejected")) return;
        var before = _errors.Count;
        var topic = TextOf(vector, "topic");
        var payload = vector["payload"];
        if (payload is null) Say(vector, "\"payload\" is missing: the message as JSON, or as a text.");
        // A message comes when its last reading is made, unless the vector says otherwise.
        var received = vector["received"] is { } time ? TimeOf(time)
            : (vector["readings"]?.Items ?? []).Select(static reading => reading["time"]).OfType<LinedJson>().Select(TimeOf).Append(1_767_225_600_000_000).Max();
        var expected = Expected(vector, received);
        if (_errors.Count > before) return;
        var bytes = Encoding.UTF8.GetBytes(payload!.Text);
        var found = Found(Encoding.UTF8.GetBytes(topic!), bytes, received, out var lost);
        var differences = new List<string>();
        if (found is null) differences.Add($"the topic {topic} is not of this mapping ({_mapping.TopicFilter})");
        else
        {
            differences.AddRange(expected.Where(line => !found.Remove(line)).Select(static line => $"- {line}"));
            differences.AddRange(found.Select(static line => $"+ {line}"));
            // A rejection that is expected is one whose line begins so.
            var wanted = vector["rejected"]?.Items.Select(static item => item.Text).ToList() ?? [];
            foreach (var line in lost)
                if (wanted.FindIndex(begin => line.StartsWith(begin, StringComparison.Ordinal)) is >= 0 and var at) wanted.RemoveAt(at);
                else differences.Add($"+ rejected: {line}");
            differences.AddRange(wanted.Select(static begin => $"- rejected: {begin}"));
        }
        _results.Add(new VectorResult(vector["name"]?.Text ?? topic!, vector.Line, differences));
    }

    /// <summary>What the message becomes, a line a reading; null where the topic is not of the mapping.</summary>
    private List<string>? Found(byte[] topic, byte[] payload, long received, out string[] lost)
    {
        lost = [];
        if (!_mapping.IsOf(topic)) return null;
        using var translator = new MappingTranslator();
        translator.Translate(_mapping, topic, payload, _zone);
        var (batch, names, native) = (new ReadingBatch(), new Numbering(), PayloadLimits.Default);
        var decoder = new TelemetryDecoder(names, native);
        var rejected = 0;
        if (translator is { IsWhole: false, Device: { } device }) rejected = decoder.Decode(new DeviceSeries(Encoding.ASCII.GetBytes(device)), translator.Telemetry, batch, new Receipt(received, true)).Rejected;
        var lines = translator.Describe(decoder.Rejections, rejected);
        if (lines.Length > 0) lost = lines.Split('\n');
        return [.. Enumerable.Range(0, batch.Count).Select(i => Line(translator.Device!, names.Names[batch.Series[i]], batch.Time[i], batch.ValueAt(i), batch.Quality[i]))];
    }

    private List<string> Expected(LinedJson vector, long received)
    {
        var lines = new List<string>();
        if (vector["rejected"] is { } rejected && rejected.Kind != JsonValueKind.Array) Say(rejected, "\"rejected\" is a list of how the reasons begin, e.g. [\"mapping:value\"].");
        if (vector["readings"] is not { } readings) return lines;
        if (readings.Kind != JsonValueKind.Array)
        {
            Say(readings, "\"readings\" is a list of {\"metric\": …, \"time\": …, \"value\": …}.");
            return lines;
        }
        var device = readings.Items.Count > 0 ? TextOf(vector, "device") : null;
        foreach (var reading in readings.Items)
        {
            if (!IsMap(reading, "a reading", "metric", "time", "value", "quality")) continue;
            var metric = TextOf(reading, "metric");
            if (reading["value"] is not { Kind: not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null) } value)
            {
                Say(reading, "\"value\" is missing: a number, a text, true or false.");
                continue;
            }
            var time = reading["time"];
            var quality = time is null ? ReadingQuality.GatewayTime : ReadingQuality.Good;
            if (reading["quality"] is { } flags)
            {
                if (byte.TryParse(flags.Text, CultureInfo.InvariantCulture, out var bits)) quality = (ReadingQuality)bits;
                else Say(flags, "\"quality\" is a number from 0 to 255.");
            }
            if (device is null || metric is null) continue;
            lines.Add(Line(device, metric, time is null ? received : TimeOf(time), value.Kind switch
            {
                JsonValueKind.Number => ReadingValue.Of(double.Parse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture)),
                JsonValueKind.String => ReadingValue.Of(value.Text),
                _ => ReadingValue.Of(value.Kind == JsonValueKind.True),
            }, quality));
        }
        return lines;
    }

    private static string Line(string device, string metric, long time, ReadingValue value, ReadingQuality quality) =>
        string.Create(CultureInfo.InvariantCulture, $"{device} {metric} {UnixMicros.ToTime(time):yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'} {(value.Kind == ValueKind.Text ? $"\"{value}\"" : value.ToString())}{(quality == ReadingQuality.Good ? "" : $" quality {(int)quality}")}");

    private long TimeOf(LinedJson time)
    {
        if (time.Kind == JsonValueKind.String && DeviceTime.TryParse(Encoding.UTF8.GetBytes(time.Text), out var micros) == RejectReason.None) return micros;
        Say(time, $"\"{time.Text}\" is no time; write RFC 3339 with Z or an offset.");
        return 0;
    }

    private string? TextOf(LinedJson map, string name)
    {
        if (map[name] is { Kind: JsonValueKind.String, Text.Length: > 0 } text) return text.Text;
        Say(map, $"\"{name}\" is missing here, a text.");
        return null;
    }

    private bool IsMap(LinedJson value, string what, params string[] known)
    {
        if (value.Kind != JsonValueKind.Object)
        {
            Say(value, $"{what} is a map {{ … }}.");
            return false;
        }
        foreach (var (name, member) in value.Members.Where(member => !known.Contains(member.Name))) Say(member, $"\"{name}\" is not known in {what}; known are {string.Join(", ", known)}.");
        return true;
    }

    private void Say(LinedJson where, string wrong) => _errors.Add(new MappingError(where.Line, wrong));

    private sealed class Numbering : ISeriesNumbering
    {
        private readonly Dictionary<(string Name, ValueKind Kind), int> _numbers = [];

        public List<string> Names { get; } = [];
        public int Generation => 1;

        public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind)
        {
            var name = Encoding.UTF8.GetString(metric);
            if (_numbers.TryGetValue((name, kind), out var number)) return number;
            if (Names.Contains(name)) return ISeriesNumbering.KindConflict;
            Names.Add(name);
            return _numbers[(name, kind)] = Names.Count - 1;
        }
    }
}

/// <summary>What became of one vector.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Its line in the file.</param>
/// <param name="Differences">Lines that begin with <c>-</c> for what was expected and did not come, with <c>+</c> for what came and was not expected; none = it holds.</param>
public sealed record VectorResult(string Name, int Line, IReadOnlyList<string> Differences);
