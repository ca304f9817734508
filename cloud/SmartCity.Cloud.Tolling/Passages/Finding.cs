namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Something that reconciliation has to explain.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="TollPoint">Where.</param>
/// <param name="Time">When, µs since 1970 UTC.</param>
/// <param name="Event">The event it is about.</param>
/// <param name="Passage">Id of the passage it is about.</param>
/// <param name="Detail">More, for people.</param>
public sealed record Finding(FindingKind Kind, string TollPoint, long Time, TollEventRef? Event, string? Passage, string Detail)
{
    /// <summary>The fixed code of the kind, e.g. <c>KEY_CONFLICT</c>.</summary>
    public string Code => Kind switch
    {
        FindingKind.KeyConflict => "KEY_CONFLICT",
        FindingKind.OrphanTag => "ORPHAN_TAG",
        FindingKind.OrphanPlate => "ORPHAN_PLATE",
        FindingKind.OrphanLoop => "ORPHAN_LOOP",
        FindingKind.AvcOnly => "AVC_ONLY",
        FindingKind.ClassMismatch => "CLASS_MISMATCH",
        FindingKind.PlateUnmatched => "PLATE_UNMATCHED",
        FindingKind.Unreadable => "UNREADABLE",
        FindingKind.TagPlateMismatch => "TAG_PLATE_MISMATCH",
        FindingKind.TagOnOtherVehicle => "TAG_ON_OTHER_VEHICLE",
        FindingKind.ClockDrift => "CLOCK_DRIFT",
        FindingKind.TimeSuspect => "TIME_SUSPECT",
        FindingKind.MalformedMember => "MALFORMED_MEMBER",
        FindingKind.UnknownLane => "UNKNOWN_LANE",
        FindingKind.ImpossibleTravel => "IMPOSSIBLE_TRAVEL",
        FindingKind.UnknownDevice => "UNKNOWN_DEVICE",
        _ => throw new InvalidOperationException($"A finding of kind {Kind} has no code."),
    };
}

/// <summary>What reconciliation has to explain.</summary>
public enum FindingKind : byte
{
    /// <summary>Two events of one key say different things.</summary>
    KeyConflict = 1,
    /// <summary>A tag read with no vehicle.</summary>
    OrphanTag = 2,
    /// <summary>A plate read with no vehicle.</summary>
    OrphanPlate = 3,
    /// <summary>A loop that saw what the classifier did not.</summary>
    OrphanLoop = 4,
    /// <summary>A vehicle without any read: the estimate of leakage.</summary>
    AvcOnly = 5,
    /// <summary>Declared and measured class differ.</summary>
    ClassMismatch = 6,
    /// <summary>The plate stands in no register and has no second witness.</summary>
    PlateUnmatched = 7,
    /// <summary>No camera's candidate is a plate.</summary>
    Unreadable = 8,
    /// <summary>The plate seen is not that of the tag's account.</summary>
    TagPlateMismatch = 9,
    /// <summary>One tag, two vehicles.</summary>
    TagOnOtherVehicle = 10,
    /// <summary>The gateway's time stands in for the device's.</summary>
    ClockDrift = 11,
    /// <summary>The time is not to be believed.</summary>
    TimeSuspect = 12,
    /// <summary>A member of an event is not what the contract says; it counts as absent.</summary>
    MalformedMember = 13,
    /// <summary>The toll point has no such lane.</summary>
    UnknownLane = 14,
    /// <summary>One vehicle at two points faster than any vehicle.</summary>
    ImpossibleTravel = 15,
    /// <summary>The configuration has no such device over its lane.</summary>
    UnknownDevice = 16,
}
