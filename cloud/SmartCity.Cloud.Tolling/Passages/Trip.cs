namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A trip through a closed system, or the half of one.</summary>
/// <param name="Id">Id of the exit's passage, or of the entry's where there is no exit.</param>
/// <param name="Vehicle">The vehicle, see <see cref="Passage.Vehicle"/>; null where nothing says whose it was.</param>
/// <param name="Entry">The passage in.</param>
/// <param name="Exit">The passage out.</param>
/// <param name="Completeness">What it is.</param>
public sealed record Trip(string Id, string? Vehicle, Passage? Entry, Passage? Exit, TripCompleteness Completeness);

/// <summary>What a trip is.</summary>
public enum TripCompleteness : byte
{
    /// <summary>Entry and exit, in time.</summary>
    Complete = 1,
    /// <summary>Entry and exit, but longer between than the way takes (OVERTIME).</summary>
    Overtime = 2,
    /// <summary>An exit without an entry (NO_ENTRY).</summary>
    UnmatchedExit = 3,
    /// <summary>An entry without an exit, and no longer to be waited for (NO_EXIT).</summary>
    UnmatchedEntry = 4,
    /// <summary>An entry whose exit may still come.</summary>
    Inside = 5,
}

/// <summary>A closed system: who enters pays at the exit.</summary>
/// <param name="Roles">What its toll points are, by id; others are not of it.</param>
/// <param name="TravelTimeMax">Longest time that the way from an entry to an exit takes; longer is overtime.</param>
/// <param name="WaitMax">How long an entry waits for an exit at all.</param>
public sealed record ClosedSystem(IReadOnlyDictionary<string, TollPointRole> Roles, Func<string, string, TimeSpan> TravelTimeMax, TimeSpan WaitMax);

/// <summary>What a toll point of a closed system is.</summary>
public enum TollPointRole : byte
{
    /// <summary>One enters.</summary>
    Entry = 1,
    /// <summary>One leaves.</summary>
    Exit = 2,
}
