using CsCheck;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

/// <summary>
/// Over traffic far thicker than a road's: few vehicles, again and again within the minute, close to borders of cells, in neighbouring lanes,
/// misread, with wrong clocks and conflicting keys.
/// </summary>
public sealed class CorrelatorPropertyTests
{
    private static readonly string[] _plates = ["12ب34567", "12ب24567", "12پ34567", "55د77811", "34ABC12"];
    private static readonly string[] _lanes = ["L1", "L2", "L3", "L4", "L9"];
    private static readonly TimeWindow _all = new(Road.Start - 1_200_000_000, Road.Start + 1_800_000_000);

    /// <summary>A whole vehicle (kinds 0–3) or one event: when, where, of which vehicle, and what is wrong with it.</summary>
    private sealed record Act(int Ms, int Lane, int Kind, int Vehicle, int Flaw);

    private static readonly Gen<int> _times = Gen.Select(Gen.Int[-6, 18], Gen.Int[0, 2], Gen.Int[0, 5_000]).Select((half, at, ms) => half * 57_000 + at * 10_000 + (at == 1 ? -2_500 + ms : ms % 700));
    private static readonly Gen<Act> _act = Gen.Select(
        _times, Gen.Frequency((12, Gen.Int[0, 2]), (3, Gen.Int[3, 3]), (1, Gen.Int[4, 4])), Gen.Int[0, 9], Gen.Int[0, _plates.Length - 1], Gen.Int[0, 37],
        (ms, lane, kind, vehicle, flaw) => new Act(ms, lane, kind, vehicle, flaw));
    private static readonly Gen<(Act[] Acts, int Seed)> _traffic = Gen.Select(_act.Array[0, 60], Gen.Int);

    [Fact]
    public void The_order_of_events_and_how_often_they_come_are_of_no_matter() => _traffic.Sample(traffic =>
    {
        var road = Drive(traffic.Acts);
        var random = new Random(traffic.Seed);
        var once = road.Correlate();
        TollEvent[] thrice = [.. road.Events, .. road.Events.Select(e => e with { Received = e.Received + 90_000_000 }), .. road.Events];
        random.Shuffle(thrice);
        Same(once, road.Correlate(thrice, Road.Cell));
    });

    [Fact]
    public void However_time_is_cut_the_pieces_add_up_to_the_whole() => Gen.Select(_traffic, _times.Array[0, 6]).Sample((traffic, cuts) =>
    {
        var road = Drive(traffic.Acts);
        var whole = road.Correlate(road.Events, _all);
        long[] bounds = [_all.From, .. cuts.Select(ms => Road.Start + ms * 1_000L).Distinct().Order(), _all.To];
        var pieces = bounds.Zip(bounds.Skip(1), (from, to) => road.Correlate(road.Events, new TimeWindow(from, to))).ToList();
        Same(whole, new CorrelationResult(
            _all, [.. pieces.SelectMany(piece => piece.Passages)], [.. pieces.SelectMany(piece => piece.Suppressed)], [.. pieces.SelectMany(piece => piece.Orphans)],
            [.. pieces.SelectMany(piece => piece.Held)], [.. pieces.SelectMany(piece => piece.Findings)],
            new CorrelationTally(
                pieces.Sum(piece => piece.Tally.Events), pieces.Sum(piece => piece.Tally.Attached), pieces.Sum(piece => piece.Tally.Suppressed),
                pieces.Sum(piece => piece.Tally.Orphans), pieces.Sum(piece => piece.Tally.Held))));
    });

    [Fact]
    public void A_window_needs_no_more_events_than_its_context() => _traffic.Sample(traffic =>
    {
        var road = Drive(traffic.Acts, flaws: false);
        var context = CorrelationWindows.ContextOf(Road.Cell, road.Options);
        Same(road.Correlate(), road.Correlate(road.Events.Where(e => context.Contains(e.Time)), Road.Cell));
    });

