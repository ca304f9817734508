using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Model;

namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>What every page knows of the request that asked for it.</summary>
/// <param name="Preferences">How it is to look.</param>
/// <param name="Zone">Zone of times, IANA.</param>
/// <param name="Now">µs since 1970 UTC.</param>
/// <param name="Path">Path of the page, by which its place in the navigation is marked.</param>
/// <param name="Query">What else stands in the address, with its question mark; kept when only the looks change.</param>
/// <param name="User">Who asks; without a name where nobody has signed in.</param>
public sealed record PageContext(Preferences Preferences, TimeZoneInfo Zone, long Now, PathString Path, QueryString Query, ClaimsPrincipal User)
{
    /// <summary>Language.</summary>
    public Language Language => Preferences.Language;
    /// <summary>Words.</summary>
    public Words Words => Language.Words;
    /// <summary>Numbers and times.</summary>
    public LocalText Text { get; } = new(Preferences.Language, Zone, Preferences.Digits);

    /// <summary>Reads it from a request.</summary>
    public static PageContext Of(HttpContext context, TimeZoneInfo zone) =>
        new(Preferences.Of(context), zone, UnixMicros.Now(context.RequestServices.GetRequiredService<TimeProvider>()), context.Request.Path, context.Request.QueryString, context.User);

    /// <summary>The address of this page with one thing of its looks changed.</summary>
    public string With(string name, string value)
    {
        var rest = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Query.Value).Where(one => one.Key != name)
            .SelectMany(one => one.Value, (one, each) => KeyValuePair.Create(one.Key, each));
        return QueryString.Create(rest.Append(KeyValuePair.Create(name, (string?)value))).Value!;
    }
}
