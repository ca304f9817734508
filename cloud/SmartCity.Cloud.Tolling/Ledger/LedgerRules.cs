using System.Text;

namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>What may be posted. Pure functions of the state; a refusal changes nothing.</summary>
internal static class LedgerRules
{
    private const int ChainMax = 1024, LinkBytesMax = 128;

    public static LedgerResult Open(LedgerState state, AccountOpening opening, long now)
    {
        if (!AccountName.TryRead(opening.Name, out var kind)) return Refuse(LedgerRefusal.BadAccountName, $"'{opening.Name}' is no name of an account, such as liability:prepaid:4711.");
        if (!Enum.IsDefined(opening.Limit) || (kind == AccountKind.Suspense && opening.Limit != AccountLimit.None)) return Refuse(LedgerRefusal.BadField, $"'{opening.Name}' cannot have the limit {opening.Limit}.");
        if (state.Find(opening.Name) is { } known)
            return known.Limit == opening.Limit ? LedgerResult.Repeated(known.Opened) : Refuse(LedgerRefusal.KeyConflict, $"'{opening.Name}' is open with the limit {known.Limit}, not {opening.Limit}.");
        return LedgerResult.Done(state.Append(now, new AccountOpened(state.Head.Accounts + 1, opening.Name, opening.Limit)).Number);
    }

    /// <summary>Posts one chain, all or none.</summary>
    /// <param name="state">With the chain's accounts, their balances and all periods.</param>
    /// <param name="posted">The transfers that stand under the chain's ids, and those that it reverses; what is posted is added.</param>
    /// <param name="reversed">Ids that were reversed; what is reversed is added.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="now">µs since 1970.</param>
    public static LedgerResult Post(LedgerState state, Dictionary<UInt128, TransferPosted> posted, HashSet<UInt128> reversed, IReadOnlyList<Transfer> chain, long now)
    {
        if (chain.Count is 0 or > ChainMax) return Refuse(LedgerRefusal.BadChain, $"A chain has 1–{ChainMax} transfers, not {chain.Count}.");
        if (chain.Select(transfer => transfer.Id).Distinct().Count() != chain.Count) return Refuse(LedgerRefusal.BadChain, "Two transfers of the chain have one id.");
        if (chain.Any(transfer => posted.ContainsKey(transfer.Id))) return Repeat(posted, chain);
        var periods = new int[chain.Count];
        var moved = new Dictionary<string, (long Debits, long Credits)>(StringComparer.Ordinal);
        var sum = state.Head.Debits;
        var undone = new HashSet<UInt128>();
        for (var i = 0; i < chain.Count; i++)
        {
            var transfer = chain[i];
            if (Wrong(state, transfer) is { } wrong) return wrong;
            if (WrongReversal(posted, reversed, undone, transfer) is { } bad) return bad;
            if (Choose(state, transfer, out periods[i]) is { } none) return none;
            // Every other sum is at most the sum of all debits, so that this one check is for all of them.
            if (sum > long.MaxValue - transfer.Amount) return Refuse(LedgerRefusal.Overflow, $"With {transfer.Amount} more the debits of the ledger would leave 64 bits; they are {sum}.");
            sum += transfer.Amount;
            var (debit, credit) = (moved.GetValueOrDefault(transfer.Debit), moved.GetValueOrDefault(transfer.Credit));
            moved[transfer.Debit] = debit with { Debits = debit.Debits + transfer.Amount };
            moved[transfer.Credit] = credit with { Credits = credit.Credits + transfer.Amount };
        }
        foreach (var (name, (debits, credits)) in moved)
        {
            var account = state.Find(name)!;
            var after = account with { Debits = account.Debits + debits, Credits = account.Credits + credits };
            if (account.Limit == AccountLimit.NotBelowZero && after.Balance < 0 && after.Balance < account.Balance)
                return Refuse(LedgerRefusal.BelowZero, $"'{name}' holds {account.Balance} and would hold {after.Balance}.");
        }
        var first = state.Head.Number + 1;
        for (var i = 0; i < chain.Count; i++)
        {
            var content = new TransferPosted(periods[i], first, chain.Count, chain[i]);
            state.Append(now, content);
            posted.Add(chain[i].Id, content);
        }
        reversed.UnionWith(undone);
        return LedgerResult.Done(first, chain.Count);
    }

    private static LedgerResult Repeat(Dictionary<UInt128, TransferPosted> posted, IReadOnlyList<Transfer> chain)
    {
        var first = posted.GetValueOrDefault(chain[0].Id)?.ChainFirst ?? 0;
        foreach (var transfer in chain)
        {
            if (!posted.TryGetValue(transfer.Id, out var there) || there.ChainFirst != first || there.ChainCount != chain.Count)
                return Refuse(LedgerRefusal.KeyConflict, $"KEY_CONFLICT: transfer {StoredEntry.Text(transfer.Id)} is of a chain some of whose ids were posted in another one.");
            if (there.Transfer != transfer) return Refuse(LedgerRefusal.KeyConflict, $"KEY_CONFLICT: transfer {StoredEntry.Text(transfer.Id)} was posted with another body: {there.Transfer}.");
        }
        return LedgerResult.Repeated(first, chain.Count);
    }

