namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>What the events of one toll point and window come to. All lists are in fixed order: by time, then by key or id.</summary>
/// <param name="Window">The window.</param>
/// <param name="Passages">Vehicles whose time lies in the window.</param>
/// <param name="Suppressed">Reads of the window that lost to another.</param>
/// <param name="Orphans">Reads of the window with no vehicle.</param>
/// <param name="Held">Events of the window that take no part.</param>
/// <param name="Findings">What has to be explained.</param>
/// <param name="Tally">The window's events, counted.</param>
public sealed record CorrelationResult(
    TimeWindow Window, IReadOnlyList<Passage> Passages, IReadOnlyList<SuppressedRead> Suppressed, IReadOnlyList<OrphanRead> Orphans,
    IReadOnlyList<HeldEvent> Held, IReadOnlyList<Finding> Findings, CorrelationTally Tally);

/// <summary>
/// Events whose own time lies in a window. An event counts as attached also where its vehicle lies just outside, so that windows add up.
/// </summary>
/// <param name="Events">All, each once however often it came.</param>
/// <param name="Attached">Members of passages.</param>
/// <param name="Suppressed">Reads that lost.</param>
/// <param name="Orphans">Reads with no vehicle.</param>
/// <param name="Held">Events that take no part.</param>
public sealed record CorrelationTally(int Events, int Attached, int Suppressed, int Orphans, int Held)
{
    /// <summary>Whether every event stands in exactly one place (identity E5).</summary>
    public bool Balances => Events == Attached + Suppressed + Orphans + Held;
}
