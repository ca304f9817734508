using System.Globalization;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
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
        app = app.MapGroup("").WithTags("Operations");
        // Every process has them; they are no part of the API.
        app.MapGroup("").Public().ExcludeFromDescription().MapHealth();
        app.MapGroup("").NeedsFromElsewhere(Rights.Read).ExcludeFromDescription().MapMetrics();
        app.MapGet("/audit", async (HttpContext context, CloudAudit audit, ServerOptions options, CancellationToken cancellationToken) =>
        {
            context.Response.Headers.Vary = "Accept";
            var shows = await GatewaysShownAsync(context);
            if (DashboardServices.WantsPage(context.Request)) return await DashboardServices.AuditPageAsync(context, options.DuckDb.CityZone, shows);
            return await audit.LookAsync(cancellationToken) is { } look
                ? Results.Json(new AuditBooks(look.At, look.Trouble is null, look.Trouble, shows is null ? look.Items : [.. look.Items.Where(terms => shows(terms.Gateway))]))
                : Problems.Of(ProblemKinds.Unavailable, new Sentence("say.counts"));
        }).Needs(Rights.Read).ByArea().WithName("GetAudit").WithSummary("The books: where every value is, by gateway and lane.").Answers<AuditBooks>().AlsoAnswers("text/html", "<!DOCTYPE html>…").MayFail(ProblemKinds.Unavailable);
        app.MapGet("/api/v1/completeness", CompletenessAsync).Needs(Rights.Read).ByArea().WithName("GetCompleteness").WithSummary("Which numbers came from gateways, which never will, and why.")
            .Takes("gateway", "Only this gateway's.", "g1").Takes("from", "Numbers found missing from then on: RFC 3339, or a date of the city.", "2026-11-24").Takes("to", "Lanes that began before, and numbers found missing before.", "2026-11-25")
            .InPages(Paging.Write("g1", "telemetry", 1795485689980000, 7), LaneHoursMax, 1_000).Answers<Page<CompletenessEntry>>().MayFail(ProblemKinds.Missing);
        app.MapGet("/api/v1/completeness/certificates", CertificatesAsync).Needs(Rights.Read).ByArea().WithName("GetCertificates").WithSummary("Signed certificates of what came within hours.")
            .Takes("gateway", "Only this gateway's.", "g1").Takes("from", "Hours that begin then or later: RFC 3339, or a date of the city; the last 24 hours where left out.", "2026-11-24").Takes("to", "Hours that begin before.", "2026-11-25")
            .InPages(Paging.Write("g1", 1795485600000000), 1_000, 200).Answers<Page<HourCertificate>>().MayFail(ProblemKinds.Missing);
        app.MapGet("/api/v1/completeness/key", (CompletenessCertificates certificates) => Results.Text(certificates.PublicKey, "application/x-pem-file")).Public()
            .WithName("GetCertificateKey").WithSummary("The public key by which certificates are checked.").AlsoAnswers("application/x-pem-file", "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n");
        app.MapGet("/api/v1/gateways", async (HttpContext context, GatewayDirectory gateways, DurableLog log) =>
        {
            var (parameters, shows) = (new Parameters(context.Request.Query), await GatewaysShownAsync(context));
            var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(1_000, 1_000));
            return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, Gateways(gateways, log, shows).Where(gateway => after is null || string.CompareOrdinal(gateway.Gateway, after) > 0), limit, gateway => [gateway.Gateway]));
        }).Needs(Rights.Read).ByArea().WithName("GetGateways").WithSummary("Gateways that have ever sent, and what is known of them.").InPages(Paging.Write("g1"), 1_000, 1_000).Answers<Page<GatewayEntry>>();
        app.MapGet("/api/v1/dead-letters", (HttpContext context, DurableLog log) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (after, limit) = (parameters.CursorNumber(), parameters.Limit(10_000, 100));
            return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, DeadLetters.Read(log, context.OwnView(), after ?? 0, limit + 1).Select(DeadLetterEntry.Of), limit, letter => [letter.Id]));
        }).Needs(Rights.Operate).ByArea().WithName("GetDeadLetters").WithSummary("Values set aside, the oldest first.").InPages(Paging.Write(7), 10_000, 100).Answers<Page<DeadLetterEntry>>();
        app.MapGet("/api/v1/dead-letters/{id:long}", (HttpContext context, DurableLog log, long id) => DeadLetters.Find(log, context.OwnView(), id) is { } letter ? Answer.Of(DeadLetterEntry.Of(letter)) : NoLetter(id))
            .Needs(Rights.Operate).ByArea().WithName("GetDeadLetter").WithSummary("A value set aside.").Answers<DeadLetterEntry>().MayFail(ProblemKinds.Missing);
        app.MapPost("/api/v1/dead-letters/{id:long}/resubmit", async (HttpContext context, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.ResubmitAsync(context, id, cancellationToken) is { } outcome ? Results.Json(outcome) : NoLetter(id))
            .Needs(Rights.Operate).ByArea().WithName("ResubmitDeadLetter").WithSummary("Sends a value set aside to the stores again.").Answers<ResubmitOutcome>().MayFail(ProblemKinds.Missing);
        app.MapDelete("/api/v1/dead-letters/{id:long}", async (HttpContext context, DeadLetters letters, long id, CancellationToken cancellationToken) =>
            await letters.DiscardAsync(context, id, cancellationToken) ? Results.NoContent() : NoLetter(id))
            .Needs(Rights.Operate).ByArea().WithName("DiscardDeadLetter").WithSummary("Drops a value set aside for good; it stays counted.").AnswersNothing().MayFail(ProblemKinds.Missing);
    }

    /// <summary>Which gateways a caller may see; null = all.</summary>
    private static async Task<Func<string, bool>?> GatewaysShownAsync(HttpContext context) =>
        context.ReadView() is { IsWhole: false } view ? await view.GatewaysAsync(context.RequestServices.GetRequiredService<SilenceConsumer>()) : null;

    private static ProblemAnswer NoLetter(long id) => Problems.Missing(new Sentence("say.dead-letter", id.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Those seen since the start with all that is known of them, and those that only the log remembers.</summary>
    private static IEnumerable<GatewayEntry> Gateways(GatewayDirectory gateways, DurableLog log, Func<string, bool>? shows)
    {
        var seen = gateways.All().Where(state => shows?.Invoke(state.Gateway) != false).ToList();
        var remembered = log.Gateways().Where(id => id != LogImporter.Gateway && shows?.Invoke(id) != false).Except(seen.Select(state => state.Gateway)).Select(id => new GatewayEntry(id, false));
        return seen.Select(GatewayEntry.Of).Concat(remembered).OrderBy(gateway => gateway.Gateway, StringComparer.Ordinal);
    }

    /// <summary>Completeness as the contract writes it.</summary>
    public static IEnumerable<CompletenessEntry> CompletenessOf(IEnumerable<Log.Completeness> lanes) => lanes.Select(lane => new CompletenessEntry(
        lane.Gateway, Lanes.NameOf(lane.Lane), lane.Epoch.ToString(CultureInfo.InvariantCulture), lane.First, lane.Last, lane.Received, UnixMicros.ToTime(lane.Since),
        [.. lane.Missing.Select(range => new MissingEntry(range.First, range.Last, range.Reason.ToString().ToLowerInvariant(), UnixMicros.ToTime(range.Recorded)))]));

    private static async Task<IResult> CompletenessAsync(HttpContext context, DurableLog log, ServerOptions options)
    {
        var (parameters, shows) = (new Parameters(context.Request.Query), await GatewaysShownAsync(context));
        var (gateway, from, to) = RangeOf(parameters, options);
        var (after, limit) = (parameters.Cursor(4), parameters.Limit(LaneHoursMax, 1_000));
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !Known(log, shows).Contains(gateway)) return NoGateway(gateway, Known(log, shows));
        var page = Paging.Of(context.Request, log.Completeness(gateway, from, to).Where(lane => shows?.Invoke(lane.Gateway) != false).Where(lane => after is null || IsAfter(lane, after)), limit, lane => [lane.Gateway, Lanes.NameOf(lane.Lane), lane.Since, lane.Epoch]);
        return Answer.Of(new Page<CompletenessEntry>([.. CompletenessOf(page.Items)], page.Next));
    }

    private static async Task<IResult> CertificatesAsync(HttpContext context, DurableLog log, CompletenessCertificates certificates, ServerOptions options, TimeProvider clock)
    {
        var (parameters, shows) = (new Parameters(context.Request.Query), await GatewaysShownAsync(context));
        var (gateway, from, to) = RangeOf(parameters, options);
        var (after, limit) = (parameters.Cursor(2), parameters.Limit(1_000, 200));
        if (parameters.Problem() is { } problem) return problem;
        if (gateway is not null && !Known(log, shows).Contains(gateway)) return NoGateway(gateway, Known(log, shows));
        var key = after is [var last, var hour] && long.TryParse(hour, CultureInfo.InvariantCulture, out var micros) ? (last, micros) : ((string, long)?)null;
        // Without a tag: each time it is signed the signature is another.
        return Results.Json(Paging.Of(context.Request, CertificatesOf(log, certificates, clock.GetUtcNow(), gateway, from, to, key, limit + 1, shows), limit, certificate => [certificate.Gateway, UnixMicros.From(certificate.Hour)]));
    }

    /// <summary>Whether a lane and epoch comes after a key in the log's order: by gateway, urgency, age and epoch.</summary>
    private static bool IsAfter(Log.Completeness lane, IReadOnlyList<string> key)
    {
        var order = string.CompareOrdinal(lane.Gateway, key[0]);
        if (order == 0) order = (Lanes.Parse(key[1]) ?? Lane.Telemetry).CompareTo(lane.Lane);
        if (order == 0) order = lane.Since.CompareTo(long.TryParse(key[2], CultureInfo.InvariantCulture, out var since) ? since : 0);
        if (order == 0) order = unchecked((long)lane.Epoch).CompareTo(unchecked((long)(ulong.TryParse(key[3], CultureInfo.InvariantCulture, out var epoch) ? epoch : 0)));
        return order > 0;
    }

    private static (string? Gateway, long? From, long? To) RangeOf(Parameters parameters, ServerOptions options)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);
        return (parameters.Text("gateway"), parameters.Time("from", zone), parameters.Time("to", zone));
    }

    private static IEnumerable<string> Known(DurableLog log, Func<string, bool>? shows) => log.Gateways().Where(gateway => shows?.Invoke(gateway) != false);

    private static ProblemAnswer NoGateway(string gateway, IEnumerable<string> known) => Problems.Missing(new Sentence("say.gateway", gateway).Then(Parameters.Meant(gateway, known)));

    /// <summary>Certificates of a range, by gateway and hour; without a begin, of the last 24 hours.</summary>
    /// <param name="log">Of which they tell.</param>
    /// <param name="certificates">Who signs.</param>
    /// <param name="now">The present time.</param>
    /// <param name="gateway">Only this gateway's; null = all.</param>
    /// <param name="from">Hours that begin then or later, µs since 1970 UTC.</param>
    /// <param name="to">Hours that begin before.</param>
    /// <param name="after">Gateway and hour of the last one before; null = from the first.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="shows">Which gateways the caller may see; null = all.</param>
    public static IReadOnlyList<HourCertificate> CertificatesOf(
        DurableLog log, CompletenessCertificates certificates, DateTimeOffset now, string? gateway, long? from, long? to, (string Gateway, long Hour)? after = null, int limit = int.MaxValue, Func<string, bool>? shows = null)
    {
        var issued = new List<HourCertificate>();
        while (true)
        {
            var hours = log.Hours(gateway, from ?? UnixMicros.From(now - TimeSpan.FromHours(24)), to ?? long.MaxValue, LaneHoursMax, after);
            var isRest = hours.Count < LaneHoursMax;
            // An hour's lanes and epochs are certified together, so that one which was cut off waits for the next round.
            var whole = isRest ? hours : [.. hours.TakeWhile(hour => hour.Gateway != hours[^1].Gateway || hour.Hour != hours[^1].Hour)];
            issued.AddRange(certificates.Issue(shows is null ? whole : [.. whole.Where(hour => shows(hour.Gateway))], now));
            if (isRest || issued.Count >= limit || whole.Count == 0) return issued.Count > limit ? issued.GetRange(0, limit) : issued;
            after = (whole[^1].Gateway, whole[^1].Hour);
        }
    }
}
