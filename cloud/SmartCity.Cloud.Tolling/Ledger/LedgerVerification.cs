namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>Reads a ledger whole: the chain of entries first, then every row that follows from it.</summary>
internal static class LedgerVerification
{
    private const int Page = 1000;

    public static LedgerCheck Run(ILedgerReader reader, LedgerIdentity identity, CancellationToken cancellationToken)
    {
        var genesis = LedgerBytes.Genesis(identity);
        var state = new LedgerState(identity, new LedgerHead(0, Convert.ToHexStringLower(genesis), 0, 0, 0));
        var last = new Dictionary<(string Row, int Account, int Period), long>();
        // A page at a time, so that a long ledger is not held in memory.
        for (IReadOnlyList<StoredEntry> page; (page = [.. reader.Entries(state.Head.Number, Page, null, null)]).Count > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var row in page)
                if (Fault(state, row, last) is { } fault) return new LedgerCheck(state.Head.Number, state.Head.Hash, fault);
        }
        return new LedgerCheck(state.Head.Number, state.Head.Hash, Accounts(reader, state, last) ?? Balances(reader, state, last) ?? Periods(reader, state) ?? Head(reader, state));
    }

    private static LedgerFault? Fault(LedgerState state, StoredEntry row, Dictionary<(string Row, int Account, int Period), long> last)
    {
        var expected = state.Head.Number + 1;
        if (row.Number != expected) return new LedgerFault($"entry {expected}", expected, null, null, $"Entry {expected} is missing; the next one is {row.Number}.");
        LedgerEntry entry;
        try
        {
            entry = row.Read();
        }
        catch (FormatException problem)
        {
            return new LedgerFault($"entry {expected}", expected, null, null, problem.Message);
        }
        var content = entry.Event;
        var (day, lane) = Place(content);
        LedgerFault Wrong(string message) => new($"entry {expected}", expected, day, lane, message);
        var hash = LedgerBytes.Hash(Convert.FromHexString(state.Head.Hash), row.Body);
        if (entry.Number != expected || !hash.AsSpan().SequenceEqual(row.Hash)) return Wrong("Its hash does not fit what stands in it.");
        if (content is PeriodSealed seal && !PeriodRules.Fits(state, seal)) return Wrong($"The seal of period {seal.Period} does not commit to what stands before it.");
        try
        {
            state.Apply(expected, content, entry.Hash);
            var derived = state.Row(expected, content, row.Body, row.Hash);
            // Bytes were compared by their hash; the columns beside them only follow.
            if (derived != row) return Wrong("The columns that it is looked up by are not those of its bytes.");
        }
        catch (Exception problem) when (problem is KeyNotFoundException or OverflowException)
        {
            return Wrong($"It cannot follow what stands before it: {problem.Message}");
        }
        if (content is AccountOpened opened) last[("account", opened.Number, 0)] = expected;
        if (content is TransferPosted posted)
        {
            foreach (var name in (ReadOnlySpan<string>)[posted.Transfer.Debit, posted.Transfer.Credit])
            {
                var account = state.Find(name)!;
                if (account.Limit == AccountLimit.NotBelowZero && expected == posted.ChainFirst + posted.ChainCount - 1 && account.Balance < 0) return Wrong($"'{name}' is below zero after it.");
                last[("account", account.Number, 0)] = last[("balance", account.Number, posted.Period)] = expected;
            }
        }
        return null;
    }

    private static LedgerFault? Accounts(ILedgerReader reader, LedgerState state, Dictionary<(string Row, int Account, int Period), long> last)
    {
        var expected = state.Accounts.ToDictionary(account => account.Number);
        foreach (var row in reader.AllAccounts())
        {
            if (!expected.Remove(row.Number, out var right)) return new LedgerFault($"account {row.Number}", 0, null, null, $"No entry opened '{row.Name}'.");
            if (right != row) return Derived(reader, $"account {row.Number}", last[("account", right.Number, 0)], $"It is {row} and should be {right}.");
        }
        return expected.Count == 0 ? null : Derived(reader, $"account {expected.Keys.Min()}", last[("account", expected.Keys.Min(), 0)], "It is missing.");
    }

    private static LedgerFault? Balances(ILedgerReader reader, LedgerState state, Dictionary<(string Row, int Account, int Period), long> last)
    {
        var count = 0;
        foreach (var row in reader.AllBalances())
        {
            if (state.Find(row.Account, row.Period) is not { } right) return new LedgerFault($"balance of account {row.Account} in period {row.Period}", 0, null, null, "No entry made it.");
            if (right != row) return Derived(reader, $"balance of account {row.Account} in period {row.Period}", last[("balance", row.Account, row.Period)], $"It is {row} and should be {right}.");
            count++;
        }
        if (count == state.Balances.Count) return null;
        var there = reader.AllBalances().Select(row => (row.Account, row.Period)).ToHashSet();
        var missing = state.Balances.First(row => !there.Contains((row.Account, row.Period)));
        return Derived(reader, $"balance of account {missing.Account} in period {missing.Period}", last[("balance", missing.Account, missing.Period)], "It is missing.");
    }

    private static LedgerFault? Periods(ILedgerReader reader, LedgerState state)
    {
        var rows = reader.Periods();
        foreach (var row in rows)
        {
            if (state.Find(row.Number) is not { } right) return new LedgerFault($"period {row.Number}", 0, null, null, "No entry opened it.");
            if (right != row) return new LedgerFault($"period {row.Number}", right.Changed, right.From, null, $"It is {row} and should be {right}.");
        }
        return rows.Count == state.Periods.Count ? null
            : state.Periods.First(period => rows.All(row => row.Number != period.Number)) is var missing ? new LedgerFault($"period {missing.Number}", missing.Changed, missing.From, null, "It is missing.") : null;
    }

    private static LedgerFault? Head(ILedgerReader reader, LedgerState state)
    {
        var row = reader.Head();
        return row.Identity == state.Identity && row.Head == state.Head ? null
            : Derived(reader, "head", state.Head.Number, $"It is {row.Identity}, {row.Head} and should be {state.Identity}, {state.Head}: entries at the end were removed or added, or it was changed.");
    }

    private static LedgerFault Derived(ILedgerReader reader, string row, long entry, string message)
    {
        var (day, lane) = entry == 0 ? (null, null) : Place(reader.Entries(entry - 1, 1, null, null).Single().Read().Event);
        return new LedgerFault(row, entry, day, lane, message);
    }

    private static (DateOnly? Day, string? Lane) Place(LedgerEvent content) =>
        content is TransferPosted { Transfer: var transfer } ? (transfer.EffectiveDate, transfer.Links.Lane) : (null, null);
}
