using SmartCity.FirmwareSim.Mqtt;

namespace SmartCity.FirmwareSim.City;

/// <summary>What city is played.</summary>
internal sealed record CityOptions
{
    /// <summary>The broker.</summary>
    public required BrokerAddress Broker { get; init; }
    /// <summary>Devices, 1–100,000. Default 100.</summary>
    public int Devices { get; init; } = 100;
    /// <summary>The same seed gives the same city. Default 1.</summary>
    public int Seed { get; init; } = 1;
    /// <summary>Messages a second of the whole city; null for each kind's own interval.</summary>
    public double? Rate { get; init; }
    /// <summary>How often devices go wrong.</summary>
    public CityFaults Faults { get; init; } = new();
    /// <summary>Where the truth is written, every 10 s and at the end; null for nowhere.</summary>
    public string? TruthFile { get; init; }
    /// <summary>How long the end waits for acknowledgements. Default 2 s.</summary>
    public TimeSpan DrainWithin { get; init; } = TimeSpan.FromSeconds(2);
}
