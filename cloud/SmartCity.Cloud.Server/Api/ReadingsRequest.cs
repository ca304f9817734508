using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Hosting.Configuration;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>What <c>/api/v1/readings</c> is asked for.</summary>
internal sealed record ReadingsRequest
{
    /// <summary>Rows of a page where no number is asked for.</summary>
    public const int LimitUsual = 1_000;
    /// <summary>Rows of a page at most; CSV and Parquet have no pages.</summary>
    public const int LimitMax = 10_000;
    /// <summary>Buckets of one answer at most, over all series.</summary>
    private const int BucketsMax = 200_000;
    private const int SeriesMax = 1_000;

    private static readonly string[] _functions = ["avg", "min", "max", "sum", "count", "last"];
    private static readonly Dictionary<string, BucketCalendar> _calendars = new() { ["gregorian"] = BucketCalendar.Gregorian, ["persian"] = BucketCalendar.Persian };

    public IReadOnlyList<SeriesKey> Series { get; private init; } = [];
    public long From { get; private init; }
    public long To { get; private init; }
    public TimeZoneInfo Zone { get; private init; } = TimeZoneInfo.Utc;
    public BucketCalendar Calendar { get; private init; }
    /// <summary>Null for raw readings.</summary>
    public BucketWidth? Bucket { get; private init; }
    /// <summary>The bucket as it was written.</summary>
    public string? BucketText { get; private init; }
    /// <summary>What is asked of each bucket.</summary>
    public IReadOnlyList<string> Functions { get; private init; } = [];
    /// <summary>Null where the range is not to be reduced.</summary>
    public int? Points { get; private init; }
    /// <summary>Null where none was asked for.</summary>
    public int? Limit { get; private init; }
    /// <summary>Where the page before ended: its last series and time.</summary>
    public (SeriesKey Series, long Time)? After { get; private init; }

