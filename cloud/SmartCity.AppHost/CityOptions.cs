namespace SmartCity.AppHost;

/// <summary>What the city in a box is asked to be.</summary>
internal sealed record CityOptions
{
    /// <summary>Name of the city in the gateways' certificates.</summary>
    public const string City = "smartcity";
    /// <summary>Id of the one gateway.</summary>
    public const string GatewayId = "gateway-1";

    /// <summary>Folder of all data, absolute; kept between runs.</summary>
    public required string Data { get; init; }
    /// <summary>Simulated devices, 1–100,000.</summary>
    public int Devices { get; init; } = 500;
    /// <summary>Seed of the simulated city.</summary>
    public int Seed { get; init; } = 1;
    /// <summary>HTTP port of the server; 0 lets every part take any free port.</summary>
    public int Port { get; init; } = 8080;
    /// <summary>Where readings are stored.</summary>
    public StoreKind Store { get; init; }
    /// <summary>Folder of recorded data to replay in place of the simulated city; absolute, or null.</summary>
    public string? Replay { get; init; }
    /// <summary>Whether the page is opened once the city is up; only where there is a desktop.</summary>
    public bool OpensBrowser { get; init; } = true;

    /// <summary>Whether every port is any free one.</summary>
    public bool AnyPort => Port == 0;
}

/// <summary>A store of readings.</summary>
internal enum StoreKind
{
    /// <summary>Embedded in the server.</summary>
    DuckDb,
    /// <summary>A local InfluxDB.</summary>
    Influx,
}
