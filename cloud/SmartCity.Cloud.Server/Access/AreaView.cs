using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Says that a route shows callers who are bound to areas only what lies in them. To a route that does not say it they may not come at all.</summary>
internal sealed record ByArea;

/// <summary>What of the city a caller sees: all of it, or the devices of some areas and the gateways that hear one of them. Follows the registry as it changes.</summary>
internal sealed class AreaView(IReadOnlyList<string> areas, IDeviceRegistry registry)
{
    private sealed record Known(long Revision, HashSet<string> Sites);

    private volatile Known? _known;

    /// <summary>Whether nothing is hidden.</summary>
    public bool IsWhole => areas.Count == 0;

    /// <summary>The areas; none = the whole city.</summary>
    public IReadOnlyList<string> Areas => areas;

    /// <summary>Another one where what is shown may be other than before.</summary>
    public long Revision => IsWhole ? 0 : registry.Revision;

    /// <summary>Whether a device is shown. One that nobody has put into an area is the whole city's.</summary>
    public bool Shows(string device)
    {
        if (IsWhole) return true;
        if (registry.Device(device)?.Value is not { } known) return false;
        return known.Area is { } area ? Access.Areas.Hold(areas, area) : known.Site is { } site && Sites().Contains(site);
    }

    /// <summary>Whether a site is shown.</summary>
    public bool ShowsSite(string site) => IsWhole || Sites().Contains(site);

    /// <summary>Which gateways are shown: those by which one of the devices was last heard.</summary>
    public async Task<Func<string, bool>> GatewaysAsync(SilenceConsumer silence)
    {
        if (IsWhole) return _ => true;
        return (await silence.DevicesAsync()).Where(device => Shows(device.Device)).Select(device => device.Gateway).ToHashSet(StringComparer.Ordinal).Contains;
    }

    private HashSet<string> Sites()
    {
        // In this order: what is read after the revision is of it or newer.
        var revision = registry.Revision;
        if (_known is { } known && known.Revision == revision) return known.Sites;
        var sites = registry.Sites.Where(site => Access.Areas.Hold(areas, site.Value.Area)).Select(site => site.Value.Id).ToHashSet(StringComparer.Ordinal);
        _known = new Known(revision, sites);
        return sites;
    }
}

/// <summary>The view of a request.</summary>
internal static class AreaViews
{
    /// <summary>A route that shows callers bound to areas only what lies in them.</summary>
    public static T ByArea<T>(this T route) where T : IEndpointConventionBuilder => route.WithMetadata(new ByArea());

    /// <summary>What a caller may see of readings; all, where readings are everybody's.</summary>
    public static AreaView ReadView(this HttpContext context) => View(context, context.RequestServices.GetRequiredService<AccessOptions>().PublicReadings ? [] : context.CallerOf().Areas);

    /// <summary>What a caller may see and change by a right of its own.</summary>
    public static AreaView OwnView(this HttpContext context) => View(context, context.CallerOf().Areas);

    private static AreaView View(HttpContext context, IReadOnlyList<string> areas) => new(areas, context.RequestServices.GetRequiredService<IDeviceRegistry>());
}
