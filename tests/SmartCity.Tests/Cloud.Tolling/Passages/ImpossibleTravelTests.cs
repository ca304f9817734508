using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Tests.Cloud.Tolling.Passages;

public sealed class ImpossibleTravelTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData(200, false)] // 10 km in 200 s are 180 km/h
    [InlineData(199, true)]
    [InlineData(0, true)]
    public void One_vehicle_at_two_points_faster_than_any_is_found_at_both(int seconds, bool isFound)
    {
        var (from, to) = (At("A", 0), At("B", seconds));
        var findings = Find(to, from);
        Assert.Equal(isFound ? 2 : 0, findings.Count);
        if (!isFound) return;
        Assert.Equal([from.Id, to.Id], findings.Select(finding => finding.Passage).OrderBy(id => id == to.Id));
        Assert.All(findings, finding => Assert.Equal("IMPOSSIBLE_TRAVEL", finding.Code));
    }

    [Fact]
    public void Another_vehicle_another_day_the_same_point_an_unknown_way_a_duplicate_and_a_doubtful_clock_are_no_finding()
    {
        Assert.Empty(Find(At("A", 0), At("B", 1) with { Tag = new TagId(1, "other") }));
        Assert.Empty(Find(At("A", 0), At("B", 86_400)));
        Assert.Empty(Find(At("A", 0), At("A", 1)));
        Assert.Empty(Find(At("A", 0), At("nowhere", 1)));
        Assert.Empty(Find(At("A", 0), At("B", 1) with { State = PassageState.Duplicate }));
        Assert.Empty(Find(At("A", 0), At("B", 1) with { Clock = ClockVerdict.Suspect }));
        Assert.Empty(Find(At("A", 0) with { Tag = null }, At("B", 1) with { Tag = null }));
    }

    [Fact]
    public void The_order_of_passages_is_of_no_matter()
    {
        Passage[] passages = [At("A", 0), At("B", 30), At("A", 60), At("C", 90)];
        var findings = Find(passages);
        Assert.Equal(6, findings.Count);
        Assert.Equal(findings, Find([.. passages.Reverse()]));
    }

    private static IReadOnlyList<Finding> Find(params Passage[] passages) =>
        ImpossibleTravel.Find(passages, (from, to) => from == "nowhere" || to == "nowhere" ? null : 10_000, CorrelationOptions.Default);

    private static Passage At(string tollPoint, int second) => PassageDiffTests.Drive($"{tollPoint}{second}", second * Second, tollPoint) with { Tag = new TagId(1, "77") };
}
