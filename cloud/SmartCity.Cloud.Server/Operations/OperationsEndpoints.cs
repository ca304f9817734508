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
using SmartCity.Cloud.Server.Silence;
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
            var shows = await GatewaysShownAsync(context);
            if (DashboardServices.WantsPage(context.Request)) return await DashboardServices.AuditPageAsync(context, options.DuckDb.CityZone, shows);
            return await audit.LookAsync(cancellationToken) is { } look
                ? Results.Json(new { at = look.At, current = look.Trouble is null, reason = look.Trouble, items = shows is null ? look.Items : look.Items.Where(terms => shows(terms.Gateway)) })
                : Problems.Of(ProblemKinds.Unavailable, new Sentence("say.counts"));
        }).Needs(Rights.Read).ByArea();
        app.MapGet("/api/v1/completeness", CompletenessAsync).Needs(Rights.Read).ByArea();
        app.MapGet("/api/v1/completeness/certificates", CertificatesAsync).Needs(Rights.Read).ByArea();
        app.MapGet("/api/v1/completeness/key", (CompletenessCertificates certificates) => Results.Text(certificates.PublicKey, "application/x-pem-file")).Public();
        app.MapGet("/api/v1/gateways", async (HttpContext context, GatewayDirectory gateways, DurableLog log) => Results.Json(new { items = Gateways(gateways, log, await GatewaysShownAsync(context)) })).Needs(Rights.Read).ByArea();
        app.MapGet("/api/v1/dead-letters", (HttpContext context, DurableLog log) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (after, limit) = (parameters.Whole("after", 0, int.MaxValue), parameters.Whole("limit", 1, 10_000));
            return parameters.Problem() ?? Results.Json(new { items = DeadLetters.Read(log, context.OwnView(), after ?? 0, limit ?? 100) });
        }).Needs(Rights.Operate).ByArea();
        app.MapGet("/api/v1/dead-letters/{id:long}", (HttpContext context, DurableLog log, long id) => DeadLetters.Find(log, context.OwnView(), id) is { } letter
            ? Results.Json(letter)
            : NoLetter(id)).Needs(Rights.Operate).ByArea();
        app.MapPost("/api/v1/dead-letters/{id:long}/resubmit", async (HttpContext context, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.ResubmitAsync(context, id, cancellationToken) is { } outcome ? Results.Json(outcome) : NoLetter(id)).Needs(Rights.Operate).ByArea();
        app.MapDelete("/api/v1/dead-letters/{id:long}", async (HttpContext context, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.DiscardAsync(context, id, cancellationToken) ? Results.NoContent() : NoLetter(id)).Needs(Rights.Operate).ByArea();
    }

    /// <summary>Which gateways a caller may see; null = all.</summary>
    private static async Task<Func<string, bool>?> GatewaysShownAsync(HttpContext context) =>
        context.ReadView() is { IsWhole: false } view ? await view.GatewaysAsync(context.RequestServices.GetRequiredService<SilenceConsumer>()) : null;

    private static ProblemAnswer NoLetter(long id) => Problems.Missing(new Sentence("say.dead-letter", id.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Those seen since the start with all that is known of them, and those that only the log remembers.</summary>
    private static IEnumerable<object> Gateways(GatewayDirectory gateways, DurableLog log, Func<string, bool>? shows)
    {
        var seen = gateways.All().Where(state => shows?.Invoke(state.Gateway) != false).ToList();
        var remembered = log.Gateways().Where(id => id != LogImporter.Gateway && shows?.Invoke(id) != false).Except(seen.Select(state => state.Gateway)).Select(id => (Id: id, State: (object)new { gateway = id, connected = false }));
        return seen.Select(state => (Id: state.Gateway, State: (object)state)).Concat(remembered).OrderBy(gateway => gateway.Id, StringComparer.Ordinal).Select(gateway => gateway.State);
    }

    /// <summary>Completeness as the contract writes it.</summary>
    public static object CompletenessOf(DurableLog log, string? gateway, long? from, long? to, Func<string, bool>? shows = null) => new
    {
        items = log.Completeness(gateway, from, to).Where(lane => shows?.Invoke(lane.Gateway) != false).Select(lane => new
        {
            lane.Gateway, lane = Lanes.NameOf(lane.Lane), epoch = lane.Epoch.ToString(CultureInfo.InvariantCulture), lane.First, lane.Last, lane.Received,
            since = UnixMicros.ToTime(lane.Since),
            missing = lane.Missing.Select(range => new { range.First, range.Last, reason = range.Reason.ToString().ToLowerInvariant(), recorded = UnixMicros.ToTime(range.Recorded) }),
        }),
    };

    private static async Task<IResult> CompletenessAsync(HttpContext context, DurableLog log, ServerOptions options)
    {
        var (parameters, shows) = (new Parameters(context.Request.Query), await GatewaysShownAsync(context));
        var (gateway, from, to) = RangeOf(parameters, options);
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !Known(log, shows).Contains(gateway)) return NoGateway(gateway, Known(log, shows));
        return Results.Json(CompletenessOf(log, gateway, from, to, shows));
    }

    private static async Task<IResult> CertificatesAsync(HttpContext context, DurableLog log, CompletenessCertificates certificates, ServerOptions options, TimeProvider clock)
    {
        var (parameters, shows) = (new Parameters(context.Request.Query), await GatewaysShownAsync(context));
        var (gateway, from, to) = RangeOf(parameters, options);
        var limit = parameters.Whole("limit", 1, LaneHoursMax) ?? LaneHoursMax;
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !Known(log, shows).Contains(gateway)) return NoGateway(gateway, Known(log, shows));
        var (items, more) = CertificatesOf(log, certificates, clock.GetUtcNow(), gateway, from, to, limit);
        items = shows is null ? items : [.. items.Where(certificate => shows(certificate.Gateway))];
        return more ? Problems.Of(ProblemKinds.TooMuch, new Sentence("say.certificates", limit)) : Results.Json(new { items });
    }

    private static (string? Gateway, long? From, long? To) RangeOf(Parameters parameters, ServerOptions options)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);
        return (parameters.Text("gateway"), parameters.Time("from", zone), parameters.Time("to", zone));
    }

    private static IEnumerable<string> Known(DurableLog log, Func<string, bool>? shows) => log.Gateways().Where(gateway => shows?.Invoke(gateway) != false);

    private static ProblemAnswer NoGateway(string gateway, IEnumerable<string> known) => Problems.Missing(new Sentence("say.gateway", gateway).Then(Parameters.Meant(gateway, known)));

    /// <summary>Certificates of a range; without a begin, of the last 24 hours.</summary>
    public static (IReadOnlyList<HourCertificate> Items, bool More) CertificatesOf(DurableLog log, CompletenessCertificates certificates, DateTimeOffset now, string? gateway, long? from, long? to, int limit = LaneHoursMax)
    {
        var hours = log.Hours(gateway, from ?? UnixMicros.From(now - TimeSpan.FromHours(24)), to ?? long.MaxValue, limit + 1);
        return hours.Count > limit ? ([], true) : (certificates.Issue(hours, now), false);
    }
}
