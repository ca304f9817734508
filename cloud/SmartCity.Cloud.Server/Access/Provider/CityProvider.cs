using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Identity;

namespace SmartCity.Cloud.Server.Access.Provider;

/// <summary>Signing in by the city's OpenID Connect provider: code flow with PKCE, and the id token read once. What follows is a session like any other.</summary>
internal static class CityProvider
{
    /// <summary>The scheme of the framework's handler.</summary>
    public const string Scheme = "city-provider";
    /// <summary>Where a browser is sent to the provider.</summary>
    public const string BeginPath = "/sign-in/provider";
    /// <summary>Where the provider sends it back; the provider must know it.</summary>
    public const string BackPath = "/sign-in/provider/back";
    /// <summary>Where a browser is sent to end its session at the provider.</summary>
    public const string EndPath = "/sign-out/provider";
    private const string CookiePrefix = "__Host-provider-";
    /// <summary>Cookies of sign-ins that are begun, two each.</summary>
    private const int CookiesMax = 12;
    /// <summary>How long somebody may take at the provider.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    /// <summary>How long the provider may take for an answer, while somebody waits for the page.</summary>
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);
    /// <summary>Signatures that only the holder of a private key can make.</summary>
    private static readonly string[] _algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Adds what is needed where the settings name a provider. It is asked for nothing before somebody signs in.</summary>
    public static void AddCityProvider(this IServiceCollection services, OidcOptions? provider)
    {
        // Who came by a provider is known after it has left the settings, too.
        services.AddSingleton<ExternalLogins>();
        if (provider is null) return;
        services.AddSingleton(provider).AddSingleton<ProviderEvents>();
        // What the handler would log of each stray visitor is said once, and in our words, by ProviderEvents.
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.Critical));
        services.AddAuthentication(NoSession.Scheme).AddScheme<AuthenticationSchemeOptions, NoSession>(NoSession.Scheme, null).AddOpenIdConnect(Scheme, options => Set(options, provider));
    }

    /// <summary>Takes what the provider sends browsers back with, before the gate of the other routes.</summary>
    public static void UseCityProvider(this WebApplication app)
    {
        if (app.Services.GetService<OidcOptions>() is not null) app.UseAuthentication();
    }

    /// <summary>Maps the two links that lead to the provider; nothing where there is none.</summary>
    public static void MapCityProvider(this WebApplication app)
    {
        if (app.Services.GetService<OidcOptions>() is null) return;
        var pages = app.MapGroup("").Public().ExcludeFromDescription();
        pages.MapGet(BeginPath, async (HttpContext context, ProviderEvents events, TimeProvider clock, string? @return) =>
        {
            var target = AccessPages.Local(@return);
            ForgetSome(context);
            try
            {
                await context.ChallengeAsync(Scheme, new AuthenticationProperties { RedirectUri = target ?? "/", IssuedUtc = clock.GetUtcNow() });
            }
            catch (Exception error) when (ProviderTrouble.Of(error) == ProviderTrouble.Down && !context.RequestAborted.IsCancellationRequested)
            {
                events.Fail(context, ProviderTrouble.Down, error, target);
            }
        });
        pages.MapGet(EndPath, async (HttpContext context, ProviderEvents events, AccessOptions access, OidcOptions provider, IOptionsMonitor<OpenIdConnectOptions> options) =>
        {
            try
            {
                var found = await options.Get(Scheme).ConfigurationManager!.GetConfigurationAsync(context.RequestAborted);
                context.Response.Redirect(found.EndSessionEndpoint is not { Length: > 0 } end ? "/" : QueryHelpers.AddQueryString(end, new Dictionary<string, string?>
                {
                    ["client_id"] = provider.ClientId,
                    ["post_logout_redirect_uri"] = OriginOf(context, access) + "/sign-in",
                }));
            }
            catch (Exception error) when (ProviderTrouble.Of(error) == ProviderTrouble.Down && !context.RequestAborted.IsCancellationRequested)
            {
                events.Fail(context, ProviderTrouble.Down, error, null);
            }
        });
    }

    /// <summary>What the sign-in page says of the provider; null where there is none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">Where to go after the sign-in.</param>
    public static ProviderModel? ModelOf(HttpContext context, string? target) => context.RequestServices.GetService<OidcOptions>() is not { } provider ? null
        : new ProviderModel(provider.Name, target is null ? BeginPath : QueryHelpers.AddQueryString(BeginPath, "return", target), context.Request.Query["ended"] == "here" ? EndPath : null);

    /// <summary>Where to go after a sign-out: who came by the provider is told that its session there goes on.</summary>
    public static string AfterSignOut(HttpContext context, string? account) =>
        account is not null && context.RequestServices.GetService<OidcOptions>() is not null && context.RequestServices.GetRequiredService<ExternalLogins>().Has(account) ? "/sign-in?ended=here" : "/";

    /// <summary>The address of the pages, for what the provider must know of them.</summary>
    public static string OriginOf(HttpContext context, AccessOptions access) =>
        access.PublicOrigin is { } origin && PublicOrigin.TryRead(origin) is { } read ? PublicOrigin.TextOf(read) : $"{context.Request.Scheme}://{context.Request.Host}";

    /// <summary>Each sign-in that is begun leaves cookies until it is ended; whoever begins many and ends none would send more of them than a request may have.</summary>
    private static void ForgetSome(HttpContext context)
    {
        var begun = context.Request.Cookies.Keys.Where(name => name.StartsWith(CookiePrefix, StringComparison.Ordinal)).ToList();
        if (begun.Count <= CookiesMax) return;
        foreach (var name in begun) context.Response.Cookies.Delete(name, new CookieOptions { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax });
    }

    private static void Set(OpenIdConnectOptions options, OidcOptions provider)
    {
        (options.Authority, options.ClientId, options.ClientSecret) = (provider.Authority!.ToString(), provider.ClientId, provider.ClientSecret);
        options.RequireHttpsMetadata = !provider.Authority.IsLoopback;
        options.BackchannelTimeout = _answerWithin;
        options.EventsType = typeof(ProviderEvents);
        options.CallbackPath = BackPath;
        // Two further paths that the handler would answer; here a session ends as any other does.
        (options.RemoteSignOutPath, options.SignedOutCallbackPath) = (default, default);
        options.ResponseType = OpenIdConnectResponseType.Code;
        // By query: cookies that are Lax do not come with a form that another site posts.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.Scope.Clear();
        foreach (var scope in provider.Scopes) options.Scope.Add(scope);
        options.MapInboundClaims = false;
        options.DisableTelemetry = true;
        options.TokenValidationParameters.ValidAlgorithms = _algorithms;
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(2);
        options.ProtocolValidator.NonceLifetime = Patience;
        options.RemoteAuthenticationTimeout = Patience;
        // Its keys are nowhere but here; whoever is at the provider while the server starts anew signs in once more.
        options.DataProtectionProvider = new EphemeralDataProtectionProvider();
        foreach (var (cookie, name) in ((CookieBuilder, string)[])[(options.CorrelationCookie, $"{CookiePrefix}state."), (options.NonceCookie, $"{CookiePrefix}nonce.")])
            (cookie.Name, cookie.Path, cookie.SameSite, cookie.SecurePolicy, cookie.HttpOnly, cookie.IsEssential) = (name, "/", SameSiteMode.Lax, CookieSecurePolicy.Always, true, true);
    }
}
