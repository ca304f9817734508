namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>What became of a command.</summary>
public enum LedgerOutcome
{
    /// <summary>Done and durable.</summary>
    Posted = 1,
    /// <summary>It had been done before, with the same body: a success.</summary>
    AlreadyPosted = 2,
    /// <summary>Nothing of it was done; see <see cref="LedgerResult.Refusal"/>.</summary>
    Refused = 3,
}

/// <summary>Why a command was refused.</summary>
public enum LedgerRefusal
{
    /// <summary>It was not.</summary>
    None = 0,
    /// <summary>A transfer of this id, or an account of this name, exists with another body, or in another chain.</summary>
    KeyConflict,
    /// <summary>A chain of no transfers, of more than 1,024, or with one id twice.</summary>
    BadChain,
    /// <summary>No name of an account.</summary>
    BadAccountName,
    /// <summary>The account is not open, or debit and credit are the same one.</summary>
    BadAccount,
    /// <summary>The amount is not above 0.</summary>
    BadAmount,
    /// <summary>A code, batch or date out of range, or a text that is empty or too long.</summary>
    BadField,
    /// <summary>A sum would leave 64 bits.</summary>
    Overflow,
    /// <summary>An account that may not would fall below zero.</summary>
    BelowZero,
    /// <summary>No period holds the date, or none is open.</summary>
    NoPeriod,
    /// <summary>The period of the date is closing.</summary>
    PeriodClosing,
    /// <summary>The period of the date is sealed.</summary>
    PeriodSealed,
    /// <summary>A delayed transfer whose own period is open.</summary>
    NotDelayed,
    /// <summary>The reversal does not undo one posted transfer exactly, once.</summary>
    BadReversal,
    /// <summary>The periods do not follow each other without a gap, or the range holds no day.</summary>
    BadPeriod,
    /// <summary>The state of the period does not allow it.</summary>
    BadTransition,
    /// <summary>Not signed by two different people.</summary>
    NotTwoPeople,
    /// <summary>The watermark does not lie over every date of the period.</summary>
    WatermarkLow,
    /// <summary>Something stands in the way of the seal.</summary>
    Blocked,
    /// <summary>The ledger is not as it was written.</summary>
    NotIntact,
}

/// <summary>The answer to one command.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Refusal">Why it was refused.</param>
/// <param name="Message">Expected, found, and what to do; empty where it was not refused.</param>
/// <param name="First">Number of its first entry; 0 where it was refused.</param>
/// <param name="Count">How many entries it has.</param>
public sealed record LedgerResult(LedgerOutcome Outcome, LedgerRefusal Refusal, string Message, long First, int Count)
{
    /// <summary>Whether it stands in the ledger, now or already.</summary>
    public bool Succeeded => Outcome != LedgerOutcome.Refused;

    internal static LedgerResult Done(long first, int count = 1) => new(LedgerOutcome.Posted, LedgerRefusal.None, "", first, count);
    internal static LedgerResult Repeated(long first, int count = 1) => new(LedgerOutcome.AlreadyPosted, LedgerRefusal.None, "", first, count);
    internal static LedgerResult Refuse(LedgerRefusal why, string message) => new(LedgerOutcome.Refused, why, message, 0, 0);
}
