using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What the city's page shows when it is loaded; its scripts go on from there.</summary>
/// <param name="Language">Language.</param>
/// <param name="Zone">Zone of times, IANA.</param>
/// <param name="Now">µs since 1970 UTC.</param>
/// <param name="Devices">All devices.</param>
/// <param name="Device">The chosen one, or null.</param>
/// <param name="Missing">Id of a device that was asked for and never sent.</param>
/// <param name="Values">Newest values of the chosen device.</param>
/// <param name="Trouble">Key of the words that say why stored values are missing; null where nothing is wrong.</param>
public sealed record CityModel(
    Language Language, TimeZoneInfo Zone, long Now, IReadOnlyList<DeviceSummary> Devices, DeviceSummary? Device, string? Missing, IReadOnlyList<LatestValue> Values, string? Trouble)
{
    /// <summary>Rows that the list holds at most; the rest is found by its filter.</summary>
    public const int RowsMax = 200;

    /// <summary>Words.</summary>
    public Words Words => Language.Words;
    /// <summary>Numbers and times.</summary>
    public LocalText Text { get; } = new(Language, Zone);

    /// <summary>Name of a state in markup.</summary>
    public static string NameOf(DataState state) => state switch { DataState.Live => "live", DataState.Stale => "stale", _ => "nodata" };

    /// <summary>Devices in a state.</summary>
    public int Count(DataState state) => Devices.Count(device => device.State == state);
}