    [Fact]
    public void Every_event_stands_in_one_place_and_every_vehicle_in_one_passage() => _traffic.Sample(traffic =>
    {
        var road = Drive(traffic.Acts);
        var result = road.Correlate(road.Events, _all);
        TollEventRef[] places =
        [
            .. result.Passages.SelectMany(passage => passage.Members).Select(member => member.Event), .. result.Suppressed.Select(read => read.Event),
            .. result.Orphans.Select(read => read.Event), .. result.Held.Select(e => e.Event),
        ];
        Assert.Equal(road.Events.Select(TollEventRef.Of).Distinct().Order(), places.Order());
        Assert.True(result.Tally.Balances);
        Assert.Equal(places.Length, result.Tally.Events);
        Assert.Equal(result.Passages.Count, result.Passages.Select(passage => passage.Id).Distinct().Count());
        Assert.Equal(result.Passages.Count, result.Passages.Select(passage => passage.Anchor).Distinct().Count());
        Assert.All(result.Passages, passage => Assert.Equal(passage.Anchor, passage.Members[0].Event));
    });

    [Fact]
    public void No_vehicle_is_charged_twice_within_the_minute() => _traffic.Sample(traffic =>
    {
        var road = Drive(traffic.Acts);
        var charged = road.Correlate(road.Events, _all).Passages.Where(passage => passage.State == PassageState.Billable).ToList();
        foreach (var (a, b) in charged.SelectMany(a => charged.Where(b => a.Id != b.Id && Math.Abs(a.Time - b.Time) <= 60_000_000).Select(b => (a, b))))
        {
            Assert.NotEqual(a.Vehicle, b.Vehicle);
            if (a.Tag is not null && a.Tag == b.Tag) Assert.True(a.PlateState == PlateState.Confirmed && b.PlateState == PlateState.Confirmed && a.Plate!.Key != b.Plate!.Key);
        }
    });

    [Fact]
    public void What_lost_points_to_what_stands_and_a_duplicate_to_another_passage_with_the_same_vehicle() => _traffic.Sample(traffic =>
    {
        var road = Drive(traffic.Acts);
        var result = road.Correlate(road.Events, _all);
        var passages = result.Passages.ToDictionary(passage => passage.Id);
        foreach (var read in result.Suppressed)
        {
            Assert.True(passages.ContainsKey(read.Passage));
            Assert.True(passages.ContainsKey(read.WinnerPassage));
            Assert.NotEqual(read.Event, read.Winner);
            if (read.Reason == SuppressReason.DuplicateTag) Assert.Equal(read.Passage, read.WinnerPassage);
        }
        foreach (var passage in result.Passages.Where(passage => passage.State == PassageState.Duplicate))
        {
            // After three steps the winner may have a winner of its own; it is found in the end.
            var winner = passages[passage.DuplicateOf!];
            for (var steps = 0; winner.DuplicateOf is { } further; winner = passages[further]) Assert.True(++steps < passages.Count);
        }
    });

    [Fact]
    public void A_late_event_changes_nothing_outside_the_cells_it_makes_dirty() => Gen.Select(_traffic, _act).Sample((traffic, late) =>
    {
        var road = Drive(traffic.Acts);
        var (before, count) = (road.Correlate(road.Events, _all), road.Events.Count);
        Drive([late], road: road);
        var after = road.Correlate(road.Events, _all);
        var dirty = CorrelationWindows.Dirty(road.Events.Skip(count).SelectMany(e => EventClock.TimesOf(e, road.Options)), road.Options);
        var diff = PassageDiff.Of(before.Passages, after.Passages);
        foreach (var passage in diff.Added.Concat(diff.Removed).Concat(diff.Changed.Select(change => change.After)))
            Assert.Contains(dirty, cell => cell.Contains(passage.Time));
        // A read makes no vehicle, whatever it is.
        if (road.Events.Skip(count).All(e => e.Kind != TollEventKind.Avc))
        {
            Assert.Empty(diff.Added);
            Assert.Empty(diff.Removed);
        }
        else Assert.True(diff.Added.Count <= 1 && diff.Removed.Count == 0);
    });

