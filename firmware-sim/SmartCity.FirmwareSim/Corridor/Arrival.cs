namespace SmartCity.FirmwareSim.Corridor;

/// <summary>An event as it reaches the gateway.</summary>
/// <param name="At">When, ms since 1970 UTC.</param>
/// <param name="Device">The device that sends it.</param>
/// <param name="Json">The event, one JSON object in UTF-8.</param>
internal readonly record struct Arrival(long At, LaneDevice Device, ReadOnlyMemory<byte> Json);
