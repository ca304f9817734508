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
/// <param name="Path">Where the page can be opened, which is not where its forms are sent; by it its place in the navigation is marked.</param>
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

    /// <summary>Keys of the sentences on what is wrong now; none for whom they are not.</summary>
    public IReadOnlyList<string> Alarms { get; init; } = [];

    /// <summary>Reads it from a request.</summary>
    public static PageContext Of(HttpContext context, TimeZoneInfo zone)
    {
        var path = context.GetEndpoint()?.Metadata.GetMetadata<PageAddress>() is { } address ? new PathString(address.Path) : context.Request.Path;
        return new(Preferences.Of(context), zone, UnixMicros.Now(context.RequestServices.GetRequiredService<TimeProvider>()), path, context.Request.QueryString, context.User)
        {
            Alarms = context.User.Identity?.IsAuthenticated != true ? [] : [.. context.RequestServices.GetServices<IPageAlarm>().Select(alarm => alarm.Word).OfType<string>()],
        };
    }

    /// <summary>The address of this page with one thing of its looks changed.</summary>
    public string With(string name, string value)
    {
        var rest = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Query.Value).Where(one => one.Key != name)
            .SelectMany(one => one.Value, (one, each) => KeyValuePair.Create(one.Key, each));
        // Two slashes at the beginning would be another host's.
        return $"/{Path.ToUriComponent().TrimStart('/')}{QueryString.Create(rest.Append(KeyValuePair.Create(name, (string?)value)))}";
    }
}
