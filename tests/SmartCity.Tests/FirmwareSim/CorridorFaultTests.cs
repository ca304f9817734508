using System.Text.Json;
using SmartCity.Cloud.Tolling.Plates;
using SmartCity.FirmwareSim.Corridor;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>What the truth says of a fault is what stands in the events.</summary>
public sealed class CorridorFaultTests
{
    private const int Passages = 800;

    public static TheoryData<string> Faults => [.. Enum.GetValues<CorridorFault>().Select(CorridorFaults.NameOf)];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_does_to_the_events_what_the_truth_says_and_nothing_else(string name)
    {
        var play = Play(name + (LaneDevice.Faults.Any(fault => CorridorFaults.NameOf(fault) == name) ? "=1" : "=0.1"));
        var damages = play.Records.SelectMany(record => record.Damages.Select(damage => (Record: record, Damage: damage))).ToList();
        Assert.NotEmpty(damages);
        Assert.All(damages, one => Assert.Equal(name, CorridorFaults.NameOf(one.Damage.Fault)));
        foreach (var (record, damage) in damages) Check(record, damage, play);
        // What is not damaged is there.
        Assert.All(play.Records.SelectMany(record => record.Evidence), one => Assert.True(play.Events.Contains(one.Key)));
        Assert.All(play.Records.Where(record => record.Damages.Count == 0), record =>
        {
            Assert.Equal(3 + record.Crossing.Vehicle.Tags.Count + (record.Crossing.Vehicle.Plate.Kind == PlateKind.Motorcycle ? 0 : 1), record.Evidence.Count);
            Assert.All(record.Evidence, one => Assert.InRange(Math.Abs(play.Events[one.Key].First().Ts - record.Crossing.Time), 0, CorridorPlay.ClockErrorMin + 400));
        });
    }

    [Fact]
    public void Numbers_miss_only_what_was_lost_and_the_hardware_counts_on()
    {
        var play = Play("lost=0.02,restart=0.3,duplicate=0.05,offline=0.3");
        var lost = play.Records.SelectMany(record => record.Damages).Where(damage => damage.Fault == CorridorFault.Lost).Select(damage => damage.Key!.Value).ToHashSet();
        Assert.NotEmpty(lost);
        foreach (var start in play.Events.Select(one => one.Key).Concat(lost).Distinct().GroupBy(key => (key.Device, key.Boot)))
        {
            var missing = Enumerable.Range(1, (int)start.Max(key => key.Sequence)).Count() - start.Count();
            // Counters and health are lost as well, and are about no vehicle.
            Assert.InRange(missing, 0, play.Totals.Faults.Where(one => one.Key.Fault == CorridorFault.Lost).Sum(one => one.Value) - lost.Count);
        }
        Assert.Contains(play.Events.GroupBy(one => one.Key.Device), device => device.Select(one => one.Key.Boot).Distinct().Count() == 2);
        foreach (var device in play.Events.SelectMany(one => one).Where(one => one.Count is not null).GroupBy(one => one.Key.Device))
        {
            var counts = device.OrderBy(one => (one.Key.Boot, one.Key.Sequence)).Select(one => one.Count!.Value).ToList();
            Assert.Equal(counts.Order(), counts);
        }
    }

    [Theory]
    [InlineData("avc-missed", 0.1)]
    [InlineData("avc-class", 0.2)]
    public void Shares_are_kept(string fault, double share)
    {
        var count = Play(FormattableString.Invariant($"{fault}={share}")).Totals.Faults.Single().Value;
        var deviation = Math.Sqrt(Passages * share * (1 - share));
        Assert.InRange(count, Passages * share - 4 * deviation, Passages * share + 4 * deviation);
    }

    [Fact]
    public void The_traffic_is_mixed_as_asked_and_keeps_its_distance()
    {
        var crossings = Play("none", 4_000).Records.Select(record => record.Crossing).ToList();
        Assert.Equal(4_000, crossings.Count);
        Near(crossings.Average(one => one.Vehicle.Class.Name == "car" ? 1 : 0), 0.735);
        Near(crossings.Average(one => one.Vehicle.Tags.Count > 0 ? 1 : 0), 0.69);
        Near(crossings.Average(one => one.Vehicle.Plate.Kind == PlateKind.Foreign ? 1 : 0), 0.01);
        foreach (var lane in crossings.GroupBy(one => one.Lane))
            Assert.All(lane.Zip(lane.Skip(1)), pair => Assert.True(pair.Second.Time - pair.First.Time >= Traffic.HeadwayMs));
        foreach (var vehicle in crossings.GroupBy(one => one.Vehicle.Number))
            Assert.All(vehicle.Zip(vehicle.Skip(1)).Where(pair => pair.First.Point == pair.Second.Point), pair => Assert.True(pair.Second.Time - pair.First.Time > 60_000));
        Assert.Equal(crossings.Select(one => one.Time).Order(), crossings.Select(one => one.Time));

        static void Near(double found, double expected) => Assert.InRange(found, expected - 0.04, expected + 0.04);
    }

