using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Passkeys over HTTP. The bodies are those of the browser's own JSON for WebAuthn.</summary>
internal static class PasskeyEndpoints
{
    /// <summary>Bytes of an answer; attestation objects of a few kilobytes are the largest part.</summary>
    private const int AnswerMax = 64 << 10;

    public static void MapPasskeys(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").WithMetadata(new RequestSizeLimitAttribute(AnswerMax)).AddEndpointFilter(async (context, next) =>
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
        api.MapPost("/session/passkey/options", async (HttpContext context, PasskeyCeremonies ceremonies) => Json(await ceremonies.AskToProveAsync(context)))
            .Public().WithSummary("What a browser needs to ask for a passkey (PublicKeyCredentialRequestOptionsJSON), good for one answer within five minutes.");
        api.MapPost("/session/passkey", async (HttpContext context, PasskeyCeremonies ceremonies, Answer answer) =>
        {
            var outcome = await ceremonies.InAsync(context, answer.Credential);
            return outcome.Account is { } account ? Results.Json(account) : AccessEndpoints.TooSoon(outcome.Wait);
        }).Public().WithSummary("Signs in by a passkey: sets the cookie of a session.");

        api.MapGet("/account/passkeys", (HttpContext context, Passkeys passkeys) => Results.Json(new { items = passkeys.List(context.CallerOf().Access?.Account.Name ?? "") }))
            .NeedsSignIn().WithSummary("One's own passkeys.");
        api.MapPost("/account/passkeys/options", async (HttpContext context, PasskeyCeremonies ceremonies) => Json(await ceremonies.AskToMakeAsync(context, SignedIn(context))))
            .NeedsSignIn().WithSummary("What a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON), good for one answer within five minutes.");
        api.MapPost("/account/passkeys", async (HttpContext context, PasskeyCeremonies ceremonies, Answer answer) =>
            Results.Json(await ceremonies.MakeAsync(context, SignedIn(context), answer.Name ?? "", answer.Credential), statusCode: StatusCodes.Status201Created))
            .NeedsSignIn().WithSummary("Keeps the passkey that the browser made.");
        api.MapPut("/account/passkeys/{id:long}", (HttpContext context, Passkeys passkeys, long id, Renamed renamed) =>
        {
            passkeys.Rename(context.ActorOf(), SignedIn(context).Account.Name, id, renamed.Name ?? "");
            return Results.NoContent();
        }).NeedsSignIn().WithSummary("Gives one of one's own passkeys another name.");
        api.MapDelete("/account/passkeys/{id:long}", (HttpContext context, PasskeyCeremonies ceremonies, Passkeys passkeys, long id) =>
        {
            var owner = SignedIn(context);
            ceremonies.CheckRecent(owner.Grant);
            passkeys.Remove(context.ActorOf(), owner.Account.Name, id);
            return Results.NoContent();
        }).NeedsSignIn().WithSummary("Removes one of one's own passkeys, within ten minutes of a sign-in.");

        api.MapDelete("/account/password", (HttpContext context, OwnPassword password) =>
        {
            password.Remove(context, SignedIn(context));
            return Results.NoContent();
        }).NeedsSignIn().WithSummary("Takes one's own password away, within ten minutes of a sign-in: passkeys are the only way in from then on.");

        api.MapGet("/users/{name}/passkeys", (Accounts accounts, Passkeys passkeys, string name) => Results.Json(new { items = passkeys.List(Known(accounts, name).Name) }))
            .Needs(Rights.Administer).WithSummary("The passkeys of an account.");
        api.MapDelete("/users/{name}/passkeys/{id:long}", (HttpContext context, Accounts accounts, Passkeys passkeys, string name, long id) =>
        {
            passkeys.Remove(context.ActorOf(), Known(accounts, name).Name, id);
            return Results.NoContent();
        }).Needs(Rights.Administer).WithSummary("Removes a passkey of an account.");
    }

    private static IResult ProblemOf(AccessException error) => KindOf(error.Fault) is { } kind ? Problems.Of(kind, AccessEndpoints.SentenceOf(error)) : AccessEndpoints.ProblemOf(error);

    private static ProblemKind? KindOf(AccessFault fault) => fault switch
    {
        AccessFault.PasskeyRefused => ProblemKinds.Passkey,
        AccessFault.PasskeyUnknown => ProblemKinds.PasskeyUnknown,
        AccessFault.PasskeyExpired => ProblemKinds.PasskeyExpired,
        AccessFault.PasskeyOrigin => ProblemKinds.PasskeyOrigin,
        AccessFault.PasskeyCounter => ProblemKinds.PasskeyCounter,
        AccessFault.PasskeyDuplicate => ProblemKinds.PasskeyKnown,
        AccessFault.SignInOld => ProblemKinds.SignInOld,
        AccessFault.NoPerson => ProblemKinds.Person,
        AccessFault.PasskeyMissing => ProblemKinds.Missing,
        _ => null,
    };

    /// <summary>Whoever is signed in by a browser; a program with a token changes nothing of how its owner signs in.</summary>
    private static Caller SignedIn(HttpContext context) => context.CallerOf() is { ByCookie: true, Access: { } access } ? access : throw new AccessException("Passkeys are changed by a signed-in person.", AccessFault.NoPerson);

    private static Account Known(Accounts accounts, string name) => accounts.Find(name) ?? throw new AccessException($"There is no account {name}.", AccessFault.Missing, name);

    private static IResult Json(string options) => Results.Text(options, "application/json");

    private sealed record Answer(string? Name, JsonElement Credential);
    private sealed record Renamed(string? Name);
}
