namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Something that a device notices, before it is made an event.</summary>
/// <param name="At">When it really happens, ms since 1970 UTC.</param>
/// <param name="Device">The device.</param>
/// <param name="Seen">What it makes of it.</param>
/// <param name="Passage">The vehicle it is about; null for counters and health.</param>
internal sealed record Sight(long At, LaneDevice Device, Seen Seen, PassageRecord? Passage)
{
    /// <summary>What is wrong with it from the beginning, beside what becomes of the event.</summary>
    public Damage? Damage { get; init; }
    /// <summary>Whether the vehicle needs it; false for the further read of a neighbour and the second half of a vehicle.</summary>
    public bool IsOwn { get; init; } = true;
}