    /// <summary>What a file of the answer is called, without its ending.</summary>
    public string FileName
    {
        get
        {
            var devices = Series.Select(series => series.Device).Distinct(StringComparer.Ordinal).ToList();
            var name = Series.Count == 1 ? $"{Series[0].Device}-{Series[0].Metric}" : devices.Count == 1 ? devices[0] : $"{devices.Count}-devices";
            var safe = string.Concat(name.Take(100).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' ? letter : '_'));
            return $"{safe}-{Day(From)}-{Day(To)}{(BucketText is null ? "" : $"-{BucketText}")}";

            string Day(long micros) => TimeZoneInfo.ConvertTime(UnixMicros.ToTime(micros), Zone).ToString("yyyyMMdd'T'HHmmss", System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Reads the parameters; what is wrong stands in <paramref name="parameters"/> afterwards. <paramref name="shows"/> says which devices the caller may see.</summary>
    public static async Task<ReadingsRequest> ReadAsync(Parameters parameters, IReadingQueries store, Func<string, bool> shows, string cityZone, long now, CancellationToken cancellationToken)
    {
        var zone = parameters.Zone("tz", cityZone);
        var to = parameters.Time("to", zone) ?? now;
        var from = parameters.Time("from", zone) ?? to - UnixMicros.PerDay;
        if (from >= to) parameters.Wrong("from", new Sentence("say.readings.order", Times.Write(from), Times.Write(to)));
        var calendar = parameters.OneOf("calendar", _calendars) ?? BucketCalendar.Gregorian;
        var bucketText = parameters.Text("bucket");
        var bucket = bucketText is null ? null : Width(parameters, bucketText);
        var functions = FunctionsOf(parameters);
        var points = parameters.Whole("points", 4, 20_000);
        var limit = parameters.Whole("limit", 1, LimitMax);
        var after = AfterOf(parameters);
        if (bucket is not null && points is not null) parameters.Wrong("points", new Sentence("say.readings.either"));
        if (bucket is null && parameters.Has("fn")) parameters.Wrong("fn", new Sentence("say.readings.fn"));
        if ((bucket is not null || points is not null) && (limit is not null || after is not null)) parameters.Wrong("limit", new Sentence("say.readings.pages"));

        var series = await SeriesAsync(parameters, store, shows, cancellationToken);
        if (bucket is { } width && from < to) CheckBuckets(parameters, series.Count, from, to, width, zone, calendar);
        return new ReadingsRequest
        {
            Series = series, From = from, To = to, Zone = zone, Calendar = calendar, Bucket = bucket, BucketText = bucketText, Functions = functions, Points = points, Limit = limit, After = after,
        };
    }

    /// <summary>The key of the page after this reading.</summary>
    public static IReadOnlyList<object> KeyOf(Reading last) => [last.Series.Device, last.Series.Metric, last.Time];

    private static (SeriesKey, long)? AfterOf(Parameters parameters)
    {
        if (parameters.Cursor(3) is not [var device, var metric, var time]) return null;
        if (long.TryParse(time, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var micros)) return (new SeriesKey(device, metric), micros);
        parameters.Wrong(Paging.Parameter, new Sentence("say.cursor", parameters.Text(Paging.Parameter)!));
        return null;
    }

    private static async Task<IReadOnlyList<SeriesKey>> SeriesAsync(Parameters parameters, IReadingQueries store, Func<string, bool> shows, CancellationToken cancellationToken)
    {
        var (devices, metrics) = (parameters.Texts("device"), parameters.Texts("metric"));
        if (devices.Count == 0)
        {
            parameters.Wrong("device", new Sentence("say.readings.device"));
            return [];
        }
        if (devices.Count > SeriesMax)
        {
            parameters.TooMuch("device", SeriesMax, new Sentence("say.readings.devices", SeriesMax, devices.Count));
            return [];
        }
        var found = new List<SeriesKey>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in devices)
        {
            // A device that is not the caller's to see is as one that has never sent.
            var all = shows(device) ? await store.SeriesAsync(new SeriesFilter(device), cancellationToken) : [];
            if (all.Count == 0)
            {
                var others = (await store.SeriesAsync(new SeriesFilter(), cancellationToken)).Select(series => series.Series.Device).Distinct(StringComparer.Ordinal).Where(shows);
                parameters.Wrong("device", new Sentence("say.device", device).Then(Parameters.Meant(device, others)));
                return [];
            }
            known.UnionWith(all.Select(series => series.Series.Metric));
            found.AddRange(all.Select(series => series.Series).Where(series => metrics.Count == 0 || metrics.Contains(series.Metric)));
        }
        if (metrics.FirstOrDefault(metric => !known.Contains(metric)) is { } missing)
            parameters.Wrong("metric", (devices.Count == 1 ? new Sentence("say.readings.metric", devices[0], missing) : new Sentence("say.readings.metrics", missing)).Then(Parameters.Meant(missing, known)).Then(Parameters.Known(known.Order(StringComparer.Ordinal).Take(50))));
        if (found.Count > SeriesMax) parameters.TooMuch("device", SeriesMax, new Sentence("say.readings.series", SeriesMax, found.Count));
        return [.. found.OrderBy(series => series.Device, StringComparer.Ordinal).ThenBy(series => series.Metric, StringComparer.Ordinal)];
    }

    private static IReadOnlyList<string> FunctionsOf(Parameters parameters)
    {
        var asked = parameters.Texts("fn");
        if (asked.FirstOrDefault(name => !_functions.Contains(name)) is { } wrong)
            parameters.Wrong("fn", new Sentence("say.readings.function", wrong).Then(Parameters.Meant(wrong, _functions)).Then(new Sentence("say.possible", string.Join(", ", _functions))));
        return asked.Count > 0 ? asked : _functions;
    }

    private static BucketWidth? Width(Parameters parameters, string text)
    {
        switch (text)
        {
            case "day": return new BucketWidth(BucketUnit.Day);
            case "week": return new BucketWidth(BucketUnit.Week);
            case "month": return new BucketWidth(BucketUnit.Month);
        }
        var seconds = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, _ => 0 };
        if (seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var count)
            && count is > 0 and <= 86_400 && count * (long)seconds is <= 86_400 and var width && 86_400 % width == 0)
            return new BucketWidth(BucketUnit.Second, (int)width);
        parameters.Wrong("bucket", new Sentence("say.readings.bucket", text));
        return null;
    }

    private static void CheckBuckets(Parameters parameters, int series, long from, long to, BucketWidth width, TimeZoneInfo zone, BucketCalendar calendar)
    {
        try
        {
            var buckets = (BucketEdges.Compute(from, to, width, zone, calendar).Length - 1L) * Math.Max(1, series);
            if (buckets > BucketsMax) parameters.TooMuch("bucket", BucketsMax, new Sentence("say.readings.buckets", BucketsMax, buckets));
        }
        catch (ArgumentException)
        {
            parameters.TooMuch("bucket", BucketEdges.BucketsMax, new Sentence("say.readings.range", BucketEdges.BucketsMax));
        }
    }
}
