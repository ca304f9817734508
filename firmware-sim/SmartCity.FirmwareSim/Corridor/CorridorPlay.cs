using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>
/// Plays the corridor: <c>vehicles → what devices notice → numbered events → the order in which they reach the gateway</c>. Everything flows; what is held
/// is some seconds of traffic and the queues of devices that are cut off. The same options give the same events, to the byte. For one use.
/// </summary>
internal sealed class CorridorPlay(CorridorOptions options)
{
    /// <summary>A clock that is off by less puts no read at another vehicle, ms.</summary>
    public const long ClockErrorMin = 500;

    private const long HourMs = 3_600_000;
    private const long FreeForMs = 2_500;
    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PriorityQueue<Sight, (long, long)> _sights = new();
    private readonly PriorityQueue<Arrival, (long, long)> _arrivals = new();
    private readonly Queue<PassageRecord> _records = new();
    private readonly Dictionary<Lane, long> _lastSeen = [];
    private readonly ArrayBufferWriter<byte> _bytes = new(1_024);
    private long _sightSerial, _arrivalSerial;

    /// <summary>The corridor.</summary>
    public CorridorLayout Layout { get; } = new(options);
    /// <summary>The vehicles.</summary>
    public Fleet Fleet { get; } = new(options);
    /// <summary>What was played up to now.</summary>
    public CorridorTotals Totals { get; } = new();

    /// <summary>Plays; events come in the order in which they reach the gateway, passages in order of time.</summary>
    /// <param name="truth">Called for each passage once all is known of it.</param>
    public IEnumerable<Arrival> Run(Action<PassageRecord> truth)
    {
        foreach (var device in Layout.Devices) Enqueue(new Sight(options.From + Chance.Of(options.Seed, ChancePurpose.Device, -1 - device.Number).Below((int)Math.Min(HourMs, options.To - options.From)), device, new CounterSeen(), null));
        var eyes = new Eyes(options);
        var near = new List<Crossing>();
        foreach (var crossing in new Traffic(options, Layout, Fleet).Crossings().Append(null))
        {
            if (crossing is not null) near.Add(crossing);
            // A vehicle is looked at when all those beside it are known.
            while (near.Count > 0 && (crossing is null || near[0].Time + FreeForMs < crossing.Time))
            {
                var next = near[0];
                near.RemoveAt(0);
                Look(eyes, next, near);
                var settled = next.Time - Eyes.ReachMs;
                Settle(settled);
                foreach (var record in Whole()) truth(record);
                while (_arrivals.TryPeek(out var arrival, out _) && arrival.At <= settled) yield return _arrivals.Dequeue();
            }
        }
        Settle(long.MaxValue);
        foreach (var record in Whole()) truth(record);
        while (_arrivals.Count > 0) yield return _arrivals.Dequeue();
    }

    private void Look(Eyes eyes, Crossing crossing, List<Crossing> near)
    {
        var (passage, sights) = eyes.Look(crossing, lane =>
            (!_lastSeen.TryGetValue(lane, out var last) || last + FreeForMs < crossing.Time) && !near.Exists(other => other.Lane == lane && other.Time - FreeForMs < crossing.Time));
        _lastSeen[crossing.Lane] = crossing.Time;
        _records.Enqueue(passage);
        foreach (var sight in sights) Enqueue(sight);
    }

    private void Enqueue(Sight sight) => _sights.Enqueue(sight, (sight.At, _sightSerial++));

    private IEnumerable<PassageRecord> Whole()
    {
        while (_records.TryPeek(out var record) && record.Open == 0)
        {
            Totals.Add(_records.Dequeue());
            yield return record;
        }
    }

    /// <summary>Makes events of all that was noticed up to an instant.</summary>
    private void Settle(long until)
    {
        while (_sights.TryPeek(out var sight, out var place) && sight.At <= until)
        {
            _sights.Dequeue();
            if (sight.Passage is { } passage) passage.Open--;
            else Repeat(sight);
            Settle(sight, place.Item2);
        }
    }

