using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Tests.Cloud.Tolling.Charging;

namespace SmartCity.Tests.Cloud.Tolling.Reconciliation;

public sealed class LeakageTreeTests(PlayedDay day) : IClassFixture<PlayedDay>
{
    [Fact]
    public void Every_passage_of_a_day_stands_in_one_leaf_and_what_was_charged_is_collected_or_owed()
    {
        using var reconciliation = day.Whole.Place.OpenReconciliation(TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran"));
        var tree = reconciliation.Leakage(new ReconScope(DateOnly.MinValue, DateOnly.MaxValue), day.Whole.Ledger, TestContext.Current.CancellationToken);
        var charges = day.Whole.Charges();
        Assert.Equal(charges.Count, tree.Count);
        Assert.Equal(charges.Sum(charge => charge.Gross), Of(tree, "collected").Money + Of(tree, "owed").Money);
        Assert.Equal(charges.Count(charge => charge.Outcome == ChargeOutcome.Review), Of(tree, "review").Count);
        Assert.True(Of(tree, "lost") is { Count: > 0, Money: > 0, IsEstimate: true });
        Assert.False(Of(tree, "owed").IsEstimate);
    }

    [Fact]
    public void What_was_never_charged_is_estimated_by_its_toll_point()
    {
        var tree = LeakageTree.Of(
        [
            new("A", ChargeOutcome.Charged, null, 3, 1, 200), new("B", ChargeOutcome.Charged, null, 1, 0, 1_000),
            new("A", ChargeOutcome.Unreadable, null, 2, 2, 0), new("B", ChargeOutcome.Unrated, "TARIFF_MISSING", 1, 1, 0), new("B", ChargeOutcome.Unrated, "CLASS_UNKNOWN", 2, 2, 0),
        ], [("liability:prepaid:1", 150), ("asset:receivable:plate:202611-ab", 1_050)], (0, 0, 0, 0));
        Assert.Equal((132L, true), (Of(tree, "unread").Money, Of(tree, "unread").IsEstimate));
        Assert.Equal([("CLASS_UNKNOWN", 2_000L), ("TARIFF_MISSING", 1_000L)], Of(tree, "unrated").Parts.Select(part => (part.Name, part.Money)));
        Assert.Equal((150L, 1_050L), (Of(tree, "collected").Money, Of(tree, "noAddress").Money));
        Assert.Equal(1L, Of(tree, "noPrice").Count);
    }

    private static LeakageNode Of(LeakageNode node, string name) => All(node).Single(one => one.Name == name);

    private static IEnumerable<LeakageNode> All(LeakageNode node) => node.Parts.SelectMany(All).Prepend(node);
}
