namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>How periods go: open → closing → sealed, back to open only from a failed verification, and nothing leaves sealed.</summary>
internal static class PeriodRules
{
    private const int TextMax = 2000;
    private static readonly string _noSeal = new('0', LedgerBytes.HashLength * 2);

    public static LedgerResult Open(LedgerState state, DateOnly from, DateOnly to, string by, long now)
    {
        if (WrongPerson(by) is { } wrong) return wrong;
        var last = state.Periods.LastOrDefault();
        if (last is not null && last.From == from && last.To == to) return LedgerResult.Repeated(last.Changed);
        if (to < from || (last is not null && from != last.To.AddDays(1)))
            return LedgerResult.Refuse(LedgerRefusal.BadPeriod, $"The next period begins {(last is null ? "on any day" : $"on {last.To.AddDays(1):o}")} and ends on or after its first day; it was {from:o} to {to:o}.");
        return LedgerResult.Done(state.Append(now, new PeriodOpened((last?.Number ?? 0) + 1, from, to, by)).Number);
    }

    public static LedgerResult Close(LedgerState state, int number, string by, long now) =>
        WrongPerson(by) ?? (state.Find(number) is { State: PeriodState.Closing } closing ? LedgerResult.Repeated(closing.Changed)
            : WrongState(state, number, PeriodState.Open) ?? LedgerResult.Done(state.Append(now, new PeriodClosing(number, by)).Number));

    public static LedgerResult Reopen(LedgerState state, int number, string by, IReadOnlyList<string> failures, long now)
    {
        if ((WrongPerson(by) ?? WrongState(state, number, PeriodState.Closing)) is { } wrong) return wrong;
        if (failures.Count == 0) return LedgerResult.Refuse(LedgerRefusal.BadTransition, $"Period {number} is closing and its verification has not failed: seal it, or say what failed.");
        var text = string.Join("; ", failures);
        if (text.Trim().Length == 0 || text.Length > TextMax || !LedgerRules.IsText(text)) return LedgerResult.Refuse(LedgerRefusal.BadField, $"What failed is said in 1–{TextMax} characters.");
        return LedgerResult.Done(state.Append(now, new PeriodReopened(number, by, text)).Number);
    }

    /// <summary>Seals a period; the state holds all accounts and balances.</summary>
    public static LedgerResult Seal(LedgerState state, SealRequest request, long now)
    {
        if ((WrongPerson(request.SignedBy) ?? WrongPerson(request.CountersignedBy) ?? WrongState(state, request.Period, PeriodState.Closing)) is { } wrong) return wrong;
        var period = state.Find(request.Period)!;
        if (string.Equals(request.SignedBy.Trim(), request.CountersignedBy.Trim(), StringComparison.OrdinalIgnoreCase))
            return LedgerResult.Refuse(LedgerRefusal.NotTwoPeople, $"A seal is signed by two different people; both are '{request.SignedBy}'.");
        if (request.Watermark < period.To) return LedgerResult.Refuse(LedgerRefusal.WatermarkLow, $"The watermark is {request.Watermark:o}; period {period.Number} ends on {period.To:o}, and every date up to there must be in.");
        if (state.Periods.FirstOrDefault(earlier => earlier.Number < period.Number && earlier.State != PeriodState.Sealed) is { } open)
            return LedgerResult.Refuse(LedgerRefusal.Blocked, $"Period {open.Number} before it is {open.State}; periods are sealed in order.");
        if (request.Blockers.Count > 0) return LedgerResult.Refuse(LedgerRefusal.Blocked, string.Join("; ", request.Blockers));
        var seal = new PeriodSealed(period.Number, request.Watermark, request.SignedBy, request.CountersignedBy, state.Head.Number, state.Head.Hash,
            state.TrialBalance(period.Number), state.Registry(), state.Find(period.Number - 1)?.Seal ?? _noSeal);
        return LedgerResult.Done(state.Append(now, seal).Number);
    }

    /// <summary>What a seal in the log had to commit to.</summary>
    public static bool Fits(LedgerState state, PeriodSealed seal) =>
        seal.Head == state.Head.Number && seal.HeadHash == state.Head.Hash && seal.TrialBalance == state.TrialBalance(seal.Period) && seal.Registry == state.Registry()
        && seal.PreviousSeal == (state.Find(seal.Period - 1)?.Seal ?? _noSeal);

    private static LedgerResult? WrongPerson(string? by) =>
        string.IsNullOrWhiteSpace(by) || by.Length > 128 || !LedgerRules.IsText(by) ? LedgerResult.Refuse(LedgerRefusal.BadField, "The name of who does it is 1–128 characters.") : null;

    private static LedgerResult? WrongState(LedgerState state, int number, PeriodState needed) => state.Find(number) switch
    {
        null => LedgerResult.Refuse(LedgerRefusal.NoPeriod, $"There is no period {number}."),
        { State: var at } when at != needed => LedgerResult.Refuse(at == PeriodState.Sealed ? LedgerRefusal.PeriodSealed : LedgerRefusal.BadTransition, $"Period {number} is {at}; this needs {needed}."),
        _ => null,
    };
}
