using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using SmartCity.Cloud.Dashboards.Languages;

namespace SmartCity.Cloud.Server.Access.Provider;

/// <summary>Why a sign-in by the provider came to nothing, as it stands in the address of the sign-in page; each has its words there.</summary>
internal static class ProviderTrouble
{
    /// <summary>The provider does not answer.</summary>
    public const string Down = "down";
    /// <summary>The person or the provider said no.</summary>
    public const string Denied = "denied";
    /// <summary>It took too long, or this browser did not begin it.</summary>
    public const string Expired = "expired";
    /// <summary>What the provider sent does not hold.</summary>
    public const string Invalid = "invalid";
    /// <summary>No role follows from the claims.</summary>
    public const string Role = "role";
    /// <summary>No area does.</summary>
    public const string Area = "area";
    /// <summary>The account is disabled.</summary>
    public const string Disabled = "disabled";
    /// <summary>It cannot be written down, so it is not done.</summary>
    public const string Unwritten = "unwritten";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Down, Denied, Expired, Invalid, Role, Area, Disabled, Unwritten];

    /// <summary>What the sign-in page says of one; null for what is none.</summary>
    public static string? Say(Words words, string? trouble) => trouble is not null && All.Contains(trouble) ? words[$"signin.trouble.{trouble}"] : null;

    /// <summary>The trouble that an exception of the handler stands for.</summary>
    public static string Of(Exception? error) => error switch
    {
        // What the provider answers to a request; all else that is wrong with an answer makes it invalid.
        OpenIdConnectProtocolException protocol => (protocol.Data["error"] as string) switch
        {
            "access_denied" => Denied,
            "temporarily_unavailable" or "server_error" => Down,
            _ => Invalid,
        },
        // State, correlation cookie, age.
        AuthenticationFailureException { InnerException: { } inner } => Of(inner),
        AuthenticationFailureException => Expired,
        // Its configuration or keys cannot be read.
        HttpRequestException or IOException or InvalidOperationException or OperationCanceledException => Down,
        _ => Invalid,
    };
}
