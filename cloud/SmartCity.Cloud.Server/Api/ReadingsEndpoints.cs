using System.Globalization;
using System.Text.Json;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary><c>/api/v1/readings</c> (raw, in buckets, or reduced for drawing) and <c>/api/v1/series</c>.</summary>
internal static class ReadingsEndpoints
{
    private static readonly PersianCalendar _persian = new();

    public static void MapReadings(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/readings", ReadingsAsync).WithName("GetReadings").WithSummary("Readings: raw in pages, in buckets of local time, or reduced to the points that a chart can show.")
            .Takes("device", "Exact device id, at least one; more separated by commas or given again.", "air-001", isMany: true).Takes("metric", "Exact metric name; all where left out.", "pm25", isMany: true)
            .Takes("from", "Begin: RFC 3339, or a date, which is its midnight in tz. A day before to where left out.", "2026-11-24T00:00:00Z").Takes("to", "End, which is not part of it. Now where left out.", "2026-11-25T00:00:00Z")
            .Takes("bucket", "day, week, month, or seconds, minutes or hours that divide a day: 30s, 5m, 1h.", "1h").Takes("fn", "Of each bucket: avg, min, max, sum, count, last; all where left out.", "avg,max")
            .Takes("tz", "IANA zone of the buckets; the city's where left out.", "Asia/Tehran").Takes("calendar", "gregorian or persian.", "persian")
            .Takes("points", "Points of a chart, 4 to 20,000; excludes bucket.", "1200", JsonSchemaType.Integer).InPages(Paging.Write("air-001", "pm25", 1795485689980000), ReadingsRequest.LimitMax, ReadingsRequest.LimitUsual)
            .Answers<ReadingsView>().AlsoAnswers(CsvText.MediaType, Examples.ReadingsCsv).AlsoAnswers(ParquetRows.MediaType, "PAR1…PAR1").MayFail(ProblemKinds.TooMuch);
        app.MapGet("/api/v1/series", SeriesAsync).WithName("GetSeries").WithSummary("Series with their newest value, a page at a time.")
            .Takes("device", "Exact device id.", "air-001").Takes("metric", "Exact metric name.", "pm25").Takes("kind", "Kind of device.", "air").Takes("bbox", "west,south,east,north in degrees.", "51.2,35.6,51.6,35.8")
            .InPages(Paging.Write("air-001", "pm25"), 10_000, 1_000)
            .Answers<Page<SeriesView>>().AlsoAnswers(Answer.GeoJson, Examples.Features);
    }

    private static async Task<IResult> ReadingsAsync(HttpContext context, IReadingQueries store, LatestQueries latest, ServerOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.Query);
        var request = await ReadingsRequest.ReadAsync(parameters, store, context.ReadView().Shows, options.DuckDb.CityZone, UnixMicros.Now(clock), cancellationToken);
        if (parameters.Problem() is { } problem) return problem;
        if (Answer.Negotiate(context.Request, [Answer.Json, .. RowsAnswer.MediaTypes]) is not { } mediaType) return Problems.NotAcceptable([Answer.Json, .. RowsAnswer.MediaTypes]);
        var areRows = mediaType != Answer.Json;
        if (request.Bucket is { } width)
        {
            var intervals = await latest.IntervalsAsync(request.Series);
            var found = await store.BucketsAsync(new BucketQuery(request.Series, request.From, request.To, width, request.Zone, request.Calendar, series => intervals.GetValueOrDefault(series)), cancellationToken);
            return areRows ? Rows(ReadingRows.Buckets(request, found)) : Answer.Of(writer => WriteBuckets(writer, request, found));
        }
        if (request.Points is { } points)
        {
            var found = await store.ReduceAsync(new ReduceQuery(request.Series, request.From, request.To, points), cancellationToken);
            return areRows ? Rows(ReadingRows.Points(found)) : Answer.Of(writer => WritePoints(writer, found));
        }
        if (areRows) return Rows(ReadingRows.Raw(ReadingRows.Pages(store, request, request.Limit, cancellationToken)));
        var limit = request.Limit ?? ReadingsRequest.LimitUsual;
        var page = new List<Reading>();
        await foreach (var reading in ReadingRows.Pages(store, request, limit + 1, cancellationToken)) page.Add(reading);
        var next = page.Count > limit ? Paging.Next(context.Request, ReadingsRequest.KeyOf(page[limit - 1])) : null;
        return Answer.Of(writer => WriteRaw(writer, page.Take(limit), next));

