using System.Globalization;
using System.Text;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Health, metrics, audit, completeness and dead letters over HTTP.</summary>
internal static class OperationsEndpoints
{
    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Json(new { status = "ok" }));
        app.MapGet("/health/ready", Ready);
        app.MapGet("/metrics", Metrics);
        app.MapGet("/audit", async (CloudAudit audit, CancellationToken cancellationToken) =>
            await audit.TakeAsync(cancellationToken) is { } terms
                ? Results.Json(new { items = terms })
                : Results.Problem("A store is not open yet, so its counts are not known. See /health/ready.", statusCode: StatusCodes.Status503ServiceUnavailable));
        app.MapGet("/api/v1/completeness", Completeness);
        app.MapGet("/api/v1/gateways", (GatewayDirectory gateways) => Results.Json(new { items = gateways.All() }));
        app.MapGet("/api/v1/dead-letters", (DurableLog log, long? after, int? limit) => limit is < 1 or > 10_000
            ? Results.Problem("limit must be 1 to 10,000.", statusCode: StatusCodes.Status400BadRequest)
            : Results.Json(new { items = log.DeadLetters(after ?? 0, limit ?? 100) }));
        app.MapGet("/api/v1/dead-letters/{id:long}", (DurableLog log, long id) => log.DeadLetters(id - 1, 1) is [var letter] && letter.Id == id
            ? Results.Json(letter)
            : Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound));
        app.MapDelete("/api/v1/dead-letters/{id:long}", async (HttpContext context, DurableLog log, long id, CancellationToken cancellationToken) =>
            !Surface.IsAdmin(context) ? Results.Problem("Only by the operator's command: smartcity dead-letter discard.", statusCode: StatusCodes.Status403Forbidden)
            : await log.DiscardDeadLettersAsync(id, cancellationToken) == 0 ? Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound)
            : Results.NoContent());
    }

    private static IResult Ready(DurableLog log, IServiceProvider services)
    {
        var parts = new List<HealthPart> { new("log", !log.Broken.IsFaulted && log.Room > 0, log.Broken.IsFaulted ? "the disk failed" : log.IsFull ? "the volume is full" : log.Room == 0 ? "at its quota" : null) };
        foreach (var consumer in services.GetServices<LogConsumer>())
            parts.Add(new HealthPart(consumer.Name, consumer.Trouble is null && consumer.Offset >= 0, consumer.Trouble ?? (consumer.Offset < 0 ? "opening its store" : null)));
        if (services.GetService<ReadingConsumer>() is null) parts.Add(new HealthPart("readings", false, "no store of readings is configured; values stay in the log"));
        var ready = parts.All(part => part.Ok);
        return Results.Json(new { status = ready ? "ok" : "not ready", parts }, statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Completeness as the contract writes it.</summary>
    public static object CompletenessOf(DurableLog log, string? gateway, long? from, long? to) => new
    {
        items = log.Completeness(gateway, from, to).Select(lane => new
        {
            lane.Gateway, lane = Lanes.NameOf(lane.Lane), epoch = lane.Epoch.ToString(CultureInfo.InvariantCulture), lane.First, lane.Last, lane.Received,
            since = UnixMicros.ToTime(lane.Since),
            missing = lane.Missing.Select(range => new { range.First, range.Last, reason = range.Reason.ToString().ToLowerInvariant(), recorded = UnixMicros.ToTime(range.Recorded) }),
        }),
    };

    private static IResult Completeness(DurableLog log, string? gateway, string? from, string? to)
    {
        if (!TryTime(from, out var first) || !TryTime(to, out var last))
            return Results.Problem("from and to must be RFC 3339 times, e.g. 2026-11-24T06:00:00Z.", statusCode: StatusCodes.Status400BadRequest);
        if (gateway is not null && !log.Gateways().Contains(gateway)) return Results.Problem($"No gateway {gateway} has ever sent.", statusCode: StatusCodes.Status404NotFound);
        return Results.Json(CompletenessOf(log, gateway, first, last));
    }

    private static bool TryTime(string? text, out long? micros)
    {
        micros = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        micros = UnixMicros.From(time);
        return true;
    }

    private static IResult Metrics(DurableLog log, IngestCounters ingest, GatewayDirectory gateways, IServiceProvider services)
    {
        var text = new StringBuilder();
        Write("smartcity_log_end_offset", "counter", log.End);
        Write("smartcity_log_bytes", "gauge", log.Bytes);
        Write("smartcity_log_room_bytes", "gauge", log.Room);
        Write("smartcity_series", "gauge", log.Series.Count);
        Write("smartcity_ingest_batches_total", "counter", ingest.Batches);
        Write("smartcity_ingest_values_total", "counter", ingest.Values);
        Write("smartcity_ingest_column_bytes_total", "counter", ingest.Bytes);
        Write("smartcity_ingest_repeated_values_total", "counter", ingest.Duplicates);
        Write("smartcity_ingest_refused_streams_total", "counter", ingest.Refused);
        Write("smartcity_ingest_refused_certificates_total", "counter", ingest.CertificatesRefused);
        Write("smartcity_gateways_connected", "gauge", gateways.All().Count(gateway => gateway.Connected));
        foreach (var consumer in services.GetServices<LogConsumer>())
        {
            Write($"smartcity_consumer_lag_values{{consumer=\"{consumer.Name}\"}}", "gauge", consumer.Lag);
            Write($"smartcity_consumer_age_seconds{{consumer=\"{consumer.Name}\"}}", "gauge", consumer.Age().TotalSeconds);
        }
        return Results.Text(text.ToString(), "text/plain; version=0.0.4");

        void Write(string name, string type, double value)
        {
            var bare = name.IndexOf('{', StringComparison.Ordinal) is var brace and >= 0 ? name[..brace] : name;
            if (!text.ToString().Contains($"# TYPE {bare} ", StringComparison.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"# TYPE {bare} {type}\n");
            text.Append(CultureInfo.InvariantCulture, $"{name} {value:R}\n");
        }
    }

    private sealed record HealthPart(string Part, bool Ok, string? Reason);
}
