using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Reconciliation;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>Runs of reconciliation that pages show again.</summary>
public sealed class RecentRunsTests : IDisposable
{
    private static readonly DateOnly _day = new(2026, 11, 22);
    private readonly FakeTimeProvider _clock = new();
    private readonly RecentRuns _runs;
    private int _made;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public RecentRunsTests() => _runs = new RecentRuns(_clock);

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_is_shown_for_ten_seconds_and_never_after_a_judgement()
    {
        Assert.Equal([1, 1], [Number(0), Number(0)]);
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(1, Number(0));
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(2, Number(0));
        _runs.Drop();
        Assert.Equal(3, Number(0));
        // Somebody judges while it runs.
        _runs.Drop();
        _runs.Of(Scope(0), () => { _runs.Drop(); return Make(); }, Stop);
        Assert.Equal(5, Number(0));
    }

    [Fact]
    public void Eight_scopes_are_kept_and_the_oldest_goes_first()
    {
        for (var scope = 0; scope < 9; scope++)
        {
            Assert.Equal(scope + 1, Number(scope));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.Equal(9, Number(8));
        Assert.Equal(2, Number(1));
        Assert.Equal(10, Number(0));
    }

    [Fact]
    public void Of_each_class_the_oldest_open_items_and_the_oldest_others_are_kept()
    {
        var items = Enumerable.Range(0, 400).Select(i => new ReconItem($"{i:x32}", i % 4 < 2 ? "SEQ_GAP" : "NO_EXIT", null, "", i, _day, 1, null, "", null, i % 2 == 0 ? null : new ReconJudgement(ReconState.Explained, "", "", "", 0))).ToList();
        var kept = _runs.Of(Scope(0), () => Make() with { Items = items }, Stop).Items;
        Assert.Equal(4 * RecentRuns.ItemsOfEach, kept.Count);
        Assert.Equal(kept.Select(item => item.Time).Order(), kept.Select(item => item.Time));
        Assert.Equal(items.Where(item => item.Class == "NO_EXIT" && item.IsOpen).Take(RecentRuns.ItemsOfEach), kept.Where(item => item.Class == "NO_EXIT" && item.IsOpen));
    }

    [Fact]
    public void A_run_that_fails_leaves_the_next_one_its_turn()
    {
        Assert.Throws<IOException>(() => _runs.Of(Scope(0), () => throw new IOException(), Stop));
        Assert.Equal(1, Number(0));
    }

    private int Number(int scope) => _runs.Of(Scope(scope), Make, Stop).Number;

    private ReconRun Make() => new(++_made, Scope(0), 0, [], [], [], "");

    private static ReconScope Scope(int number) => new(_day.AddDays(number), _day.AddDays(number));
}
