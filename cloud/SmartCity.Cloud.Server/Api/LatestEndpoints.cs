using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary><c>/api/v1/latest</c> and <c>/api/v1/devices</c>: what is known now.</summary>
internal static class LatestEndpoints
{
    private static readonly Dictionary<string, DataState> _states = new() { ["live"] = DataState.Live, ["stale"] = DataState.Stale, ["nodata"] = DataState.NoData };

    public static void MapLatest(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/latest", LatestAsync).WithName("GetLatest").WithSummary("The newest value of each series, its age and its state.")
            .Takes("device", "Exact device id.", "air-001").Takes("metric", "Exact metric name.", "pm25").Takes("kind", "Kind of device: what its newest metric kind says.", "air")
            .Takes("bbox", "west,south,east,north in degrees.", "51.2,35.6,51.6,35.8").InPages(Paging.Write("air-001", "pm25"), 10_000, 10_000)
            .Answers<Page<LatestEntry>>().AlsoAnswers(Answer.GeoJson, Examples.Features);
        app.MapGet("/api/v1/devices", DevicesAsync).WithName("GetDevices").WithSummary("Devices that have sent, a page at a time.")
            .Takes("metric", "Devices that report this metric.", "pm25").Takes("kind", "Kind of device: what its newest metric kind says.", "air").Takes("bbox", "west,south,east,north in degrees.", "51.2,35.6,51.6,35.8")
            .Takes("state", "live, stale or nodata.", "live").InPages(Paging.Write("air-001"), 10_000, 1_000)
            .Answers<Page<DeviceEntry>>().AlsoAnswers(Answer.GeoJson, Examples.Features);
        app.MapGet("/api/v1/devices/{id}", DeviceAsync).WithName("GetDevice").WithSummary("A device with its newest values.")
            .Answers<DeviceView>().AlsoAnswers(Answer.GeoJson, Examples.Feature).MayFail(ProblemKinds.Missing);
    }

    /// <summary>Name of a state.</summary>
    public static string NameOf(DataState state) => state switch { DataState.Live => "live", DataState.Stale => "stale", _ => "nodata" };

