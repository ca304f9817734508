namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>What holds for all alarms.</summary>
public sealed record AlarmOptions
{
    /// <summary>Readings wait so long for earlier ones of other series, so that their order of arrival is of no matter. Default 300 ms.</summary>
    public TimeSpan Reorder { get; init; } = TimeSpan.FromMilliseconds(300);
    /// <summary>A reading whose event time is older than this at its arrival is history and raises nothing. Default 5 min.</summary>
    public TimeSpan LiveFor { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>A flood begins with more than so many alarms in ten minutes. Default 10 (EEMUA 191).</summary>
    public int FloodBegins { get; init; } = 10;
    /// <summary>And ends with fewer than so many. Default 5.</summary>
    public int FloodEnds { get; init; } = 5;
    /// <summary>Longest time to shelve. Default one day.</summary>
    public TimeSpan ShelveMax { get; init; } = TimeSpan.FromDays(1);
    /// <summary>Neighbours lie within so many metres. Default 5,000.</summary>
    public double NeighbourMetres { get; init; } = 5_000;
    /// <summary>Zone of schedules that name none.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;
}
