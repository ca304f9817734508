using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

/// <summary>The ledger in SQLite.</summary>
public sealed class SqliteTollLedgerTests : TollLedgerSuite
{
    private readonly TemporaryFolder _folder = new();

    protected override ITollLedger Open() => SqliteTollLedger.Open(_folder["ledger.db"], Rial, Clock);
    protected override void Clean() => _folder.Dispose();

    protected override void Forget()
    {
        foreach (var file in Directory.EnumerateFiles(_folder.Path)) File.Delete(file);
    }

    protected override void Tamper(string sql) => Sql("DROP TRIGGER ledger_entry_kept; DROP TRIGGER ledger_entry_kept_whole; " + sql.Replace("^", "x'00ff'", StringComparison.Ordinal));

    protected override void Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder["ledger.db"]};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [Fact]
    public void A_file_is_the_ledger_of_one_currency_and_scale()
    {
        Begin();
        Assert.Throws<InvalidOperationException>(() => SqliteTollLedger.Open(_folder["ledger.db"], Rial with { Scale = 2 }, Clock));
        Assert.Throws<ArgumentException>(() => SqliteTollLedger.Open(_folder["other.db"], Rial with { Currency = "rial" }, Clock));
    }
}
