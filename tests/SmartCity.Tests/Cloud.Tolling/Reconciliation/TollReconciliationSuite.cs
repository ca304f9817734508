using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Tests.Cloud.Tolling.Charging;

namespace SmartCity.Tests.Cloud.Tolling.Reconciliation;

/// <summary>Reconciliation of a played day with every fault: what is right is even, and what somebody changes is found.</summary>
public abstract class TollReconciliationSuite : IDisposable
{
    private static readonly TimeZoneInfo _tehran = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");
    private static readonly ReconScope _all = new(DateOnly.MinValue, DateOnly.MaxValue);

    private readonly PlayedDay _day;
    private readonly Books _books;
    private readonly TollReconciliation _reconciliation;

    protected TollReconciliationSuite(PlayedDay day)
    {
        // Books of its own: what a test changes in them is seen by no other.
        (_day, _books) = (day, day.NewBooks());
        _books.Take(day.Events);
        _books.Settle();
        _reconciliation = _books.Place.OpenReconciliation(_tehran);
    }

    public void Dispose()
    {
        _reconciliation.Dispose();
        _books.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether claims stand beside the passages.</summary>
    protected virtual bool HasClaims => true;

    [Fact]
    public void Every_identity_of_a_day_with_every_fault_is_even()
    {
        var run = Run();
        string[] claims = HasClaims ? ["E11", "E12"] : [];
        Assert.Equal(["E1", "E2", "E4", "E5", "E6", "E7", "E8", "E9", "E10", .. claims], run.Identities.Select(identity => identity.Id));
        Assert.All(run.Identities, identity => Assert.True(identity.Holds, identity.ToString()));
        Assert.Equal(_books.Store.StatementRoot(), run.StatementRoot);
        Assert.True(Left(run, "E9").Money > 0);
    }

    [Fact]
    public void Numbers_that_devices_gave_and_nobody_got_are_named_one_by_one()
    {
        var run = Run();
        var missing = _day.Events.GroupBy(e => (e.Device, e.Boot)).Sum(start => (long)start.Max(e => e.Sequence) - start.Select(e => e.Sequence).Distinct().Count());
        Assert.True(missing > 0);
        Assert.Equal(missing, run.Classes.Single(one => one.Class == "SEQ_GAP").Count);
        Assert.Equal(missing, Right(run, "E1", "missingOpen").Count);
    }

    [Fact]
    public void Days_and_toll_points_add_up_to_the_whole()
    {
        var whole = Run();
        var days = _books.Charges().Select(charge => charge.Day).Distinct().ToList();
        var points = _books.Charges().Select(charge => charge.TollPoint).Distinct().ToList();
        foreach (var id in new[] { "E6", "E8", "E9" })
        {
            Assert.Equal(Left(whole, id).Money ?? 0, days.Sum(day => Left(Run(new ReconScope(day, day)), id).Money ?? 0));
            Assert.Equal(Left(whole, id).Count, points.Sum(point => Left(Run(_all with { Point = point }), id).Count));
        }
    }

    [Theory]
    [InlineData("DELETE FROM charge WHERE passage = (SELECT min(passage) FROM charge WHERE outcome = 1)", "E6")]
    [InlineData("UPDATE charge SET net = net + 1 WHERE passage = (SELECT min(passage) FROM charge WHERE outcome = 1)", "E9")]
    [InlineData("UPDATE charge SET net = net + 1 WHERE passage = (SELECT min(passage) FROM charge WHERE outcome = 1)", "E8")]
    [InlineData("UPDATE toll_tally SET orphans = orphans + 1 WHERE (point, cell) = (SELECT point, cell FROM toll_tally LIMIT 1)", "E5")]
    public void What_somebody_changes_leaves_a_residual(string change, string identity)
    {
        Assert.Equal(1, _books.Place.Sql(change));
        Assert.False(Run().Identities.Single(one => one.Id == identity).Holds);
    }

    [Fact]
    public void An_explained_item_is_no_longer_open_and_keeps_who_said_so()
    {
        var before = Run();
        var gap = before.Items.First(item => item.Class == "SEQ_GAP");
        _reconciliation.Judge(gap.Key, new ReconJudgement(ReconState.Explained, "lane 2", "the cable was cut", "maryam", Corridor.Noon));
        var after = Run();
        Assert.Equal("the cable was cut", after.Items.Single(item => item.Key == gap.Key).Judgement!.Explanation);
        Assert.Equal(Open(before, "SEQ_GAP") - 1, Open(after, "SEQ_GAP"));
        Assert.Equal(gap.Count, Right(after, "E1", "missingExplained").Count);
    }

    [Fact]
    public void Items_that_are_explained_together_are_explained_each()
    {
        var items = Run().Items;
        Assert.True(items.Count > 1);
        _reconciliation.Judge(items.Select(item => item.Key), new ReconJudgement(ReconState.Explained, "", "a fault that was played", "maryam", Corridor.Noon));
        var after = Run();
        Assert.All(after.Classes, one => Assert.Equal(0, one.Open));
        Assert.Equal((items.Where(item => item.Class == "SEQ_GAP").Sum(gap => gap.Count), 0L), (Right(after, "E1", "missingExplained").Count, Right(after, "E1", "missingOpen").Count));
    }

    [Fact]
    public void Numbers_that_were_asked_for_again_say_so_until_they_come()
    {
        var gap = Run().Items.First(item => item.Class == ReconItem.SequenceGap);
        _reconciliation.AskReplay(new ReconReplay(gap.Key, gap.Subject, "maryam", Corridor.Noon));
        _reconciliation.AskReplay(new ReconReplay(gap.Key, gap.Subject, "reza", Corridor.Noon + 1));
        Assert.Equal(("reza", Corridor.Noon + 1), Assert.Single(_reconciliation.Replays()) is var asked ? (asked.By, asked.At) : default);
        var again = Run();
        Assert.Equal("reza", again.Items.Single(item => item.Key == gap.Key).Replay!.By);
        Assert.Equal(gap.Key, Assert.Single(again.Items, item => item.Replay is not null).Key);
        Assert.True(again.Items.Single(item => item.Key == gap.Key).IsOpen);
    }

    [Fact]
    public void What_gateways_numbered_is_held_against_what_became_of_it()
    {
        var even = _reconciliation.Run(_all, null, 0, Corridor.Noon, TestContext.Current.CancellationToken, [new GatewayCount("g1", 100, 80, 10, 5, 2, 3), new GatewayCount("g2", 7, 7, 0, 0, 0, 0)]);
        Assert.Equal((107L, true), (Left(even, "E3").Count, even.Identities.Single(identity => identity.Id == "E3").Holds));
        var gone = _reconciliation.Run(_all, null, 0, Corridor.Noon, TestContext.Current.CancellationToken, [new GatewayCount("g1", 100, 79, 10, 5, 2, 3)]);
        Assert.Equal(1L, gone.Identities.Single(identity => identity.Id == "E3").ResidualCount);
    }

    [Fact]
    public void A_run_that_is_kept_stays_as_it_was()
    {
        var kept = _reconciliation.Keep(Run());
        _reconciliation.Judge(kept.Items[0].Key, new ReconJudgement(ReconState.Accepted, "", "small", "maryam", Corridor.Noon));
        var read = Assert.Single(_reconciliation.Runs(10));
        Assert.Equal((1, kept.StatementRoot, kept.Identities.Count), (read.Number, read.StatementRoot, read.Identities.Count));
        Assert.All(read.Items, item => Assert.Null(item.Judgement));
    }

    private ReconRun Run(ReconScope? scope = null) => _reconciliation.Run(scope ?? _all, _books.Ledger, 100_000, Corridor.Noon, TestContext.Current.CancellationToken);

    private static ReconTerm Left(ReconRun run, string id) => run.Identities.Single(identity => identity.Id == id).Left;

    private static ReconTerm Right(ReconRun run, string id, string name) => run.Identities.Single(identity => identity.Id == id).Right.Single(term => term.Name == name);

    private static int Open(ReconRun run, string name) => run.Classes.Single(one => one.Class == name).Open;
}

/// <summary>In files.</summary>
public sealed class SqliteTollReconciliationTests(PlayedDay day) : TollReconciliationSuite(day), IClassFixture<PlayedDay>;

/// <summary>In PostgreSQL.</summary>
public sealed class PostgresTollReconciliationTests(PostgresDay day) : TollReconciliationSuite(day), IClassFixture<PostgresDay>
{
    /// <inheritdoc/>
    protected override bool HasClaims => false;
}
