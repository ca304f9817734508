using CsCheck;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class TripMatcherTests
{
    private const long Minute = 60_000_000;
    private static readonly ClosedSystem _system = new(
        new Dictionary<string, TollPointRole> { ["IN-A"] = TollPointRole.Entry, ["IN-B"] = TollPointRole.Entry, ["OUT-A"] = TollPointRole.Exit, ["OUT-B"] = TollPointRole.Exit },
        (entry, exit) => entry[^1] == exit[^1] ? TimeSpan.FromMinutes(10) : TimeSpan.FromMinutes(60), TimeSpan.FromHours(24));

    [Fact]
    public void Entry_and_exit_of_a_vehicle_are_a_trip_named_by_the_exit()
    {
        var (entry, exit) = (At("IN-A", 0, "1"), At("OUT-B", 30, "1"));
        Assert.Equal(new Trip(exit.Id, "tag:1:1", entry, exit, TripCompleteness.Complete), Assert.Single(Match(100, exit, entry)));
    }

    [Theory]
    [InlineData("OUT-B", 60, TripCompleteness.Complete)]
    [InlineData("OUT-B", 61, TripCompleteness.Overtime)]
    [InlineData("OUT-A", 10, TripCompleteness.Complete)]
    [InlineData("OUT-A", 11, TripCompleteness.Overtime)]
    [InlineData("OUT-B", 24 * 60, TripCompleteness.Overtime)]
    public void The_way_has_its_own_longest_time(string exit, int minutes, TripCompleteness completeness) =>
        Assert.Equal(completeness, Assert.Single(Match(2_000, At("IN-A", 0, "1"), At(exit, minutes, "1"))).Completeness);

    [Fact]
    public void An_exit_after_the_longest_wait_has_no_entry_and_the_entry_no_exit() =>
        Assert.Equal([TripCompleteness.UnmatchedEntry, TripCompleteness.UnmatchedExit], Match(2_000, At("IN-A", 0, "1"), At("OUT-B", 24 * 60 + 1, "1")).Select(trip => trip.Completeness));

    [Theory]
    [InlineData(24 * 60, TripCompleteness.Inside)]
    [InlineData(24 * 60 + 1, TripCompleteness.UnmatchedEntry)]
    public void Who_entered_is_inside_until_the_wait_is_over(int asOf, TripCompleteness completeness) =>
        Assert.Equal(completeness, Assert.Single(Match(asOf, At("IN-A", 0, "1"))).Completeness);

    [Fact]
    public void Who_enters_twice_left_unseen_and_who_leaves_twice_entered_unseen() =>
        Assert.Equal(
            [(TripCompleteness.UnmatchedEntry, 0), (TripCompleteness.Complete, 20), (TripCompleteness.UnmatchedExit, 25)],
            Match(100, At("IN-A", 0, "1"), At("IN-A", 5, "1"), At("OUT-B", 20, "1"), At("OUT-B", 25, "1")).Select(trip => (trip.Completeness, (int)((trip.Exit ?? trip.Entry)!.Time / Minute))));

    [Fact]
    public void Vehicles_that_nobody_knows_make_no_trip_and_are_not_waited_for() =>
        Assert.Equal([TripCompleteness.UnmatchedEntry, TripCompleteness.UnmatchedExit], Match(6, At("IN-A", 0, null), At("OUT-A", 5, null)).Select(trip => trip.Completeness));

    [Fact]
    public void Duplicates_and_other_toll_points_are_no_part_of_it() =>
        Assert.Empty(Match(6, At("IN-A", 0, "1") with { State = PassageState.Duplicate }, At("THN-1", 5, "1")));

    [Fact]
    public void Every_entry_and_exit_stands_in_one_trip_in_whatever_order_they_come() =>
        Gen.Select(Gen.Select(Gen.Int[0, 3], Gen.Int[0, 200], Gen.Int[0, 4]).Array[0, 40], Gen.Int).Sample((passes, seed) =>
        {
            var passages = passes.Select((pass, i) => At(_system.Roles.Keys.Order().ElementAt(pass.Item1), pass.Item2 * 30, pass.Item3 == 4 ? null : $"{pass.Item3}", i)).ToArray();
            var trips = Match(6_000, passages);
            var shuffled = passages.ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(trips, Match(6_000, shuffled));
            Assert.Equal(passages.Select(passage => passage.Id).Order(), trips.SelectMany(trip => new[] { trip.Entry, trip.Exit }).OfType<Passage>().Select(passage => passage.Id).Order());
            Assert.All(trips, trip => Assert.Equal((trip.Exit ?? trip.Entry)!.Id, trip.Id));
            Assert.All(trips.Where(trip => trip.Entry is not null && trip.Exit is not null), trip => Assert.True(trip.Vehicle is not null && trip.Entry!.Time <= trip.Exit!.Time));
        });

    private static IReadOnlyList<Trip> Match(int asOf, params Passage[] passages) => TripMatcher.Match(passages, _system, asOf * Minute);

    private static Passage At(string tollPoint, int minute, string? tag, int number = 0) =>
        PassageDiffTests.Drive($"{minute}-{number}", minute * Minute, tollPoint) with { Tag = tag is null ? null : new TagId(1, tag) };
}
