using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Model.Tolling;
using SmartCity.Tests.Cloud.Tolling.Charging;

namespace SmartCity.Tests.Cloud.Tolling.Reconciliation;

/// <summary>How a period of a played day comes to its seal: everything in and judged, two people, and then for ever.</summary>
public abstract class PeriodDeskSuite : IDisposable
{
    private static readonly TimeZoneInfo _tehran = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");

    private readonly Books _books;
    private readonly TollReconciliation _reconciliation;
    private readonly Period _period;
    private readonly FakeTimeProvider _clock = new();
    private readonly PeriodDesk _desk;
    private readonly TollEvent[] _events;
    private readonly long _conflicts;

    protected PeriodDeskSuite(PlayedDay day)
    {
        _events = day.Events;
        _books = day.NewBooks();
        _books.Take(day.Events);
        _books.Settle();
        _reconciliation = _books.Place.OpenReconciliation(_tehran);
        _period = _books.Ledger.Periods()[0];
        _clock.SetUtcNow(new DateTimeOffset(_period.To.AddDays(PeriodDesk.GraceDays).ToDateTime(new TimeOnly(12, 0)), TimeSpan.Zero));
        _desk = new PeriodDesk(_reconciliation, _books.Ledger, _tehran, _clock);
        _conflicts = _reconciliation.Run(new ReconScope(_period.From, _period.To), null, 0, 0, Stop).Identities.Single(identity => identity.Id == "E2").Right.Single(term => term.Name == "conflicting").Count;
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Period Now => _books.Ledger.Periods()[0];

    public void Dispose()
    {
        _reconciliation.Dispose();
        _books.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Two_different_people_seal_a_period_of_which_everything_is_judged_and_nothing_changes_it_afterwards()
    {
        JudgeAll();
        Close();
        var first = _desk.Sign(_period.Number, "maryam", Stop);
        Assert.Equal((PeriodSigned.First, "maryam"), (first.Outcome, first.SignedBy));
        // She is one person, however she writes her name.
        foreach (var same in (string[])["maryam", " Maryam"])
        {
            Assert.Equal(PeriodSigned.Refused, _desk.Sign(_period.Number, same, Stop).Outcome);
            Assert.Equal(PeriodState.Closing, Now.State);
        }
        var second = _desk.Sign(_period.Number, "reza", Stop);
        Assert.Equal((PeriodSigned.Sealed, "maryam"), (second.Outcome, second.SignedBy));
        var (sealedAs, head) = (Now, _books.Ledger.Head());
        Assert.Equal(PeriodState.Sealed, sealedAs.State);
        Assert.NotNull(sealedAs.Seal);

        Assert.Equal(PeriodSigned.Refused, _desk.Sign(_period.Number, "sara", Stop).Outcome);
        Assert.False(_books.Ledger.BeginClosing(_period.Number, "sara").Succeeded);
        Assert.False(_books.Ledger.Reopen(_period.Number, "sara", ["E9"]).Succeeded);
        Assert.Equal((sealedAs, head), (Now, _books.Ledger.Head()));
        Assert.Null(_books.Ledger.Verify(Stop).Fault);
    }

    [Fact]
    public void A_period_is_not_signed_while_an_item_is_open_an_event_may_come_or_nobody_closed_it()
    {
        Assert.Equal(PeriodSigned.Refused, _desk.Sign(_period.Number + 7, "maryam", Stop).Outcome);
        Assert.Contains("close it first", _desk.Sign(_period.Number, "maryam", Stop).Message);
        Close();
        var open = _desk.Sign(_period.Number, "maryam", Stop);
        Assert.Contains(open.Blockers, blocker => blocker.StartsWith("SEQ_GAP", StringComparison.Ordinal));
        JudgeAll();
        _clock.SetUtcNow(_clock.GetUtcNow().AddDays(1));
        Assert.Empty(_desk.Blockers(_period, Stop));
        _clock.AdjustTime(_clock.GetUtcNow().AddDays(-2));
        var early = Assert.Single(_desk.Sign(_period.Number, "maryam", Stop).Blockers);
        Assert.Contains("late events", early);
        Assert.Null(_reconciliation.FirstSignature(_period.Number));
    }

    [Fact]
    public void An_event_of_a_lane_that_nobody_knows_and_a_key_with_another_content_stand_in_the_way_and_are_kept()
    {
        JudgeAll();
        var known = _events.First(e => e.Kind == TollEventKind.Avc && e.Clock == TollClock.Locked);
        var other = (byte[])[.. known.Json.Span[..^1], .. ",\"note\":1}"u8];
        _books.Take([known with { Device = "stray", Boot = 1, Sequence = 1, Lane = "NOWHERE-L9" }, known with { Json = other }]);
        _books.Settle();
        var items = Items().Where(item => item.IsOpen).ToList();
        Assert.Equal((1, "its events wait for a configuration that has this lane"), items.Where(item => item is { Class: "UNKNOWN_LANE", Subject: "NOWHERE-L9" }).Select(item => ((int)item.Count, item.Detail)).Single());
        Assert.Contains(items, item => item.Class == "KEY_CONFLICT" && item.Subject.StartsWith($"{known.Device}/{known.Boot}/{known.Sequence}", StringComparison.Ordinal));
        var blockers = _desk.Blockers(_period, Stop);
        foreach (var code in (string[])["UNKNOWN_LANE", "KEY_CONFLICT", "on their way"]) Assert.Contains(blockers, blocker => blocker.StartsWith(code, StringComparison.Ordinal));
        var run = _reconciliation.Run(new ReconScope(_period.From, _period.To), _books.Ledger, 0, 0, Stop);
        Assert.All(run.Identities, identity => Assert.True(identity.Holds, identity.ToString()));
        Assert.Equal(1, run.Identities.Single(identity => identity.Id == "E2").Right.Single(term => term.Name == "conflicting").Count - _conflicts);
    }

    [Fact]
    public void What_is_opened_again_after_the_first_signature_stands_in_the_way_of_the_second()
    {
        JudgeAll();
        Close();
        Assert.Equal(PeriodSigned.First, _desk.Sign(_period.Number, "maryam", Stop).Outcome);
        // Somebody takes a judgement back.
        var item = Items()[0];
        _reconciliation.Judge(item.Key, new ReconJudgement(ReconState.Open, "", "", "sara", Corridor.Noon));
        Assert.Contains(_desk.Sign(_period.Number, "reza", Stop).Blockers, blocker => blocker.StartsWith(item.Class, StringComparison.Ordinal));
        Assert.Equal(PeriodState.Closing, Now.State);
    }

    private void Close() => Assert.True(_books.Ledger.BeginClosing(_period.Number, "maryam").Succeeded);

    private IReadOnlyList<ReconItem> Items() => _reconciliation.Run(new ReconScope(_period.From, _period.To), _books.Ledger, int.MaxValue, Corridor.Noon, Stop).Items;

    private void JudgeAll()
    {
        var items = Items();
        Assert.NotEmpty(items);
        foreach (var item in items) _reconciliation.Judge(item.Key, new ReconJudgement(ReconState.Accepted, "", "small", "maryam", Corridor.Noon));
    }
}

/// <summary>In files.</summary>
public sealed class SqlitePeriodDeskTests(PlayedDay day) : PeriodDeskSuite(day), IClassFixture<PlayedDay>;

/// <summary>In PostgreSQL.</summary>
public sealed class PostgresPeriodDeskTests(PostgresDay day) : PeriodDeskSuite(day), IClassFixture<PostgresDay>;
