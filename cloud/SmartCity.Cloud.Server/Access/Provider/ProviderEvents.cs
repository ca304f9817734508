using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Access.Provider;

/// <summary>What is done where the framework's handler has spoken with the provider: an account and a session, or a page that says what is wrong.</summary>
internal sealed class ProviderEvents(ExternalLogins logins, SignIn signIn, AccessOptions access, OidcOptions provider, TimeProvider clock, ILogger<ProviderEvents> logger) : OpenIdConnectEvents
{
    private const int ReasonMax = 300;

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = CityProvider.OriginOf(context.HttpContext, access) + CityProvider.BackPath;
        context.ProtocolMessage.UiLocales = Preferences.Of(context.HttpContext).Language.Code;
        return Task.CompletedTask;
    }

    public override Task MessageReceived(MessageReceivedContext context)
    {
        // The cookies' age is the browser's matter; this is ours.
        if (context.Properties?.IssuedUtc is { } begun && clock.GetUtcNow() - begun > CityProvider.Patience) context.Fail("It was begun too long ago.");
        return Task.CompletedTask;
    }

    public override Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var target = AccessPages.Local(context.ReturnUri);
        try
        {
            Enter(context, target);
        }
        catch (SqliteException error)
        {
            Fail(context.HttpContext, ProviderTrouble.Unwritten, error, target);
        }
        catch (AccessException error)
        {
            Fail(context.HttpContext, ProviderTrouble.Invalid, error, target);
        }
        return Task.CompletedTask;
    }

    public override Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        Fail(context.HttpContext, ProviderTrouble.Of(context.Failure), context.Failure, AccessPages.Local(context.Properties?.RedirectUri));
        return Task.CompletedTask;
    }

    public override Task AccessDenied(AccessDeniedContext context)
    {
        context.HandleResponse();
        Fail(context.HttpContext, ProviderTrouble.Denied, null, AccessPages.Local(context.ReturnUrl));
        return Task.CompletedTask;
    }

    /// <summary>Sends a browser back to the sign-in page, which says what is wrong.</summary>
    public void Fail(HttpContext context, string trouble, Exception? error, string? target)
    {
        var reason = ReasonOf(error);
        // What any visitor can bring about is no warning.
        if (trouble is ProviderTrouble.Expired or ProviderTrouble.Denied) logger.Abandoned(trouble, reason);
        else logger.Failed(trouble, reason);
        Refuse(context, trouble, target);
    }

    private void Enter(TicketReceivedContext context, string? target)
    {
        if (ExternalPerson.Of(context.Principal!, provider) is not { } person)
        {
            Fail(context.HttpContext, ProviderTrouble.Invalid, null, target);
            return;
        }
        var outcome = logins.SignIn(person, CityAccess.AddressOf(context.HttpContext));
        if (outcome.IsAdministratorKept) logger.AdministratorKept(outcome.Account!.Name);
        if (outcome.Refusal is { } refusal)
        {
            Refuse(context.HttpContext, refusal switch { ExternalRefusal.Role => ProviderTrouble.Role, ExternalRefusal.Area => ProviderTrouble.Area, _ => ProviderTrouble.Disabled }, target);
            return;
        }
        signIn.Enter(context.HttpContext, outcome.Account!);
        context.Response.Redirect(target ?? "/");
    }

    private static void Refuse(HttpContext context, string trouble, string? target)
    {
        var page = QueryHelpers.AddQueryString("/sign-in", "trouble", trouble);
        context.Response.Redirect(target is null or "/" ? page : QueryHelpers.AddQueryString(page, "return", target));
    }

    /// <summary>One short line; a provider may have written it.</summary>
    private static string ReasonOf(Exception? error)
    {
        var text = string.Concat((error?.Message ?? "the person said no, or the token names nobody").Select(letter => char.IsControl(letter) ? ' ' : letter));
        return text.Length > ReasonMax ? $"{text.AsSpan(0, ReasonMax)}…" : text;
    }
}
