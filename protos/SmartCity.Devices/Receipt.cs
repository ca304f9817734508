namespace SmartCity.Devices;

/// <summary>The circumstances under which a payload came.</summary>
/// <param name="Received">Gateway time, µs since 1970 UTC.</param>
/// <param name="ClockTrusted">Whether the gateway's clock is right: set by NTP, or within 5 min of the server's.</param>
public readonly record struct Receipt(long Received, bool ClockTrusted);
