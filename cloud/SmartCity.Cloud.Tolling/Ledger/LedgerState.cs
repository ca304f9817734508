namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>
/// The fold of entries to accounts, balances and periods: the one that writes it, over the rows a batch touches, and the one that verifies, over all.
/// Pure: no clock, no store.
/// </summary>
internal sealed class LedgerState(LedgerIdentity identity, LedgerHead head)
{
    private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Account, int Period), StoredBalance> _balances = [];
    private readonly SortedDictionary<int, Period> _periods = [];
    private readonly Dictionary<string, Account> _accountsBefore = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Account, int Period), StoredBalance> _balancesBefore = [];
    private readonly HashSet<int> _periodsChanged = [];
    private readonly List<StoredEntry> _appended = [];

    public LedgerIdentity Identity { get; } = identity;
    public LedgerHead Head { get; private set; } = head;
    public IReadOnlyCollection<Period> Periods => _periods.Values;
    public IReadOnlyCollection<Account> Accounts => _accounts.Values;
    public IReadOnlyCollection<StoredBalance> Balances => _balances.Values;
    public bool Changed => _appended.Count > 0;

    public Account? Find(string name) => _accounts.GetValueOrDefault(name);
    public Period? Find(int period) => _periods.GetValueOrDefault(period);
    public StoredBalance? Find(int account, int period) => _balances.GetValueOrDefault((account, period));

    public void Load(IEnumerable<Account> accounts) { foreach (var account in accounts) _accounts[account.Name] = account; }
    public void Load(IEnumerable<StoredBalance> balances) { foreach (var balance in balances) _balances[(balance.Account, balance.Period)] = balance; }
    public void Load(IEnumerable<Period> periods) { foreach (var period in periods) _periods[period.Number] = period; }

    /// <summary>Appends an event after the head.</summary>
    public StoredEntry Append(long postedAt, LedgerEvent content)
    {
        var number = Head.Number + 1;
        var body = LedgerBytes.Encode(number, postedAt, content);
        var hash = LedgerBytes.Hash(Convert.FromHexString(Head.Hash), body);
        var entry = Row(number, content, body, hash);
        Apply(number, content, Convert.ToHexStringLower(hash));
        _appended.Add(entry);
        return entry;
    }

    /// <summary>The row of an entry whose accounts are loaded.</summary>
    public StoredEntry Row(long number, LedgerEvent content, byte[] body, byte[] hash) => content is TransferPosted { Transfer: var transfer }
        ? new(number, LedgerBytes.Kind(content), StoredEntry.Text(transfer.Id), transfer.Reverses is { } reverses ? StoredEntry.Text(reverses) : null,
            _accounts[transfer.Debit].Number, _accounts[transfer.Credit].Number, transfer.Links.Charge, body, hash)
        : new(number, LedgerBytes.Kind(content), null, null, null, null, null, body, hash);

    /// <summary>What an event changes.</summary>
    /// <exception cref="KeyNotFoundException">It speaks of an account or period that there is none of.</exception>
    /// <exception cref="OverflowException">A sum leaves 64 bits.</exception>
    public void Apply(long number, LedgerEvent content, string hash)
    {
        switch (content)
        {
            case AccountOpened e:
                Head = Head with { Accounts = Head.Accounts + 1 };
                Change(new Account(e.Number, e.Name, e.Limit, number, 0, 0));
                break;
            case TransferPosted { Transfer: var transfer, Period: var period }:
                Move(transfer.Debit, period, transfer.Amount, 0);
                Move(transfer.Credit, period, 0, transfer.Amount);
                Head = Head with { Debits = Head.Debits + transfer.Amount, Credits = Head.Credits + transfer.Amount };
                break;
            case PeriodOpened e: Change(new Period(e.Period, e.From, e.To, PeriodState.Open, number, null)); break;
            case PeriodClosing e: Change(_periods[e.Period] with { State = PeriodState.Closing, Changed = number }); break;
            case PeriodReopened e: Change(_periods[e.Period] with { State = PeriodState.Open, Changed = number }); break;
            case PeriodSealed e: Change(_periods[e.Period] with { State = PeriodState.Sealed, Changed = number, Seal = LedgerBytes.SealHash(e) }); break;
        }
        Head = Head with { Number = number, Hash = hash };
    }

    /// <summary>Saves what was appended, once the rows that changed were found to sum to zero.</summary>
    /// <exception cref="InvalidOperationException">They do not; the transaction must not be committed.</exception>
    public void SaveTo(ILedgerWriter writer)
    {
        var accounts = _accountsBefore.Keys.Select(name => _accounts[name]).OrderBy(account => account.Number).ToList();
        var balances = _balancesBefore.Keys.Select(key => _balances[key]).ToList();
        // Taken from the rows themselves, not from the transfers, so that a fault in adding up is found too.
        Int128 byAccount = 0, byPeriod = 0;
        foreach (var account in accounts) byAccount += Net(account.Debits, account.Credits) - Net(_accountsBefore[account.Name].Debits, _accountsBefore[account.Name].Credits);
        foreach (var balance in balances) byPeriod += Net(balance.Debits, balance.Credits) - Net(_balancesBefore[(balance.Account, balance.Period)].Debits, _balancesBefore[(balance.Account, balance.Period)].Credits);
        if (byAccount != 0 || byPeriod != 0 || Head.Debits != Head.Credits)
            throw new InvalidOperationException($"Debits and credits differ by {byAccount} over accounts, by {byPeriod} over periods and by {Net(Head.Debits, Head.Credits)} in all; nothing was posted.");
        writer.Save(new StoredHead(Identity, Head), _appended, accounts, balances, [.. _periodsChanged.Select(number => _periods[number])]);
    }

    /// <summary>The closing trial balance of a period: what each account did up to its end.</summary>
    public string TrialBalance(int through)
    {
        var names = _accounts.Values.ToDictionary(account => account.Number, account => account.Name);
        return LedgerBytes.TrialBalance(_balances.Values.Where(balance => balance.Period <= through).GroupBy(balance => balance.Account).OrderBy(group => group.Key)
            .Select(group => (group.Key, names[group.Key], group.Sum(balance => balance.Debits), group.Sum(balance => balance.Credits))));
    }

    public string Registry() => LedgerBytes.Registry(_accounts.Values.OrderBy(account => account.Number));

    private void Move(string name, int period, long debit, long credit)
    {
        var account = _accounts[name];
        Change(account with { Debits = account.Debits + debit, Credits = account.Credits + credit });
        var key = (account.Number, period);
        var balance = _balances.GetValueOrDefault(key) ?? new StoredBalance(account.Number, period, 0, 0);
        _balancesBefore.TryAdd(key, balance);
        _balances[key] = balance with { Debits = balance.Debits + debit, Credits = balance.Credits + credit };
    }

    private void Change(Account account)
    {
        _accountsBefore.TryAdd(account.Name, _accounts.GetValueOrDefault(account.Name) ?? account);
        _accounts[account.Name] = account;
    }

    private void Change(Period period)
    {
        _periodsChanged.Add(period.Number);
        _periods[period.Number] = period;
    }

    private static Int128 Net(long debits, long credits) => (Int128)debits - credits;
}
