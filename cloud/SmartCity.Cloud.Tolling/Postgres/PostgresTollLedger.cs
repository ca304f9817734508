using Npgsql;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>The toll ledger in one schema of a PostgreSQL database, for several servers at once.</summary>
public sealed class PostgresTollLedger : StoredTollLedger
{
    private PostgresTollLedger(ILedgerStore store, LedgerIdentity identity, TimeProvider clock) : base(store, identity, clock) { }

    /// <summary>Opens or creates a ledger.</summary>
    /// <param name="connectionString">As Npgsql takes it; the tables are made in the first schema of its search path.</param>
    /// <param name="identity">What it is a ledger of.</param>
    /// <param name="clock">Says when entries are posted.</param>
    /// <exception cref="ArgumentException">The identity is none.</exception>
    /// <exception cref="InvalidOperationException">The tables are the ledger of something else.</exception>
    /// <exception cref="NpgsqlException">It cannot be opened.</exception>
    public static PostgresTollLedger Open(string connectionString, LedgerIdentity identity, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return new PostgresTollLedger(PostgresLedgerStore.Open(connectionString, identity.Validated()), identity, clock);
    }
}
