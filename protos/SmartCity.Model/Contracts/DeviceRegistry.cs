namespace SmartCity.Model.Contracts;

/// <summary>What a metric of a device model is, and what is believed of its values.</summary>
/// <param name="Name">Metric name.</param>
/// <param name="Unit">UCUM code, e.g. <c>ug/m3</c>, <c>Cel</c>; null where it has none.</param>
/// <param name="Kind">Kind of its values.</param>
/// <param name="Min">Least value that can be; null = no bound.</param>
/// <param name="Max">Greatest value that can be; null = no bound.</param>
/// <param name="RateMax">Fastest change that can be, in units a second; null = no bound.</param>
/// <param name="StuckAfter">An unchanged value is doubted after this; null = never.</param>
/// <param name="ExpectedInterval">Interval at which it reports, for coverage and silence; null = learned.</param>
public sealed record MetricModel(
    string Name, string? Unit = null, ValueKind Kind = ValueKind.Double, double? Min = null, double? Max = null, double? RateMax = null, TimeSpan? StuckAfter = null, TimeSpan? ExpectedInterval = null);

/// <summary>A model of device: all devices of it have the same metrics.</summary>
/// <param name="Id">Id, e.g. <c>air</c> or a maker's model name; as device ids are.</param>
/// <param name="Kind">Kind of device, e.g. <c>air</c>.</param>
/// <param name="Name">What people call it; null = its id.</param>
/// <param name="Metrics">Its metrics; a device may send others, of which nothing is believed.</param>
public sealed record DeviceModel(string Id, string Kind, string? Name, IReadOnlyList<MetricModel> Metrics);

/// <summary>A place with devices.</summary>
/// <param name="Id">Id; as device ids are.</param>
/// <param name="Name">What people call it; null = its id.</param>
/// <param name="Area">District or corridor by which rights are given; null where it lies in none.</param>
/// <param name="Position">Where it is.</param>
public sealed record Site(string Id, string? Name, string? Area, DevicePosition? Position);

/// <summary>Whether a device is to be heard.</summary>
public enum DeviceStanding
{
    /// <summary>In service.</summary>
    Active,
    /// <summary>Taken out of service; its series and history stay.</summary>
    Retired,
}

/// <summary>What is known of a device beside what it sends.</summary>
/// <param name="Id">Device id.</param>
/// <param name="Model">Id of its model; null where it is not known.</param>
/// <param name="Name">What people call it; null = its id.</param>
/// <param name="Site">Id of its site.</param>
/// <param name="Area">District or corridor; null = its site's.</param>
/// <param name="Position">Where it stands; null = its site's, or what it says itself.</param>
/// <param name="Standing">Whether it is in service.</param>
/// <param name="IsDiscovered">Whether nobody entered it: it was heard, and stands here with what it says of itself.</param>
public sealed record RegisteredDevice(
    string Id, string? Model = null, string? Name = null, string? Site = null, string? Area = null, DevicePosition? Position = null, DeviceStanding Standing = DeviceStanding.Active, bool IsDiscovered = false);

/// <summary>What is known of a gateway beside its key: where it hangs, and what people call it. Whether it is let in is another matter.</summary>
/// <param name="Id">Gateway id, as in its certificate.</param>
/// <param name="Name">What people call it; null = its id.</param>
/// <param name="Site">Id of its site.</param>
/// <param name="Area">District or corridor; null = its site's.</param>
/// <param name="Position">Where it stands; null = its site's.</param>
/// <param name="Standing">Whether it is in service.</param>
/// <param name="Note">What whoever goes there should know, e.g. where the key of the cabinet is.</param>
public sealed record RegisteredGateway(string Id, string? Name = null, string? Site = null, string? Area = null, DevicePosition? Position = null, DeviceStanding Standing = DeviceStanding.Active, string? Note = null);

/// <summary>An entry and how often it has been changed.</summary>
/// <param name="Value">The entry.</param>
/// <param name="Version">1 for a new one; what a conditional change must name.</param>
public sealed record Versioned<T>(T Value, long Version);

/// <summary>Models, sites, devices and gateways of the city. Reads are of memory and never wait; changes are durable when they return. Thread-safe.</summary>
public interface IDeviceRegistry
{
    /// <summary>Number of changes so far; whoever has compiled something from the registry does it again when this is another.</summary>
    long Revision { get; }

    /// <summary>Models, ordered by id.</summary>
    IReadOnlyList<Versioned<DeviceModel>> Models { get; }
    /// <summary>Sites, ordered by id.</summary>
    IReadOnlyList<Versioned<Site>> Sites { get; }
    /// <summary>Devices, ordered by id.</summary>
    IReadOnlyList<Versioned<RegisteredDevice>> Devices { get; }

    /// <summary>Gateways, ordered by id.</summary>
    IReadOnlyList<Versioned<RegisteredGateway>> Gateways { get; }

    /// <summary>A device; null where it is not known.</summary>
    Versioned<RegisteredDevice>? Device(string id);

    /// <summary>What is believed of a metric of a device; null where nothing is.</summary>
    MetricModel? MetricOf(SeriesKey series);

    /// <summary>Applies changes, all or none.</summary>
    /// <exception cref="RegistryException">One of them cannot be; none was made. It says which and why.</exception>
    RegistryResult Apply(IReadOnlyList<RegistryChange> changes, bool isDryRun = false);
}

/// <summary>A change of the registry: exactly one of the members is set.</summary>
/// <param name="Model">A model, new or in place of the one of its id.</param>
/// <param name="Site">A site, likewise.</param>
/// <param name="Device">A device, likewise.</param>
/// <param name="ExpectedVersion">The version that it replaces; 0 = there must be none; null = whatever there is.</param>
/// <param name="Place">Where it was read, for errors, e.g. <c>devices.csv, line 7</c>.</param>
/// <param name="Gateway">A gateway, likewise.</param>
public sealed record RegistryChange(DeviceModel? Model = null, Site? Site = null, RegisteredDevice? Device = null, long? ExpectedVersion = null, string? Place = null, RegisteredGateway? Gateway = null);

/// <summary>What changes did, or would do.</summary>
/// <param name="Added">Entries that were not there.</param>
/// <param name="Changed">Entries that were other.</param>
/// <param name="Unchanged">Entries that stood so already.</param>
public sealed record RegistryResult(int Added, int Changed, int Unchanged);

/// <summary>Changes that cannot be; the message has a line for each, with place, what is wrong, and what is needed.</summary>
public sealed class RegistryException : Exception
{
    /// <summary>Creates it without words.</summary>
    public RegistryException() { }
    /// <summary>Creates it with one fault.</summary>
    public RegistryException(string message) : base(message) { }
    /// <summary>Creates it around another error.</summary>
    public RegistryException(string message, Exception inner) : base(message, inner) { }
    /// <summary>Whether the only fault is a version that somebody else has changed meanwhile.</summary>
    public bool IsConflict { get; init; }
}
