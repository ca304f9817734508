using System.Buffers;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Pipelines.Alarms.Conditions;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>
/// The state in three parts, so that little is written when little has changed: the head (time, floods, gateways), the alarms that are not as new, each by
/// itself, and the memory of readings, which follows from the readings alone and may be older than the rest.
/// </summary>
public sealed partial class AlarmFold
{
    private const int CountMax = 100_000_000;

    private readonly Dictionary<(string Rule, string Source), PointState> _loaded = [];

    private readonly List<(string Rule, string Source)> _gone = [];

    /// <summary>Alarms whose state has changed since this was asked last: rule, source, and the state, null where it is as new.</summary>
    public IReadOnlyList<(string Rule, string Source, byte[]? State)> TakeChanges()
    {
        var changes = _dirty.Order().Select(point => (point.Rule.Rule.Id, point.Source, point.State.IsEmpty ? null : point.State.ToJson())).Concat(_gone.Select(one => (one.Rule, one.Source, (byte[]?)null))).ToList();
        _gone.Clear();
        foreach (var point in _dirty) point.IsDirty = false;
        _dirty.Clear();
        return changes;
    }

    /// <summary>Writes the head.</summary>
    public byte[] SaveHead() => JsonSerializer.SerializeToUtf8Bytes(new Head(Now, JudgedFrom, _alarms, _flood,
        [.. _gateways.Values.Select(one => new GatewayState(one.Id, one.HeardUntil, one.JudgedFrom, one.IsSilent))], [.. _devices.Values.Where(one => one.IsSilent).Select(one => one.Id)],
        _rules.Values.Where(one => one.Held.Count > 0 || (one.Told.Count > 0 && one.Told[^1] > Now - (3_600 * UnixMicros.PerSecond))).ToDictionary(one => one.Rule.Rule.Id, one => new Telling([.. one.Told], new Dictionary<string, int>(one.Held)))));

    /// <summary>Writes the memory of readings.</summary>
    public byte[] SaveMemory()
    {
        using var bytes = new MemoryStream();
        using var output = new BinaryWriter(bytes, Encoding.UTF8);
        output.Write(Now);
        output.Write(_devices.Count);
        foreach (var device in _devices.Values)
        {
            output.Write(device.Id);
            output.Write(device.Gateway?.Id ?? "");
            output.Write(device.Kind ?? "");
            output.Write(device.Latitude);
            output.Write(device.Longitude);
        }
        var memories = _devices.Values.SelectMany(device => device.Memories.Values).Where(memory => memory.IsKnown).ToList();
        output.Write(memories.Count);
        foreach (var memory in memories) memory.Save(output);
        var waiting = _readings.UnorderedItems.OrderBy(one => one.Priority, ReadingOrder.Instance).Select(one => one.Element).ToList();
        output.Write(waiting.Count);
        foreach (var one in waiting)
        {
            output.Write(one.Memory.Key.Device);
            output.Write(one.Memory.Key.Metric);
            output.Write(one.Time);
            output.Write(one.Number);
            output.Write(one.Text is not null);
            if (one.Text is not null) output.Write(one.Text);
            output.Write((byte)one.Quality);
            output.Write(one.IsLive);
        }
        output.Flush();
        return bytes.ToArray();
    }

    /// <summary>Takes on the memory of a fold, into a new one, before <see cref="LoadHead"/> and <see cref="SetPlan"/>.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public void LoadMemory(ReadOnlySpan<byte> state)
    {
        if (state.IsEmpty) return;
        try
        {
            using var input = new BinaryReader(new MemoryStream(state.ToArray()), Encoding.UTF8);
            Now = input.ReadInt64();
            for (var left = Count(input); left > 0; left--)
            {
                var device = Device(input.ReadString());
                if (input.ReadString() is { Length: > 0 } gateway) Move(device, Gateway(gateway));
                device.Kind = input.ReadString() is { Length: > 0 } kind ? kind : null;
                (device.Latitude, device.Longitude) = (input.ReadDouble(), input.ReadDouble());
            }
            for (var left = Count(input); left > 0; left--)
            {
                var memory = SeriesMemory.Load(input);
                Device(memory.Key.Device).Memories[memory.Key.Metric] = memory;
            }
            for (var left = Count(input); left > 0; left--)
            {
                var memory = Device(input.ReadString()).Memory(input.ReadString());
                var (time, number) = (input.ReadInt64(), input.ReadDouble());
                var text = input.ReadBoolean() ? input.ReadString() : null;
                _readings.Enqueue(new Waiting(memory, time, number, text, (ReadingQuality)input.ReadByte(), input.ReadBoolean()), (time, memory.Key.Device, memory.Key.Metric, _order++));
            }
        }
        catch (Exception error) when (error is EndOfStreamException or IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"These bytes are no memory of the alarms: {error.Message}", error);
        }

