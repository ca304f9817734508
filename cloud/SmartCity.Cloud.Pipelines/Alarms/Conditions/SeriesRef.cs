namespace SmartCity.Cloud.Pipelines.Alarms.Conditions;

/// <summary>A series that a condition names.</summary>
/// <param name="Device">Its device; null = the device that the alarm is of.</param>
/// <param name="Metric">Metric name.</param>
public readonly record struct SeriesRef(string? Device, string Metric)
{
    /// <inheritdoc/>
    public override string ToString() => Device is null ? Metric : $"{{{Device}/{Metric}}}";
}
