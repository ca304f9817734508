using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.Identity;

/// <summary>Who may do what, section <c>Cloud:Access</c>.</summary>
public sealed record AccessOptions : IValidatableObject
{
    /// <summary>Whether everybody may see devices, readings, live values and the books without signing in: a city is transparent to its citizens. Default true. Changes always need a right.</summary>
    public bool PublicReadings { get; set; } = true;
    /// <summary>How long a session lasts from its last use. Default 12 hours, a shift and what comes after.</summary>
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromHours(12);
    /// <summary>How long a session lasts at most. Default 7 days.</summary>
    public TimeSpan SessionMax { get; set; } = TimeSpan.FromDays(7);
    /// <summary>Whether the first start prints the first administrator's secret. With false it is left in <c>identity/first-sign-in</c> of the data folder, for its owner alone, for whoever started the server to show and delete. Default true.</summary>
    public bool PrintFirstSecret { get; set; } = true;
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512 of a new password's hash, 1,000 to 10,000,000. Default 220,000.</summary>
    [Range(1_000, 10_000_000)] public int PasswordRounds { get; set; } = 220_000;
    /// <summary>The city's OpenID Connect provider, by which people may sign in too. Default none.</summary>
    public OidcOptions? Oidc { get; set; }
    /// <summary>Where people open the city's pages, as their browsers show it: scheme, host and port, e.g. <c>https://city.example:8444</c>. Passkeys are made for its host and hold there alone. Default: localhost, on the server's own ports.</summary>
    public string? PublicOrigin { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PublicOrigin is { } given && Identity.PublicOrigin.TryRead(given) is null) yield return new ValidationResult($"\"{given}\" is no origin; https://city.example or https://city.example:8444 is one, without a path, and http only for localhost.", [nameof(PublicOrigin)]);
    }
}
