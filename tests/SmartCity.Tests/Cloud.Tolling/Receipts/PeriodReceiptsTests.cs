using System.Security.Cryptography;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Tests.Cloud.Tolling.Receipts;

public sealed class PeriodReceiptsTests : IDisposable
{
    private const string Payer = "asset:receivable:7001", Road = "liability:concession:road";
    private static readonly DateOnly _day = new(2026, 11, 1);

    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly SqliteTollLedger _ledger;
    private readonly PlateVault _vault;
    private readonly SqliteReceiptStore _store;
    private readonly PeriodReceipts _receipts;

    public PeriodReceiptsTests()
    {
        _ledger = SqliteTollLedger.Open(_folder["ledger.db"], new LedgerIdentity("tolls", "IRR", 0), TimeProvider.System);
        _ledger.OpenAccounts([new(Payer), new(Road), new("liability:vat")]);
        _ledger.OpenPeriod(_day, _day.AddDays(9), "a");
        _ledger.OpenPeriod(_day.AddDays(10), _day.AddDays(19), "a");
        _vault = new PlateVault(_folder["vault.db"]);
        _store = new SqliteReceiptStore(_folder["receipts.db"]);
        _receipts = new PeriodReceipts(_store, _ledger, _key, id => new ReceiptSubject(new DateTimeOffset(2026, 11, 1, 6, 12, 3, TimeSpan.FromHours(3.5)), "THN", "car\n", id == "c-1" ? "t/1" : null), _vault.SaltKeyOf, TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _vault.Dispose();
        _ledger.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_sealed_period_has_a_tree_over_what_it_charged_and_an_open_one_has_none()
    {
        Post("c-1", 1_000, 100, BatchKind.Normal, _day);
        Post("c-2", 500, 0, BatchKind.Normal, _day.AddDays(3));
        Post("c-3", 700, 70, BatchKind.Normal, _day.AddDays(12));
        Assert.Empty(_receipts.MakeDue(Stop));
        Assert.Null(Find("c-1"));
        Seal(1);
        var tree = Assert.Single(_receipts.MakeDue(Stop));
        Assert.Equal(("1-normal", 2L, 1_500L, 100L), (tree.Name, tree.Size, tree.Net, tree.Vat));
        Assert.Empty(_receipts.MakeDue(Stop));
        var receipt = Find("c-1")!;
        Assert.True(TollReceipt.Check(receipt.Write(), _key).IsValid);
        Assert.Equal(["charge", "ledger", "period", "batch", "date", "time", "point", "class", "tariff", "payer", "net", "tax", "total"], receipt.Fields.Select(field => field.Key));
        Assert.Equal(("1 (2026-11-01/2026-11-10)", "normal", "2026-11-01T06:12:03+03:30", "car", "1100 IRR"), (receipt["period"], receipt["batch"], receipt["time"], receipt["class"], receipt["total"]));
        Assert.Null(Find("c-3"));
    }

    [Fact]
    public void What_is_rated_again_within_its_period_stands_in_its_tree_as_it_came_to()
    {
        var chain = Post("c-1", 1_000, 100, BatchKind.Normal, _day);
        Rerate("c-1", chain, 800, 80, 1);
        Seal(1);
        Assert.Equal((1L, 800L), _receipts.MakeDue(Stop).Select(tree => (tree.Size, tree.Net)).Single());
        Assert.Equal(("normal", "880 IRR"), (Find("c-1")!["batch"], Find("c-1")!["total"]));
    }

    [Fact]
    public void What_comes_after_the_seal_has_trees_of_its_own_and_the_sealed_tree_stays()
    {
        var chain = Post("c-1", 1_000, 100, BatchKind.Normal, _day);
        Seal(1);
        var before = _receipts.MakeDue(Stop).Single();
        var old = Find("c-1")!.Write();
        Rerate("c-1", chain, 400, 40, 1);
        Post("c-2", 300, 30, BatchKind.Delayed, _day.AddDays(1));
        Post("c-3", 700, 70, BatchKind.Normal, _day.AddDays(12));
        Seal(2);
        Assert.Equal([("2-normal", 1L, 700L), ("2-delayed", 1L, 300L), ("2-rerated", 1L, -600L)], _receipts.MakeDue(Stop).Select(tree => (tree.Name, tree.Size, tree.Net)));
        Assert.Equal(before.Checkpoint, _store.Trees()[0].Checkpoint);
        Assert.True(TollReceipt.Check(old, _key).IsValid);
        var corrected = Find("c-1")!;
        Assert.Equal(("rerated", "1100 IRR", "440 IRR"), (corrected["batch"], corrected["before"], corrected["total"]));
        Assert.True(TollReceipt.Check(corrected.Write(), _key).IsValid);
        Assert.Equal(("delayed", "330 IRR"), (Find("c-2")!["batch"], Find("c-2")!["total"]));
    }

    [Fact]
    public void Every_charge_of_a_tree_of_any_size_has_a_receipt_that_verifies()
    {
        for (var i = 0; i < 37; i++) Post($"c-{i}", 100 + i, i, BatchKind.Normal, _day.AddDays(i % 10));
        Seal(1);
        _receipts.MakeDue(Stop);
        for (var i = 0; i < 37; i++) Assert.Equal(ReceiptFault.None, TollReceipt.Check(Find($"c-{i}")!.Write(), _key).Fault);
    }

    [Fact]
    public void A_month_that_charged_nothing_has_an_empty_tree()
    {
        Seal(1);
        var tree = Assert.Single(_receipts.MakeDue(Stop));
        Assert.Equal(0, tree.Size);
        Assert.Equal(MerkleTree.Root([]), Checkpoint.Verify(tree.Checkpoint, _key)!.Root);
    }

    [Fact]
    public void Once_text_and_key_are_erased_nobody_can_make_the_receipt_again_and_one_that_was_given_out_still_verifies()
    {
        Post("c-1", 1_000, 100, BatchKind.Normal, _day);
        Seal(1);
        _receipts.MakeDue(Stop);
        var given = Find("c-1")!.Write();
        Assert.Equal(0, _store.Erase(_day.AddDays(-1)));
        Assert.Equal(1, _store.Erase(_day));
        Assert.Contains("erased", Assert.Throws<InvalidOperationException>(() => Find("c-1")).Message, StringComparison.Ordinal);
        _vault.Erase(_day);
        Assert.Throws<InvalidOperationException>(() => _vault.SaltKeyOf(_day));
        Assert.True(TollReceipt.Check(given, _key).IsValid);
    }

    [Fact]
    public void Every_charge_that_was_booked_in_a_sealed_period_is_a_leaf_or_waits_to_be_one()
    {
        var chain = Post("c-1", 1_000, 100, BatchKind.Normal, _day);
        Post("c-2", 500, 0, BatchKind.Normal, _day.AddDays(3));
        Assert.Equal((0L, 0L, 0L, true), Issued());
        Seal(1);
        Assert.Equal((2L, 0L, 2L, true), Issued());
        _receipts.MakeDue(Stop);
        Assert.Equal((2L, 2L, 0L, true), Issued());
        // Booked in the second period: a charge of its own, one that came late, and one that was rated again; all in all five leaves of two periods.
        Rerate("c-1", chain, 400, 40, 1);
        Post("c-3", 300, 30, BatchKind.Delayed, _day.AddDays(1));
        Post("c-4", 700, 70, BatchKind.Normal, _day.AddDays(12));
        Seal(2);
        _receipts.MakeDue(Stop);
        Assert.Equal((5L, 5L, 0L, true), Issued());
        Assert.Equal((2L, 2L, 0L, true), Issued(_day, _day.AddDays(9)));
    }

    [Theory]
    [InlineData("DELETE FROM receipt_leaf WHERE number = 1")]
    [InlineData("UPDATE receipt_leaf SET hash = zeroblob(32) WHERE number = 0")]
    [InlineData("UPDATE receipt_leaf SET number = 9 WHERE number = 2")]
    [InlineData("UPDATE receipt_tree SET checkpoint = replace(checkpoint, char(10) || '3' || char(10), char(10) || '4' || char(10))")]
    [InlineData("UPDATE receipt_tree SET key = zeroblob(91)")]
    [InlineData("UPDATE receipt_tree SET net = net + 1")]
    public void What_somebody_changes_of_the_trees_leaves_a_residual(string change)
    {
        for (var i = 0; i < 3; i++) Post($"c-{i}", 100, 0, BatchKind.Normal, _day);
        Seal(1);
        _receipts.MakeDue(Stop);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder["receipts.db"]};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TRIGGER receipt_leaf_kept; DROP TRIGGER receipt_leaf_kept_whole; DROP TRIGGER receipt_tree_kept";
            command.ExecuteNonQuery();
#pragma warning disable CA2100 // The texts are those of this test.
            command.CommandText = change;
#pragma warning restore CA2100
            Assert.Equal(1, command.ExecuteNonQuery());
        }
        Assert.False(Issued().Holds);
    }

