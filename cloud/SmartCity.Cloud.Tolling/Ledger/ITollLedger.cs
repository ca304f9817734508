namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>
/// A double-entry ledger: append-only, hash-chained, in one currency at one scale. What a method returns as posted is durable.
/// Safe for several threads and processes at once; writes go one after the other, and each judges its rules inside its own transaction.
/// </summary>
/// <remarks>A lost connection or a full disk is thrown as the store's own exception: then nothing was done, or the repeat of the command tells.</remarks>
public interface ITollLedger : IDisposable
{
    /// <summary>What it is a ledger of.</summary>
    LedgerIdentity Identity { get; }

    /// <summary>Opens accounts in one commit.</summary>
    /// <returns>One answer an opening, in order; a refused one does not stop the others.</returns>
    IReadOnlyList<LedgerResult> OpenAccounts(IReadOnlyList<AccountOpening> openings);

    /// <summary>Posts chains of transfers in one commit. Each chain is posted whole or not at all.</summary>
    /// <param name="chains">Each 1–1,024 transfers. Larger batches cost less a transfer; 1,000 chains are a good batch.</param>
    /// <returns>One answer a chain, in order; a refused one does not stop the others.</returns>
    IReadOnlyList<LedgerResult> Post(IReadOnlyList<IReadOnlyList<Transfer>> chains);

    /// <summary>Opens the next period.</summary>
    /// <param name="from">First date; the day after the last period.</param>
    /// <param name="to">Last date, included.</param>
    /// <param name="by">Who does.</param>
    LedgerResult OpenPeriod(DateOnly from, DateOnly to, string by);

    /// <summary>Begins to close an open period: from here on it takes no postings.</summary>
    LedgerResult BeginClosing(int period, string by);

    /// <summary>Opens a closing period again, which is allowed only where its verification failed.</summary>
    /// <param name="period">Period.</param>
    /// <param name="by">Who does.</param>
    /// <param name="failures">What failed; refused when empty.</param>
    LedgerResult Reopen(int period, string by, IReadOnlyList<string> failures);

    /// <summary>Verifies the whole ledger and seals a closing period, for ever.</summary>
    LedgerResult Seal(SealRequest request);

    /// <summary>Where the ledger ends.</summary>
    LedgerHead Head();

    /// <summary>All periods in order.</summary>
    IReadOnlyList<Period> Periods();

    /// <summary>One account; null where none of the name is open.</summary>
    Account? FindAccount(string name);

    /// <summary>What accounts did, in order of opening.</summary>
    /// <param name="prefix">An account, or what its name begins with up to a colon: <c>liability:prepaid</c> gives the control account's sub-ledger; empty for all.</param>
    /// <param name="period">One period; null for the sum of all.</param>
    IReadOnlyList<AccountBalance> Balances(string prefix, int? period);

    /// <summary>Entries in order.</summary>
    IReadOnlyList<LedgerEntry> Entries(EntryQuery query);

    /// <summary>The entry of a transfer; null where it was not posted.</summary>
    LedgerEntry? Find(UInt128 transfer);

    /// <summary>Reads everything: each hash, each row that follows from the entries, each sum. It looks at one moment and holds up no writer.</summary>
    LedgerCheck Verify(CancellationToken cancellationToken);
}
