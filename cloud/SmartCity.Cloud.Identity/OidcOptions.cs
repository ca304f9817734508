using System.ComponentModel.DataAnnotations;

namespace SmartCity.Cloud.Identity;

/// <summary>The city's OpenID Connect provider, section <c>Cloud:Access:Oidc</c>. Without the section there is none, and accounts of the server's own are the only ones.</summary>
public sealed record OidcOptions : IValidatableObject
{
    /// <summary>Issuer, below which its <c>.well-known/openid-configuration</c> lies: https, or http on loopback.</summary>
    [Required(ErrorMessage = "is missing; the provider's issuer is needed, e.g. https://id.city.example/realms/city.")] public Uri? Authority { get; set; }
    /// <summary>What this server is called at the provider.</summary>
    [Required(ErrorMessage = "is missing; the name that this server has at the provider is needed.")] public string ClientId { get; set; } = "";
    /// <summary>Its secret there; none for a public client, which PKCE protects alone. It belongs into the environment rather than on a command line.</summary>
    public string? ClientSecret { get; set; }
    /// <summary>What people call the provider, for the link on the sign-in page. Default: words for <c>the city's account</c>.</summary>
    public string? Name { get; set; }
    /// <summary>What is asked for. Default <c>openid</c>, <c>profile</c>.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = ["openid", "profile"];
    /// <summary>Claim of the id token that names a new account. Default <c>preferred_username</c>; <c>sub</c> where it is absent.</summary>
    [Required] public string NameClaim { get; set; } = "preferred_username";
    /// <summary>Claim of the id token that roles follow from, one text or a list of such. Default <c>roles</c>.</summary>
    [Required] public string RoleClaim { get; set; } = "roles";
    /// <summary>Which role follows from which value of it. A person for whom none does is refused.</summary>
    public IReadOnlyList<OidcRole> Roles { get; set; } = [];
    /// <summary>Claim of the id token whose values are the areas that a person is bound to; <c>*</c> is the whole city, and a person without a value is refused. Default none: everybody has the whole city.</summary>
    public string? AreaClaim { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority is { } authority && (authority.UserInfo.Length > 0 || authority.Query.Length > 0 || authority.Fragment.Length > 0 || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))))
            yield return new ValidationResult("an https address is needed (http on this machine alone), without a user, a question mark or a hash.", [nameof(Authority)]);
        if (!Scopes.Contains("openid")) yield return new ValidationResult("openid must be among them.", [nameof(Scopes)]);
        if (Roles.Count == 0) yield return new ValidationResult("is empty, so nobody could sign in; at least one value with its role is needed.", [nameof(Roles)]);
    }
}

/// <summary>A role that follows from a claim.</summary>
public sealed record OidcRole : IValidatableObject
{
    /// <summary>Value of the claim, letter by letter.</summary>
    [Required(ErrorMessage = "is missing; a value of the provider's claim is needed.")] public string Value { get; set; } = "";
    /// <summary>The role; one value may stand in several rows.</summary>
    public string Role { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Model.Contracts.Roles.All.Contains(Role)) yield return new ValidationResult($"\"{Role}\" is no role; there are {string.Join(", ", Model.Contracts.Roles.All)}.", [nameof(Role)]);
    }
}
