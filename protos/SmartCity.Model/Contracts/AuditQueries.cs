namespace SmartCity.Model.Contracts;

/// <summary>Where every value is: what <c>/audit</c> shows.</summary>
public interface IAuditQueries
{
    /// <summary>The books of now, or of the last look where a store does not answer.</summary>
    /// <param name="shows">Which gateways the caller may see; null = all, with what was noted of the whole.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null where a store has never been open since the start, so that nothing is known.</returns>
    Task<AuditView?> LookAsync(Func<string, bool>? shows, CancellationToken cancellationToken);
}

/// <summary>The books at one moment.</summary>
/// <param name="At">When they were taken.</param>
/// <param name="Trouble">Why they are not of now; null where they are.</param>
/// <param name="Terms">The equation's terms by gateway and lane.</param>
/// <param name="Missing">Numbers that will never come, the newest first; at most 200.</param>
/// <param name="MissingCount">Ranges of such numbers in all.</param>
/// <param name="Notes">What was found damaged, lost or restored, in words for an operator.</param>
public sealed record AuditView(DateTimeOffset At, string? Trouble, IReadOnlyList<AuditTerms> Terms, IReadOnlyList<MissingNumbers> Missing, int MissingCount, IReadOnlyList<string> Notes);

/// <summary>Numbers of one gateway, lane and epoch that will never come.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane name.</param>
/// <param name="Epoch">Epoch.</param>
/// <param name="First">First number.</param>
/// <param name="Last">Last number.</param>
/// <param name="Reason">Why.</param>
/// <param name="Recorded">When that became known, µs since 1970 UTC.</param>
public sealed record MissingNumbers(string Gateway, string Lane, ulong Epoch, long First, long Last, GapReason Reason, long Recorded);
