namespace SmartCity.Model;

/// <summary>A series: one metric of one device. Ordinal, case-sensitive.</summary>
/// <param name="Device">Device id, 1–128 of <c>A-Za-z0-9 . _ : -</c> (foreign characters %-encoded).</param>
/// <param name="Metric">Metric name, e.g. <c>pm25</c> or <c>wind.speed</c>.</param>
public readonly record struct SeriesKey(string Device, string Metric)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Device}/{Metric}";
}

/// <summary>What a series id stands for: its key and the kind of its values.</summary>
/// <param name="Key">Device and metric.</param>
/// <param name="Kind">Kind of every value of the series.</param>
public readonly record struct SeriesEntry(SeriesKey Key, ValueKind Kind);
