using System.Globalization;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Sessions, accounts, tokens and the audit log over HTTP.</summary>
internal static class AccessEndpoints
{
    private const int RowsMax = 1_000;
    private const int RowsUsual = 200;

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").WithTags("Access").AddEndpointFilter(async (context, next) =>
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

    /// <summary>How long a token is to hold. What is far beyond is refused with the rest of it.</summary>
    private static TimeSpan LifetimeOf(NewToken wanted) => TimeSpan.FromDays(Math.Clamp(wanted.Days ?? 90, 0, 10_000));

    private static void MapOwn(RouteGroupBuilder api)
    {
        api.MapPost("/session", async (HttpContext context, SignIn signIn, Credentials credentials) =>
        {
            var outcome = await signIn.InAsync(context, credentials.Name ?? "", credentials.Password ?? "");
            if (outcome.Wait > TimeSpan.Zero) return TooSoon(outcome.Wait);
            return outcome.Account is { } account ? Results.Json(account)
                : Problems.Of(ProblemKinds.Credentials);
        }).Public().WithName("SignIn").WithSummary("Signs in: sets the cookie of a session.").Answers<Account>().MayFail(ProblemKinds.Credentials, ProblemKinds.Throttled, ProblemKinds.Busy);
        api.MapDelete("/session", (HttpContext context, SignIn signIn) =>
        {
            signIn.Out(context);
            return Results.NoContent();
        }).Public().WithName("SignOut").WithSummary("Signs out.").AnswersNothing();
        api.MapGet("/account", (HttpContext context) => context.CallerOf() is { Name: { } name } caller
            ? Results.Json(new OwnAccount(name, caller.Access?.Account, Names(caller.Rights)))
            : Results.Json(new OwnAccount(null, null, []))).Public().WithName("GetOwnAccount").WithSummary("Who one is signed in as, and what one may do.").Answers<OwnAccount>();
        api.MapPost("/account/password", async (HttpContext context, OwnPassword password, NewPassword change) =>
        {
            if (context.CallerOf() is not { ByCookie: true, Access: { } access }) return Problems.Of(context.CallerOf().IsKnown ? ProblemKinds.Person : ProblemKinds.SignIn);
            await password.ChangeAsync(context, access, change.Old ?? "", change.New ?? "");
            return Results.NoContent();
        }).Public().WithName("ChangePassword").WithSummary("Changes one's own password; one's other sessions end.").AnswersNothing().MayFail(ProblemKinds.SignIn, ProblemKinds.Person, ProblemKinds.Access, ProblemKinds.Busy);
        api.MapGet("/account/sessions", (HttpContext context, AccessGrants grants) => Grants(context, grants, context.CallerOf().Access?.Account.Name ?? "", new Parameters(context.Request.Query)))
            .NeedsSignIn().WithName("GetOwnSessions").WithSummary("One's own sessions and tokens, the newest first.").InPages(Paging.Write(17), RowsMax, RowsUsual).Answers<Page<AccessGrant>>();
        api.MapDelete("/account/sessions/{id:long}", (HttpContext context, AccessGrants grants, long id) =>
        {
            grants.End(context.ActorOf(), id, context.CallerOf().Access?.Account.Name ?? "");
            return Results.NoContent();
        }).NeedsSignIn().WithName("EndOwnSession").WithSummary("Ends one of one's own sessions or tokens.").AnswersNothing().MayFail(ProblemKinds.Missing);
        api.MapPost("/account/tokens", (HttpContext context, AccessGrants grants, NewToken wanted) => context.CallerOf().Access is not { Grant.IsToken: false } access
            ? Problems.Of(ProblemKinds.Person)
            : Results.Json(new MadeToken(grants.MakeToken(context.ActorOf(), access.Account, wanted.Name ?? "", RightsOf(wanted.Rights ?? []), LifetimeOf(wanted))), statusCode: StatusCodes.Status201Created))
            .NeedsSignIn().WithName("MakeOwnToken").WithSummary("Makes a token for a program, with some of one's own rights; it is shown this once.").Answers<MadeToken>(StatusCodes.Status201Created).MayFail(ProblemKinds.Person, ProblemKinds.Access);
    }