        static int Count(BinaryReader input) => input.ReadInt32() is >= 0 and <= CountMax and var count ? count : throw new InvalidDataException("The state of the alarms counts what cannot be.");
    }

    /// <summary>Takes on the alarms that were not as new, before <see cref="SetPlan"/>.</summary>
    /// <exception cref="InvalidDataException">One is none.</exception>
    public void LoadPoints(IEnumerable<(string Rule, string Source, byte[] State)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        foreach (var (rule, source, state) in points)
        {
            _loaded[(rule, source)] = PointState.Of(state);
            if (source.StartsWith(GatewayPrefix, StringComparison.Ordinal)) Gateway(source[GatewayPrefix.Length..]);
            else Device(source);
        }
    }

    /// <summary>Takes on the head. Before it, <see cref="Now"/> is the memory's.</summary>
    /// <param name="state">Bytes of <see cref="SaveHead"/>.</param>
    /// <param name="isRecalled">Whether the memory is of the same moment; else it is brought there first, and this is called after that.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public void LoadHead(ReadOnlySpan<byte> state, bool isRecalled = true)
    {
        if (state.IsEmpty) return;
        Head head;
        try
        {
            head = JsonSerializer.Deserialize<Head>(state) ?? throw new InvalidDataException("The state of the alarms is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"This is no state of the alarms: {error.Message}", error);
        }
        if (isRecalled) Pass(head.Now);
        (JudgedFrom, _alarms, _flood) = (head.JudgedFrom, head.Alarms, head.Flood);
        foreach (var known in head.Gateways)
        {
            var gateway = Gateway(known.Id);
            (gateway.HeardUntil, gateway.JudgedFrom, gateway.IsSilent) = (Math.Max(gateway.HeardUntil, known.HeardUntil), known.JudgedFrom, known.IsSilent);
        }
        foreach (var id in head.Silent) Device(id).IsSilent = true;
        _tellings = head.Tellings;
    }

    private Dictionary<string, Telling> _tellings = [];

    /// <summary>After the state was taken on and the rules were set: what was told lately, and everything that falls due. Alarms of rules that are gone are over.</summary>
    public void Wake(ICollection<AlarmOutput> outputs) => Saying(outputs, () =>
    {
        IsRecalling = false;
        foreach (var (rule, telling) in _tellings)
        {
            if (!_rules.TryGetValue(rule, out var runtime)) continue;
            runtime.Told.AddRange(telling.Told);
            foreach (var (channel, held) in telling.Held) runtime.Held[channel] = held;
            if (runtime.Held.Count > 0) ScheduleRoom(runtime, telling.Told[0] + (3_600 * UnixMicros.PerSecond));
        }
        _tellings = [];
        foreach (var ((rule, source), state) in _loaded.OrderBy(one => one.Key.Rule, StringComparer.Ordinal).ThenBy(one => one.Key.Source, StringComparer.Ordinal))
        {
            if (state.Alarm != 0) Say(new AlarmTransition(Now, state.Alarm, rule, source, AlarmChange.RuleRemoved, AlarmState.Normal, AlarmPriority.Low, false, null, null, null, null, null, 0));
            _gone.Add((rule, source));
        }
        _loaded.Clear();
        foreach (var point in AllPoints().Order().ToList()) point.Look();
    });

    /// <inheritdoc/>
    public void Save(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteBase64String("memory", SaveMemory());
        writer.WritePropertyName("head");
        writer.WriteRawValue(SaveHead());
        writer.WriteStartArray("points");
        foreach (var point in AllPoints().Where(point => !point.State.IsEmpty).Order())
        {
            writer.WriteStartArray();
            writer.WriteStringValue(point.Rule.Rule.Id);
            writer.WriteStringValue(point.Source);
            writer.WriteRawValue(point.State.ToJson());
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<byte> state)
    {
        var plan = _plan;
        try
        {
            using var json = JsonDocument.Parse(state.ToArray());
            IsRecalling = true;
            LoadMemory(json.RootElement.GetProperty("memory").GetBytesFromBase64());
            LoadPoints(json.RootElement.GetProperty("points").EnumerateArray().Select(point => (point[0].GetString()!, point[1].GetString()!, Encoding.UTF8.GetBytes(point[2].GetRawText()))));
            LoadHead(Encoding.UTF8.GetBytes(json.RootElement.GetProperty("head").GetRawText()));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"This is no state of the alarms: {error.Message}", error);
        }
        SetPlan(plan, []);
        Wake([]);
    }

    private sealed record Head(long Now, long JudgedFrom, long Alarms, Flood Flood, IReadOnlyList<GatewayState> Gateways, IReadOnlyList<string> Silent, Dictionary<string, Telling> Tellings);

    private sealed record GatewayState(string Id, long HeardUntil, long JudgedFrom, bool IsSilent);

    private sealed record Telling(List<long> Told, Dictionary<string, int> Held);
}
