using System.Data;
using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>A ledger's rows in SQLite: WAL, an fsync a commit. One connection writes; each reading has its own, and sees one moment.</summary>
internal sealed class SqliteLedgerStore : ILedgerStore
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;
        CREATE TABLE IF NOT EXISTS ledger_head(id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, currency TEXT NOT NULL, scale INTEGER NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL,
          accounts INTEGER NOT NULL, debits INTEGER NOT NULL, credits INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS ledger_entry(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, transfer TEXT UNIQUE, reverses TEXT UNIQUE, debit INTEGER, credit INTEGER, charge TEXT,
          body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
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
    private readonly SqliteConnection _connection;
    private readonly string _reading;
    private readonly SqliteCommand _entry, _account, _balance, _period, _head;

    private SqliteLedgerStore(SqliteConnection connection, string reading)
    {
        (_connection, _reading) = (connection, reading);
        _entry = Prepare("INSERT INTO ledger_entry VALUES(@a,@b,@c,@d,@e,@f,@g,@h,@i)", 9);
        _account = Prepare("INSERT INTO ledger_account VALUES(@a,@b,@c,@d,@e,@f) ON CONFLICT(number) DO UPDATE SET debits=@e, credits=@f", 6);
        _balance = Prepare("INSERT INTO ledger_balance VALUES(@a,@b,@c,@d) ON CONFLICT DO UPDATE SET debits=@c, credits=@d", 4);
        _period = Prepare("INSERT INTO ledger_period VALUES(@a,@b,@c,@d,@e,@f) ON CONFLICT DO UPDATE SET state=@d, changed=@e, seal=@f", 6);
        _head = Prepare("UPDATE ledger_head SET number=@a, hash=@b, accounts=@c, debits=@d, credits=@e", 5);
    }

    public static SqliteLedgerStore Open(string file, LedgerIdentity identity)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Tables + "INSERT OR IGNORE INTO ledger_head VALUES(1, @name, @currency, @scale, 0, @hash, 0, 0, 0)";
            command.Parameters.AddWithValue("@name", identity.Name);
            command.Parameters.AddWithValue("@currency", identity.Currency);
            command.Parameters.AddWithValue("@scale", identity.Scale);
            command.Parameters.AddWithValue("@hash", Convert.ToHexStringLower(LedgerBytes.Genesis(identity)));
            command.ExecuteNonQuery();
            var store = new SqliteLedgerStore(connection, new SqliteConnectionStringBuilder { DataSource = file, Pooling = true, Mode = SqliteOpenMode.ReadWrite }.ToString());
            var found = store.Read(reader => reader.Head().Identity);
            if (found == identity) return store;
            store.Dispose();
            throw new InvalidOperationException($"{file} is the ledger of {found}, not of {identity}.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public T Write<T>(Func<ILedgerWriter, T> work)
    {
        lock (_writing)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            var result = work(new Writer(this, transaction));
            transaction.Commit();
            return result;
        }
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
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_entry, _account, _balance, _period, _head]) command.Dispose();
        using (var reading = new SqliteConnection(_reading)) SqliteConnection.ClearPool(reading);
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The texts are the constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < parameters; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"@{(char)('a' + i)}" });
        return command;
    }

    private static void Run(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object?> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }

    private sealed class Writer(SqliteLedgerStore store, SqliteTransaction transaction) : SqlLedgerReader(store._connection, transaction, Texts, _numbers), ILedgerWriter
    {
        private readonly SqliteTransaction _transaction = transaction;

        public void Save(StoredHead head, IReadOnlyList<StoredEntry> entries, IReadOnlyList<Account> accounts, IReadOnlyList<StoredBalance> balances, IReadOnlyList<Period> periods)
        {
            foreach (var e in entries) Run(store._entry, _transaction, e.Number, e.Kind, e.Transfer, e.Reverses, e.Debit, e.Credit, e.Charge, e.Body, e.Hash);
            foreach (var a in accounts) Run(store._account, _transaction, a.Number, a.Name, (int)a.Limit, a.Opened, a.Debits, a.Credits);
            foreach (var b in balances) Run(store._balance, _transaction, b.Account, b.Period, b.Debits, b.Credits);
            foreach (var p in periods) Run(store._period, _transaction, p.Number, p.From.DayNumber, p.To.DayNumber, (int)p.State, p.Changed, p.Seal);
            var h = head.Head;
            Run(store._head, _transaction, h.Number, h.Hash, h.Accounts, h.Debits, h.Credits);
        }
    }
}
