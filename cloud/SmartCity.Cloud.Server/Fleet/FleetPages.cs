using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Twins;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Fleet.Twins;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The pages of gateways: all, and one. Forms post to their page and are answered with it.</summary>
internal static class FleetPages
{
    private const int RowsOfPage = 200;

    public static void MapFleetPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/gateways").ExcludeFromDescription();
        var forms = pages.MapGroup("").AnsweredBy("/gateways");
        pages.MapGet("", (HttpContext context, string? after, string? search) => All(context, zone, after: after, search: search)).Needs(Rights.Fleet).ByArea();
        pages.MapGet("/{id}", (HttpContext context, string id) => One(context, zone, id)).Needs(Rights.Fleet).ByArea();
        forms.MapPost("/code", async (HttpContext context, FleetDesk desk) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Try(context, () => Make(context, desk, form["gateway"].ToString().Trim(), form["kind"]), error => All(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity),
                made => All(context, zone, model => model with { Made = made }));
        }).Needs(Rights.Administer);
        forms.MapPost("/claim", async (HttpContext context, FleetDesk desk) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var id = form["box"].ToString().Trim();
            if (Beyond(context, id) is { } beyond) return beyond;
            return Try(context, () => desk.Vouch(context.ActorOf(), EnrolEndpoints.Counted(context.Connection.RemoteIpAddress), id, form["secret"]), error => All(context, zone, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity),
                wait => wait > TimeSpan.Zero ? FleetEndpoints.TooSoon(wait) : All(context, zone, model => model with { Notice = model.Page.Words["fleet.vouched", id] }));
        }).Needs(Rights.Fleet).ByArea();
        forms.MapPost("/{id}/code", async (HttpContext context, FleetDesk desk, string id) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Try(context, () => Make(context, desk, id, form["kind"]), error => One(context, zone, id, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity), made => One(context, zone, id, model => model with { Made = made }));
        }).Needs(Rights.Administer);
        forms.MapPost("/{id}/claim-back", (HttpContext context, FleetDesk desk, string id) => Beyond(context, id) ?? Try(context,
            () => { desk.TakeBack(context.ActorOf(), id); return id; }, error => One(context, zone, id, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity),
            _ => One(context, zone, id, model => model with { Notice = model.Page.Words["fleet.back.done", id] }))).Needs(Rights.Fleet).ByArea();
        forms.MapTwinForms((context, id, change, status) => One(context, zone, id, change, status));
        forms.MapPost("/{id}/revoke", async (HttpContext context, FleetDesk desk, string id) =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            return Try(context, () => { desk.Revoke(context.ActorOf(), id, form["reason"]); return id; }, error => One(context, zone, id, model => model with { Error = error }, StatusCodes.Status422UnprocessableEntity),
                _ => One(context, zone, id, model => model with { Notice = model.Page.Words["fleet.revoked", id] }));
        }).Needs(Rights.Administer);
    }

    private static ProblemAnswer? Beyond(HttpContext context, string id) => context.RequestServices.GetRequiredService<GatewayRoster>().Shows(id, context.CallerOf().Areas) ? null
        : Problems.Of(ProblemKinds.Area, new Sentence("say.area.gateway", id, string.Join(", ", context.CallerOf().Areas)));

    private static MadeSecretView Make(HttpContext context, FleetDesk desk, string id, string? kind)
    {
        var made = desk.Make(context.ActorOf(), id, kind == "claim" ? SecretKind.Claim : SecretKind.Code);
        // Whoever made it by HTTPS reaches the server by the address that a gateway needs too; by the port of this machine alone nobody does.
        var options = context.RequestServices.GetRequiredService<Operations.ServerOptions>();
        var host = context.Request.IsHttps ? context.Request.Host.Value! : $"{context.Request.Host.Host}:{options.HttpsPortUsed}";
        return new MadeSecretView(made.Gateway, made.Code, QrSymbol.Svg(made.Qr), made.Fingerprint, made.Expires is { } at ? UnixMicros.From(at) : null, $"https://{host}");
    }

    private static IResult All(HttpContext context, TimeZoneInfo zone, Func<GatewaysModel, GatewaysModel>? change = null, int status = StatusCodes.Status200OK, string? after = null, string? search = null)
    {
        var rows = context.RequestServices.GetRequiredService<GatewayRoster>().All(context.CallerOf().Areas, string.IsNullOrWhiteSpace(search) ? null : search.Trim()).Where(one => after is null || string.CompareOrdinal(one.Gateway, after) > 0).Take(RowsOfPage + 1).ToList();
        var next = rows.Count > RowsOfPage ? $"/gateways?after={Uri.EscapeDataString(rows[RowsOfPage - 1].Gateway)}{(string.IsNullOrWhiteSpace(search) ? "" : $"&search={Uri.EscapeDataString(search)}")}" : null;
        var model = new GatewaysModel(PageOf(context, zone), [.. rows.Take(RowsOfPage).Select(RowOf)], next, context.CallerOf().Rights.HasFlag(Rights.Administer), Search: search);
        return DashboardServices.Show<Gateways>(context, change?.Invoke(model) ?? model, status);
    }

    private static IResult One(HttpContext context, TimeZoneInfo zone, string id, Func<GatewayModel, GatewayModel>? change = null, int status = StatusCodes.Status200OK)
    {
        if (context.RequestServices.GetRequiredService<GatewayRoster>().Find(id, context.CallerOf().Areas) is not { } found) return Problems.Missing(new Sentence("say.gateway", id));
        var model = new GatewayModel(PageOf(context, zone), RowOf(found.Gateway), [.. found.Certificates.Select(one => new CertificateRow(one.Serial, UnixMicros.From(one.Issued), UnixMicros.From(one.Ends), one.How))], context.CallerOf().Rights.HasFlag(Rights.Administer),
            Twin: TwinPages.ModelOf(context.RequestServices.GetRequiredService<TwinStore>(), id, found.Gateway.State == "connected"));
        return DashboardServices.Show<GatewayPage>(context, change?.Invoke(model) ?? model, status);
    }

    private static GatewayRow RowOf(FleetGateway one) => new(one.Gateway, one.State, Micros(one.Enrolled), Micros(one.CertificateEnds), Micros(one.LastBatch), Micros(one.CodeExpires), one is { ClaimMade: not null, Claimed: null }, one.Claimed is null ? one.Voucher : null, one.Software, Micros(one.Revoked), one.Reason, one.Name, one.Site, one.Area);

    private static long? Micros(DateTimeOffset? time) => time is { } at ? UnixMicros.From(at) : null;

    private static IResult Try<T>(HttpContext context, Func<T> action, Func<string, IResult> refused, Func<T, IResult> done)
    {
        try
        {
            return done(action());
        }
        catch (FleetException error)
        {
            return refused(error.Sentence.In(Language.Accepted(context)));
        }
    }

    private static PageContext PageOf(HttpContext context, TimeZoneInfo zone) => PageContext.Of(context, zone);
}
