using System.Globalization;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Sessions, accounts, tokens and the audit log over HTTP.</summary>
internal static class AccessEndpoints
{
    private const int RowsMax = 1_000;

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (AccessException error)
            {
                return ProblemOf(error);
            }
        });
        MapOwn(api);
        MapAccounts(api.MapGroup("").Needs(Rights.Administer));
    }

    /// <summary>What is answered where something about accounts cannot be done.</summary>
    public static IResult ProblemOf(AccessException error) => error.Fault switch
    {
        AccessFault.Missing or AccessFault.MissingGrant => Problems.Missing(SentenceOf(error)!),
        AccessFault.Busy => new ProblemAnswer(ProblemKinds.Busy) { Detail = SentenceOf(error), RetryAfter = 5 },
        _ => new ProblemAnswer(ProblemKinds.Access) { Detail = SentenceOf(error), Faults = error.Fault == AccessFault.Other ? [error.Message] : null },
    };

    /// <summary>What could not be done, in any language; null where the fault has no kind.</summary>
    public static Sentence? SentenceOf(AccessException error) => error.Fault == AccessFault.Other ? null : new Sentence($"say.access.{error.Fault}", error.Parts);

    /// <summary>What is answered to a sign-in that comes too soon.</summary>
    public static IResult TooSoon(TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        return new ProblemAnswer(ProblemKinds.Throttled) { Detail = new Sentence("say.throttled", seconds), RetryAfter = seconds };
    }

    /// <summary>Rights by name.</summary>
    /// <exception cref="AccessException">There is no such right.</exception>
    public static Rights RightsOf(IReadOnlyList<string> names)
    {
        var rights = Rights.None;
        foreach (var name in names)
            rights |= Roles.Each.FirstOrDefault(right => Roles.NameOf(right) == name) is not Rights.None and var right ? right
                : throw new AccessException($"There is no right {name}; there are {string.Join(", ", Roles.Each.Select(Roles.NameOf))}.", AccessFault.RightUnknown, name, string.Join(", ", Roles.Each.Select(Roles.NameOf)));
        return rights;
    }

    private static void MapOwn(RouteGroupBuilder api)
    {
        api.MapPost("/session", async (HttpContext context, SignIn signIn, Credentials credentials) =>
        {
            var outcome = await signIn.InAsync(context, credentials.Name ?? "", credentials.Password ?? "");
            if (outcome.Wait > TimeSpan.Zero) return TooSoon(outcome.Wait);
            return outcome.Account is { } account ? Results.Json(account)
                : Problems.Of(ProblemKinds.Credentials);
        }).Public().WithSummary("Signs in: sets the cookie of a session.");
        api.MapDelete("/session", (HttpContext context, SignIn signIn) =>
        {
            signIn.Out(context);
            return Results.NoContent();
        }).Public().WithSummary("Signs out.");
        api.MapGet("/account", (HttpContext context) => context.CallerOf() is { Name: { } name } caller
            ? Results.Json(new { name, account = caller.Access?.Account, rights = Names(caller.Rights) })
            : Results.Json(new { name = (string?)null, account = (Account?)null, rights = Names(Rights.None) })).Public().WithSummary("Who one is signed in as, and what one may do.");
        api.MapPost("/account/password", async (HttpContext context, OwnPassword password, NewPassword change) =>
        {
            if (context.CallerOf() is not { ByCookie: true, Access: { } access }) return Problems.Of(context.CallerOf().IsKnown ? ProblemKinds.Person : ProblemKinds.SignIn);
            await password.ChangeAsync(context, access, change.Old ?? "", change.New ?? "");
            return Results.NoContent();
        }).Public().WithSummary("Changes one's own password; one's other sessions end.");
        api.MapGet("/account/sessions", (HttpContext context, AccessGrants grants) => Results.Json(new { items = grants.List(context.CallerOf().Access?.Account.Name ?? "") })).NeedsSignIn().WithSummary("One's own sessions and tokens.");
        api.MapDelete("/account/sessions/{id:long}", (HttpContext context, AccessGrants grants, long id) =>
        {
            grants.End(context.ActorOf(), id, context.CallerOf().Access?.Account.Name ?? "");
            return Results.NoContent();
        }).NeedsSignIn().WithSummary("Ends one of one's own sessions or tokens.");
        api.MapPost("/account/tokens", (HttpContext context, AccessGrants grants, NewToken wanted) => context.CallerOf().Access is not { Grant.IsToken: false } access
            ? Problems.Of(ProblemKinds.Person)
            : Results.Json(new { token = grants.MakeToken(context.ActorOf(), access.Account, wanted.Name ?? "", RightsOf(wanted.Rights ?? []), TimeSpan.FromDays(wanted.Days ?? 90)) }, statusCode: StatusCodes.Status201Created))
            .NeedsSignIn().WithSummary("Makes a token for a program, with some of one's own rights; it is shown this once.");
    }

    private static void MapAccounts(RouteGroupBuilder api)
    {
        api.MapGet("/users", (Accounts accounts) => Results.Json(new { items = accounts.All })).WithSummary("All accounts.");
        api.MapPost("/users", (HttpContext context, Accounts accounts, NewAccount wanted) =>
            Results.Json(new { secret = accounts.Add(context.ActorOf(), wanted.Name ?? "", wanted.Roles ?? [], wanted.Areas ?? []) }, statusCode: StatusCodes.Status201Created))
            .WithSummary("Adds an account; the secret serves for one sign-in, in which its owner chooses a password.");
        api.MapPut("/users/{name}", (HttpContext context, Accounts accounts, string name, NewAccount wanted) =>
        {
            accounts.SetRoles(context.ActorOf(), name, wanted.Roles ?? [], wanted.Areas ?? []);
            return Results.Json(accounts.Find(name));
        }).WithSummary("Changes the roles and areas of an account.");
        api.MapPost("/users/{name}/{change:regex(^(disable|enable|reset)$)}", (HttpContext context, Accounts accounts, string name, string change) =>
        {
            if (change == "reset") return Results.Json(new { secret = accounts.Reset(context.ActorOf(), name) });
            accounts.SetDisabled(context.ActorOf(), name, change == "disable");
            return Results.Json(accounts.Find(name));
        }).WithSummary("Disables or enables an account, or gives it a new secret for one sign-in.");
        api.MapGet("/sessions", (AccessGrants grants, string? account) => Results.Json(new { items = grants.List(account) })).WithSummary("Sessions and tokens of all accounts or of one.");
        api.MapDelete("/sessions/{id:long}", (HttpContext context, AccessGrants grants, long id) =>
        {
            grants.End(context.ActorOf(), id, null);
            return Results.NoContent();
        }).WithSummary("Ends a session or token.");
        api.MapPost("/users/{name}/tokens", (HttpContext context, Accounts accounts, AccessGrants grants, string name, NewToken wanted) => accounts.Find(name) is not { } account
            ? Problems.Missing(new Sentence("say.account", name))
            : Results.Json(new { token = grants.MakeToken(context.ActorOf(), account, wanted.Name ?? "", RightsOf(wanted.Rights ?? []), TimeSpan.FromDays(wanted.Days ?? 90)) }, statusCode: StatusCodes.Status201Created))
            .WithSummary("Makes a token for an account; it is shown this once.");
        api.MapGet("/audit-log", (HttpRequest request, IAuditLog log) =>
        {
            var parameters = new Parameters(request.Query);
            var (before, limit) = (parameters.Whole("before", 1, int.MaxValue), parameters.Whole("limit", 1, RowsMax) ?? 100);
            if (parameters.Problem() is { } problem) return problem;
            var items = log.Read(before, limit);
            return Results.Json(new { items, next = items.Count == limit && items[^1].Number > 1 ? Paging.Next(request, "before", items[^1].Number.ToString(CultureInfo.InvariantCulture)) : null });
        }).Takes("before", "Rows below this number.").Takes("limit", "1 to 1,000; 100 where it is not given.").WithSummary("Who changed what, the newest first.");
        api.MapGet("/audit-log/verify", (IAuditLog log) => Results.Json(log.Verify())).WithSummary("Follows the chain of hashes over the whole log.");
    }

    private static IEnumerable<string> Names(Rights rights) => Roles.Each.Where(right => rights.HasFlag(right)).Select(Roles.NameOf);

    private sealed record Credentials(string? Name, string? Password);
    private sealed record NewPassword(string? Old, string? New);
    private sealed record NewToken(string? Name, IReadOnlyList<string>? Rights, int? Days);
    private sealed record NewAccount(string? Name, IReadOnlyList<string>? Roles, IReadOnlyList<string>? Areas);
}
