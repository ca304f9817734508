using System.Runtime.CompilerServices;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Readings, buckets and points as rows.</summary>
internal static class ReadingRows
{
    /// <summary>Columns of raw readings; an import takes the same ones.</summary>
    public static IReadOnlyList<RowColumn> RawColumns { get; } =
    [
        new("device", RowColumnKind.Text), new("metric", RowColumnKind.Text), new("ts", RowColumnKind.Time), new("received", RowColumnKind.Time),
        new("value", RowColumnKind.Value), new("quality", RowColumnKind.Whole), new("type", RowColumnKind.Text),
    ];

    /// <summary>Readings as they are.</summary>
    public static RowTable Raw(IAsyncEnumerable<Reading> readings)
    {
        return new RowTable(RawColumns, Rows());

        async IAsyncEnumerable<Action<IRowWriter>> Rows()
        {
            await foreach (var reading in readings)
                yield return row =>
                {
                    row.Text(reading.Series.Device);
                    row.Text(reading.Series.Metric);
                    row.Time(reading.Time);
                    row.Time(reading.Received);
                    row.Value(reading.Value);
                    row.Whole((long)reading.Quality);
                    row.Text(Answer.NameOf(reading.Value.Kind));
                };
        }
    }

    /// <summary>The points of a chart.</summary>
    public static RowTable Points(IReadOnlyList<ReducedSeries> found)
    {
        return new RowTable([new("device", RowColumnKind.Text), new("metric", RowColumnKind.Text), new("ts", RowColumnKind.Time), new("value", RowColumnKind.Number)], Rows());

        async IAsyncEnumerable<Action<IRowWriter>> Rows()
        {
            await Task.CompletedTask;
            foreach (var series in found)
                for (var i = 0; i < series.Times.Count; i++)
                {
                    var (time, value) = (series.Times[i], series.Values[i]);
                    yield return row =>
                    {
                        row.Text(series.Series.Device);
                        row.Text(series.Series.Metric);
                        row.Time(time);
                        row.Number(value);
                    };
                }
        }
    }

    /// <summary>Buckets with the functions that were asked for.</summary>
    public static RowTable Buckets(ReadingsRequest request, IReadOnlyList<SeriesBuckets> found)
    {
        return new RowTable(
        [
            new("device", RowColumnKind.Text), new("metric", RowColumnKind.Text), new("start", RowColumnKind.Time), new("end", RowColumnKind.Time),
            .. request.Functions.Select(function => new RowColumn(function, function switch { "count" => RowColumnKind.Whole, "last" => RowColumnKind.Value, _ => RowColumnKind.Number })),
            new("coverage", RowColumnKind.Number), new("flagged", RowColumnKind.Number),
        ], Rows());

        async IAsyncEnumerable<Action<IRowWriter>> Rows()
        {
            await Task.CompletedTask;
            foreach (var series in found)
                foreach (var bucket in series.Buckets)
                    yield return row =>
                    {
                        row.Text(series.Series.Device);
                        row.Text(series.Series.Metric);
                        row.Time(bucket.Start, request.Zone);
                        row.Time(bucket.End, request.Zone);
                        foreach (var function in request.Functions)
                        {
                            if (function == "count") row.Whole(bucket.Count);
                            else if (function == "last") row.Value(bucket.Last);
                            else row.Number(NumberOf(function, bucket));
                        }
                        row.Number(bucket.Coverage);
                        row.Number(bucket.Flagged);
                    };
        }
    }

    /// <summary>The readings after the request's cursor, in the order of series, then time.</summary>
    public static async IAsyncEnumerable<Reading> Pages(IReadingQueries store, ReadingsRequest request, int? limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var series = request.Series;
        var left = limit;
        if (request.After is { } after)
        {
            var rest = series.Where(one => Compare(one, after.Series) > 0).ToList();
            if (series.Contains(after.Series))
            {
                await foreach (var reading in store.ReadingsAsync(new RangeQuery([after.Series], request.From, request.To, left, after.Time), cancellationToken))
                {
                    left--;
                    yield return reading;
                }
            }
            series = rest;
        }
        if (left <= 0 || series.Count == 0) yield break;
        await foreach (var reading in store.ReadingsAsync(new RangeQuery(series, request.From, request.To, left), cancellationToken)) yield return reading;
    }

    /// <summary>The order of series.</summary>
    public static int Compare(SeriesKey one, SeriesKey other) =>
        string.CompareOrdinal(one.Device, other.Device) is var devices && devices != 0 ? devices : string.CompareOrdinal(one.Metric, other.Metric);

    /// <summary>What a function says of a bucket; null where it says nothing.</summary>
    public static double? NumberOf(string function, Bucket bucket) => function switch
    {
        "avg" => bucket.Average,
        "min" => bucket.Min,
        "max" => bucket.Max,
        _ => bucket.Sum,
    };
}