    private static async Task<IResult> LatestAsync(HttpContext context, ILatestQueries latest, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.Query);
        var filter = Filter(context, parameters);
        var (after, limit) = (parameters.Cursor(2), parameters.Limit(10_000, 10_000));
        var key = after is [var device, var metric] ? new SeriesKey(device, metric) : (SeriesKey?)null;
        if (parameters.Problem() is { } problem) return problem;
        if (Answer.Negotiate(context.Request, Answer.Json, Answer.GeoJson) is not { } mediaType) return Problems.NotAcceptable([Answer.Json, Answer.GeoJson]);
        var found = (await latest.LatestAsync(filter, cancellationToken)).Where(value => key is null || ReadingRows.Compare(value.Series, key.Value) > 0).Take(limit + 1).ToList();
        var next = found.Count > limit ? Paging.Next(context.Request, found[limit - 1].Series.Device, found[limit - 1].Series.Metric) : null;
        var values = found.Take(limit).ToList();
        if (mediaType == Answer.GeoJson)
        {
            var places = (await latest.DevicesAsync(filter, cancellationToken)).ToDictionary(one => one.Id, one => one.Position, StringComparer.Ordinal);
            return Answer.Of(writer => WriteFeatures(writer, true), mediaType, writer => WriteFeatures(writer, false));
            void WriteFeatures(Utf8JsonWriter writer, bool withAge) => writer.WriteFeatures(values, value => places.GetValueOrDefault(value.Series.Device), value => WriteLatest(writer, value, withAge), next);
        }
        return Answer.Of(writer => WriteItems(writer, true), mediaType, writer => WriteItems(writer, false));
        void WriteItems(Utf8JsonWriter writer, bool withAge) => writer.WriteItems(values, value => WriteLatest(writer, value, withAge), next);
    }

    private static async Task<IResult> DevicesAsync(HttpContext context, ILatestQueries latest, CancellationToken cancellationToken)
    {
        var parameters = new Parameters(context.Request.Query);
        var filter = new LatestFilter(null, parameters.Text("metric"), parameters.Text("kind"), parameters.Box("bbox"), context.ReadView().Shows);
        var state = parameters.OneOf("state", _states);
        var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(10_000, 1_000));
        if (parameters.Problem() is { } problem) return problem;
        if (Answer.Negotiate(context.Request, Answer.Json, Answer.GeoJson) is not { } mediaType) return Problems.NotAcceptable([Answer.Json, Answer.GeoJson]);
        var found = (await latest.DevicesAsync(filter, cancellationToken))
            .Where(device => (state is null || device.State == state) && (after is null || string.CompareOrdinal(device.Id, after) > 0)).Take(limit + 1).ToList();
        var next = found.Count > limit ? Paging.Next(context.Request, found[limit - 1].Id) : null;
        var page = found.Take(limit).ToList();
        return mediaType == Answer.GeoJson
            ? Answer.Of(writer => writer.WriteFeatures(page, device => device.Position, device => WriteDevice(writer, device, withPosition: false), next), mediaType)
            : Answer.Of(writer => writer.WriteItems(page, device => WriteDevice(writer, device, withPosition: true), next));
    }

    private static async Task<IResult> DeviceAsync(HttpContext context, ILatestQueries latest, string id, CancellationToken cancellationToken)
    {
        if (new Parameters(context.Request.Query).Problem() is { } problem) return problem;
        if (Answer.Negotiate(context.Request, Answer.Json, Answer.GeoJson) is not { } mediaType) return Problems.NotAcceptable([Answer.Json, Answer.GeoJson]);
        Func<string, bool> shows = context.ReadView().Shows;
        if (await latest.DevicesAsync(new LatestFilter(id, Shows: shows), cancellationToken) is not [var device])
        {
            var known = (await latest.DevicesAsync(new LatestFilter(Shows: shows), cancellationToken)).Select(one => one.Id);
            return Problems.Missing(new Sentence("say.device", id).Then(Parameters.Meant(id, known)));
        }
        if (mediaType == Answer.GeoJson) return Answer.Of(writer => writer.WriteFeature(device.Position, () => WriteDevice(writer, device, withPosition: false)), mediaType);
        var values = await latest.LatestAsync(new LatestFilter(id), cancellationToken);
        return Answer.Of(writer => Write(writer, true), tagged: writer => Write(writer, false));
        void Write(Utf8JsonWriter writer, bool withAge) => writer.WriteObject(() =>
        {
            WriteDevice(writer, device, withPosition: true);
            writer.WriteStartArray("latest");
            foreach (var value in values) writer.WriteObject(() => WriteLatest(writer, value, withAge));
            writer.WriteEndArray();
        });
    }

    private static LatestFilter Filter(HttpContext context, Parameters parameters) => new(parameters.Text("device"), parameters.Text("metric"), parameters.Text("kind"), parameters.Box("bbox"), context.ReadView().Shows);

    private static void WriteLatest(Utf8JsonWriter writer, LatestValue value, bool withAge)
    {
        writer.WriteString("device", value.Series.Device);
        writer.WriteString("metric", value.Series.Metric);
        writer.WriteString("type", Answer.NameOf(value.Kind));
        writer.WriteValue("value", value.Value);
        writer.WriteString("ts", Times.Write(value.Time));
        if (withAge) writer.WriteNumber("age", Math.Round(value.Age.TotalSeconds, 3));
        writer.WriteString("state", NameOf(value.State));
        writer.WriteNumber("quality", (byte)value.Quality);
        writer.WriteNumber("staleAfter", Math.Round(value.StaleAfter.TotalSeconds, 3));
        writer.WriteNumber("noDataAfter", Math.Round(value.NoDataAfter.TotalSeconds, 3));
    }

    private static void WriteDevice(Utf8JsonWriter writer, DeviceSummary device, bool withPosition)
    {
        writer.WriteString("id", device.Id);
        writer.WriteString("kind", device.Kind);
        writer.WriteString("state", NameOf(device.State));
        writer.WriteString("gateway", device.Gateway);
        writer.WriteString("ts", device.LastTime is { } time ? Times.Write(time) : null);
        writer.WriteNumber("staleAfter", Math.Round(device.StaleAfter.TotalSeconds, 3));
        writer.WriteNumber("noDataAfter", Math.Round(device.NoDataAfter.TotalSeconds, 3));
        if (withPosition && device.Position is { } position)
        {
            writer.WriteNumber("lat", position.Latitude);
            writer.WriteNumber("lon", position.Longitude);
        }
        writer.WriteStartArray("metrics");
        foreach (var metric in device.Metrics) writer.WriteStringValue(metric);
        writer.WriteEndArray();
    }
}
