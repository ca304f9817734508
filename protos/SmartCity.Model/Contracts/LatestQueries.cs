namespace SmartCity.Model.Contracts;

/// <summary>What is known of the city now. Pages and API ask through this.</summary>
public interface ILatestQueries
{
    /// <summary>Devices, ordered by id (ordinal).</summary>
    Task<IReadOnlyList<DeviceSummary>> DevicesAsync(LatestFilter filter, CancellationToken cancellationToken);

    /// <summary>The newest value of each series, ordered by device, then metric (ordinal).</summary>
    Task<IReadOnlyList<LatestValue>> LatestAsync(LatestFilter filter, CancellationToken cancellationToken);
}

/// <summary>Chooses devices and their series; null means any.</summary>
/// <param name="Device">Exact device id.</param>
/// <param name="Metric">Exact metric name; of devices: those that report it.</param>
/// <param name="Kind">Kind of device, e.g. <c>air</c>.</param>
/// <param name="Box">Devices with a position in this box.</param>
/// <param name="Shows">Whether the caller may see a device; null = every one.</param>
public sealed record LatestFilter(string? Device = null, string? Metric = null, string? Kind = null, BoundingBox? Box = null, Func<string, bool>? Shows = null);

/// <summary>Degrees, WGS 84; a west greater than east crosses the date line.</summary>
/// <param name="West">Least longitude.</param>
/// <param name="South">Least latitude.</param>
/// <param name="East">Greatest longitude.</param>
/// <param name="North">Greatest latitude.</param>
public sealed record BoundingBox(double West, double South, double East, double North)
{
    /// <summary>Whether the position lies inside; edges count.</summary>
    public bool Holds(DevicePosition position) =>
        position.Latitude >= South && position.Latitude <= North
        && (West <= East ? position.Longitude >= West && position.Longitude <= East : position.Longitude >= West || position.Longitude <= East);
}

/// <summary>Where a device stands: its newest metrics <c>lat</c> and <c>lon</c>, degrees, WGS 84.</summary>
/// <param name="Latitude">-90 to 90.</param>
/// <param name="Longitude">-180 to 180.</param>
public readonly record struct DevicePosition(double Latitude, double Longitude);

/// <summary>How much the newest value still says.</summary>
public enum DataState
{
    /// <summary>It came within the time in which one was to be expected.</summary>
    Live,
    /// <summary>The next one is overdue: three usual intervals have passed.</summary>
    Stale,
    /// <summary>Ten usual intervals have passed, or nothing was ever heard: nothing is known of now.</summary>
    NoData,
}

/// <summary>A device as lists and maps show it.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Kind">What it is, e.g. <c>air</c>: its newest metric <c>kind</c>; null where it does not say.</param>
/// <param name="State">Of its newest value.</param>
/// <param name="Gateway">Gateway by which it was last heard; null where that is not known.</param>
/// <param name="LastTime">Time of the newest value of any of its series, µs since 1970 UTC; null where nothing is stored.</param>
/// <param name="StaleAfter">Age from which on its newest value is stale.</param>
/// <param name="NoDataAfter">Age from which on it says nothing any more.</param>
/// <param name="Position">Where it stands, if it says so.</param>
/// <param name="Metrics">Names of its metrics, ordered.</param>
public sealed record DeviceSummary(
    string Id, string? Kind, DataState State, string? Gateway, long? LastTime, TimeSpan StaleAfter, TimeSpan NoDataAfter, DevicePosition? Position, IReadOnlyList<string> Metrics);

/// <summary>The newest value of a series.</summary>
/// <param name="Series">Device and metric.</param>
/// <param name="Kind">Kind of its values.</param>
/// <param name="Value">The value.</param>
/// <param name="Time">Its event time, µs since 1970 UTC.</param>
/// <param name="Quality">Its flags.</param>
/// <param name="Age">Time since then; never negative.</param>
/// <param name="State">How much it still says.</param>
/// <param name="StaleAfter">Age from which on it is stale.</param>
/// <param name="NoDataAfter">Age from which on it says nothing any more.</param>
public sealed record LatestValue(SeriesKey Series, ValueKind Kind, ReadingValue Value, long Time, ReadingQuality Quality, TimeSpan Age, DataState State, TimeSpan StaleAfter, TimeSpan NoDataAfter);

/// <summary>Metrics by which a device speaks of itself, until a registry does.</summary>
public static class DeviceMetrics
{
    /// <summary>Degrees north, WGS 84.</summary>
    public const string Latitude = "lat";
    /// <summary>Degrees east, WGS 84.</summary>
    public const string Longitude = "lon";
    /// <summary>What the device is, e.g. <c>air</c>; a text.</summary>
    public const string Kind = "kind";

    /// <summary>Whether a metric says something of the device and nothing of the city.</summary>
    public static bool IsAboutDevice(string metric) => metric is Latitude or Longitude or Kind;
}
