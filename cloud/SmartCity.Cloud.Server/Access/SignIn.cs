using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>How a sign-in went.</summary>
/// <param name="Account">Who has signed in; null where nobody has.</param>
/// <param name="Wait">How long to wait before the next attempt; zero where name or password was wrong.</param>
internal sealed record SignInOutcome(Account? Account, TimeSpan Wait);

/// <summary>Signing in and out by a browser: password, throttle, session cookie and audit row together.</summary>
internal sealed class SignIn(Accounts accounts, AccessGrants grants, AuditLog log, SignInThrottle throttle, KnownBrowsers browsers, AccessOptions options)
{
    /// <summary>Cookie by which a browser that has signed in before is known.</summary>
    public const string BrowserCookie = "__Host-browser";

    /// <summary>Checks name and password and, where they are right, begins a session. The answer takes as long for a name that nobody has.</summary>
    /// <exception cref="AccessException">Too many are signing in at once.</exception>
    public async Task<SignInOutcome> InAsync(HttpContext context, string name, string password)
    {
        var address = CityAccess.AddressOf(context);
        var browser = browsers.IdOf(context.Request.Cookies[BrowserCookie], name);
        var wait = throttle.Attempt(name, address, browser);
        if (wait > TimeSpan.Zero) return new SignInOutcome(null, wait);
        var account = await accounts.CheckAsync(name, password, context.RequestAborted);
        if (account is null)
        {
            // The name as typed may be a password in the wrong field: only that of an account is written down.
            log.Write(new Actor("nobody", address), "sign-in.refused", accounts.Find(name)?.Name ?? "(no such account)", null, null);
            return new SignInOutcome(null, TimeSpan.Zero);
        }
        throttle.Succeeded(name, address, browser);
        accounts.SignedIn(new Actor(account.Name, address));
        Enter(context, account);
        return new SignInOutcome(account, TimeSpan.Zero);
    }

    /// <summary>Begins the session of somebody who has proved to own an account, whatever the proof, and gives the browser its cookies.</summary>
    public void Enter(HttpContext context, Account account)
    {
        // Whatever session the browser had is over: nobody stays signed in behind the one who comes.
        if (context.CallerOf() is { ByCookie: true, Access: { } before }) grants.End(context.ActorOf(), before.Grant.Id, before.Account.Name);
        var secret = grants.Begin(account, context.Request.Headers.UserAgent.ToString(), CityAccess.AddressOf(context));
        context.Response.Cookies.Append(CityAccess.SessionCookie, secret, Cookie(options.SessionMax, SameSiteMode.Lax));
        if (browsers.IdOf(context.Request.Cookies[BrowserCookie], account.Name) is null) context.Response.Cookies.Append(BrowserCookie, browsers.CookieFor(account.Name), Cookie(TimeSpan.FromDays(365), SameSiteMode.Strict));
    }

    /// <summary>Ends the session that a request came with.</summary>
    public void Out(HttpContext context)
    {
        if (context.CallerOf() is { ByCookie: true, Access: { } access }) grants.End(context.ActorOf(), access.Grant.Id, access.Account.Name);
        context.Response.Cookies.Delete(CityAccess.SessionCookie, Cookie(TimeSpan.Zero, SameSiteMode.Lax));
    }

    private static CookieOptions Cookie(TimeSpan age, SameSiteMode sameSite) => new() { HttpOnly = true, Secure = true, Path = "/", SameSite = sameSite, MaxAge = age, IsEssential = true };
}
