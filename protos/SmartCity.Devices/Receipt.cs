namespace SmartCity.Devices;

/// <summary>The circumstances under which a payload came.</summary>
/// <param name="Received">Gateway time, µs since 1970 UTC.</param>
/// <param name="ClockTrusted">Whether the gateway's clock is right: set by NTP, or within 5 min of the server's.</param>
/// <param name="MayBeRepeat">Whether its sender says that it may have come before: what has neither a time nor a number of its own is then flagged.</param>
public readonly record struct Receipt(long Received, bool ClockTrusted, bool MayBeRepeat = false);
