using SmartCity.Cloud.Server.Access;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Registry;

/// <summary>The registry as a caller who is bound to areas sees it: the devices and sites of them. Models are the whole city's, and everybody's to see.</summary>
internal sealed class AreaRegistry(IDeviceRegistry registry, AreaView view) : IDeviceRegistry
{
    public long Revision => registry.Revision;
    public IReadOnlyList<Versioned<DeviceModel>> Models => registry.Models;
    public IReadOnlyList<Versioned<Site>> Sites => [.. registry.Sites.Where(site => view.ShowsSite(site.Value.Id))];
    public IReadOnlyList<Versioned<RegisteredDevice>> Devices => [.. registry.Devices.Where(device => view.Shows(device.Value.Id))];

    public IReadOnlyList<Versioned<RegisteredGateway>> Gateways => [.. registry.Gateways.Where(gateway => Access.Areas.Hold(view.Areas, Access.Areas.Of(gateway.Value, registry)))];

    public Versioned<RegisteredDevice>? Device(string id) => view.Shows(id) ? registry.Device(id) : null;

    public MetricModel? MetricOf(SeriesKey series) => view.Shows(series.Device) ? registry.MetricOf(series) : null;

    public RegistryResult Apply(IReadOnlyList<RegistryChange> changes, bool isDryRun = false) => registry.Apply(changes, isDryRun);

    /// <summary>The registry as the caller of a request may see it.</summary>
    public static IDeviceRegistry Of(HttpContext context)
    {
        var (registry, view) = (context.RequestServices.GetRequiredService<IDeviceRegistry>(), context.ReadView());
        return view.IsWhole ? registry : new AreaRegistry(registry, view);
    }
}
