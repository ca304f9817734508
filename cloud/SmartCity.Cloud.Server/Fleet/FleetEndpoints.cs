using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Server.Fleet.Twins;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>Gateways and the city's authority over HTTP. Installers look and vouch for boxes; administrators make codes, revoke, and rotate the authority.</summary>
internal static class FleetEndpoints
{
    private const int GatewaysMax = 1_000;

    public static void MapFleet(this IEndpointRouteBuilder app)
    {
        app.MapEnrolment();
        var api = app.MapGroup("/api/v1/fleet").WithTags("Fleet").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (FleetException error)
            {
                return ProblemOf(error);
            }
        });
        MapGateways(api);
        MapAuthority(api);
        api.MapTwins();
    }

    /// <summary>What is answered where something cannot be done.</summary>
    public static ProblemAnswer ProblemOf(FleetException error) => new(error.IsMissing ? ProblemKinds.Missing : ProblemKinds.Fleet) { Detail = error.Sentence };

    /// <summary>What is answered to one more guess that comes too soon.</summary>
    public static ProblemAnswer TooSoon(TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        return new ProblemAnswer(ProblemKinds.Throttled) { Detail = new Sentence("say.enrol.throttled", seconds), RetryAfter = seconds };
    }

    private static void MapGateways(IEndpointRouteBuilder api)
    {
        api.MapGet("/gateways", (HttpContext context, GatewayRoster roster) =>
        {
            var (request, parameters) = (context.Request, new Parameters(context.Request.Query));
            var search = parameters.Text("search");
            var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(GatewaysMax, 200));
            if (parameters.Problem() is { } problem) return problem;
            return Answer.Of(Paging.Of(request, roster.All(context.CallerOf().Areas, search).Where(one => after is null || string.CompareOrdinal(one.Gateway, after) > 0), limit, one => [one.Gateway]));
        }).Needs(Rights.Fleet).ByArea().WithName("GetFleetGateways").WithSummary("Gateways with their keys, codes and connections, by id, a page at a time.").Takes("search", "Part of an id, name, site or area.", "north").InPages(Paging.Write("g1"), GatewaysMax, 200).Answers<Page<FleetGateway>>();
        api.MapGet("/gateways/{id}", (HttpContext context, GatewayRoster roster, string id) => roster.Find(id, context.CallerOf().Areas) is { } found ? Answer.Of(found) : Problems.Missing(new Sentence("say.gateway", id)))
            .Needs(Rights.Fleet).ByArea().WithName("GetFleetGateway").WithSummary("A gateway with the certificates that were issued to it.").Answers<FleetGatewayDetail>().MayFail(ProblemKinds.Missing);
        Secret("enrol-code", SecretKind.Code, "MakeEnrolCode", "Makes an enrolment code for a quarter of an hour; it is shown this once.");
        Secret("claim-secret", SecretKind.Claim, "MakeClaimSecret", "Makes the claim secret that is put on a box; it is shown this once.");
        api.MapPost("/gateways/{id}/claim", (HttpContext context, FleetDesk desk, GatewayRoster roster, string id, ClaimRequest claim) =>
        {
            if (!roster.Shows(id, context.CallerOf().Areas)) return Problems.Of(ProblemKinds.Area, new Sentence("say.area.gateway", id, string.Join(", ", context.CallerOf().Areas)));
            if (desk.Vouch(context.ActorOf(), EnrolEndpoints.Counted(context.Connection.RemoteIpAddress), id, claim.Secret) is { Ticks: > 0 } wait) return FleetEndpoints.TooSoon(wait);
            return Results.NoContent();
        }).Needs(Rights.Fleet).ByArea().WithName("ClaimGateway").WithSummary("Vouches for the box that one stands before: for a day it may enrol with its claim secret.").AnswersNothing().MayFail(ProblemKinds.Fleet, ProblemKinds.Area, ProblemKinds.Throttled);
        api.MapDelete("/gateways/{id}/claim", (HttpContext context, FleetDesk desk, GatewayRoster roster, string id) =>
        {
            if (!roster.Shows(id, context.CallerOf().Areas)) return Problems.Of(ProblemKinds.Area, new Sentence("say.area.gateway", id, string.Join(", ", context.CallerOf().Areas)));
            desk.TakeBack(context.ActorOf(), id);
            return Results.NoContent();
        }).Needs(Rights.Fleet).ByArea().WithName("TakeBackClaim").WithSummary("Takes back that somebody vouched for a box which has not enrolled yet.").AnswersNothing().MayFail(ProblemKinds.Missing, ProblemKinds.Area);
        api.MapPost("/gateways/{id}/revoke", (HttpContext context, FleetDesk desk, string id, RevokeRequest revoke) =>
        {
            desk.Revoke(context.ActorOf(), id, revoke.Reason);
            return Results.NoContent();
        }).Needs(Rights.Administer).WithName("RevokeGateway").WithSummary("Shuts a gateway out: its keys hold no longer and what is open under them is closed at once. With a new code and a new key it may come back.").AnswersNothing().MayFail(ProblemKinds.Missing, ProblemKinds.Fleet);

        void Secret(string path, SecretKind kind, string name, string summary) =>
            api.MapPost($"/gateways/{{id}}/{path}", (HttpContext context, FleetDesk desk, string id) => Results.Json(desk.Make(context.ActorOf(), id, kind), statusCode: StatusCodes.Status201Created))
                .Needs(Rights.Administer).WithName(name).WithSummary(summary).Answers<MadeCode>(StatusCodes.Status201Created).MayFail(ProblemKinds.Fleet);
    }

    private static void MapAuthority(IEndpointRouteBuilder api)
    {
        api.MapGet("/authority", (CertificateAuthority authority) => Answer.Of(FleetDesk.ViewOf(authority)))
            .Needs(Rights.Fleet).WithName("GetAuthority").WithSummary("The city's certificate authority.").Answers<AuthorityView>();
        api.MapPost("/authority/rotate", (HttpContext context, FleetDesk desk, RotateRequest rotate) => Results.Json(desk.Rotate(context.ActorOf(), rotate.Root == true)))
            .Needs(Rights.Administer).WithName("RotateAuthority").WithSummary("Makes a new issuing authority, which signs from now on; what older ones signed goes on holding.").Answers<AuthorityView>().MayFail(ProblemKinds.Fleet);
        api.MapPost("/authority/retire", (HttpContext context, FleetDesk desk, RetireRequest retire) => Results.Json(desk.Retire(context.ActorOf(), retire.Fingerprint ?? "", retire.Force == true)))
            .Needs(Rights.Administer).WithName("RetireAuthority").WithSummary("Ends the trust in a root or issuing authority that was rotated away.").Answers<AuthorityView>().MayFail(ProblemKinds.Missing, ProblemKinds.Fleet);
    }
}
