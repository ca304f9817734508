namespace SmartCity.FirmwareSim.Corridor;

/// <summary>What goes wrong on the simulated corridor.</summary>
internal enum CorridorFault
{
    /// <summary>The antenna does not read a tag.</summary>
    TagMissed,
    /// <summary>The neighbour's antenna reads the tag too.</summary>
    TagNeighbour,
    /// <summary>Only the neighbour's antenna reads the tag; no vehicle is beside it.</summary>
    TagNeighbourOnly,
    /// <summary>A tag declares the class of another vehicle.</summary>
    TagClass,
    /// <summary>A camera takes a character for one that looks alike.</summary>
    PlateMisread,
    /// <summary>A camera sees a vehicle and reads nothing.</summary>
    PlateUnread,
    /// <summary>A camera reads right and is not sure.</summary>
    PlateWeak,
    /// <summary>A camera does not notice the vehicle.</summary>
    PlateMissed,
    /// <summary>The neighbour's camera reads the plate too.</summary>
    PlateNeighbour,
    /// <summary>The classifier does not notice the vehicle.</summary>
    AvcMissed,
    /// <summary>The classifier measures another class.</summary>
    AvcClass,
    /// <summary>The classifier takes a long vehicle for two.</summary>
    AvcSplit,
    /// <summary>An event is lost on its way; its number is missing.</summary>
    Lost,
    /// <summary>An event comes twice.</summary>
    Duplicate,
    /// <summary>Two events have one key and say different things.</summary>
    Conflict,
    /// <summary>A device starts anew and is blind for a minute.</summary>
    Restart,
    /// <summary>A device is cut off for hours and sends late, in order.</summary>
    Offline,
    /// <summary>A device's clock is off by seconds to minutes, though locked.</summary>
    ClockOffset,
    /// <summary>A device's clock runs away in holdover.</summary>
    ClockDrift,
    /// <summary>A device's clock, never disciplined, jumps by hours.</summary>
    ClockStep,
}
