using System.Text;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Retention;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Tests.Cloud.Tolling.Charging;
using SmartCity.Tests.Cloud.Tolling.Disputes;

namespace SmartCity.Tests.Cloud.Tolling.Retention;

public sealed class SqliteRetentionTests : IDisposable
{
    private static readonly RetentionRules _rules = new(30, 60, 90);

    private readonly ChargedRoad _road = new();
    private readonly PlateVault _vault;
    private readonly SqliteReceiptStore _receipts;
    private readonly SqliteRetention _retention;

    public SqliteRetentionTests()
    {
        _vault = new PlateVault(_road["vault.db"]);
        _receipts = new SqliteReceiptStore(_road["receipts.db"]);
        _retention = new SqliteRetention(_road.File, _road.Ledger, _vault, _receipts, TimeZoneInfo.Utc);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _retention.Dispose();
        _receipts.Dispose();
        _vault.Dispose();
        _road.Dispose();
    }

    [Fact]
    public void An_open_period_and_a_young_one_are_left_alone()
    {
        Charged(3);
        Assert.All(Run(3_650), run => Assert.Equal((null, 0L), (run.Through, run.Erased)));
        _road.Seal(1);
        Assert.All(Run(29), run => Assert.Equal((null, 0L), (run.Through, run.Erased)));
        Assert.Equal(3, Plates().Count);
    }

