using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.Calendars;

/// <summary>Gathers ascending edges: those before the range give way to the last of them, repeats and what lies beyond the end are left out.</summary>
internal sealed class EdgeList(long from, long to)
{
    private readonly List<long> _edges = [];

    public void Add(long edge)
    {
        edge = Math.Clamp(edge, UnixMicros.Min, UnixMicros.Max);
        if (_edges.Count > 0 && (edge <= _edges[^1] || _edges[^1] >= to)) return;
        if (_edges.Count == 1 && edge <= from) _edges.Clear();
        if (_edges.Count > BucketEdges.BucketsMax)
            throw new ArgumentException($"The range has more than {BucketEdges.BucketsMax:N0} buckets. Ask for a shorter range or a wider bucket.");
        _edges.Add(edge);
    }

    public long[] Finish()
    {
        // Only at the very ends of the calendar does no local day begin before the range, or end after it.
        if (_edges.Count == 0 || _edges[0] > from) _edges.Insert(0, from);
        if (_edges[^1] < to) _edges.Add(to);
        return [.. _edges];
    }
}
