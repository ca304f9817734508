using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

/// <summary>What every store of the ledger does alike. A sealed subclass per store says how one is opened over the data of the test.</summary>
public abstract partial class TollLedgerSuite : IDisposable
{
    private protected const string Prepaid = "liability:prepaid:4711", Road = "liability:concession:north", Vat = "liability:vat", Bank = "asset:bank";
    private protected static readonly LedgerIdentity Rial = new("toll", "IRR", 0);
    private protected static readonly DateOnly Day = new(2026, 11, 3);
    private ITollLedger? _ledger;
    private uint _ids;

    private protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 4, 0, 0, 0, TimeSpan.Zero));
    private protected ITollLedger Ledger => _ledger ??= Open();

    /// <summary>A ledger over this test's data; called again for each restart.</summary>
    protected abstract ITollLedger Open();

    /// <summary>Runs SQL on the rows behind the ledger's back, with its guards against change taken away.</summary>
    protected abstract void Tamper(string sql);

    private protected void Restart()
    {
        _ledger?.Dispose();
        _ledger = null;
    }

    public void Dispose()
    {
        _ledger?.Dispose();
        Clean();
        GC.SuppressFinalize(this);
    }

    protected abstract void Clean();

    /// <summary>The accounts, November and December open, and money on the prepaid account.</summary>
    private protected ITollLedger Begin(long prepaid = 500_000)
    {
        Assert.All(Ledger.OpenAccounts([new(Prepaid, AccountLimit.NotBelowZero), new(Road), new(Vat), new(Bank), new("equity:rounding")]), result => Assert.True(result.Succeeded, result.Message));
        Assert.True(Ledger.OpenPeriod(new(2026, 11, 1), new(2026, 11, 30), "ada").Succeeded);
        Assert.True(Ledger.OpenPeriod(new(2026, 12, 1), new(2026, 12, 31), "ada").Succeeded);
        if (prepaid > 0) Done(Post(To(Bank, Prepaid, prepaid, TransferCode.TopUp)));
        return Ledger;
    }

    private protected Transfer To(string debit, string credit, long amount, TransferCode code = TransferCode.Charge, DateOnly? day = null, BatchKind batch = BatchKind.Normal) =>
        new(++_ids, debit, credit, amount, code, day ?? Day, batch, new TransferLinks("charge-1", "passage-1", null, "THN-1-L2"));

    /// <summary>109,000 with 9 % VAT.</summary>
    private protected Transfer[] Charge(DateOnly? day = null, BatchKind batch = BatchKind.Normal) => [To(Prepaid, Road, 100_000, day: day, batch: batch), To(Prepaid, Vat, 9_000, day: day, batch: batch)];

    private protected LedgerResult Post(params Transfer[] chain) => Assert.Single(Ledger.Post([chain]));
    private protected long Balance(string account) => Ledger.FindAccount(account)!.Balance;
    private protected static LedgerResult Done(LedgerResult result)
    {
        Assert.True(result.Outcome == LedgerOutcome.Posted, result.Message);
        return result;
    }
    private protected static void Refused(LedgerRefusal why, LedgerResult result) => Assert.Equal((LedgerOutcome.Refused, why), (result.Outcome, result.Refusal));
    private protected void Intact() => Assert.Null(Ledger.Verify(TestContext.Current.CancellationToken).Fault);

    [Fact]
    public void A_charge_is_posted_whole_and_is_there_after_a_restart()
    {
        Begin();
        var chain = Charge();
        var result = Done(Post(chain));
        var head = Ledger.Head();
        Restart();
        Assert.Equal(head, Ledger.Head());
        Assert.Equal((391_000, 100_000, 9_000), (Balance(Prepaid), Balance(Road), Balance(Vat)));
        Assert.Equal(chain, Ledger.Entries(new EntryQuery(Charge: "charge-1", After: result.First - 1)).Select(entry => ((TransferPosted)entry.Event).Transfer));
        Assert.Equal(chain[1], ((TransferPosted)Ledger.Find(chain[1].Id)!.Event).Transfer);
        Assert.Equal(new AccountBalance(Prepaid, 1, 109_000, 500_000), Assert.Single(Ledger.Balances("liability:prepaid", 1)));
        Assert.Empty(Ledger.Balances("liability:pre", null));
        Assert.Equal(head.Debits, head.Credits);
        Intact();
    }

    [Fact]
    public void A_repeat_is_a_success_and_another_body_a_conflict()
    {
        Begin();
        var chain = Charge();
        var first = Done(Post(chain));
        var head = Ledger.Head();
        Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((LedgerOutcome.AlreadyPosted, first.First, 2), Post(chain) is var again ? (again.Outcome, again.First, again.Count) : default);
        Refused(LedgerRefusal.KeyConflict, Post(chain[0] with { Amount = 1 }, chain[1]));
        Refused(LedgerRefusal.KeyConflict, Post(chain[0]));
        Refused(LedgerRefusal.KeyConflict, Post(chain[0], chain[1], To(Prepaid, Vat, 1)));
        Refused(LedgerRefusal.KeyConflict, Post(To(Prepaid, Vat, 1), chain[1]));
        Assert.Equal(head, Ledger.Head());
        // In one batch too.
        var other = Charge();
        Assert.Equal([LedgerOutcome.Posted, LedgerOutcome.AlreadyPosted, LedgerOutcome.Refused],
            Ledger.Post([other, other, [other[0] with { Code = TransferCode.Fee }, other[1]]]).Select(result => result.Outcome));
    }

    [Fact]
    public void A_chain_that_fails_leaves_nothing_and_does_not_stop_the_next()
    {
        Begin(prepaid: 150_000);
        var results = Ledger.Post([Charge(), Charge(), [To(Prepaid, Vat, 41_000)]]);
        Assert.Equal([LedgerRefusal.None, LedgerRefusal.BelowZero, LedgerRefusal.None], results.Select(result => result.Refusal));
        Assert.Equal(0, Balance(Prepaid));
        Refused(LedgerRefusal.BelowZero, Post(To(Prepaid, Vat, 1)));
        // Judged after the whole chain: money that comes in later in the chain counts.
        Done(Post(To(Prepaid, Vat, 1), To(Bank, Prepaid, 1, TransferCode.TopUp)));
        Intact();
    }

    [Fact]
    public void What_is_not_a_transfer_is_refused()
    {
        Begin();
        Refused(LedgerRefusal.BadChain, Post());
        var one = To(Prepaid, Vat, 1);
        Refused(LedgerRefusal.BadChain, Post(one, one));
        Refused(LedgerRefusal.BadAmount, Post(one with { Amount = 0 }));
        Refused(LedgerRefusal.BadAmount, Post(one with { Amount = -1 }));
        Refused(LedgerRefusal.BadAccount, Post(one with { Credit = Prepaid }));
        Refused(LedgerRefusal.BadAccount, Post(one with { Credit = "liability:prepaid:none" }));
        Refused(LedgerRefusal.BadField, Post(one with { Code = 0 }));
        Refused(LedgerRefusal.BadField, Post(one with { Links = new(Charge: "") }));
        Refused(LedgerRefusal.BadField, Post(one with { Links = new(Charge: "half \ud800") }));
        Refused(LedgerRefusal.NoPeriod, Post(one with { EffectiveDate = new(2027, 1, 1) }));
        Refused(LedgerRefusal.Overflow, Post(To(Bank, Vat, long.MaxValue)));
        Assert.All((string[])["", "prepaid", "liability:prepayed:1", "liability:prepaid:", "asset:bank:a b", "Asset:bank", "asset"], name => Refused(LedgerRefusal.BadAccountName, Ledger.OpenAccounts([new(name)])[0]));
        Refused(LedgerRefusal.KeyConflict, Ledger.OpenAccounts([new(Prepaid)])[0]);
        Assert.Equal(LedgerOutcome.AlreadyPosted, Ledger.OpenAccounts([new(Vat)])[0].Outcome);
        Intact();
    }

    [Fact]
    public void A_transfer_is_reversed_exactly_and_once()
    {
        Begin();
        var charge = To(Prepaid, Road, 100_000);
        Done(Post(charge));
        var reversal = charge.Reversal(900, BatchKind.Rerated);
        Refused(LedgerRefusal.BadReversal, Post(reversal with { Amount = 99_999 }));
        Refused(LedgerRefusal.BadReversal, Post(reversal with { Credit = Vat }));
        Refused(LedgerRefusal.BadReversal, Post(reversal with { EffectiveDate = Day.AddDays(1) }));
        Refused(LedgerRefusal.BadReversal, Post(reversal with { Reverses = 12345 }));
        Refused(LedgerRefusal.BadReversal, Post(reversal with { Reverses = null }));
        Refused(LedgerRefusal.BadReversal, Post(reversal, reversal with { Id = 901 }));
        Done(Post(reversal));
        Refused(LedgerRefusal.BadReversal, Post(reversal with { Id = 901 }));
        Refused(LedgerRefusal.BadReversal, Post(reversal.Reversal(902, BatchKind.Normal)));
        Assert.Equal((500_000, 0), (Balance(Prepaid), Balance(Road)));
        Intact();
    }

    [Fact]
    public void A_period_closes_by_its_rules_and_stays_sealed()
    {
        Begin();
        var charge = Charge();
        Done(Post(charge));
        SealRequest seal = new(1, new(2026, 11, 30), "ada", "grace", []);
        Refused(LedgerRefusal.BadTransition, Ledger.Seal(seal));
        Refused(LedgerRefusal.BadTransition, Ledger.Reopen(1, "ada", ["E1: 3 open gaps"]));
        Done(Ledger.BeginClosing(1, "ada"));
        Refused(LedgerRefusal.PeriodClosing, Post(Charge()));
        Assert.Equal(LedgerOutcome.AlreadyPosted, Post(charge).Outcome);
        Refused(LedgerRefusal.BadTransition, Ledger.Reopen(1, "ada", []));
        Done(Ledger.Reopen(1, "ada", ["E1: 3 open gaps"]));
        Done(Post(Charge()));
        Done(Ledger.BeginClosing(1, "ada"));
        Refused(LedgerRefusal.NotTwoPeople, Ledger.Seal(seal with { CountersignedBy = " Ada" }));
        Refused(LedgerRefusal.WatermarkLow, Ledger.Seal(seal with { Watermark = new(2026, 11, 29) }));
        Refused(LedgerRefusal.Blocked, Ledger.Seal(seal with { Blockers = ["E12: 1 unapplied"] }));
        Done(Ledger.BeginClosing(2, "ada"));
        Refused(LedgerRefusal.Blocked, Ledger.Seal(seal with { Period = 2, Watermark = new(2026, 12, 31) }));
        Done(Ledger.Seal(seal));
        Refused(LedgerRefusal.PeriodSealed, Ledger.Reopen(1, "ada", ["late"]));
        Refused(LedgerRefusal.PeriodSealed, Ledger.BeginClosing(1, "ada"));
        Refused(LedgerRefusal.PeriodSealed, Ledger.Seal(seal));
        Refused(LedgerRefusal.PeriodSealed, Post(Charge()));
        Assert.Equal(LedgerOutcome.AlreadyPosted, Post(charge).Outcome);
        Restart();
        Assert.Equal((PeriodState.Sealed, 64), Ledger.Periods()[0] is var first ? (first.State, first.Seal!.Length) : default);
        Done(Ledger.Seal(seal with { Period = 2, Watermark = new(2026, 12, 31) }));
        var seals = Ledger.Entries(new EntryQuery()).Select(entry => entry.Event).OfType<PeriodSealed>().ToList();
        Assert.Equal([new string('0', 64), LedgerBytes.SealHash(seals[0])], seals.Select(one => one.PreviousSeal));
        Intact();
    }

    [Fact]
    public void What_is_late_or_corrected_goes_to_the_open_period_and_keeps_its_date()
    {
        Begin();
        var charge = To(Prepaid, Road, 100_000);
        Done(Post(charge));
        Refused(LedgerRefusal.NotDelayed, Post(Charge(batch: BatchKind.Delayed)));
        Done(Ledger.BeginClosing(1, "ada"));
        Done(Ledger.Seal(new(1, new(2026, 11, 30), "ada", "grace", [])));
        var sealedBalances = Ledger.Balances("", 1);
        var late = Charge(batch: BatchKind.Delayed);
        Done(Post(late));
        Done(Post(charge.Reversal(900, BatchKind.Rerated)));
        Assert.Equal((2, Day), Ledger.Find(late[0].Id)!.Event is TransferPosted posted ? (posted.Period, posted.Transfer.EffectiveDate) : default);
        Assert.Equal(sealedBalances, Ledger.Balances("", 1));
        Assert.Equal(new AccountBalance(Road, 2, 100_000, 100_000), Ledger.Balances(Road, 2).Single());
        Refused(LedgerRefusal.BadPeriod, Ledger.OpenPeriod(new(2027, 1, 2), new(2027, 1, 31), "ada"));
        Refused(LedgerRefusal.BadPeriod, Ledger.OpenPeriod(new(2027, 1, 1), new(2026, 12, 31), "ada"));
        Intact();
    }

    [Fact]
    public void Many_writers_stand_in_one_line()
    {
        Begin(prepaid: 10);
        using var second = Open();
        var chains = Enumerable.Range(0, 24).Select(_ => (IReadOnlyList<Transfer>)[To(Prepaid, Vat, 1)]).ToList();
        var posted = 0;
        Parallel.ForEach(chains, new ParallelOptions { MaxDegreeOfParallelism = 4 }, (chain, _, index) =>
        {
            if ((index % 2 == 0 ? Ledger : second).Post([chain])[0].Succeeded) Interlocked.Increment(ref posted);
        });
        Assert.Equal((10, 0), (posted, Balance(Prepaid)));
        Intact();
    }
}
