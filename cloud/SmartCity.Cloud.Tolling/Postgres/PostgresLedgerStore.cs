using System.Data;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Postgres;

/// <summary>A ledger's rows in PostgreSQL. A writer holds the row of the head from its beginning to its commit, so that writers of all servers stand in one line.</summary>
internal sealed class PostgresLedgerStore : ILedgerStore
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS ledger_head(id bigint PRIMARY KEY CHECK (id = 1), name text NOT NULL, currency text NOT NULL, scale bigint NOT NULL, number bigint NOT NULL, hash text NOT NULL,
          accounts bigint NOT NULL, debits bigint NOT NULL, credits bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS ledger_entry(number bigint PRIMARY KEY, kind bigint NOT NULL, transfer text UNIQUE, reverses text UNIQUE, debit bigint, credit bigint, charge text,
          body bytea NOT NULL, hash bytea NOT NULL);
        CREATE INDEX IF NOT EXISTS ledger_entry_debit ON ledger_entry(debit, number) WHERE debit IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ledger_entry_credit ON ledger_entry(credit, number) WHERE credit IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ledger_entry_charge ON ledger_entry(charge) WHERE charge IS NOT NULL;
        CREATE OR REPLACE FUNCTION ledger_entry_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''entries are never changed''; END';
        CREATE OR REPLACE TRIGGER ledger_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_kept();
        CREATE TABLE IF NOT EXISTS ledger_account(number bigint PRIMARY KEY, name text NOT NULL UNIQUE, balance_limit bigint NOT NULL, opened bigint NOT NULL, debits bigint NOT NULL, credits bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS ledger_balance(account bigint NOT NULL, period bigint NOT NULL, debits bigint NOT NULL, credits bigint NOT NULL, PRIMARY KEY(account, period));
        CREATE TABLE IF NOT EXISTS ledger_period(number bigint PRIMARY KEY, first_day bigint NOT NULL, last_day bigint NOT NULL, state bigint NOT NULL, changed bigint NOT NULL, seal text);
        """;

    private const string ListOfTexts = "SELECT json_array_elements_text(@list::json)";
    private static readonly CompositeFormat _numbers = CompositeFormat.Parse("SELECT json_array_elements_text({0}::json)::bigint");

    private readonly NpgsqlDataSource _source;

    private PostgresLedgerStore(NpgsqlDataSource source) => _source = source;

    public static PostgresLedgerStore Open(string connectionString, LedgerIdentity identity)
    {
        var connecting = new NpgsqlConnectionStringBuilder(connectionString);
        // The same dozen statements run each time; planning them anew would cost more than running them.
        if (connecting.MaxAutoPrepare == 0) connecting.MaxAutoPrepare = 32;
        var store = new PostgresLedgerStore(NpgsqlDataSource.Create(connecting.ConnectionString));
        try
        {
            using (var connection = store._source.OpenConnection())
            using (var transaction = connection.BeginTransaction())
            {
                // Two servers that start at once would make the tables twice.
                Run(connection, "SELECT pg_advisory_xact_lock(hashtext('smartcity.ledger'))");
                Run(connection, Tables);
                Run(connection, "INSERT INTO ledger_head VALUES(1, $1, $2, $3, 0, $4, 0, 0, 0) ON CONFLICT DO NOTHING",
                    Text(identity.Name), Text(identity.Currency), new() { Value = (long)identity.Scale }, Text(Convert.ToHexStringLower(LedgerBytes.Genesis(identity))));
                transaction.Commit();
            }
            var found = store.Read(reader => reader.Head().Identity);
            return found == identity ? store : throw new InvalidOperationException($"The tables are the ledger of {found}, not of {identity}.");
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public T Write<T>(Func<ILedgerWriter, T> work)
    {
        using var connection = _source.OpenConnection();
        using var transaction = connection.BeginTransaction(IsolationLevel.ReadCommitted);
        // Whoever waited here reads, with its next statement, what the one before committed.
        Run(connection, "SELECT 1 FROM ledger_head FOR UPDATE");
        var result = work(new Writer(connection, transaction));
        transaction.Commit();
        return result;
    }

    public T Read<T>(Func<ILedgerReader, T> work)
    {
        using var connection = _source.OpenConnection();
        using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        return work(new SqlLedgerReader(connection, transaction, ListOfTexts, _numbers));
    }

    public void Dispose() => _source.Dispose();

    private static void Run(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
#pragma warning disable CA2100 // The texts are the constants above.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        command.ExecuteNonQuery();
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private sealed class Writer(NpgsqlConnection connection, NpgsqlTransaction transaction) : SqlLedgerReader(connection, transaction, ListOfTexts, _numbers), ILedgerWriter
    {
        private readonly NpgsqlConnection _connection = connection;

        // One round trip for everything: each table's rows go as arrays of columns.
        public void Save(StoredHead head, IReadOnlyList<StoredEntry> entries, IReadOnlyList<Account> accounts, IReadOnlyList<StoredBalance> balances, IReadOnlyList<Period> periods)
        {
            using var batch = new NpgsqlBatch(_connection);
            Add(batch, "INSERT INTO ledger_entry SELECT * FROM unnest($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                Longs(entries, e => e.Number), Longs(entries, e => e.Kind), Texts(entries, e => e.Transfer), Texts(entries, e => e.Reverses), Longs(entries, e => e.Debit), Longs(entries, e => e.Credit),
                Texts(entries, e => e.Charge), Bytes(entries, e => e.Body), Bytes(entries, e => e.Hash));
            Add(batch, "INSERT INTO ledger_account SELECT * FROM unnest($1,$2,$3,$4,$5,$6) ON CONFLICT(number) DO UPDATE SET debits=excluded.debits, credits=excluded.credits",
                Longs(accounts, a => a.Number), Texts(accounts, a => a.Name), Longs(accounts, a => (int)a.Limit), Longs(accounts, a => a.Opened), Longs(accounts, a => a.Debits), Longs(accounts, a => a.Credits));
            Add(batch, "INSERT INTO ledger_balance SELECT * FROM unnest($1,$2,$3,$4) ON CONFLICT(account, period) DO UPDATE SET debits=excluded.debits, credits=excluded.credits",
                Longs(balances, b => b.Account), Longs(balances, b => b.Period), Longs(balances, b => b.Debits), Longs(balances, b => b.Credits));
            Add(batch, "INSERT INTO ledger_period SELECT * FROM unnest($1,$2,$3,$4,$5,$6) ON CONFLICT(number) DO UPDATE SET state=excluded.state, changed=excluded.changed, seal=excluded.seal",
                Longs(periods, p => p.Number), Longs(periods, p => p.From.DayNumber), Longs(periods, p => p.To.DayNumber), Longs(periods, p => (int)p.State), Longs(periods, p => p.Changed), Texts(periods, p => p.Seal));
            var h = head.Head;
            Add(batch, "UPDATE ledger_head SET number=$1, hash=$2, accounts=$3, debits=$4, credits=$5",
                new() { Value = h.Number }, Text(h.Hash), new() { Value = (long)h.Accounts }, new() { Value = h.Debits }, new() { Value = h.Credits });
            batch.ExecuteNonQuery();
        }

        private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
        {
#pragma warning disable CA2100 // The texts are the constants above.
            var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
            foreach (var parameter in parameters) command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }

        private static NpgsqlParameter Longs<T>(IReadOnlyList<T> rows, Func<T, long?> of) => new() { Value = rows.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
        private static NpgsqlParameter Texts<T>(IReadOnlyList<T> rows, Func<T, string?> of) => new() { Value = rows.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
        private static NpgsqlParameter Bytes<T>(IReadOnlyList<T> rows, Func<T, byte[]> of) => new() { Value = rows.Select(of).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
    }
}
