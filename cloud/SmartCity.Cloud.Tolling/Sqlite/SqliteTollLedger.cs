using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>The toll ledger in one SQLite file.</summary>
public sealed class SqliteTollLedger : StoredTollLedger
{
    private SqliteTollLedger(ILedgerStore store, LedgerIdentity identity, TimeProvider clock) : base(store, identity, clock) { }

    /// <summary>Opens or creates a ledger.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <param name="identity">What it is a ledger of.</param>
    /// <param name="clock">Says when entries are posted.</param>
    /// <exception cref="ArgumentException">The identity is none.</exception>
    /// <exception cref="InvalidOperationException">The file is the ledger of something else.</exception>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteTollLedger Open(string file, LedgerIdentity identity, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return new SqliteTollLedger(SqliteLedgerStore.Open(file, identity.Validated()), identity, clock);
    }
}
