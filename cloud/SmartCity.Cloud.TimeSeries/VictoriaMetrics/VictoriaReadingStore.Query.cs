using System.Runtime.CompilerServices;
using SmartCity.Cloud.TimeSeries.Engines;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

public sealed partial class VictoriaReadingStore
{
    /// <summary>The engine gathers a series' points of a range before it sends the first one; a page therefore begins with a short range, which is doubled.</summary>
    private const long FirstRange = 7 * UnixMicros.PerDay;

    /// <summary>Below so many windows the points are fetched and added up here.</summary>
    private const int WindowsMin = 50;

    private protected override async IAsyncEnumerable<Reading> ReadingsOf(EngineSeries series, long from, long to, long? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Nothing lies beyond the newest.
        to = Math.Min(to, series.NewestTime == long.MinValue ? long.MinValue : series.NewestTime + 1);
        if (from >= to) yield break;
        var beside = Index.Beside(series, from, to);
        var next = 0;
        var key = series.Entry.Key;
        if (series.Entry.Kind != ValueKind.Text)
        {
            for (var (start, width) = (Math.Max(from, VictoriaNames.MillisMin), limit is null ? long.MaxValue : FirstRange); start < to;)
            {
                var end = to - start <= width ? to : start + width;
                await foreach (var reading in FromEngine(series, start, end, cancellationToken).ConfigureAwait(false))
                {
                    for (; next < beside.Count && beside[next].Time < reading.Time; next++) yield return Of(beside[next]);
                    if (next < beside.Count && beside[next].Time == reading.Time) yield return Of(beside[next++]);
                    else yield return reading;
                }
                // What stands beside within this range comes before the next range.
                for (; next < beside.Count && beside[next].Time < end; next++) yield return Of(beside[next]);
                start = end;
                if (width < long.MaxValue / 2) width *= 2;
            }
        }
        for (; next < beside.Count; next++) yield return Of(beside[next]);

        Reading Of((long Time, ReadingValue Value, ReadingQuality Quality) one) => new(key, one.Time, one.Time, one.Value, one.Quality);
    }

    /// <summary>Points of the engine with their flags; both come by time, and a flag without a point belongs to a reading that stands beside.</summary>
    private async IAsyncEnumerable<Reading> FromEngine(EngineSeries series, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = series.Entry.Key;
        // The first whole millisecond at or after the begin, and the last one before the end.
        var (first, last) = (Keep(from + 999) / 1_000, Keep(to - 1) / 1_000);
        if (first > last) yield break;
        await using var flags = _client.ExportAsync(VictoriaNames.SelectorOf(key, VictoriaNames.QualityLabel), first, last, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasFlag = await flags.MoveNextAsync().ConfigureAwait(false);
        await foreach (var (millis, value) in _client.ExportAsync(VictoriaNames.SelectorOf(key, ""), first, last, cancellationToken).ConfigureAwait(false))
        {
            while (hasFlag && flags.Current.Millis < millis) hasFlag = await flags.MoveNextAsync().ConfigureAwait(false);
            var quality = hasFlag && flags.Current.Millis == millis ? (ReadingQuality)flags.Current.Value : ReadingQuality.Good;
            yield return new Reading(key, millis * 1_000, millis * 1_000, ValueOf(series.Entry.Kind, value), quality);
        }
    }

    private static ReadingValue ValueOf(ValueKind kind, double value) => kind switch
    {
        ValueKind.Int64 => ReadingValue.Of((long)Math.Round(value)),
        ValueKind.Bool => ReadingValue.Of(value != 0),
        _ => ReadingValue.Of(value),
    };

    /// <summary>Many buckets of one length are added up by the engine, in MetricsQL, unless something stands beside it; others here.</summary>
    private protected override async Task<List<Bucket>> BucketsOf(EngineSeries series, BucketQuery query, long[] edges, CancellationToken cancellationToken)
    {
        var width = edges[1] - edges[0];
        var isUniform = edges.Length > WindowsMin && width % 1_000 == 0 && edges[0] >= 0 && edges[0] % 1_000 == 0;
        for (var i = 1; isUniform && i + 1 < edges.Length; i++) isUniform = edges[i + 1] - edges[i] == width;
        if (!isUniform || query.From != edges[0] || query.To != edges[^1] || series.Entry.Kind != ValueKind.Double || Index.Beside(series, query.From, query.To).Count > 0)
            return await BucketsOfReadings(series, query, edges, cancellationToken).ConfigureAwait(false);
        var selector = VictoriaNames.SelectorOf(series.Entry.Key, "");
        var buckets = new SortedDictionary<int, BucketParts>();
        await Each("count_over_time", selector, static (parts, value) => parts.Count = (long)value).ConfigureAwait(false);
        if (buckets.Count == 0) return [];
        await Each("sum_over_time", selector, static (parts, value) => parts.Sum = value).ConfigureAwait(false);
        await Each("min_over_time", selector, static (parts, value) => parts.Min = value).ConfigureAwait(false);
        await Each("max_over_time", selector, static (parts, value) => parts.Max = value).ConfigureAwait(false);
        await Each("last_over_time", selector, static (parts, value) => parts.Last = ReadingValue.Of(value)).ConfigureAwait(false);
        await Each("count_over_time", VictoriaNames.SelectorOf(series.Entry.Key, VictoriaNames.QualityLabel), static (parts, value) => parts.Flagged = (long)value).ConfigureAwait(false);
        return [.. buckets.Where(pair => pair.Value.Count > 0).Select(pair => pair.Value.ToBucket(query, series.Entry, edges[pair.Key], edges[pair.Key + 1]))];

        async Task Each(string function, string of, Action<BucketParts, double> take)
        {
            // The engine takes 30,000 points of a series at a time.
            const int AtOnce = 10_000;
            for (var from = 0; from + 1 < edges.Length; from += AtOnce)
            {
                var count = Math.Min(AtOnce, edges.Length - 1 - from);
                foreach (var (window, value) in await _client.WindowsAsync(function, of, edges[from] / 1_000, width / 1_000, count, cancellationToken).ConfigureAwait(false))
                {
                    if (!buckets.TryGetValue(from + window, out var parts)) buckets.Add(from + window, parts = new BucketParts());
                    take(parts, value);
                }
            }
        }
    }

    private protected override Task<ReducedSeries> ReduceOf(EngineSeries series, ReduceQuery query, CancellationToken cancellationToken) =>
        ReducedReadings(series, query, Math.Max(1, (query.To - query.From - 1) / (query.Points / 2) + 1), cancellationToken);
}
