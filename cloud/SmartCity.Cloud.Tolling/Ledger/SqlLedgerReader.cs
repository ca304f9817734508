using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>The queries of a ledger's rows, in the SQL that its stores have in common. A list of values goes as one JSON parameter.</summary>
/// <param name="connection">Open.</param>
/// <param name="transaction">The transaction it reads in.</param>
/// <param name="texts">The store's words for the texts of a JSON array <c>@list</c>.</param>
/// <param name="numbers">The store's words for the numbers of a JSON array named by <c>{0}</c>.</param>
internal class SqlLedgerReader(DbConnection connection, DbTransaction? transaction, string texts, CompositeFormat numbers) : ILedgerReader
{
    private const string EntryColumns = "number, kind, transfer, reverses, debit, credit, charge, body, hash", AccountColumns = "number, name, balance_limit, opened, debits, credits";

    public StoredHead Head() => Rows("SELECT name, currency, scale, number, hash, accounts, debits, credits FROM ledger_head", row => new StoredHead(
        new LedgerIdentity(row.GetString(0), row.GetString(1), Int(row, 2)), new LedgerHead(row.GetInt64(3), row.GetString(4), Int(row, 5), row.GetInt64(6), row.GetInt64(7)))).Single();

    public IReadOnlyList<Period> Periods() => Rows("SELECT number, first_day, last_day, state, changed, seal FROM ledger_period ORDER BY number", row => new Period(
        Int(row, 0), Date(row.GetInt64(1)), Date(row.GetInt64(2)), (PeriodState)Int(row, 3), row.GetInt64(4), Maybe(row, 5)));

    public IReadOnlyList<Account> Accounts(IReadOnlyCollection<string> names)
    {
        // No account has a zero in its name, and PostgreSQL takes none in a text.
        var possible = names.Where(name => !name.Contains('\0', StringComparison.Ordinal)).ToList();
        return possible.Count == 0 ? [] : Rows($"SELECT {AccountColumns} FROM ledger_account WHERE name IN ({texts})", AccountOf, ("list", JsonSerializer.Serialize(possible)));
    }

    public IEnumerable<Account> AllAccounts() => Rows($"SELECT {AccountColumns} FROM ledger_account ORDER BY number", AccountOf);

    public IReadOnlyList<StoredBalance> Balances(IReadOnlyCollection<int> accounts, IReadOnlyCollection<int> periods) => accounts.Count == 0 || periods.Count == 0 ? [] :
        Rows($"SELECT account, period, debits, credits FROM ledger_balance WHERE account IN ({In("@accounts")}) AND period IN ({In("@periods")})", BalanceOf,
            ("accounts", JsonSerializer.Serialize(accounts)), ("periods", JsonSerializer.Serialize(periods)));

    public IEnumerable<StoredBalance> AllBalances() => Rows("SELECT account, period, debits, credits FROM ledger_balance ORDER BY account, period", BalanceOf);

    public IReadOnlyList<StoredEntry> Transfers(IReadOnlyCollection<UInt128> ids) =>
        ids.Count == 0 ? [] : Rows($"SELECT {EntryColumns} FROM ledger_entry WHERE transfer IN ({texts})", EntryOf, ("list", JsonSerializer.Serialize(ids.Select(StoredEntry.Text))));

    public IReadOnlyList<UInt128> Reversed(IReadOnlyCollection<UInt128> ids) => ids.Count == 0 ? [] :
        Rows($"SELECT reverses FROM ledger_entry WHERE reverses IN ({texts})", row => UInt128.Parse(row.GetString(0), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ("list", JsonSerializer.Serialize(ids.Select(StoredEntry.Text))));

    public IEnumerable<StoredEntry> Entries(long after, int limit, int? account, string? charge)
    {
        var where = (account is null ? "" : " AND (debit = @account OR credit = @account)") + (charge is null ? "" : " AND charge = @charge");
        var parameters = new List<(string, object)> { ("after", after), ("limit", (long)limit) };
        if (account is { } number) parameters.Add(("account", (long)number));
        if (charge is not null) parameters.Add(("charge", charge));
        return Rows($"SELECT {EntryColumns} FROM ledger_entry WHERE number > @after{where} ORDER BY number LIMIT @limit", EntryOf, [.. parameters]);
    }

    private string In(string parameter) => string.Format(CultureInfo.InvariantCulture, numbers, parameter);

    private List<T> Rows<T>(string sql, Func<DbDataReader, T> of, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Every value is a parameter; what varies in the text is chosen above.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(of(reader));
        return rows;
    }

    private static Account AccountOf(DbDataReader row) => new(Int(row, 0), row.GetString(1), (AccountLimit)Int(row, 2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5));
    private static StoredBalance BalanceOf(DbDataReader row) => new(Int(row, 0), Int(row, 1), row.GetInt64(2), row.GetInt64(3));
    private static StoredEntry EntryOf(DbDataReader row) => new(row.GetInt64(0), Int(row, 1), Maybe(row, 2), Maybe(row, 3), Number(row, 4), Number(row, 5), Maybe(row, 6),
        row.GetFieldValue<byte[]>(7), row.GetFieldValue<byte[]>(8));
    // A changed number may be out of range; the verification must find it, not end with it.
    private static int Int(DbDataReader row, int column) => (int)Math.Clamp(row.GetInt64(column), int.MinValue, int.MaxValue);
    private static string? Maybe(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
    private static int? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : Int(row, column);
    private static DateOnly Date(long day) => DateOnly.FromDayNumber((int)Math.Clamp(day, 0, DateOnly.MaxValue.DayNumber));
}
