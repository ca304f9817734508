namespace SmartCity.FirmwareSim.Replay;

/// <summary>What became of every cell: cells = published + nulls + rejected, for each metric.</summary>
internal sealed class ReplayAccount
{
    private readonly Dictionary<string, MetricCount> _metrics = [];

    /// <summary>The metrics, in the order of the mapping.</summary>
    public IReadOnlyCollection<MetricCount> Metrics => _metrics.Values;

    /// <summary>The count of a metric.</summary>
    public MetricCount Of(string metric, string? unit)
    {
        if (!_metrics.TryGetValue(metric, out var count)) _metrics[metric] = count = new MetricCount(metric, unit);
        return count;
    }

    /// <summary>All metrics together.</summary>
    public MetricCount Total()
    {
        var total = new MetricCount("(all)", null);
        foreach (var one in Metrics)
        {
            total.Cells += one.Cells;
            total.Published += one.Published;
            total.Nulls += one.Nulls;
            foreach (var (reason, count) in one.Reasons) total.Reasons[reason] = total.Reasons.GetValueOrDefault(reason) + count;
        }
        return total;
    }
}

/// <summary>What became of the cells of one metric.</summary>
internal sealed class MetricCount(string metric, string? unit)
{
    public string Metric => metric;
    public string? Unit => unit;
    /// <summary>Cells read.</summary>
    public long Cells { get; set; }
    /// <summary>Values published.</summary>
    public long Published { get; set; }
    /// <summary>Cells without a value.</summary>
    public long Nulls { get; set; }
    /// <summary>Cells of no use, by reason.</summary>
    public SortedDictionary<string, long> Reasons { get; } = new(StringComparer.Ordinal);
    /// <summary>Cells of no use.</summary>
    public long Rejected => Reasons.Values.Sum();

    public void Reject(string reason) => Reasons[reason] = Reasons.GetValueOrDefault(reason) + 1;
}
