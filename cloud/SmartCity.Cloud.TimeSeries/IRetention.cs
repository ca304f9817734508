namespace SmartCity.Cloud.TimeSeries;

/// <summary>How long a store of ours keeps readings, and what must not go.</summary>
public interface IRetention
{
    /// <summary>The rules, what has gone by them, and the holds.</summary>
    Task<RetentionState> RetentionAsync(CancellationToken cancellationToken);

    /// <summary>Keeps all readings of a range, whatever the rules say, until the hold is released.</summary>
    /// <param name="from">First µs.</param>
    /// <param name="to">First µs after it.</param>
    /// <param name="reason">Why, for whoever asks.</param>
    /// <param name="by">Who.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The hold's number.</returns>
    Task<long> HoldAsync(long from, long to, string reason, string by, CancellationToken cancellationToken);

    /// <summary>Releases a hold.</summary>
    /// <returns>The hold; null where there is none of that number.</returns>
    Task<RetentionHold?> ReleaseAsync(long number, CancellationToken cancellationToken);
}

/// <summary>A range that must not go.</summary>
/// <param name="Number">Its number.</param>
/// <param name="From">First µs.</param>
/// <param name="To">First µs after it.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who set it.</param>
/// <param name="At">When, µs.</param>
public sealed record RetentionHold(long Number, long From, long To, string Reason, string By, long At);

/// <summary>What retention has done and may do.</summary>
/// <param name="KeepRaw">How long readings are kept; null = for ever.</param>
/// <param name="KeepMinutes">How long rollups of minutes are kept; null = for ever. Hours and days stay.</param>
/// <param name="RawFrom">From then on readings are complete, µs; null where none has gone. Older ones are refused.</param>
/// <param name="MinutesFrom">From then on minutes are complete, µs; null where none has gone.</param>
/// <param name="Readings">Readings that have gone.</param>
/// <param name="Files">Files that have gone.</param>
/// <param name="Holds">What is held.</param>
public sealed record RetentionState(TimeSpan? KeepRaw, TimeSpan? KeepMinutes, long? RawFrom, long? MinutesFrom, long Readings, long Files, IReadOnlyList<RetentionHold> Holds);
