namespace SmartCity.Model.Contracts;

/// <summary>What a store of readings answers. Pages, API and tests ask through this; every store passes the same suite.</summary>
public interface IReadingQueries
{
    /// <summary>The series known to the store, ordered by device, then metric (ordinal).</summary>
    Task<IReadOnlyList<SeriesStatus>> SeriesAsync(SeriesFilter filter, CancellationToken cancellationToken);

    /// <summary>Raw readings of the named series, ordered by series as named, then time; superseded ones are not among them. Streams.</summary>
    IAsyncEnumerable<Reading> ReadingsAsync(RangeQuery query, CancellationToken cancellationToken);

    /// <summary>Readings in buckets of local time; only buckets with at least one reading.</summary>
    Task<IReadOnlyList<SeriesBuckets>> BucketsAsync(BucketQuery query, CancellationToken cancellationToken);

    /// <summary>At most about <see cref="ReduceQuery.Points"/> readings a series: the least and the greatest of each of points/2 equal slices, with first and last.</summary>
    Task<IReadOnlyList<ReducedSeries>> ReduceAsync(ReduceQuery query, CancellationToken cancellationToken);
}

/// <summary>Chooses series; null means any.</summary>
/// <param name="Device">Exact device id.</param>
/// <param name="Metric">Exact metric name.</param>
public sealed record SeriesFilter(string? Device = null, string? Metric = null);

/// <summary>A series and its newest reading.</summary>
/// <param name="Series">Device and metric.</param>
/// <param name="Kind">Kind of its values.</param>
/// <param name="LastTime">Event time of the newest reading, µs since 1970 UTC; null where nothing is stored.</param>
/// <param name="LastValue">Its value.</param>
/// <param name="LastQuality">Its flags.</param>
public sealed record SeriesStatus(SeriesKey Series, ValueKind Kind, long? LastTime, ReadingValue? LastValue, ReadingQuality LastQuality);

/// <summary>Series over a half-open range of event time.</summary>
/// <param name="Series">Which series; at most 1,000.</param>
/// <param name="From">First µs of the range.</param>
/// <param name="To">First µs after it.</param>
/// <param name="Limit">Most readings to return over all series; null = all.</param>
/// <param name="After">Only readings later than this event time (keyset paging of one series).</param>
public sealed record RangeQuery(IReadOnlyList<SeriesKey> Series, long From, long To, int? Limit = null, long? After = null);

/// <summary>Buckets over a half-open range.</summary>
/// <param name="Series">Which series; at most 1,000.</param>
/// <param name="From">First µs of the range.</param>
/// <param name="To">First µs after it.</param>
/// <param name="Bucket">Width.</param>
/// <param name="Zone">IANA zone whose local time the buckets follow.</param>
/// <param name="Calendar">Calendar of days, weeks and months.</param>
/// <param name="ExpectedInterval">Interval at which a series is expected to report, for coverage; null where not known.</param>
public sealed record BucketQuery(
    IReadOnlyList<SeriesKey> Series, long From, long To, BucketWidth Bucket, TimeZoneInfo Zone, BucketCalendar Calendar,
    Func<SeriesKey, TimeSpan?>? ExpectedInterval = null);

/// <summary>The calendar that months (and the first day of a week) follow.</summary>
public enum BucketCalendar
{
    /// <summary>Gregorian months; weeks begin on Monday.</summary>
    Gregorian,
    /// <summary>Solar Hijri (Persian) months; weeks begin on Saturday.</summary>
    Persian,
}

/// <summary>Unit of a bucket's width.</summary>
public enum BucketUnit
{
    /// <summary>Fixed length, aligned to local midnight; across a clock change the hour is as long as it is.</summary>
    Second,
    /// <summary>A local day, 23 to 25 hours.</summary>
    Day,
    /// <summary>Seven local days.</summary>
    Week,
    /// <summary>A month of the calendar.</summary>
    Month,
}

/// <summary>A bucket's width: a number of seconds that divides a day, or a day, week or month.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Count">Seconds for <see cref="BucketUnit.Second"/>; 1 otherwise.</param>
public readonly record struct BucketWidth(BucketUnit Unit, int Count = 1);

/// <summary>The buckets of one series.</summary>
/// <param name="Series">Device and metric.</param>
/// <param name="Level">What they were computed from: <c>raw</c>, <c>1m</c>, <c>1h</c> or <c>1d</c>.</param>
/// <param name="Buckets">Ordered by start.</param>
public sealed record SeriesBuckets(SeriesKey Series, string Level, IReadOnlyList<Bucket> Buckets);

/// <summary>One bucket. Numeric members are null for a text series; truth values count as 0 and 1.</summary>
/// <param name="Start">First µs, UTC.</param>
/// <param name="End">First µs after it, UTC.</param>
/// <param name="Count">Readings.</param>
/// <param name="Sum">Sum of the values.</param>
/// <param name="Min">Least value.</param>
/// <param name="Max">Greatest value.</param>
/// <param name="Last">Newest value.</param>
/// <param name="Coverage">Readings present of those expected, 0–1; null where the interval is not known.</param>
/// <param name="Flagged">Share of readings with any quality flag, 0–1.</param>
public sealed record Bucket(long Start, long End, long Count, double? Sum, double? Min, double? Max, ReadingValue? Last, double? Coverage, double Flagged)
{
    /// <summary>Arithmetic mean, or null for text.</summary>
    public double? Average => Sum is { } sum && Count > 0 ? sum / Count : null;
}

/// <summary>A range to be drawn in so many points.</summary>
/// <param name="Series">Which series.</param>
/// <param name="From">First µs of the range.</param>
/// <param name="To">First µs after it.</param>
/// <param name="Points">Most points a series, 4–20,000.</param>
public sealed record ReduceQuery(IReadOnlyList<SeriesKey> Series, long From, long To, int Points);

/// <summary>A series reduced for drawing.</summary>
/// <param name="Series">Device and metric.</param>
/// <param name="Original">Readings in the range before reduction.</param>
/// <param name="Times">Event times, µs, ascending.</param>
/// <param name="Values">Values as numbers.</param>
public sealed record ReducedSeries(SeriesKey Series, long Original, IReadOnlyList<long> Times, IReadOnlyList<double> Values);
