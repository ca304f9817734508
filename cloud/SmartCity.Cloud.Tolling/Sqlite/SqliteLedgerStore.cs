using System.Data;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>A ledger's rows in SQLite: WAL, an fsync a commit. One connection writes; each reading has its own, and sees one moment.</summary>
internal sealed class SqliteLedgerStore : ILedgerStore
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS ledger_head(id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, currency TEXT NOT NULL, scale INTEGER NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL,
          accounts INTEGER NOT NULL, debits INTEGER NOT NULL, credits INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ledger_entry(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, transfer TEXT UNIQUE, reverses TEXT, debit INTEGER, credit INTEGER, charge TEXT,
          body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS ledger_entry_reverses ON ledger_entry(reverses) WHERE reverses IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ledger_entry_debit ON ledger_entry(debit) WHERE debit IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ledger_entry_credit ON ledger_entry(credit) WHERE credit IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ledger_entry_charge ON ledger_entry(charge) WHERE charge IS NOT NULL;
        CREATE TRIGGER IF NOT EXISTS ledger_entry_kept BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
        CREATE TRIGGER IF NOT EXISTS ledger_entry_kept_whole BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
        CREATE TABLE IF NOT EXISTS ledger_account(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, balance_limit INTEGER NOT NULL, opened INTEGER NOT NULL, debits INTEGER NOT NULL,
          credits INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ledger_balance(account INTEGER NOT NULL, period INTEGER NOT NULL, debits INTEGER NOT NULL, credits INTEGER NOT NULL, PRIMARY KEY(account, period)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS ledger_period(number INTEGER PRIMARY KEY, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, state INTEGER NOT NULL, changed INTEGER NOT NULL, seal TEXT) STRICT;
        """;

    private const string Texts = "SELECT value FROM json_each(@list)";
    private static readonly CompositeFormat _numbers = CompositeFormat.Parse("SELECT value FROM json_each({0})");

    private readonly Lock _writing = new();
    private readonly SqliteSession _session;
    private readonly string _reading;

    private SqliteLedgerStore(SqliteSession session, string reading) => (_session, _reading) = (session, reading);

    public static SqliteLedgerStore Open(string file, LedgerIdentity identity)
    {
        var session = new SqliteSession(file);
        try
        {
            session.Ensure(Tables);
            session.Run("INSERT OR IGNORE INTO ledger_head VALUES(1, $1, $2, $3, 0, $4, 0, 0, 0)", identity.Name, identity.Currency, identity.Scale, Convert.ToHexStringLower(LedgerBytes.Genesis(identity)));
            var store = new SqliteLedgerStore(session, new SqliteConnectionStringBuilder { DataSource = file, Pooling = true, Mode = SqliteOpenMode.ReadWrite }.ToString());
            var found = store.Read(reader => reader.Head().Identity);
            if (found == identity) return store;
            store.Dispose();
            throw new InvalidOperationException($"{file} is the ledger of {found}, not of {identity}.");
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public T Write<T>(Func<ILedgerWriter, T> work)
    {
        lock (_writing) return _session.Change(() => work(new Writer(_session)));
    }

    public T Read<T>(Func<ILedgerReader, T> work)
    {
        using var connection = new SqliteConnection(_reading);
        connection.Open();
        using var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: true);
        return work(new SqlLedgerReader(connection, transaction, Texts, _numbers));
    }

    public void Dispose()
    {
        using (var reading = new SqliteConnection(_reading)) SqliteConnection.ClearPool(reading);
        _session.Dispose();
    }

    private sealed class Writer(SqliteSession session) : SqlLedgerReader(session.Connection, null, Texts, _numbers), ILedgerWriter
    {
        public void Save(StoredHead head, IReadOnlyList<StoredEntry> entries, IReadOnlyList<Account> accounts, IReadOnlyList<StoredBalance> balances, IReadOnlyList<Period> periods)
        {
            session.RunEach("INSERT INTO ledger_entry VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                [.. entries.Select(e => new SqlValue[] { e.Number, e.Kind, e.Transfer, e.Reverses, e.Debit, e.Credit, e.Charge, e.Body, e.Hash })]);
            session.RunEach("INSERT INTO ledger_account VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(number) DO UPDATE SET debits = $5, credits = $6",
                [.. accounts.Select(a => new SqlValue[] { a.Number, a.Name, (int)a.Limit, a.Opened, a.Debits, a.Credits })]);
            session.RunEach("INSERT INTO ledger_balance VALUES($1,$2,$3,$4) ON CONFLICT DO UPDATE SET debits = $3, credits = $4",
                [.. balances.Select(b => new SqlValue[] { b.Account, b.Period, b.Debits, b.Credits })]);
            session.RunEach("INSERT INTO ledger_period VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT DO UPDATE SET state = $4, changed = $5, seal = $6",
                [.. periods.Select(p => new SqlValue[] { p.Number, p.From, p.To, (int)p.State, p.Changed, p.Seal })]);
            var h = head.Head;
            session.Run("UPDATE ledger_head SET number = $1, hash = $2, accounts = $3, debits = $4, credits = $5", h.Number, h.Hash, h.Accounts, h.Debits, h.Credits);
        }
    }
}
