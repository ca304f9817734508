namespace SmartCity.Cloud.Pipelines.Live;

/// <summary>How often live values go out.</summary>
public sealed record ConflationOptions
{
    /// <summary>Shortest time between two values of one series. Default 200 ms: five a second are as many as an eye follows.</summary>
    public TimeSpan SeriesInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Shortest time between two frames of whatever series. Default 20 ms, so that many small batches share one frame.</summary>
    public TimeSpan FrameInterval { get; init; } = TimeSpan.FromMilliseconds(20);
}