    private static void Check(PassageRecord record, Damage damage, Played play)
    {
        if (damage.Key is not { } key)
        {
            Assert.Contains(damage.Fault, (CorridorFault[])[CorridorFault.TagMissed, CorridorFault.AvcMissed, CorridorFault.PlateMissed, CorridorFault.Restart]);
            return;
        }
        var events = play.Events[key].ToList();
        if (damage is { Effect: DamageEffect.Lost, Fault: CorridorFault.Lost })
        {
            Assert.Empty(events);
            return;
        }
        var first = events[0];
        Assert.Equal((damage.Lane, damage.Stamp), (first.Lane, first.Ts));
        switch (damage.Fault)
        {
            case CorridorFault.Conflict: Assert.Equal(2, events.Select(one => one.Json).Distinct().Count()); break;
            case CorridorFault.Duplicate: Assert.Equal((2, 1), (events.Count, events.Select(one => one.Json).Distinct().Count())); break;
            case CorridorFault.Offline: Assert.True(first.At - first.Ts > 1_000 || events.Count > 0 && first.At >= first.Ts); break;
            case CorridorFault.PlateUnread: Assert.Empty(first.Candidates); break;
            case CorridorFault.PlateWeak: Assert.True(first.Candidates[0].Confidence < 0.9); break;
            case CorridorFault.PlateMisread:
                Assert.Equal(damage.Said, first.Candidates[0].Plate);
                Assert.NotEqual(record.Crossing.Vehicle.Plate.Key, damage.Said);
                break;
            case CorridorFault.PlateNeighbour:
                Assert.NotEqual(record.Crossing.Lane.Id, first.Lane);
                Assert.Equal(record.Crossing.Vehicle.Plate.Key, first.Candidates[0].Plate);
                break;
            case CorridorFault.TagNeighbour or CorridorFault.TagNeighbourOnly:
                Assert.NotEqual(record.Crossing.Lane.Id, first.Lane);
                Assert.Equal(damage.Said, first.Tag);
                Assert.Contains(damage.Said, record.Crossing.Vehicle.Tags.Select(tag => tag.Key));
                break;
            case CorridorFault.TagClass or CorridorFault.AvcClass or CorridorFault.AvcSplit:
                Assert.NotEqual(record.Crossing.Vehicle.Class.Name, first.Class);
                if (damage.Fault == CorridorFault.AvcSplit) Assert.NotEmpty(play.Events[record.Ghost!.Value]);
                break;
            case CorridorFault.ClockOffset or CorridorFault.ClockDrift or CorridorFault.ClockStep:
                Assert.InRange(Math.Abs(first.Ts - record.Crossing.Time), CorridorPlay.ClockErrorMin - 500, long.MaxValue);
                Assert.Equal(damage.Fault switch { CorridorFault.ClockDrift => "holdover", CorridorFault.ClockStep => "free", _ => "locked" }, first.Clock);
                break;
            default: Assert.Fail($"{damage.Fault} has a key."); break;
        }
    }

    private static Played Play(string faults, int passages = Passages)
    {
        Assert.Null(CorridorFaults.TryParse(faults, out var read));
        var options = CorridorLimits.WithVehicles(CorridorLimits.Day(
            new CorridorOptions { From = 0, To = 0, Passages = 0, Vehicles = 0, Points = 2, Lanes = 2, Faults = read }, CorridorDay.Usual, passages), null);
        var play = new CorridorPlay(options);
        var records = new List<PassageRecord>();
        var events = play.Run(records.Add).Select(Event.Of).ToList();
        Assert.Equal(events.Select(one => one.At).Order(), events.Select(one => one.At));
        return new Played(records, events.ToLookup(one => one.Key), play.Totals);
    }

    private sealed record Played(List<PassageRecord> Records, ILookup<EventKey, Event> Events, CorridorTotals Totals);

    private sealed record Event(EventKey Key, long At, long Ts, string Lane, string Clock, string? Class, string? Tag, ulong? Count, List<(string? Plate, double Confidence)> Candidates, string Json)
    {
        public static Event Of(Arrival arrival)
        {
            using var json = JsonDocument.Parse(arrival.Json);
            var root = json.RootElement;
            return new Event(
                new EventKey(arrival.Device.Id, root.GetProperty("boot").GetUInt64(), root.GetProperty("seq").GetUInt64()), arrival.At, root.GetProperty("ts").GetDateTimeOffset().ToUnixTimeMilliseconds(),
                root.GetProperty("lane").GetString()!, root.GetProperty("clock").GetString()!, root.TryGetProperty("class", out var type) ? type.GetString() : null,
                root.TryGetProperty("tag", out var tag) ? $"{root.GetProperty("issuer").GetUInt64()}:{tag.GetString()}" : null, root.TryGetProperty("count", out var count) ? count.GetUInt64() : null,
                root.TryGetProperty("candidates", out var candidates)
                    ? [.. candidates.EnumerateArray().Select(one => (PlateGrammar.Parse(one.GetProperty("text").GetString(), one.GetProperty("country").GetString())?.Key, one.GetProperty("confidence").GetDouble()))] : [],
                root.ToString());
        }
    }
}
