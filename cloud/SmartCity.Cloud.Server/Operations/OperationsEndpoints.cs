using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
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
                : Problems.Of(ProblemKinds.Unavailable, new Sentence("say.counts"));
        }).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness", Completeness).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness/certificates", Certificates).Needs(Rights.Read);
        app.MapGet("/api/v1/completeness/key", (CompletenessCertificates certificates) => Results.Text(certificates.PublicKey, "application/x-pem-file")).Public();
        app.MapGet("/api/v1/gateways", (GatewayDirectory gateways, DurableLog log) => Results.Json(new { items = Gateways(gateways, log) })).Needs(Rights.Read);
        app.MapGet("/api/v1/dead-letters", (HttpRequest request, DurableLog log) =>
        {
            var parameters = new Parameters(request.Query);
            var (after, limit) = (parameters.Whole("after", 0, int.MaxValue), parameters.Whole("limit", 1, 10_000));
            return parameters.Problem() ?? Results.Json(new { items = log.DeadLetters(after ?? 0, limit ?? 100) });
        }).Needs(Rights.Operate);
        app.MapGet("/api/v1/dead-letters/{id:long}", (DurableLog log, long id) => log.DeadLetters(id - 1, 1) is [var letter] && letter.Id == id
            ? Results.Json(letter)
            : NoLetter(id)).Needs(Rights.Operate);
        app.MapPost("/api/v1/dead-letters/{id:long}/resubmit", async (HttpContext context, DurableLog log, AuditLog audit, long id, CancellationToken cancellationToken) =>
        {
            if (log.DeadLetters(id - 1, 1) is not [var letter] || letter.Id != id) return NoLetter(id);
            audit.Write(context.ActorOf(), "dead-letter.resubmit", id.ToString(CultureInfo.InvariantCulture), null, null);
            return await log.ResubmitAsync(id, cancellationToken) is { } outcome ? Results.Json(outcome) : NoLetter(id);
        }).Needs(Rights.Operate);
        app.MapDelete("/api/v1/dead-letters/{id:long}", async (HttpContext context, DurableLog log, AuditLog audit, long id, CancellationToken cancellationToken) =>
        {
            if (log.DeadLetters(id - 1, 1) is not [var letter] || letter.Id != id) return NoLetter(id);
            audit.Write(context.ActorOf(), "dead-letter.discard", id.ToString(CultureInfo.InvariantCulture), JsonSerializer.Serialize(letter, JsonSerializerOptions.Web), null);
            return await log.DiscardDeadLettersAsync(id, cancellationToken) == 0 ? NoLetter(id) : Results.NoContent();
        }).Needs(Rights.Operate);
    }

    private static ProblemAnswer NoLetter(long id) => Problems.Missing(new Sentence("say.dead-letter", id.ToString(CultureInfo.InvariantCulture)));

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

    private static IResult Completeness(HttpRequest request, DurableLog log, ServerOptions options)
    {
        var parameters = new Parameters(request.Query);
        var (gateway, from, to) = RangeOf(parameters, options);
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !log.Gateways().Contains(gateway)) return NoGateway(gateway, log);
        return Results.Json(CompletenessOf(log, gateway, from, to));
    }

    private static IResult Certificates(HttpRequest request, DurableLog log, CompletenessCertificates certificates, ServerOptions options, TimeProvider clock)
    {
        var parameters = new Parameters(request.Query);
        var (gateway, from, to) = RangeOf(parameters, options);
        var limit = parameters.Whole("limit", 1, LaneHoursMax) ?? LaneHoursMax;
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !log.Gateways().Contains(gateway)) return NoGateway(gateway, log);
        var (items, more) = CertificatesOf(log, certificates, clock.GetUtcNow(), gateway, from, to, limit);
        return more ? Problems.Of(ProblemKinds.TooMuch, new Sentence("say.certificates", limit)) : Results.Json(new { items });
    }

    private static (string? Gateway, long? From, long? To) RangeOf(Parameters parameters, ServerOptions options)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);
        return (parameters.Text("gateway"), parameters.Time("from", zone), parameters.Time("to", zone));
    }

    private static ProblemAnswer NoGateway(string gateway, DurableLog log) => Problems.Missing(new Sentence("say.gateway", gateway).Then(Parameters.Meant(gateway, log.Gateways())));

    /// <summary>Certificates of a range; without a begin, of the last 24 hours.</summary>
    public static (IReadOnlyList<HourCertificate> Items, bool More) CertificatesOf(DurableLog log, CompletenessCertificates certificates, DateTimeOffset now, string? gateway, long? from, long? to, int limit = LaneHoursMax)
    {
        var hours = log.Hours(gateway, from ?? UnixMicros.From(now - TimeSpan.FromHours(24)), to ?? long.MaxValue, limit + 1);
        return hours.Count > limit ? ([], true) : (certificates.Issue(hours, now), false);
    }
}
