using System.Security.Claims;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Identity;

/// <summary>Somebody whom a provider vouches for.</summary>
/// <param name="Issuer">The provider; <paramref name="Subject"/> says who somebody is only together with it.</param>
/// <param name="Subject">The person's number there, which is never given to another.</param>
/// <param name="Name">What the person is called there; may be anybody's.</param>
/// <param name="Roles">Roles that follow from the claims, in the order of <see cref="Roles.All"/>; empty where none does.</param>
/// <param name="Areas">Areas that follow; empty = the whole city, null where an area is needed and none follows.</param>
public sealed record ExternalPerson(string Issuer, string Subject, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string>? Areas)
{
    private const string WholeCity = "*";

    /// <summary>Reads the claims of an id token that was checked; null where they name no person.</summary>
    public static ExternalPerson? Of(ClaimsPrincipal principal, OidcOptions options)
    {
        ArgumentNullException.ThrowIfNull(principal);
        ArgumentNullException.ThrowIfNull(options);
        // OpenID Connect Core 1.0, section 2: a subject has at most 255 characters.
        if (principal.FindFirst("sub") is not { Value.Length: > 0 and <= 255, Issuer.Length: > 0 } subject) return null;
        var given = ValuesOf(options.RoleClaim).ToHashSet(StringComparer.Ordinal);
        var roles = options.Roles.Where(rule => given.Contains(rule.Value)).Select(rule => rule.Role).ToHashSet(StringComparer.Ordinal);
        return new ExternalPerson(subject.Issuer, subject.Value, ValuesOf(options.NameClaim).FirstOrDefault() ?? subject.Value, [.. Model.Contracts.Roles.All.Where(roles.Contains)], Areas());

        IEnumerable<string> ValuesOf(string claim) => principal.FindAll(claim).Select(one => one.Value.Trim()).Where(value => value.Length > 0);

        IReadOnlyList<string>? Areas()
        {
            if (options.AreaClaim is not { Length: > 0 } claim) return [];
            var areas = ValuesOf(claim).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            if (areas.Contains(WholeCity)) return [];
            return areas.Count == 0 ? null : areas;
        }
    }
}
