using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

public abstract partial class TollLedgerSuite
{
    [Fact]
    public void A_charge_made_again_after_a_crash_is_the_same_one_and_its_reversal_undoes_it_whole()
    {
        Begin();
        IReadOnlyList<Transfer> Chain(int revision) => ChargeChain.Of(Prepaid, Road, 100_000, 9_000, Day, BatchKind.Normal, revision, new TransferLinks("charge-9"));
        var answers = Ledger.Post([Chain(0), Chain(0), ChargeChain.Reversal(Chain(0), BatchKind.Rerated), ChargeChain.Reversal(Chain(0), BatchKind.Rerated), Chain(1)]);
        Assert.Equal([LedgerOutcome.Posted, LedgerOutcome.AlreadyPosted, LedgerOutcome.Posted, LedgerOutcome.AlreadyPosted, LedgerOutcome.Posted], answers.Select(answer => answer.Outcome));
        Assert.Equal((391_000, 100_000, 9_000), (Balance(Prepaid), Balance(Road), Balance(Vat)));
        Assert.Equal(6, Ledger.Entries(new EntryQuery(Charge: "charge-9")).Count);
        Assert.Equal(3, Ledger.Entries(new EntryQuery(Account: Road)).Count);
        Assert.Empty(ChargeChain.Of(Prepaid, Road, 0, 0, Day, BatchKind.Normal, 0, new TransferLinks("free")));
        Assert.Throws<ArgumentException>(() => ChargeChain.Of(Prepaid, Road, 1, 0, Day, BatchKind.Normal, 0, TransferLinks.None));
        Intact();
    }
}
