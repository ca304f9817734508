using System.Net;
using Microsoft.AspNetCore.Identity;
using SmartCity.Cloud.Identity;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>For whom passkeys are made: one host, opened at one origin.</summary>
internal static class PasskeyOrigins
{
    private const string Localhost = "localhost";

    /// <summary>Adds passkeys: our accounts under the ceremonies of ASP.NET Core Identity.</summary>
    public static IServiceCollection AddPasskeys(this IServiceCollection services, AccessOptions options)
    {
        services.AddSingleton<Passkeys>().AddSingleton<PasskeyChallenges>();
        services.AddIdentityCore<Account>().AddUserStore<PasskeyAccounts>();
        services.AddScoped<IPasskeyHandler<Account>, PasskeyHandler<Account>>().AddScoped<PasskeyCeremonies>().AddScoped<OwnPassword>();
        return services.Configure<IdentityPasskeyOptions>(passkeys =>
        {
            passkeys.ServerDomain = Configured(options)?.IdnHost ?? Localhost;
            passkeys.UserVerificationRequirement = "required";
            passkeys.ResidentKeyRequirement = "required";
            passkeys.AttestationConveyancePreference = "none";
            passkeys.AuthenticatorTimeout = PasskeyChallenges.Lifetime;
            passkeys.ValidateOrigin = asked =>
            {
                var isOurs = !asked.CrossOrigin && asked.TopOrigin is null && asked.Origin == Of(asked.HttpContext, options);
                if (!isOurs) asked.HttpContext.Items[typeof(PasskeyOrigins)] = asked.Origin;
                return ValueTask.FromResult(isOurs);
            };
        });
    }

    /// <summary>The one origin at which passkeys work; null where there is none: the configured one has no name, or none is configured and the browser is on another machine.</summary>
    public static string? Of(HttpContext context, AccessOptions options)
    {
        if (Configured(options) is { } configured) return PublicOrigin.HasName(configured) ? PublicOrigin.TextOf(configured) : null;
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) ? $"{context.Request.Scheme}://{Localhost}:{context.Connection.LocalPort}" : null;
    }

    /// <summary>Whether an answer was refused because a page of another origin asked for it.</summary>
    public static bool WasWrong(HttpContext context) => context.Items.ContainsKey(typeof(PasskeyOrigins));

    private static Uri? Configured(AccessOptions options) => options.PublicOrigin is { } text ? PublicOrigin.TryRead(text) : null;
}
