using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace SmartCity.Tests.Cloud.Server.Provider;

/// <summary>Whom the provider takes its visitor for.</summary>
internal sealed record ProviderPerson(string Subject, string Name, string[] Roles, string[]? Areas = null);

/// <summary>A city's provider: an OpenIddict server in this process, whose visitor is signed in already. Its one client must prove its secret, and a code serves once.</summary>
internal sealed class ProviderUnderTest : IAsyncDisposable
{
    public const string Client = "smartcity";
    public const string Secret = "canary-5f0e7c1d-secret";
    private static readonly RSA _first = RSA.Create(2048);
    private static readonly RSA _second = RSA.Create(2048);
    private readonly RsaSecurityKey _key;
    private readonly ConcurrentDictionary<string, bool> _redeemed = new();
    private readonly WebApplication _app;

    private ProviderUnderTest(int port, bool hasNewKey)
    {
        _key = hasNewKey ? new RsaSecurityKey(_second) { KeyId = "second" } : new RsaSecurityKey(_first) { KeyId = "first" };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.SetAuthorizationEndpointUris("connect/authorize").SetTokenEndpointUris("connect/token").SetEndSessionEndpointUris("connect/logout");
            server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange().EnableDegradedMode();
            server.RegisterScopes(Scopes.OpenId, Scopes.Profile);
            server.AddSigningKey(_key).AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.ClientId != Client || context.RedirectUri is null || !Backs.Contains(context.RedirectUri)) context.Reject(Errors.InvalidClient);
                return default;
            }));
            server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (Person is not { } person) context.Reject(Errors.AccessDenied, "<b>no</b>");
                else context.SignIn(PrincipalOf(person, context.Request));
                return default;
            }));
            server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.ClientId != Client || context.ClientSecret != Secret) context.Reject(Errors.InvalidClient);
                else if (!_redeemed.TryAdd(context.Request.Code!, true)) context.Reject(Errors.InvalidGrant, "The code was redeemed before.");
                return default;
            }));
            server.AddEventHandler<ApplyTokenResponseContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.Response.IdToken is { } token)
                {
                    LastIdToken = token;
                    if (Forge is not null) context.Response.IdToken = Forged(token);
                }
                return default;
            }).SetOrder(int.MinValue + 1_000));
            server.AddEventHandler<ValidateEndSessionRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                LastEnd = context.PostLogoutRedirectUri;
                return default;
            }));
            server.AddEventHandler<HandleEndSessionRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                context.SignOut();
                return default;
            }));
        });
        _app = builder.Build();
    }

    /// <summary>Where it listens, which is its name too.</summary>
    public Uri Issuer => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");
    /// <summary>Whom it takes its visitor for; null where it says no.</summary>
    public ProviderPerson? Person { get; set; }
    /// <summary>Addresses that it sends browsers back to.</summary>
    public HashSet<string> Backs { get; } = [];
    /// <summary>Changes the claims of the next id tokens, which are signed anew.</summary>
    public Action<JsonObject>? Forge { get; set; }
    /// <summary>How forged tokens are signed: <c>own</c>, <c>stolen</c> (another key by the same name), <c>none</c>, <c>secret</c> (the client's, as HMAC).</summary>
    public string Signature { get; set; } = "own";
    /// <summary>The last id token that it gave out, before anything was forged.</summary>
    public string? LastIdToken { get; private set; }
    /// <summary>Where the last end of a session was to lead.</summary>
    public string? LastEnd { get; private set; }

    /// <summary>Starts one.</summary>
    /// <param name="stop">Ends the wait.</param>
    /// <param name="port">Its port; 0 for any free one.</param>
    /// <param name="hasNewKey">Whether it signs with another key than others do.</param>
    public static async Task<ProviderUnderTest> StartAsync(CancellationToken stop, int port = 0, bool hasNewKey = false)
    {
        var provider = new ProviderUnderTest(port, hasNewKey);
        await provider._app.StartAsync(stop);
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static ClaimsPrincipal PrincipalOf(ProviderPerson person, OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity("provider");
        identity.SetClaim(Claims.Subject, person.Subject).SetClaim(Claims.PreferredUsername, person.Name).SetClaims("roles", [.. person.Roles]);
        if (person.Areas is { } areas) identity.SetClaims("areas", [.. areas]);
        identity.SetScopes(request.GetScopes());
        identity.SetDestinations(_ => [Destinations.IdentityToken]);
        return new ClaimsPrincipal(identity);
    }

    private string Forged(string token)
    {
        var claims = JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))!.AsObject();
        Forge!(claims);
        SecurityKey key = Signature switch { "stolen" => new RsaSecurityKey(_second) { KeyId = _key.KeyId }, "secret" => new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Secret.PadRight(32, '0'))) { KeyId = _key.KeyId }, _ => _key };
        return Signature == "none"
            ? $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{Base64UrlEncoder.Encode(claims.ToJsonString())}."
            : new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(claims.ToJsonString(), new SigningCredentials(key, Signature == "secret" ? SecurityAlgorithms.HmacSha256 : SecurityAlgorithms.RsaSha256));
    }
}
