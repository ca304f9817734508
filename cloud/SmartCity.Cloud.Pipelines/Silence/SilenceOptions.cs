namespace SmartCity.Cloud.Pipelines.Silence;

/// <summary>When quiet becomes silence.</summary>
public sealed record SilenceOptions
{
    /// <summary>A gateway that was not heard for so long is silent. It sends its status once a minute. Default 90 s.</summary>
    public TimeSpan GatewayAfter { get; init; } = TimeSpan.FromSeconds(90);
    /// <summary>A device is silent after so many of its usual intervals. Default 3.</summary>
    public double Intervals { get; init; } = 3;
    /// <summary>And never earlier than this. Default 30 s.</summary>
    public TimeSpan DeviceAfterMin { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Nor later. Default one day.</summary>
    public TimeSpan DeviceAfterMax { get; init; } = TimeSpan.FromDays(1);
    /// <summary>For a device heard once only, whose interval is not known. Default 10 min.</summary>
    public TimeSpan DeviceAfterFirst { get; init; } = TimeSpan.FromMinutes(10);
}
