using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Access;

/// <summary>Whether something lies in the districts and corridors that an account is bound to.</summary>
internal static class Areas
{
    /// <summary>Whether an area is one of some or lies under one, as <c>north/12</c> under <c>north</c>. Bound to none = the whole city.</summary>
    public static bool Hold(IReadOnlyList<string> bound, string? area) =>
        bound.Count == 0 || (area is not null && bound.Any(one => area.Equals(one, StringComparison.Ordinal) || (area.Length > one.Length && area[one.Length] == '/' && area.StartsWith(one, StringComparison.Ordinal))));

    /// <summary>The area of a gateway: its own, else its site's.</summary>
    public static string? Of(RegisteredGateway? gateway, IDeviceRegistry registry) =>
        gateway is null ? null : gateway.Area ?? registry.Sites.FirstOrDefault(site => site.Value.Id == gateway.Site)?.Value.Area;

    /// <summary>The area of a device: its own, else its site's.</summary>
    public static string? Of(RegisteredDevice? device, IDeviceRegistry registry) =>
        device is null ? null : device.Area ?? registry.Sites.FirstOrDefault(site => site.Value.Id == device.Site)?.Value.Area;
}
