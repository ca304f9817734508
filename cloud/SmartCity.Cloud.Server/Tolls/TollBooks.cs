using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Opens the toll road's books where the settings have them: files of the data folder, or PostgreSQL.</summary>
/// <param name="options">The settings.</param>
internal sealed class TollBooks(ServerOptions options)
{
    /// <summary>Whether events, passages and charges stand in a file, which the first that opens it makes.</summary>
    public bool HasFile => options.Toll.Passages == TollOptions.Files;

    /// <summary>The file of events, passages and charges.</summary>
    public string File => Path.Combine(options.Data, "tolling", "tolling.db");

    /// <summary>Opens the events to write.</summary>
    public TollEventStore OpenEvents() => HasFile ? new SqliteTollEventStore(File, CorrelationOptions.Default) : new PostgresTollEventStore(Connection, CorrelationOptions.Default);

    /// <summary>Opens passages and charges to write.</summary>
    public PassageStore OpenPassages() => HasFile ? new SqlitePassageStore(File, CorrelationOptions.Default) : new PostgresPassageStore(Connection, CorrelationOptions.Default);

    /// <summary>Opens passages and charges to read.</summary>
    public PassageQueries OpenQueries() => HasFile ? new SqliteTollQueries(File) : new PostgresTollQueries(Connection);

    /// <summary>Opens reconciliation.</summary>
    /// <param name="zone">Zone of business dates.</param>
    public TollReconciliation OpenReconciliation(TimeZoneInfo zone) => HasFile ? new TollReconciliation(File, zone) : TollReconciliation.OnPostgres(Connection, zone);

    /// <summary>Whether there are claims, answers and bank files: they stand in the file of passages alone.</summary>
    public bool HasClaims => HasFile;

    /// <summary>Opens claims, answers and bank files.</summary>
    /// <param name="zone">Zone of business dates.</param>
    /// <param name="clock">Says when something was done.</param>
    public ClaimBook OpenClaims(TimeZoneInfo zone, TimeProvider clock) => new(File, Identity, zone, clock);

    /// <summary>Opens the ledger.</summary>
    public ITollLedger OpenLedger(TimeProvider clock)
    {
        var identity = Identity;
        return options.Toll.Postgres is null ? SqliteTollLedger.Open(Path.Combine(options.Data, "tolling", "ledger.db"), identity, clock) : PostgresTollLedger.Open(Connection, identity, clock);
    }

    private LedgerIdentity Identity => new(options.Toll.Ledger, options.Toll.Currency, options.Toll.Scale);

    /// <summary>How PostgreSQL is reached, with its password.</summary>
    internal string Connection
    {
        get
        {
            var builder = new Npgsql.NpgsqlConnectionStringBuilder(options.Toll.Postgres);
            if (options.Toll.PostgresPassword is { } password) builder.Password = password;
            return builder.ToString();
        }
    }
}
