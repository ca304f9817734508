namespace SmartCity.Model;

/// <summary>What is known to be doubtful about a reading. Zero is good; flags add up.</summary>
[Flags]
public enum ReadingQuality : byte
{
    /// <summary>Nothing doubtful is known.</summary>
    Good = 0,
    /// <summary>The device gave no time; the gateway's receive time stands in.</summary>
    GatewayTime = 1,
    /// <summary>The device's time was in the future or impossible; the gateway's stands in, the device's own is kept beside it.</summary>
    TimeReplaced = 2,
    /// <summary>Outside the range of the device model.</summary>
    OutOfRange = 4,
    /// <summary>Unchanged for longer than the device model believes possible.</summary>
    Stuck = 8,
    /// <summary>Changed faster than the device model believes possible.</summary>
    Rate = 16,
    /// <summary>The gateway's clock was not trusted when the reading came.</summary>
    ClockNotTrusted = 32,
    /// <summary>Came by import or after an outage, not live.</summary>
    Backfilled = 64,
    /// <summary>The device repeated its own sequence number, or sent a message again that has neither a time nor a number: it may stand here twice.</summary>
    RepeatedSequence = 128,
}
