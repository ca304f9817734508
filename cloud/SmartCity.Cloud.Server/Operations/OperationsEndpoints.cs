using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>Health, metrics, audit, completeness, gateways and dead letters over HTTP.</summary>
internal static class OperationsEndpoints
{
    /// <summary>Lanes and hours that one answer certifies.</summary>
    private const int LaneHoursMax = 10_000;

    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        app.MapGroup("").Public().MapHealth();
        app.MapGroup("").NeedsFromElsewhere(Rights.Read).MapMetrics();
        app.MapGet("/audit", async (HttpContext context, CloudAudit audit, ServerOptions options, CancellationToken cancellationToken) =>
        {
            context.Response.Headers.Vary = "Accept";
            if (DashboardServices.WantsPage(context.Request)) return await DashboardServices.AuditPageAsync(context, options.DuckDb.CityZone);
            return await audit.LookAsync(cancellationToken) is { } look
                ? Results.Json(new { at = look.At, current = look.Trouble is null, reason = look.Trouble, items = look.Items })
                : Results.Problem("A store is not open yet or does not answer, so its counts are not known. See /health/ready.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness", Completeness).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness/certificates", Certificates).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness/key", (CompletenessCertificates certificates) => Results.Text(certificates.PublicKey, "application/x-pem-file")).Public();
        app.MapGet("/api/v1/gateways", (GatewayDirectory gateways, DurableLog log) => Results.Json(new { items = Gateways(gateways, log) })).Needs(Rights.Read);
        app.MapGet("/api/v1/dead-letters", (DurableLog log, long? after, int? limit) => limit is < 1 or > 10_000
            ? Results.Problem("limit must be 1 to 10,000.", statusCode: StatusCodes.Status400BadRequest)
            : Results.Json(new { items = log.DeadLetters(after ?? 0, limit ?? 100) })).Needs(Rights.Operate);
        app.MapGet("/api/v1/dead-letters/{id:long}", (DurableLog log, long id) => log.DeadLetters(id - 1, 1) is [var letter] && letter.Id == id
            ? Results.Json(letter)
            : Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound)).Needs(Rights.Operate);
        app.MapPost("/api/v1/dead-letters/{id:long}/resubmit", async (HttpContext context, DurableLog log, AuditLog audit, long id, CancellationToken cancellationToken) =>
        {
            if (log.DeadLetters(id - 1, 1) is not [var letter] || letter.Id != id) return Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound);
            audit.Write(context.ActorOf(), "dead-letter.resubmit", id.ToString(CultureInfo.InvariantCulture), null, null);
            return await log.ResubmitAsync(id, cancellationToken) is { } outcome ? Results.Json(outcome) : Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound);
        }).Needs(Rights.Operate);
        app.MapDelete("/api/v1/dead-letters/{id:long}", async (HttpContext context, DurableLog log, AuditLog audit, long id, CancellationToken cancellationToken) =>
        {
            if (log.DeadLetters(id - 1, 1) is not [var letter] || letter.Id != id) return Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound);
            audit.Write(context.ActorOf(), "dead-letter.discard", id.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(letter, JsonSerializerOptions.Web), null);
            return await log.DiscardDeadLettersAsync(id, cancellationToken) == 0 ? Results.Problem($"There is no dead letter {id}.", statusCode: StatusCodes.Status404NotFound) : Results.NoContent();
        }).Needs(Rights.Operate);
    }

    /// <summary>Those seen since the start with all that is known of them, and those that only the log remembers.</summary>
    private static IEnumerable<object> Gateways(GatewayDirectory gateways, DurableLog log)
    {
        var seen = gateways.All();
        var remembered = log.Gateways().Where(id => id != LogImporter.Gateway).Except(seen.Select(state => state.Gateway)).Select(id => (Id: id, State: (object)new { gateway = id, connected = false }));
        return seen.Select(state => (Id: state.Gateway, State: (object)state)).Concat(remembered).OrderBy(gateway => gateway.Id, StringComparer.Ordinal).Select(gateway => gateway.State);
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

    private static IResult Certificates(DurableLog log, CompletenessCertificates certificates, TimeProvider clock, string? gateway, string? from, string? to, int? limit)
    {
        if (!TryTime(from, out var first) || !TryTime(to, out var last))
            return Results.Problem("from and to must be RFC 3339 times, e.g. 2026-11-24T06:00:00Z.", statusCode: StatusCodes.Status400BadRequest);
        if (limit is < 1 or > LaneHoursMax) return Results.Problem($"limit must be 1 to {LaneHoursMax}.", statusCode: StatusCodes.Status400BadRequest);
        if (gateway is not null && !log.Gateways().Contains(gateway)) return Results.Problem($"No gateway {gateway} has ever sent.", statusCode: StatusCodes.Status404NotFound);
        var (items, more) = CertificatesOf(log, certificates, clock.GetUtcNow(), gateway, first, last, limit ?? LaneHoursMax);
        return more
            ? Results.Problem($"More than {limit ?? LaneHoursMax} lanes and hours lie there. Ask for one gateway, or for less time.", statusCode: StatusCodes.Status422UnprocessableEntity)
            : Results.Json(new { items });
    }

    /// <summary>Certificates of a range; without a begin, of the last 24 hours.</summary>
    public static (IReadOnlyList<HourCertificate> Items, bool More) CertificatesOf(DurableLog log, CompletenessCertificates certificates, DateTimeOffset now, string? gateway, long? from, long? to, int limit = LaneHoursMax)
    {
        var hours = log.Hours(gateway, from ?? UnixMicros.From(now - TimeSpan.FromHours(24)), to ?? long.MaxValue, limit + 1);
        return hours.Count > limit ? ([], true) : (certificates.Issue(hours, now), false);
    }

    private static bool TryTime(string? text, out long? micros)
    {
        micros = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        micros = UnixMicros.From(time);
        return true;
    }
}
