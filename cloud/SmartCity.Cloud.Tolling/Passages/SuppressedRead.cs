using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A read that is not charged because another one is.</summary>
/// <param name="Event">The read.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Lane">The lane it was seen in.</param>
/// <param name="Time">Its time, µs since 1970 UTC.</param>
/// <param name="Reason">Why it lost.</param>
/// <param name="Winner">The event that won.</param>
/// <param name="WinnerPassage">Id of the passage that the winner belongs to.</param>
/// <param name="Passage">Id of the passage that the read would have belonged to.</param>
public sealed record SuppressedRead(
    TollEventRef Event, TollEventKind Kind, string Lane, long Time, SuppressReason Reason, TollEventRef Winner, string WinnerPassage, string Passage);

/// <summary>Why a read lost.</summary>
public enum SuppressReason : byte
{
    /// <summary>XLANE: the neighbour's antenna or camera saw it too, the own one counts.</summary>
    CrossLane = 1,
    /// <summary>DUP: the same tag or plate counts elsewhere at this toll point within the minute.</summary>
    Duplicate = 2,
    /// <summary>DUP_TAG: the vehicle carries another tag that counts.</summary>
    DuplicateTag = 3,
}

/// <summary>A read with no vehicle near it; never a charge by itself.</summary>
/// <param name="Event">The read.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Lane">The lane it was seen in.</param>
/// <param name="Time">Its time, µs since 1970 UTC.</param>
/// <param name="Identity">The tag or the plate's key, as far as it can be read.</param>
public sealed record OrphanRead(TollEventRef Event, TollEventKind Kind, string Lane, long Time, string? Identity);

/// <summary>An event that takes no part in correlation.</summary>
/// <param name="Event">The event.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Time">Its time, µs since 1970 UTC.</param>
/// <param name="Reason">Why.</param>
public sealed record HeldEvent(TollEventRef Event, TollEventKind Kind, string Lane, long Time, HoldReason Reason);

/// <summary>Why an event takes no part.</summary>
public enum HoldReason : byte
{
    /// <summary>Counters and health say nothing of a vehicle.</summary>
    NoVehicle = 1,
    /// <summary>Another event has its key and says something else; both are blocked.</summary>
    KeyConflict = 2,
    /// <summary>Its time is not to be believed.</summary>
    TimeSuspect = 3,
    /// <summary>The toll point has no such lane.</summary>
    UnknownLane = 4,
    /// <summary>The configuration has no such device over its lane.</summary>
    UnknownDevice = 5,
}
