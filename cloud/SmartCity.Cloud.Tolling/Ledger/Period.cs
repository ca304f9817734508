namespace SmartCity.Cloud.Tolling.Ledger;

/// <summary>Where a period stands.</summary>
public enum PeriodState
{
    /// <summary>Takes postings.</summary>
    Open = 1,
    /// <summary>Takes none; it is reconciled and verified.</summary>
    Closing = 2,
    /// <summary>Takes none, for ever.</summary>
    Sealed = 3,
}

/// <summary>A run of business dates that is closed as one.</summary>
/// <param name="Number">From 1; each begins on the day after the one before.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Changed">Number of the entry that brought it there.</param>
/// <param name="Seal">SHA-256 of its seal, lower-case hexadecimal; null before.</param>
public sealed record Period(int Number, DateOnly From, DateOnly To, PeriodState State, long Changed, string? Seal);

/// <summary>What a seal is asked with.</summary>
/// <param name="Period">Period.</param>
/// <param name="Watermark">The date up to which, included, everything is in: all devices, gateways and issuers have delivered or their gaps are explained.</param>
/// <param name="SignedBy">Who signed first.</param>
/// <param name="CountersignedBy">Who signed second: somebody else.</param>
/// <param name="Blockers">What stands in the way, such as reconciliation items not accepted; the seal is refused unless empty.</param>
public sealed record SealRequest(int Period, DateOnly Watermark, string SignedBy, string CountersignedBy, IReadOnlyList<string> Blockers);
