namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Everything that alarms are made of, as a file holds it.</summary>
public sealed record AlarmSettings
{
    /// <summary>Rules.</summary>
    public IReadOnlyList<AlarmRule> Rules { get; init; } = [];
    /// <summary>Schedules and shifts.</summary>
    public IReadOnlyList<AlarmSchedule> Schedules { get; init; } = [];
    /// <summary>Channels.</summary>
    public IReadOnlyList<AlarmChannel> Channels { get; init; } = [];
}
