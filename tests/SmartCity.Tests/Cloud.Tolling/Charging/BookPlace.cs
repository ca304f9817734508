using Microsoft.Data.Sqlite;
using Npgsql;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Tests.Cloud.Tolling.Charging;

/// <summary>Where the books of a test stand; what is opened again goes on where it was.</summary>
internal abstract class BookPlace
{
    protected static readonly LedgerIdentity Rials = new("tolls", "IRR", 0);

    /// <summary>A folder of the books' own, for what never stands in a database.</summary>
    public required string Folder { get; init; }

    public abstract TollEventStore OpenEvents();
    public abstract PassageStore OpenPassages();
    public abstract PassageQueries OpenQueries();
    public abstract ITollLedger OpenLedger();
    public abstract TollReconciliation OpenReconciliation(TimeZoneInfo zone);

    /// <summary>Changes rows behind the books' back.</summary>
    /// <returns>How many.</returns>
    public abstract int Sql(string sql);
}

/// <summary>Files.</summary>
internal sealed class SqlitePlace : BookPlace
{
    private string File => Path.Combine(Folder, "tolling.db");

    public override TollEventStore OpenEvents() => new SqliteTollEventStore(File, CorrelationOptions.Default);
    public override PassageStore OpenPassages() => new SqlitePassageStore(File, CorrelationOptions.Default);
    public override PassageQueries OpenQueries() => new SqliteTollQueries(File);
    public override ITollLedger OpenLedger() => SqliteTollLedger.Open(Path.Combine(Folder, "ledger.db"), Rials, TimeProvider.System);
    public override TollReconciliation OpenReconciliation(TimeZoneInfo zone) => new(File, zone);

    public override int Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }
}

/// <summary>A schema of a real PostgreSQL.</summary>
internal sealed class PostgresPlace(string connection) : BookPlace
{
    public override TollEventStore OpenEvents() => new PostgresTollEventStore(connection, CorrelationOptions.Default);
    public override PassageStore OpenPassages() => new PostgresPassageStore(connection, CorrelationOptions.Default);
    public override PassageQueries OpenQueries() => new PostgresTollQueries(connection);
    public override ITollLedger OpenLedger() => PostgresTollLedger.Open(connection, Rials, TimeProvider.System);
    public override TollReconciliation OpenReconciliation(TimeZoneInfo zone) => TollReconciliation.OnPostgres(connection, zone);

    public override int Sql(string sql)
    {
        using var open = new NpgsqlConnection(connection);
        open.Open();
        using var command = new NpgsqlCommand(sql, open);
        return command.ExecuteNonQuery();
    }
}
