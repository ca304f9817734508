using SmartCity.FirmwareSim.Mqtt;

namespace SmartCity.FirmwareSim.Load;

/// <summary>What the load generator is asked to do.</summary>
internal sealed record LoadOptions
{
    /// <summary>The broker, over plain TCP.</summary>
    public required BrokerAddress Broker { get; init; }
    /// <summary>Publishing connections, one a device.</summary>
    public int Devices { get; init; } = 1_000;
    /// <summary>Messages a second over all devices, at fixed intended times whatever the broker does (open loop); null = as fast as <see cref="InFlight"/> lets it.</summary>
    public double? Rate { get; init; }
    /// <summary>Messages of one connection that may wait for their acknowledgement; at QoS 0 the messages of one write.</summary>
    public int InFlight { get; init; } = 1;
    /// <summary>0, 1 or 2.</summary>
    public int QoS { get; init; } = 1;
    /// <summary>Values of a message.</summary>
    public int Metrics { get; init; } = 4;
    /// <summary>How long messages are made; what is under way then is still waited for.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>How long acknowledgements are waited for after that.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Where attempts and acknowledgements are written; null = nowhere.</summary>
    public string? Journal { get; init; }
    /// <summary>Further connections that subscribe to their commands and do nothing else.</summary>
    public int IdleSubscribers { get; init; }
    /// <summary>First part of the device ids; the device's number follows.</summary>
    public string Prefix { get; init; } = "load-";
    /// <summary>Start counter that the devices send.</summary>
    public long Boot { get; init; }
    /// <summary>Seed of the values.</summary>
    public int Seed { get; init; } = 1;
}
