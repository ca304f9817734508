namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>The rows of a ledger; it knows no rule.</summary>
internal interface ILedgerStore : IDisposable
{
    /// <summary>Runs in one writing transaction that no other writer runs beside; durable when it returns, nothing of it kept when it throws.</summary>
    T Write<T>(Func<ILedgerWriter, T> work);

    /// <summary>Runs over the rows of one moment.</summary>
    T Read<T>(Func<ILedgerReader, T> work);
}

internal interface ILedgerReader
{
    StoredHead Head();
    IReadOnlyList<Period> Periods();
    IReadOnlyList<Account> Accounts(IReadOnlyCollection<string> names);
    IEnumerable<Account> AllAccounts();
    IReadOnlyList<StoredBalance> Balances(IReadOnlyCollection<int> accounts, IReadOnlyCollection<int> periods);
    IEnumerable<StoredBalance> AllBalances();
    IReadOnlyList<StoredEntry> Transfers(IReadOnlyCollection<UInt128> ids);
    /// <summary>Those of the transfers that a posted one reverses.</summary>
    IReadOnlyList<UInt128> Reversed(IReadOnlyCollection<UInt128> ids);
    IEnumerable<StoredEntry> Entries(long after, int limit, int? account, string? charge);
}

internal interface ILedgerWriter : ILedgerReader
{
    void Save(StoredHead head, IReadOnlyList<StoredEntry> entries, IReadOnlyList<Account> accounts, IReadOnlyList<StoredBalance> balances, IReadOnlyList<Period> periods);
}

internal sealed record StoredHead(LedgerIdentity Identity, LedgerHead Head);

internal sealed record StoredBalance(int Account, int Period, long Debits, long Credits);

/// <summary>One row of entries: its bytes, and beside them the columns that are looked up by.</summary>
internal sealed record StoredEntry(long Number, int Kind, string? Transfer, string? Reverses, int? Debit, int? Credit, string? Charge, byte[] Body, byte[] Hash)
{
    public LedgerEntry Read() => LedgerBytes.Decode(Body) with { Hash = Convert.ToHexStringLower(Hash) };

    public static string Text(UInt128 id) => id.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