        RowsAnswer Rows(RowTable table) => new(table, mediaType, request.FileName);
    }

    private static async Task<IResult> SeriesAsync(HttpContext context, ILatestQueries latest, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.Query);
        var filter = new LatestFilter(parameters.Text("device"), parameters.Text("metric"), parameters.Text("kind"), parameters.Box("bbox"), context.ReadView().Shows);
        var (after, limit) = (parameters.Cursor(2), parameters.Limit(10_000, 1_000));
        var key = after is [var device, var metric] ? new SeriesKey(device, metric) : (SeriesKey?)null;
        if (parameters.Problem() is { } problem) return problem;
        if (Answer.Negotiate(context.Request, Answer.Json, Answer.GeoJson) is not { } mediaType) return Problems.NotAcceptable([Answer.Json, Answer.GeoJson]);
        var devices = (await latest.DevicesAsync(filter, cancellationToken)).ToDictionary(one => one.Id, StringComparer.Ordinal);
        var found = (await latest.LatestAsync(filter, cancellationToken)).Where(value => key is null || ReadingRows.Compare(value.Series, key.Value) > 0).Take(limit + 1).ToList();
        var next = found.Count > limit ? Paging.Next(context.Request, found[limit - 1].Series.Device, found[limit - 1].Series.Metric) : null;
        var page = found.Take(limit).ToList();
        return mediaType == Answer.GeoJson
            ? Answer.Of(writer => writer.WriteFeatures(page, value => devices[value.Series.Device].Position, value => WriteOne(writer, value), next), mediaType)
            : Answer.Of(writer => writer.WriteItems(page, value => WriteOne(writer, value), next));

        void WriteOne(Utf8JsonWriter writer, LatestValue value)
        {
            writer.WriteString("device", value.Series.Device);
            writer.WriteString("metric", value.Series.Metric);
            writer.WriteString("type", Answer.NameOf(value.Kind));
            writer.WriteString("kind", devices[value.Series.Device].Kind);
            writer.WriteString("ts", Times.Write(value.Time));
            writer.WriteValue("value", value.Value);
        }
    }

    private static void WriteRaw(Utf8JsonWriter writer, IEnumerable<Reading> readings, string? next) => writer.WriteItems([.. readings], reading =>
    {
        writer.WriteString("device", reading.Series.Device);
        writer.WriteString("metric", reading.Series.Metric);
        writer.WriteString("ts", Times.Write(reading.Time));
        writer.WriteString("received", Times.Write(reading.Received));
        writer.WriteValue("value", reading.Value);
        writer.WriteNumber("quality", (byte)reading.Quality);
    }, next);

    private static void WritePoints(Utf8JsonWriter writer, IReadOnlyList<ReducedSeries> found) => writer.WriteObject(() =>
    {
        writer.WriteStartArray("series");
        foreach (var series in found)
            writer.WriteObject(() =>
            {
                writer.WriteString("device", series.Series.Device);
                writer.WriteString("metric", series.Series.Metric);
                writer.WriteNumber("original", series.Original);
                writer.WriteStartArray("times");
                foreach (var time in series.Times) writer.WriteNumberValue(time / 1e3);
                writer.WriteEndArray();
                writer.WriteStartArray("values");
                foreach (var value in series.Values) writer.WriteNumberOrNull(value);
                writer.WriteEndArray();
            });
        writer.WriteEndArray();
    });

    private static void WriteBuckets(Utf8JsonWriter writer, ReadingsRequest request, IReadOnlyList<SeriesBuckets> found) => writer.WriteObject(() =>
    {
        writer.WriteString("bucket", request.BucketText);
        writer.WriteString("tz", request.Zone.Id);
        writer.WriteString("calendar", request.Calendar == BucketCalendar.Persian ? "persian" : "gregorian");
        writer.WriteStartArray("series");
        foreach (var series in found)
            writer.WriteObject(() =>
            {
                writer.WriteString("device", series.Series.Device);
                writer.WriteString("metric", series.Series.Metric);
                writer.WriteString("level", series.Level);
                writer.WriteStartArray("buckets");
                foreach (var bucket in series.Buckets) WriteBucket(writer, request, bucket);
                writer.WriteEndArray();
            });
        writer.WriteEndArray();
    });

    private static void WriteBucket(Utf8JsonWriter writer, ReadingsRequest request, Bucket bucket) => writer.WriteObject(() =>
    {
        writer.WriteString("start", Times.Write(bucket.Start, request.Zone));
        writer.WriteString("end", Times.Write(bucket.End, request.Zone));
        if (request.Calendar == BucketCalendar.Persian) writer.WriteString("date", PersianDate(bucket.Start, request.Zone));
        foreach (var function in request.Functions)
        {
            if (function == "count") writer.WriteNumber(function, bucket.Count);
            else if (function != "last") writer.WriteNumberOrNull(function, ReadingRows.NumberOf(function, bucket));
            else if (bucket.Last is { } last) writer.WriteValue(function, last);
            else writer.WriteNull(function);
        }
        writer.WriteNumberOrNull("coverage", bucket.Coverage);
        writer.WriteStartObject("quality");
        writer.WriteNumber("good", 1 - bucket.Flagged);
        writer.WriteNumber("flagged", bucket.Flagged);
        writer.WriteEndObject();
    });

    /// <summary>The local date of the Persian calendar, 1405-09-03; Gregorian before its first day.</summary>
    private static string PersianDate(long micros, TimeZoneInfo zone)
    {
        var date = TimeZoneInfo.ConvertTime(UnixMicros.ToTime(micros), zone).DateTime;
        return date < _persian.MinSupportedDateTime ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{_persian.GetYear(date):0000}-{_persian.GetMonth(date):00}-{_persian.GetDayOfMonth(date):00}");
    }
}
