using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace SmartCity.Cloud.Server.Access.Provider;

/// <summary>The default scheme, which knows nobody: the framework would take the provider's for it, and <see cref="CityAccess"/> alone says who calls.</summary>
internal sealed class NoSession(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Its name.</summary>
    public new const string Scheme = "none";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
}