    private static LedgerResult? Wrong(LedgerState state, Transfer transfer)
    {
        if (transfer.Amount <= 0) return Refuse(LedgerRefusal.BadAmount, $"The amount is above 0, not {transfer.Amount}.");
        if (!Enum.IsDefined(transfer.Code) || !Enum.IsDefined(transfer.Batch)) return Refuse(LedgerRefusal.BadField, $"The code {transfer.Code} or the batch {transfer.Batch} is none.");
        foreach (var link in (ReadOnlySpan<string?>)[transfer.Links.Charge, transfer.Links.Passage, transfer.Links.Claim, transfer.Links.Lane])
            if (link is not null && (link.Length == 0 || Encoding.UTF8.GetByteCount(link) > LinkBytesMax || !IsText(link))) return Refuse(LedgerRefusal.BadField, $"A link is 1–{LinkBytesMax} bytes of text or absent.");
        if (string.Equals(transfer.Debit, transfer.Credit, StringComparison.Ordinal)) return Refuse(LedgerRefusal.BadAccount, $"'{transfer.Debit}' is debited and credited by one transfer.");
        foreach (var name in (ReadOnlySpan<string>)[transfer.Debit, transfer.Credit])
            if (state.Find(name) is null) return Refuse(LedgerRefusal.BadAccount, $"'{name}' is not open; open it first.");
        return null;
    }

    private static LedgerResult? WrongReversal(Dictionary<UInt128, TransferPosted> posted, HashSet<UInt128> reversed, HashSet<UInt128> undone, Transfer transfer)
    {
        if (transfer.Reverses is not { } id) return transfer.Code == TransferCode.Reversal ? Refuse(LedgerRefusal.BadReversal, "A reversal says which transfer it undoes.") : null;
        if (!posted.TryGetValue(id, out var original)) return Refuse(LedgerRefusal.BadReversal, $"Transfer {StoredEntry.Text(id)} was not posted before.");
        var of = original.Transfer;
        if (of.Reverses is not null) return Refuse(LedgerRefusal.BadReversal, $"Transfer {StoredEntry.Text(id)} is a reversal itself; post a new transfer.");
        if (transfer.Code != TransferCode.Reversal || of.Debit != transfer.Credit || of.Credit != transfer.Debit || of.Amount != transfer.Amount || of.EffectiveDate != transfer.EffectiveDate)
            return Refuse(LedgerRefusal.BadReversal, $"A reversal inverts the original exactly and keeps its date; the original is {of}.");
        return reversed.Contains(id) || !undone.Add(id) ? Refuse(LedgerRefusal.BadReversal, $"Transfer {StoredEntry.Text(id)} was reversed before.") : null;
    }

    private static LedgerResult? Choose(LedgerState state, Transfer transfer, out int number)
    {
        number = 0;
        var own = state.Periods.FirstOrDefault(period => period.From <= transfer.EffectiveDate && transfer.EffectiveDate <= period.To);
        var open = state.Periods.FirstOrDefault(period => period.State == PeriodState.Open);
        if (own?.State == PeriodState.Open && transfer.Batch == BatchKind.Delayed) return Refuse(LedgerRefusal.NotDelayed, $"Period {own.Number} of {transfer.EffectiveDate:o} is open: post it as normal.");
        if (own?.State != PeriodState.Open && transfer.Batch == BatchKind.Normal)
        {
            return own switch
            {
                null => Refuse(LedgerRefusal.NoPeriod, $"No period holds {transfer.EffectiveDate:o}; open one."),
                { State: PeriodState.Closing } => Refuse(LedgerRefusal.PeriodClosing, $"Period {own.Number} of {transfer.EffectiveDate:o} is closing; wait, or post it as delayed."),
                _ => Refuse(LedgerRefusal.PeriodSealed, $"Period {own.Number} of {transfer.EffectiveDate:o} is sealed; post it as delayed or rerated, into an open period."),
            };
        }
        var chosen = own?.State == PeriodState.Open ? own : open;
        // A date that no period has reached yet is not late.
        if (chosen is null || transfer.EffectiveDate > chosen.To) return Refuse(LedgerRefusal.NoPeriod, $"No open period can take {transfer.EffectiveDate:o}; open one.");
        number = chosen.Number;
        return null;
    }

    /// <summary>Whether a text is well-formed: no half of a surrogate pair, which UTF-8 would not give back.</summary>
    public static bool IsText(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune == Rune.ReplacementChar && !text.Contains('�', StringComparison.Ordinal)) return false;
        return true;
    }

    private static LedgerResult Refuse(LedgerRefusal why, string message) => LedgerResult.Refuse(why, message);
}