    private static void MapAccounts(RouteGroupBuilder api)
    {
        api.MapGet("/users", (HttpRequest request, Accounts accounts) =>
        {
            var parameters = new Parameters(request.Query);
            var (after, limit) = (parameters.Cursor(1)?[0], parameters.Limit(RowsMax, RowsUsual));
            if (parameters.Problem() is { } problem) return problem;
            var following = accounts.All.OrderBy(account => account.Name, StringComparer.OrdinalIgnoreCase).Where(account => after is null || StringComparer.OrdinalIgnoreCase.Compare(account.Name, after) > 0);
            return Answer.Of(Paging.Of(request, following, limit, account => [account.Name]));
        }).WithName("GetUsers").WithSummary("Accounts by name, a page at a time.").InPages(Paging.Write("mina"), RowsMax, RowsUsual).Answers<Page<Account>>();
        api.MapPost("/users", (HttpContext context, Accounts accounts, NewAccount wanted) =>
            Results.Json(new MadeSecret(accounts.Add(context.ActorOf(), wanted.Name ?? "", wanted.Roles ?? [], wanted.Areas ?? [])), statusCode: StatusCodes.Status201Created))
            .WithName("AddUser").WithSummary("Adds an account; the secret serves for one sign-in, in which its owner chooses a password.").Answers<MadeSecret>(StatusCodes.Status201Created).MayFail(ProblemKinds.Access);
        api.MapPut("/users/{name}", (HttpContext context, Accounts accounts, string name, NewAccount wanted) =>
        {
            accounts.SetRoles(context.ActorOf(), name, wanted.Roles ?? [], wanted.Areas ?? []);
            return Results.Json(accounts.Find(name));
        }).WithName("ChangeUser").WithSummary("Changes the roles and areas of an account.").Answers<Account>().MayFail(ProblemKinds.Missing, ProblemKinds.Access);
        api.MapPost("/users/{name}/{change:regex(^(disable|enable|reset)$)}", (HttpContext context, Accounts accounts, string name, string change) =>
        {
            if (change == "reset") return Results.Json(new ChangedAccount(Secret: accounts.Reset(context.ActorOf(), name)));
            accounts.SetDisabled(context.ActorOf(), name, change == "disable");
            return Results.Json(new ChangedAccount(Account: accounts.Find(name)));
        }).WithName("DisableEnableOrResetUser").WithSummary("Disables or enables an account, or gives it a new secret for one sign-in.").PathExample("change", "disable").Answers<ChangedAccount>().MayFail(ProblemKinds.Missing, ProblemKinds.Access);
        api.MapGet("/sessions", (HttpContext context, AccessGrants grants) =>
        {
            var parameters = new Parameters(context.Request.Query);
            return Grants(context, grants, parameters.Text("account"), parameters);
        }).WithName("GetSessions").WithSummary("Sessions and tokens of all accounts or of one, the newest first.").Takes("account", "Only this account's.", "mina").InPages(Paging.Write(17), RowsMax, RowsUsual).Answers<Page<AccessGrant>>();
        api.MapDelete("/sessions/{id:long}", (HttpContext context, AccessGrants grants, long id) =>
        {
            grants.End(context.ActorOf(), id, null);
            return Results.NoContent();
        }).WithName("EndSession").WithSummary("Ends a session or token.").AnswersNothing().MayFail(ProblemKinds.Missing);
        api.MapPost("/users/{name}/tokens", (HttpContext context, Accounts accounts, AccessGrants grants, string name, NewToken wanted) => accounts.Find(name) is not { } account
            ? Problems.Missing(new Sentence("say.account", name))
            : Results.Json(new MadeToken(grants.MakeToken(context.ActorOf(), account, wanted.Name ?? "", RightsOf(wanted.Rights ?? []), LifetimeOf(wanted))), statusCode: StatusCodes.Status201Created))
            .WithName("MakeToken").WithSummary("Makes a token for an account; it is shown this once.").Answers<MadeToken>(StatusCodes.Status201Created).MayFail(ProblemKinds.Missing, ProblemKinds.Access);
        api.MapGet("/audit-log", (HttpRequest request, IAuditLog log) =>
        {
            var parameters = new Parameters(request.Query);
            var (before, limit) = (parameters.CursorNumber(), parameters.Limit(RowsMax, 100));
            return parameters.Problem() ?? Answer.Of(Paging.Of(request, log.Read(before, limit + 1), limit, entry => [entry.Number]));
        }).WithName("GetAuditLog").WithSummary("Who changed what, the newest first.").InPages(Paging.Write(4711), RowsMax, 100).Answers<Page<AuditEntry>>();
        api.MapGet("/audit-log/verify", (IAuditLog log) => Results.Json(log.Verify())).WithName("VerifyAuditLog").WithSummary("Follows the chain of hashes over the whole log.").Answers<AuditCheck>();
    }

    private static IResult Grants(HttpContext context, AccessGrants grants, string? account, Parameters parameters)
    {
        var (before, limit) = (parameters.CursorNumber(), parameters.Limit(RowsMax, RowsUsual));
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, grants.List(account).Where(grant => before is null || grant.Id < before), limit, grant => [grant.Id]));
    }

    private static IReadOnlyList<string> Names(Rights rights) => [.. Roles.Each.Where(right => rights.HasFlag(right)).Select(Roles.NameOf)];
}
