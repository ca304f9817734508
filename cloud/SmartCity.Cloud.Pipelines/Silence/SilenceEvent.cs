namespace SmartCity.Cloud.Pipelines.Silence;

/// <summary>Something was heard, by the cloud's clock.</summary>
/// <param name="Gateway">Gateway that it came by.</param>
/// <param name="At">When it became durable in the cloud, µs since 1970 UTC.</param>
/// <param name="Devices">Devices that readings of the batch belong to, each once; empty for a sign of life of the gateway alone.</param>
public sealed record Heard(string Gateway, long At, IReadOnlyCollection<string> Devices);

/// <summary>A gateway or a device fell silent, or was heard again. While a gateway is silent its devices are not spoken of.</summary>
/// <param name="Gateway">The gateway, or the one by which the device is heard.</param>
/// <param name="Device">The device; null where the gateway itself is meant.</param>
/// <param name="IsSilent">True: fell silent; false: was heard again.</param>
/// <param name="LastHeard">When it was last heard before the silence, µs since 1970 UTC.</param>
/// <param name="At">When this was found, µs since 1970 UTC.</param>
public sealed record SilenceEvent(string Gateway, string? Device, bool IsSilent, long LastHeard, long At);

/// <summary>What is known of a device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Gateway">Gateway by which it was last heard.</param>
/// <param name="LastHeard">µs since 1970 UTC.</param>
/// <param name="Interval">Its usual interval; null where it was heard once only.</param>
/// <param name="IsSilent">Whether it is silent.</param>
/// <param name="IsGatewaySilent">Whether its gateway is, so that nothing is known of the device.</param>
public sealed record DeviceSilence(string Device, string Gateway, long LastHeard, TimeSpan? Interval, bool IsSilent, bool IsGatewaySilent);
