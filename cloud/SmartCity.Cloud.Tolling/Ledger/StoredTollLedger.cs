using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>The ledger over a store of rows: loads what a command touches, asks the rules, saves, all in the store's one transaction.</summary>
public abstract class StoredTollLedger : ITollLedger
{
    private readonly ILedgerStore _store;
    private readonly TimeProvider _clock;

    private protected StoredTollLedger(ILedgerStore store, LedgerIdentity identity, TimeProvider clock)
    {
        (_store, _clock, Identity) = (store, clock, identity);
    }

    /// <inheritdoc/>
    public LedgerIdentity Identity { get; }

    /// <inheritdoc/>
    public IReadOnlyList<LedgerResult> OpenAccounts(IReadOnlyList<AccountOpening> openings)
    {
        ArgumentNullException.ThrowIfNull(openings);
        return Change((writer, state) =>
        {
            state.Load(writer.Accounts([.. openings.Select(opening => opening.Name).Distinct(StringComparer.Ordinal)]));
            return openings.Select(opening => LedgerRules.Open(state, opening, UnixMicros.Now(_clock))).ToList();
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<LedgerResult> Post(IReadOnlyList<IReadOnlyList<Transfer>> chains)
    {
        ArgumentNullException.ThrowIfNull(chains);
        return Change((writer, state) =>
        {
            var transfers = chains.SelectMany(chain => chain).ToList();
            state.Load(writer.Accounts(transfers.SelectMany(transfer => new[] { transfer.Debit, transfer.Credit }).ToHashSet(StringComparer.Ordinal)));
            state.Load(writer.Balances([.. state.Accounts.Select(account => account.Number)], [.. state.Periods.Where(period => period.State == PeriodState.Open).Select(period => period.Number)]));
            var reverses = transfers.Where(transfer => transfer.Reverses is not null).Select(transfer => transfer.Reverses!.Value).ToHashSet();
            var posted = writer.Transfers(transfers.Select(transfer => transfer.Id).Concat(reverses).ToHashSet())
                .Select(entry => (TransferPosted)entry.Read().Event).ToDictionary(entry => entry.Transfer.Id);
            var reversed = writer.Reversed(reverses).ToHashSet();
            var now = UnixMicros.Now(_clock);
            return chains.Select(chain => LedgerRules.Post(state, posted, reversed, chain, now)).ToList();
        });
    }

    /// <inheritdoc/>
    public LedgerResult OpenPeriod(DateOnly from, DateOnly to, string by) => Change((_, state) => PeriodRules.Open(state, from, to, by, UnixMicros.Now(_clock)));

    /// <inheritdoc/>
    public LedgerResult BeginClosing(int period, string by) => Change((_, state) => PeriodRules.Close(state, period, by, UnixMicros.Now(_clock)));

    /// <inheritdoc/>
    public LedgerResult Reopen(int period, string by, IReadOnlyList<string> failures)
    {
        ArgumentNullException.ThrowIfNull(failures);
        return Change((_, state) => PeriodRules.Reopen(state, period, by, failures, UnixMicros.Now(_clock)));
    }

    /// <inheritdoc/>
    public LedgerResult Seal(SealRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        // Before the transaction: it may take minutes, and nothing can be posted into a closing period meanwhile.
        if (Verify(CancellationToken.None).Fault is { } fault) return LedgerResult.Refuse(LedgerRefusal.NotIntact, $"{fault.Row}: {fault.Message}");
        return Change((writer, state) =>
        {
            state.Load(writer.AllAccounts());
            state.Load(writer.AllBalances());
            return PeriodRules.Seal(state, request, UnixMicros.Now(_clock));
        });
    }

    /// <inheritdoc/>
    public LedgerHead Head() => _store.Read(reader => reader.Head().Head);

    /// <inheritdoc/>
    public IReadOnlyList<Period> Periods() => _store.Read(reader => reader.Periods());

    /// <inheritdoc/>
    public Account? FindAccount(string name) => _store.Read(reader => reader.Accounts([name]).SingleOrDefault());

    /// <inheritdoc/>
    public IReadOnlyList<AccountBalance> Balances(string prefix, int? period)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return _store.Read(reader =>
        {
            var accounts = reader.AllAccounts().Where(account => prefix.Length == 0 || account.Name == prefix || account.Name.StartsWith(prefix + ":", StringComparison.Ordinal)).ToList();
            if (period is not { } one) return accounts.Select(account => new AccountBalance(account.Name, null, account.Debits, account.Credits)).ToList();
            var balances = reader.Balances([.. accounts.Select(account => account.Number)], [one]).ToDictionary(balance => balance.Account);
            return accounts.Where(account => balances.ContainsKey(account.Number)).Select(account => new AccountBalance(account.Name, one, balances[account.Number].Debits, balances[account.Number].Credits)).ToList();
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<LedgerEntry> Entries(EntryQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, 10_000);
        return _store.Read(reader =>
        {
            var account = query.Account is null ? null : reader.Accounts([query.Account]).SingleOrDefault();
            return query.Account is not null && account is null ? (List<LedgerEntry>)[]
                : [.. reader.Entries(query.After, query.Limit, account?.Number, query.Charge).Select(entry => entry.Read())];
        });
    }

    /// <inheritdoc/>
    public LedgerEntry? Find(UInt128 transfer) => _store.Read(reader => reader.Transfers([transfer]).SingleOrDefault()?.Read());

    /// <inheritdoc/>
    public LedgerCheck Verify(CancellationToken cancellationToken) => _store.Read(reader => LedgerVerification.Run(reader, Identity, cancellationToken));

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    private T Change<T>(Func<ILedgerWriter, LedgerState, T> decide) => _store.Write(writer =>
    {
        var state = new LedgerState(Identity, writer.Head().Head);
        state.Load(writer.Periods());
        var result = decide(writer, state);
        if (state.Changed) state.SaveTo(writer);
        return result;
    });
}