    /// <summary>Counters and health come by the hour.</summary>
    private void Repeat(Sight sight)
    {
        if (sight.Seen is CounterSeen) Enqueue(sight with { Seen = new HealthSeen(Math.Round(30 + 12 * Chance.Of(options.Seed, ChancePurpose.Event, -1 - _sightSerial).Next(), 1)) });
        else if (sight.At + HourMs < options.To) Enqueue(sight with { At = sight.At + HourMs, Seen = new CounterSeen() });
    }

    private void Settle(Sight sight, long serial)
    {
        var (device, passage) = (sight.Device, sight.Passage);
        var chance = Chance.Of(options.Seed, ChancePurpose.Event, serial);
        if (passage is not null) device.See();
        if (device.IsBlind(sight.At))
        {
            Damage(CorridorFault.Restart, DamageEffect.Lost, null);
            return;
        }
        var key = device.NextKey();
        if (sight.Seen is AvcSeen avc && passage is not null)
        {
            if (avc.IsGhost) passage.Ghost = key;
            else passage.Anchor = key;
        }
        var (isLost, isConflict, isTwice) = (chance.Is(options.Faults[CorridorFault.Lost]), chance.Is(options.Faults[CorridorFault.Conflict]), chance.Is(options.Faults[CorridorFault.Duplicate]));
        var error = device.ClockErrorAt(sight.At);
        if (isLost)
        {
            Damage(CorridorFault.Lost, DamageEffect.Lost, key);
            return;
        }
        if (sight.Damage is { } damage) passage?.Damages.Add(damage with { Key = key, Lane = device.Lane, Stamp = sight.At + error });
        if (Math.Abs(error) >= ClockErrorMin) Damage(device.ClockFault!.Value, sight.Seen is AvcSeen ? DamageEffect.Altered : DamageEffect.Stray, key);
        if (device.IsCutOff(sight.At)) Damage(CorridorFault.Offline, DamageEffect.Late, key);
        if (sight.IsOwn) passage?.Evidence.Add((device.Kind, key));

        var arrival = device.ArrivalOf(sight.At, 40 + chance.Below(160));
        var bytes = Write(sight, key, sight.At + error);
        Send(arrival, bytes);
        if (isTwice)
        {
            Damage(CorridorFault.Duplicate, DamageEffect.Repeated, key);
            Send(arrival + 500 + chance.Below((int)Math.Min(20_000, (options.To - options.From) / 100)), bytes);
        }
        if (!isConflict) return;
        Damage(CorridorFault.Conflict, DamageEffect.Lost, key);
        Send(arrival + 1_000, Write(sight, key, sight.At + error + 7));

        void Damage(CorridorFault fault, DamageEffect effect, EventKey? at)
        {
            // What befalls a read that would have done no good does no harm.
            if (passage is null || (!sight.IsOwn && effect != DamageEffect.Stray)) Totals.Add(device.Kind, fault);
            else
                passage.Damages.Add(new Damage(device.Kind, fault, effect)
                {
                    Key = at, Lane = device.Lane, Stamp = at is null ? null : sight.At + device.ClockErrorAt(sight.At),
                    Said = (sight.Seen as TagSeen)?.Tag.Key ?? (sight.Seen as PlateSeen)?.Plate?.Key, Account = (sight.Seen as TagSeen)?.Tag.Account,
                });
        }

        void Send(long at, ReadOnlyMemory<byte> json)
        {
            Totals.Events++;
            _arrivals.Enqueue(new Arrival(at, device, json), (at, _arrivalSerial++));
        }
    }

    private byte[] Write(Sight sight, EventKey key, long stamp)
    {
        _bytes.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_bytes, _json))
        {
            json.WriteStartObject();
            json.WriteNumber("boot"u8, key.Boot);
            json.WriteNumber("seq"u8, key.Sequence);
            json.WriteString("ts"u8, Instants.Write(stamp));
            json.WriteString("clock"u8, sight.Device.ClockAt(sight.At));
            json.WriteString("lane"u8, sight.Device.Lane);
            json.WriteString("kind"u8, sight.Seen.Kind);
            sight.Seen.Write(json, sight.Device);
            json.WriteEndObject();
        }
        return _bytes.WrittenSpan.ToArray();
    }
}
