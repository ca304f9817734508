using Microsoft.AspNetCore.Mvc;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Passkeys over HTTP. The bodies are those of the browser's own JSON for WebAuthn.</summary>
internal static class PasskeyEndpoints
{
    /// <summary>Bytes of an answer; attestation objects of a few kilobytes are the largest part.</summary>
    private const int AnswerMax = 64 << 10;

    public static void MapPasskeys(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").WithTags("Access").WithMetadata(new RequestSizeLimitAttribute(AnswerMax)).AddEndpointFilter(async (context, next) =>
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
            .Public().WithName("AskForPasskey").AlsoAnswers(Answer.Json, Examples.PasskeyRequest).MayFail(ProblemKinds.Busy).WithSummary("What a browser needs to ask for a passkey (PublicKeyCredentialRequestOptionsJSON), good for one answer within five minutes.");
        api.MapPost("/session/passkey", async (HttpContext context, PasskeyCeremonies ceremonies, PasskeyAnswer answer) =>
        {
            var outcome = await ceremonies.InAsync(context, answer.Credential);
            return outcome.Account is { } account ? Results.Json(account) : AccessEndpoints.TooSoon(outcome.Wait);
        }).Public().WithName("SignInByPasskey").WithSummary("Signs in by a passkey: sets the cookie of a session.").Answers<Account>()
            .MayFail(ProblemKinds.Passkey, ProblemKinds.PasskeyUnknown, ProblemKinds.PasskeyExpired, ProblemKinds.PasskeyOrigin, ProblemKinds.PasskeyCounter, ProblemKinds.Throttled);

        api.MapGet("/account/passkeys", (HttpContext context, Passkeys passkeys) => Answer.Of(new Page<Passkey>(passkeys.List(context.CallerOf().Access?.Account.Name ?? ""))))
            .NeedsSignIn().WithName("GetOwnPasskeys").WithSummary("One's own passkeys, all of them.").Answers<Page<Passkey>>();
        api.MapPost("/account/passkeys/options", async (HttpContext context, PasskeyCeremonies ceremonies) => Json(await ceremonies.AskToMakeAsync(context, SignedIn(context))))
            .NeedsSignIn().WithName("AskToMakePasskey").AlsoAnswers(Answer.Json, Examples.PasskeyCreation).MayFail(ProblemKinds.Person, ProblemKinds.SignInOld).WithSummary("What a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON), good for one answer within five minutes.");
        api.MapPost("/account/passkeys", async (HttpContext context, PasskeyCeremonies ceremonies, PasskeyAnswer answer) =>
            Results.Json(await ceremonies.MakeAsync(context, SignedIn(context), answer.Name ?? "", answer.Credential), statusCode: StatusCodes.Status201Created))
            .NeedsSignIn().WithName("MakePasskey").WithSummary("Keeps the passkey that the browser made.").Answers<Passkey>(StatusCodes.Status201Created)
            .MayFail(ProblemKinds.Person, ProblemKinds.Access, ProblemKinds.Passkey, ProblemKinds.PasskeyExpired, ProblemKinds.PasskeyOrigin, ProblemKinds.PasskeyKnown, ProblemKinds.SignInOld);
        api.MapPut("/account/passkeys/{id:long}", (HttpContext context, Passkeys passkeys, long id, PasskeyName renamed) =>
        {
            passkeys.Rename(context.ActorOf(), SignedIn(context).Account.Name, id, renamed.Name ?? "");
            return Results.NoContent();
        }).NeedsSignIn().WithName("RenamePasskey").AnswersNothing().MayFail(ProblemKinds.Person, ProblemKinds.Missing, ProblemKinds.Access).WithSummary("Gives one of one's own passkeys another name.");
        api.MapDelete("/account/passkeys/{id:long}", (HttpContext context, PasskeyCeremonies ceremonies, Passkeys passkeys, long id) =>
        {
            var owner = SignedIn(context);
            ceremonies.CheckRecent(owner.Grant);
            passkeys.Remove(context.ActorOf(), owner.Account.Name, id);
            return Results.NoContent();
        }).NeedsSignIn().WithName("RemoveOwnPasskey").AnswersNothing().MayFail(ProblemKinds.Person, ProblemKinds.Missing, ProblemKinds.SignInOld, ProblemKinds.Access).WithSummary("Removes one of one's own passkeys, within ten minutes of a sign-in.");

        api.MapDelete("/account/password", (HttpContext context, OwnPassword password) =>
        {
            password.Remove(context, SignedIn(context));
            return Results.NoContent();
        }).NeedsSignIn().WithName("RemoveOwnPassword").AnswersNothing().MayFail(ProblemKinds.Person, ProblemKinds.Access, ProblemKinds.SignInOld).WithSummary("Takes one's own password away, within ten minutes of a sign-in: passkeys are the only way in from then on.");

        api.MapGet("/users/{name}/passkeys", (Accounts accounts, Passkeys passkeys, string name) => Answer.Of(new Page<Passkey>(passkeys.List(Known(accounts, name).Name))))
            .Needs(Rights.Administer).WithName("GetPasskeys").WithSummary("The passkeys of an account.").Answers<Page<Passkey>>().MayFail(ProblemKinds.Missing);
        api.MapDelete("/users/{name}/passkeys/{id:long}", (HttpContext context, Accounts accounts, Passkeys passkeys, string name, long id) =>
        {
            passkeys.Remove(context.ActorOf(), Known(accounts, name).Name, id);
            return Results.NoContent();
        }).Needs(Rights.Administer).WithName("RemovePasskey").WithSummary("Removes a passkey of an account.").AnswersNothing().MayFail(ProblemKinds.Missing, ProblemKinds.Access);
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
}
