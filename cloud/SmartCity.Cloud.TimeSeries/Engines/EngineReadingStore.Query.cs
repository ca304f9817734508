using System.Runtime.CompilerServices;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Engines;

public abstract partial class EngineReadingStore
{
    /// <summary>Series of one query at most.</summary>
    private const int SeriesMax = 1_000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesStatus>> SeriesAsync(SeriesFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await LoadNewestAsync(cancellationToken).ConfigureAwait(false);
        lock (_byKey)
        {
            return [.. _byKey.Values
                .Where(series => (filter.Device ?? series.Entry.Key.Device) == series.Entry.Key.Device && (filter.Metric ?? series.Entry.Key.Metric) == series.Entry.Key.Metric)
                .Select(series => series.Status)
                .Where(status => status.LastTime is not null)
                .OrderBy(status => status.Series.Device, StringComparer.Ordinal).ThenBy(status => status.Series.Metric, StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Reading> ReadingsAsync(RangeQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        var left = query.Limit ?? long.MaxValue;
        var from = query.After is { } after ? Math.Max(query.From, after + 1) : query.From;
        if (from >= query.To || left <= 0) yield break;
        foreach (var key in query.Series)
        {
            if (Find(key) is not { } series) continue;
            await foreach (var reading in ReadingsOf(series, from, query.To, left == long.MaxValue ? null : left, cancellationToken).ConfigureAwait(false))
            {
                yield return reading;
                if (--left == 0) yield break;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesBuckets>> BucketsAsync(BucketQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        var edges = BucketEdges.Compute(query.From, query.To, query.Bucket, query.Zone, query.Calendar);
        var answer = new List<SeriesBuckets>();
        foreach (var key in query.Series)
            answer.Add(new SeriesBuckets(key, "raw", Find(key) is { } series && edges.Length > 1 ? await BucketsOf(series, query, edges, cancellationToken).ConfigureAwait(false) : []));
        return answer;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReducedSeries>> ReduceAsync(ReduceQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Points, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Points, 20_000);
        var reduced = new List<ReducedSeries>();
        foreach (var key in query.Series)
            reduced.Add(Find(key) is { } series && query.From < query.To ? await ReduceOf(series, query, cancellationToken).ConfigureAwait(false) : new ReducedSeries(key, 0, [], []));
        return reduced;
    }

    /// <summary>Has the newest reading of each series at hand.</summary>
    private protected virtual Task LoadNewestAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Readings of a series by time.</summary>
    private protected abstract IAsyncEnumerable<Reading> ReadingsOf(EngineSeries series, long from, long to, long? limit, CancellationToken cancellationToken);

    /// <summary>Buckets of a series between edges.</summary>
    private protected abstract Task<List<Bucket>> BucketsOf(EngineSeries series, BucketQuery query, long[] edges, CancellationToken cancellationToken);

    /// <summary>A series reduced for drawing.</summary>
    private protected abstract Task<ReducedSeries> ReduceOf(EngineSeries series, ReduceQuery query, CancellationToken cancellationToken);

    /// <summary>Buckets of readings that are fetched and added up here.</summary>
    private protected async Task<List<Bucket>> BucketsOfReadings(EngineSeries series, BucketQuery query, long[] edges, CancellationToken cancellationToken)
    {
        var buckets = new List<Bucket>();
        var (at, parts) = (-1, new BucketParts());
        await foreach (var reading in ReadingsOf(series, query.From, query.To, null, cancellationToken).ConfigureAwait(false))
        {
            var bucket = Array.BinarySearch(edges, reading.Time) is var place && place >= 0 ? place : ~place - 1;
            if (bucket != at)
            {
                if (at >= 0) buckets.Add(parts.ToBucket(query, series.Entry, edges[at], edges[at + 1]));
                (at, parts) = (bucket, new BucketParts());
            }
            parts.Add(reading);
        }
        if (at >= 0) buckets.Add(parts.ToBucket(query, series.Entry, edges[at], edges[at + 1]));
        return buckets;
    }

    /// <summary>Readings that are fetched and reduced here, in slices of a width in µs.</summary>
    private protected async Task<ReducedSeries> ReducedReadings(EngineSeries series, ReduceQuery query, long width, CancellationToken cancellationToken)
    {
        var points = new SortedDictionary<long, double>();
        var all = new List<(long Time, double Value)>();
        var (original, slice) = (0L, new List<(long Time, double Value)>());
        (long Time, double Value) last = default;
        await foreach (var reading in ReadingsOf(series, query.From, query.To, null, cancellationToken).ConfigureAwait(false))
        {
            original++;
            if (reading.Value.AsNumber() is not { } value) continue;
            last = (reading.Time, value);
            if (points.Count == 0) points[last.Time] = last.Value;
            if (slice.Count > 0 && (slice[0].Time - query.From) / width != (last.Time - query.From) / width) Keep();
            slice.Add(last);
            if (all.Count <= query.Points) all.Add(last);
        }
        if (all.Count <= query.Points) return new ReducedSeries(series.Entry.Key, original, [.. all.Select(point => point.Time)], [.. all.Select(point => point.Value)]);
        Keep();
        points[last.Time] = last.Value;
        return new ReducedSeries(series.Entry.Key, original, [.. points.Keys], [.. points.Values]);

        void Keep()
        {
            foreach (var point in (ReadOnlySpan<(long Time, double Value)>)[slice.MinBy(one => one.Value), slice.MaxBy(one => one.Value)]) points[point.Time] = point.Value;
            slice.Clear();
        }
    }

    private static void Check(IReadOnlyList<SeriesKey> series)
    {
        if (series.Count > SeriesMax) throw new ArgumentException($"A query names at most {SeriesMax:N0} series, this one {series.Count:N0}. Ask in parts.", nameof(series));
    }
}