    [Fact]
    public void Plates_of_a_sealed_period_are_overwritten_everywhere_and_sums_and_roots_stay()
    {
        Charged(3);
        Pay();
        _vault.PseudonymOf("IR:12ب34567", _road.Day);
        _road.Seal(1);
        var (root, head, charges) = (_road.Store.StatementRoot(), _road.Ledger.Head(), _road.Charges());
        Assert.Contains("ب", Bytes(), StringComparison.Ordinal);
        // The key is still needed as long as the plates stand.
        Assert.Equal([(RetentionClass.Images, 0L), (RetentionClass.Plates, 3L), (RetentionClass.Receipts, 0L), (RetentionClass.Keys, 0L)], Preview(90).Select(run => (run.Class, run.Erased)));
        Assert.Equal(3, Plates().Count);
        var runs = Run(90);
        Assert.Equal(3, runs.Single(run => run.Class == RetentionClass.Plates).Erased);
        Assert.Empty(Plates());
        // Neither the file nor what it freed says a plate or a tag any more.
        foreach (var plate in Enumerable.Range(0, 3)) Assert.DoesNotContain(Corridor.PlateOf(plate), Bytes(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"tag\"", Bytes(), StringComparison.Ordinal);
        Assert.Equal((root, head), (_road.Store.StatementRoot(), _road.Ledger.Head()));
        Assert.Equal(charges.Select(charge => (charge.Passage, charge.Gross)), _road.Charges().Select(charge => (charge.Passage, charge.Gross)));
        Assert.Empty(_vault.Months());
        Assert.Equal(8, Run(90).Count + _retention.Runs(4).Count);
        Assert.All(_retention.Runs(4), run => Assert.Equal(0, run.Erased));
    }

    [Fact]
    public void What_is_unpaid_or_disputed_is_kept_with_its_key_until_it_is_settled()
    {
        Charged(3);
        Pay();
        _vault.PseudonymOf("IR:12ب34567", _road.Day);
        var disputed = _road.Charges()[0].Passage;
        _road.Disputes.Open(disputed, DisputeReason.WrongClass, "", "mina", 1);
        _road.Take([.. Corridor.Car(9, Corridor.Noon + 9_000_000_000, "THN-1-L1", Corridor.PlateOf(8), 7999)]);
        _road.Settle(new FlatRules(1_000));
        _road.Seal(1);
        var runs = Run(90);
        Assert.Equal((2L, 2L), (runs[1].Erased, runs[1].Kept));
        Assert.Equal((0L, 1L), (runs[3].Erased, runs[3].Kept));
        Assert.Equal(2, Plates().Count);
        _road.Disputes.Decide(1, 0, "no", "sara", 2);
        Assert.Equal((1L, 1L), (Run(90)[1].Erased, _retention.Runs(4)[2].Kept));
    }

    [Fact]
    public void An_event_that_comes_again_is_known_and_one_that_comes_too_late_is_told_and_charges_nothing()
    {
        Charged(3);
        Pay();
        _road.Seal(1);
        _road.Ledger.OpenPeriod(_road.Ledger.Periods()[^1].To.AddDays(1), _road.Ledger.Periods()[^1].To.AddDays(30), "a");
        Run(90);
        var (root, head) = (_road.Store.StatementRoot(), _road.Ledger.Head());
        _road.Take(ChargedRoad.Cars(3));
        _road.Settle(new FlatRules(1_000));
        Assert.Equal((root, head), (_road.Store.StatementRoot(), _road.Ledger.Head()));
        _road.Take([.. Corridor.Car(50, Corridor.Noon + 1_000_000, "THN-1-L1", Corridor.PlateOf(5), 7999)]);
        _road.Settle(new FlatRules(1_000));
        Assert.Equal((root, head), (_road.Store.StatementRoot(), _road.Ledger.Head()));
        Assert.Empty(_road.Store.Dirty(_ => true, 10));
        using var reconciliation = new SmartCity.Cloud.Tolling.Reconciliation.TollReconciliation(_road.File, TimeZoneInfo.Utc);
        var run = reconciliation.Run(new(_road.Day.AddDays(-1), _road.Day.AddDays(1)), _road.Ledger, 100, 1, Stop);
        Assert.Contains(run.Items, item => item.Class == "ERASED_MEANWHILE");
    }

    [Fact]
    public void A_reference_to_an_image_goes_before_the_plate()
    {
        const string Json = """{"side":"front","candidates":[{"text":"11ب11111","country":"IR","confidence":0.99}],"image":"a.jpg#5f3c"}""";
        _road.Take([Corridor.Event("A-THN-1-L1", 1, Corridor.Noon, "THN-1-L1", SmartCity.Model.Tolling.TollEventKind.Avc, """{"axles":2,"class":"car","count":1}"""),
            Corridor.Event("T-THN-1-L1", 1, Corridor.Noon + 100_000, "THN-1-L1", SmartCity.Model.Tolling.TollEventKind.Tag, """{"issuer":1,"tag":"7000","class":"car"}"""),
            Corridor.Event("C-THN-1-L1", 1, Corridor.Noon + 200_000, "THN-1-L1", SmartCity.Model.Tolling.TollEventKind.Anpr, Json)]);
        _road.Settle(new FlatRules(1_000));
        Pay();
        _road.Seal(1);
        Assert.Equal([1L, 0, 0, 0], Run(30).Select(run => run.Erased));
        Assert.DoesNotContain("5f3c", Bytes(), StringComparison.Ordinal);
        Assert.Contains("candidates", Bytes(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_vault_says_whose_a_pseudonym_is_as_long_as_it_has_the_key()
    {
        var pseudonym = _vault.PseudonymOf("IR:12ب34567", _road.Day);
        Assert.Equal("IR:12ب34567", _vault.PlateOf(pseudonym, ["IR:11ب11111", "IR:12ب34567"]));
        Assert.Null(_vault.PlateOf(pseudonym, ["IR:11ب11111"]));
        foreach (var none in (string[])["", "4711", "202613-" + new string('0', 32), "202611-" + new string('g', 32)]) Assert.Throws<ArgumentException>(() => _vault.PlateOf(none, []));
        _vault.Erase(_road.Day);
        Assert.Throws<InvalidOperationException>(() => _vault.PlateOf(pseudonym, ["IR:12ب34567"]));
    }

    private void Charged(int count)
    {
        _road.Take(ChargedRoad.Cars(count));
        _road.Settle(new FlatRules(1_000));
        Assert.Equal(count, Plates().Count);
    }

    /// <summary>Pays what everybody owes.</summary>
    private void Pay()
    {
        _road.Ledger.OpenAccounts([new("asset:bank:one")]);
        foreach (var (owed, i) in _road.Ledger.Balances("asset:receivable", null).Select((balance, i) => (balance, i)))
            Assert.True(_road.Ledger.Post([[new Transfer((UInt128)(i + 1), "asset:bank:one", owed.Name, owed.Debits - owed.Credits, TransferCode.Settlement, _road.Day, BatchKind.Normal, TransferLinks.None)]])[0].Succeeded);
    }

    private IReadOnlyList<RetentionRun> Run(int days) => _retention.Run(_rules, _road.Ledger.Periods()[0].To.AddDays(days), "test", 1, isDry: false, Stop);

    private IReadOnlyList<RetentionRun> Preview(int days) => _retention.Run(_rules, _road.Ledger.Periods()[0].To.AddDays(days), "test", 1, isDry: true, Stop);

    private IReadOnlyList<string> Plates()
    {
        using var queries = new SqliteTollQueries(_road.File);
        return [.. queries.Charges(new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue)).Select(charge => queries.FindPassage(charge.Passage)!.Vehicle).OfType<string>()];
    }

    /// <summary>All bytes of the file and of what is to be written to it.</summary>
    private string Bytes() => string.Concat(Directory.GetFiles(Path.GetDirectoryName(_road.File)!, "tolling.db*").Select(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }));
}