    [Fact]
    public void The_traffic_of_these_tests_meets_every_rule() => _traffic.Array[400].Sample(many =>
    {
        var results = many.Select(traffic => Drive(traffic.Acts)).Select(road => road.Correlate(road.Events, _all)).ToList();
        var passages = results.SelectMany(result => result.Passages).ToList();
        Assert.Equal(Enum.GetValues<SuppressReason>(), results.SelectMany(result => result.Suppressed).Select(read => read.Reason).Distinct().Order());
        Assert.Equal(Enum.GetValues<HoldReason>(), results.SelectMany(result => result.Held).Select(e => e.Reason).Distinct().Order());
        Assert.Equal(Enum.GetValues<FindingKind>().Where(kind => kind != FindingKind.ImpossibleTravel), results.SelectMany(result => result.Findings).Select(finding => finding.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<PassageState>(), passages.Select(passage => passage.State).Distinct().Order());
        Assert.Equal(Enum.GetValues<PlateState>(), passages.Select(passage => passage.PlateState).Distinct().Order());
        Assert.Equal(Enum.GetValues<EvidenceGrade>(), passages.Select(passage => passage.Grade).Distinct().Order());
        Assert.Equal(Enum.GetValues<ClassRule>(), passages.Select(passage => passage.ClassRule).Distinct().Order());
        Assert.Equal(31, passages.Aggregate(0, (all, passage) => all | (int)passage.Review));
        Assert.Contains(passages.SelectMany(passage => passage.Members), member => member.IsCrossLane);
    }, seed: "00047jhYlYk1", iter: 1);

    private static Road Drive(Act[] acts, bool flaws = true, Road? road = null)
    {
        road ??= new Road().Account(1, "t0", _plates[0]).Account(1, "t1", _plates[1]).Account(2, "t3", _plates[3]).Register(_plates[2]);
        road.Domestic.Add(2);
        foreach (var act in acts)
        {
            var lane = _lanes[act.Lane];
            switch (act.Kind)
            {
                case 0 or 1 or 2 or 3:
                    if (act.Flaw % 3 != 1) Tag(act.Ms - 200 + act.Flaw * 10);
                    if (act.Flaw % 4 != 1) Anpr(act.Ms + act.Flaw * 20);
                    if (act.Flaw % 5 == 1) road.Anpr(lane, act.Ms + 900, _plates[act.Vehicle], 0.8, "overview");
                    Avc(act.Ms);
                    break;
                case 4: Avc(act.Ms); break;
                case 5 or 6: Tag(act.Ms); break;
                case 7: Anpr(act.Ms); break;
                case 8: road.Loop(lane, act.Ms); break;
                default: road.Counter(lane, act.Ms); break;
            }

            void Avc(int ms) => road.Avc(lane, ms, act.Vehicle == 4 ? null : "1");
            void Tag(int ms) => road.Tag(lane, ms, act.Vehicle == 3 ? 2u : 1u, $"t{act.Vehicle}", act.Vehicle == 4 ? null : act.Flaw % 7 == 1 ? "2" : "1", act.Flaw % 5);
            void Anpr(int ms) => road.Anpr(lane, ms, act.Flaw % 9 == 1 ? "?" : _plates[(act.Vehicle + (act.Flaw % 8 == 1 ? 1 : 0)) % _plates.Length], act.Flaw % 4 == 0 ? 0.5 : 0.95, act.Flaw % 2 == 0 ? "front" : "rear");

            if (!flaws) continue;
            switch (act.Flaw)
            {
                case 30: road.Change(e => e with { Received = e.Time + 5_000_000 }); break;
                case 31: road.Change(e => e with { Received = e.Time - 700_000_000 }); break;
                case 32: road.Change(e => e with { Quality = ReadingQuality.TimeReplaced }); break;
                case >= 35: road.Change(e => e with { Received = Road.Start + 1_500_000_000 + act.Ms % 5 * 400_000 }); break;
                case 34: road.Change(e => e with { Device = $"stranger-{e.Device}" }); break;
                case 33: road.Events.Add(road.Events[^1] with { Time = road.Events[^1].Time + 100, Json = "{\"other\":1}"u8.ToArray() }); break;
            }
        }
        return road;
    }

    private static void Same(CorrelationResult expected, CorrelationResult actual)
    {
        Assert.Equal(expected.Passages, actual.Passages);
        Assert.Equal(expected.Suppressed, actual.Suppressed);
        Assert.Equal(expected.Orphans, actual.Orphans);
        Assert.Equal(expected.Held, actual.Held);
        Assert.Equal(expected.Findings, actual.Findings);
        Assert.Equal(expected.Tally, actual.Tally);
    }
}
