namespace SmartCity.Model.Tolling;

/// <summary>What one lane device saw. The key (device, boot, seq) exists once for ever.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Boot">Start counter of the device.</param>
/// <param name="Sequence">Number within the start, from 1.</param>
/// <param name="Time">Event time, µs since 1970 UTC.</param>
/// <param name="Received">Gateway time, µs since 1970 UTC.</param>
/// <param name="Clock">State of the device's clock.</param>
/// <param name="Lane">The road lane, e.g. <c>THN-1-L2</c>.</param>
/// <param name="Kind">What kind of event it is.</param>
/// <param name="Quality">What is doubtful about its time.</param>
/// <param name="Json">The event as sent, one JSON object in UTF-8; the kind's further members are read from it.</param>
public sealed record TollEvent(
    string Device, ulong Boot, ulong Sequence, long Time, long Received, TollClock Clock, string Lane, TollEventKind Kind,
    ReadingQuality Quality, ReadOnlyMemory<byte> Json);

/// <summary>State of a lane device's clock.</summary>
public enum TollClock : byte
{
    /// <summary>Disciplined by a reference.</summary>
    Locked = 1,
    /// <summary>Running on after losing its reference.</summary>
    Holdover = 2,
    /// <summary>Never disciplined.</summary>
    Free = 3,
}

/// <summary>Kinds of toll events.</summary>
public enum TollEventKind : byte
{
    /// <summary>Automatic vehicle classifier.</summary>
    Avc = 1,
    /// <summary>Electronic tag read.</summary>
    Tag = 2,
    /// <summary>Number plate read.</summary>
    Anpr = 3,
    /// <summary>Induction loop.</summary>
    Loop = 4,
    /// <summary>The hardware's own counters.</summary>
    Counter = 5,
    /// <summary>The device's health; also stored as readings.</summary>
    Health = 6,
}
