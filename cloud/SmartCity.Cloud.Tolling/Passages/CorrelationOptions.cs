namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Thresholds of correlation; the defaults are to be calibrated on site.</summary>
public sealed record CorrelationOptions
{
    /// <summary>The defaults.</summary>
    public static CorrelationOptions Default { get; } = new();

    /// <summary>How far a tag read or a loop may lie from its vehicle. Default 1.5 s.</summary>
    public TimeSpan TagWithin { get; init; } = TimeSpan.FromSeconds(1.5);
    /// <summary>How far a plate read may lie from its vehicle. Default 2 s.</summary>
    public TimeSpan AnprWithin { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>The same tag or plate within this at one toll point is one vehicle. Default 60 s.</summary>
    public TimeSpan DuplicateWithin { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Classifiers of two lanes see one vehicle between them within this of each other; further apart they saw two. Default 0.5 s.</summary>
    public TimeSpan AbreastWithin { get; init; } = TimeSpan.FromSeconds(0.5);
    /// <summary>A device further than this from the gateway's clock is not believed; the gateway's time stands in. Default 2 s.</summary>
    public TimeSpan ClockDriftMax { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>The same for a device whose clock has no reference. Default 0.5 s: about what the way to the gateway takes.</summary>
    public TimeSpan UnlockedDriftMax { get; init; } = TimeSpan.FromSeconds(0.5);
    /// <summary>Further than this neither is believed: the passage is not rated. Default 120 s.</summary>
    public TimeSpan ClockSuspectFrom { get; init; } = TimeSpan.FromSeconds(120);
    /// <summary>Events of one device that came within this of each other came at once, out of its queue. Default 1 s.</summary>
    public TimeSpan AtOnce { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>How far apart such events may be by the device's clock. Default 60 s.</summary>
    public TimeSpan WaitWithin { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>A single plate read under this is not accepted without a second witness, 0–1. Default 0.9.</summary>
    public double PlateConfidenceMin { get; init; } = 0.9;
    /// <summary>No vehicle is faster than this between two toll points, km/h. Default 180.</summary>
    public double SpeedMaxKmh { get; init; } = 180;
    /// <summary>Length of the cells that time is cut into, see <see cref="CorrelationWindows"/>. Default 10 min.</summary>
    public TimeSpan Cell { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Reads of one tag or plate that are this close, at whatever vehicles, are of one.</summary>
    internal TimeSpan CloseWithin => 2 * ReadWithin;

    /// <summary>
    /// How much on either side of a window decides about what lies in it: three steps of duplicates; then three of reads that several vehicles
    /// claim; then a read, the vehicles it may belong to, and the reads of those; then what came at once with one of them.
    /// </summary>
    public TimeSpan ContextMargin => 3 * DuplicateWithin + 3 * CloseWithin + 10 * ReadWithin + WaitWithin + AtOnce;

    private TimeSpan ReadWithin => TagWithin > AnprWithin ? TagWithin : AnprWithin;
}