    /// <summary>E13: charges that were booked in sealed periods, leaves, and those that wait.</summary>
    private (long Booked, long Leaves, long Waiting, bool Holds) Issued(DateOnly? from = null, DateOnly? to = null)
    {
        using var passages = new SqlitePassageStore(_folder["tolling.db"], CorrelationOptions.Default);
        using var reconciliation = new TollReconciliation(_folder["tolling.db"], TimeZoneInfo.Utc);
        var issued = reconciliation.Run(new ReconScope(from ?? DateOnly.MinValue, to ?? DateOnly.MaxValue), _ledger, 0, 0, Stop, null, _store).Identities.Single(identity => identity.Id == "E13");
        return (issued.Left.Count, issued.Right[0].Count, issued.Right[1].Count, issued.Holds);
    }

    private TollReceipt? Find(string charge) => _store.Give(charge, _vault.SaltKeyOf);

    private IReadOnlyList<Transfer> Post(string charge, long net, long vat, BatchKind batch, DateOnly date, int revision = 0)
    {
        var chain = ChargeChain.Of(Payer, Road, net, vat, date, batch, revision, new TransferLinks(charge, charge));
        Assert.True(_ledger.Post([chain])[0].Succeeded);
        return chain;
    }

    private void Rerate(string charge, IReadOnlyList<Transfer> chain, long net, long vat, int revision)
    {
        var next = ChargePosting.Chain(Payer, [new NetShare("road", net)], vat, chain[0].EffectiveDate, BatchKind.Rerated, revision, new TransferLinks(charge, charge));
        Assert.True(_ledger.Post([[.. ChargeChain.Reversal(chain, BatchKind.Rerated), .. next]])[0].Succeeded);
    }

    private void Seal(int period)
    {
        Assert.True(_ledger.BeginClosing(period, "a").Succeeded);
        Assert.True(_ledger.Seal(new SealRequest(period, _day.AddDays(60), "a", "b", [])).Succeeded);
    }
}
