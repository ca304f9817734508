using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using SmartCity.Cloud.Identity;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Making a passkey and signing in by one: the question to the browser, and what is done with the answer.</summary>
internal sealed class PasskeyCeremonies(
    IPasskeyHandler<Account> handler, Passkeys passkeys, PasskeyChallenges challenges, Accounts accounts, SignIn signIn, SignInThrottle throttle, KnownBrowsers browsers, AuditLog log, TimeProvider clock)
{
    private const string Cookie = "__Host-passkey";
    /// <summary>How long after a sign-in one may change how one signs in; later, whoever sits down at an open browser would need nothing more.</summary>
    private static readonly TimeSpan _recent = TimeSpan.FromMinutes(10);

    /// <summary>Whether a session began lately enough to change how its account signs in.</summary>
    public bool IsRecent(AccessGrant session) => UnixMicros.Now(clock) - session.Created < _recent.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Refuses a change of how one signs in under a session that began a while ago.</summary>
    /// <exception cref="AccessException">It did.</exception>
    public void CheckRecent(AccessGrant session)
    {
        if (!IsRecent(session)) throw new AccessException($"Sign in again first: passkeys are changed within {_recent.TotalMinutes} minutes of a sign-in.", AccessFault.SignInOld, (int)_recent.TotalMinutes);
    }

    /// <summary>Asks a browser to make a passkey.</summary>
    /// <returns>What <c>navigator.credentials.create</c> takes, as JSON.</returns>
    public async Task<string> AskToMakeAsync(HttpContext context, Caller owner)
    {
        CheckRecent(owner.Grant);
        var name = owner.Account.Name;
        passkeys.CheckOwn(name);
        var question = await handler.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = passkeys.HandleOf(name), Name = name, DisplayName = name }, context);
        Ask(context, PurposeOf(owner), question.AttestationState!);
        return question.CreationOptionsJson;
    }

    /// <summary>Keeps the passkey that a browser made.</summary>
    /// <exception cref="AccessException">It was not asked for, or does not prove what it must.</exception>
    public async Task<Passkey> MakeAsync(HttpContext context, Caller owner, string name, JsonElement credential)
    {
        CheckRecent(owner.Grant);
        var state = Answered(context, PurposeOf(owner));
        var made = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = context, CredentialJson = credential.GetRawText(), AttestationState = state });
        if (made.Succeeded) return passkeys.Add(context.ActorOf(), owner.Account.Name, name, made.Passkey);
        if (IdOf(credential) is { } id && passkeys.AccountOf(id) is not null) throw new AccessException("This passkey is known already.", AccessFault.PasskeyDuplicate);
        throw Refused(context, made.Failure);
    }

    /// <summary>Asks a browser for any passkey of this city that it has.</summary>
    /// <returns>What <c>navigator.credentials.get</c> takes, as JSON.</returns>
    public async Task<string> AskToProveAsync(HttpContext context)
    {
        var question = await handler.MakeRequestOptionsAsync(null, context);
        Ask(context, "sign-in", question.AssertionState!);
        return question.RequestOptionsJson;
    }

    /// <summary>Signs in whoever proves to hold a passkey: counter, session, cookies and audit row together.</summary>
    /// <exception cref="AccessException">It proves nothing; why is in the log and, as far as it helps, in the fault.</exception>
    public async Task<SignInOutcome> InAsync(HttpContext context, JsonElement credential)
    {
        var address = CityAccess.AddressOf(context);
        var owner = IdOf(credential) is { } id ? passkeys.AccountOf(id) : null;
        // A key cannot be guessed; the wait keeps the signatures that a stranger has checked from growing. The owner's own browser does not wait for strangers.
        var browser = owner is null ? null : browsers.IdOf(context.Request.Cookies[SignIn.BrowserCookie], owner);
        var wait = browser is null ? throttle.Attempt(address) : throttle.Attempt(owner!, address, browser);
        if (wait > TimeSpan.Zero) return new SignInOutcome(null, wait);
        try
        {
            var account = await ProvedAsync(context, credential, owner, address);
            if (browser is null) throttle.Succeeded(address);
            else throttle.Succeeded(account.Name, address, browser);
            signIn.Enter(context, account);
            return new SignInOutcome(account, TimeSpan.Zero);
        }
        catch (AccessException refused)
        {
            log.Write(new Actor("nobody", address), "sign-in.refused", owner ?? "(no such account)", null, JsonSerializer.Serialize(new { by = "passkey", why = refused.Message }));
            throw;
        }
    }

    private async Task<Account> ProvedAsync(HttpContext context, JsonElement credential, string? owner, string address)
    {
        var state = Answered(context, "sign-in");
        if (owner is null) throw new AccessException("No account has this passkey; it was made for another city or removed.", AccessFault.PasskeyUnknown);
        var proof = await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = context, CredentialJson = credential.GetRawText(), AssertionState = state });
        if (!proof.Succeeded) throw Refused(context, proof.Failure);
        // As it is now: rights and the lock may have changed while the person looked for the key.
        if (accounts.Find(proof.User.Name) is not { IsDisabled: false } account) throw new AccessException("The account is disabled.", AccessFault.PasskeyRefused);
        passkeys.Use(accounts, new Actor(account.Name, address), proof.Passkey);
        return account;
    }

    private void Ask(HttpContext context, string purpose, string state) => context.Response.Cookies.Append(Cookie, challenges.Seal(purpose, state), CookieFor(PasskeyChallenges.Lifetime));

    private string Answered(HttpContext context, string purpose)
    {
        context.Response.Cookies.Delete(Cookie, CookieFor(TimeSpan.Zero));
        return challenges.Open(purpose, context.Request.Cookies[Cookie]);
    }

    /// <summary>A passkey is made under the session that asked for it and no other.</summary>
    private static string PurposeOf(Caller owner) => $"make {owner.Grant.Id}";

    private static AccessException Refused(HttpContext context, PasskeyException reason) => PasskeyOrigins.WasWrong(context)
        ? new AccessException(reason.Message, AccessFault.PasskeyOrigin)
        : new AccessException(reason.Message, AccessFault.PasskeyRefused);

    private static byte[]? IdOf(JsonElement credential)
    {
        if (credential is not { ValueKind: JsonValueKind.Object } || !credential.TryGetProperty("id", out var text) || text.ValueKind != JsonValueKind.String || text.GetString() is not { Length: > 0 and < 1_400 } id || !Base64Url.IsValid(id)) return null;
        return Base64Url.DecodeFromChars(id);
    }

    private static CookieOptions CookieFor(TimeSpan age) => new() { HttpOnly = true, Secure = true, Path = "/", SameSite = SameSiteMode.Strict, MaxAge = age, IsEssential = true };
}
