using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What the city's page shows when it is loaded; its scripts go on from there.</summary>
/// <param name="Page">The request.</param>
/// <param name="Devices">All devices.</param>
/// <param name="Device">The chosen one, or null.</param>
/// <param name="Missing">Id of a device that was asked for and never sent.</param>
/// <param name="Values">Newest values of the chosen device.</param>
/// <param name="Trouble">Key of the words that say why stored values are missing; null where nothing is wrong.</param>
public sealed record CityModel(
    PageContext Page, IReadOnlyList<DeviceSummary> Devices, DeviceSummary? Device, string? Missing, IReadOnlyList<LatestValue> Values, string? Trouble)
{
    /// <summary>Rows that the list holds at most; the rest is found by its filter.</summary>
    public const int RowsMax = 200;

    /// <summary>Language.</summary>
    public Language Language => Page.Language;
    /// <summary>Words.</summary>
    public Words Words => Page.Words;
    /// <summary>Numbers and times.</summary>
    public LocalText Text => Page.Text;
    /// <summary>µs since 1970 UTC.</summary>
    public long Now => Page.Now;

    /// <summary>Name of a state in markup.</summary>
    public static string NameOf(DataState state) => state switch { DataState.Live => "live", DataState.Stale => "stale", _ => "nodata" };

    /// <summary>Devices in a state.</summary>
    public int Count(DataState state) => Devices.Count(device => device.State == state);
}
