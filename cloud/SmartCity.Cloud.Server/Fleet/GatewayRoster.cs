using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Fleet.Trust;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The gateways as people see them: what the registry has of them, their keys, and whether they are connected.</summary>
internal sealed class GatewayRoster(GatewayTrust trust, GatewayDirectory directory, DurableLog log, IDeviceRegistry registry)
{
    private const int CertificatesMax = 50;

    /// <summary>Every gateway that is registered, has a key or a secret, is connected or has ever sent, by id.</summary>
    /// <param name="areas">Districts and corridors that whoever looks is bound to; none = the whole city.</param>
    /// <param name="search">Part of an id, name, site or area; null for all.</param>
    public IReadOnlyList<FleetGateway> All(IReadOnlyList<string> areas, string? search = null)
    {
        var known = trust.All().ToDictionary(standing => standing.Gateway, StringComparer.Ordinal);
        var registered = registry.Gateways.ToDictionary(entry => entry.Value.Id, entry => entry.Value, StringComparer.Ordinal);
        var ids = known.Keys.Concat(registered.Keys).Concat(directory.All().Select(state => state.Gateway)).Concat(log.Gateways().Where(id => id != LogImporter.Gateway));
        return [.. ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Where(id => areas.Count == 0 || Areas.Hold(areas, Areas.Of(registered.GetValueOrDefault(id), registry)))
            .Select(id => Of(id, known.GetValueOrDefault(id), directory.Find(id), registered.GetValueOrDefault(id), registry)).Where(one => search is null || Holds(one, search))];
    }

    /// <summary>One of them; null where nothing is known of it, or it lies elsewhere.</summary>
    public FleetGatewayDetail? Find(string gateway, IReadOnlyList<string> areas)
    {
        if (!Shows(gateway, areas)) return null;
        var (standing, registered) = (trust.Find(gateway), registry.Gateways.FirstOrDefault(entry => entry.Value.Id == gateway)?.Value);
        if (standing is null && registered is null && directory.Find(gateway) is null && (gateway == LogImporter.Gateway || !log.Gateways().Contains(gateway))) return null;
        return new FleetGatewayDetail(Of(gateway, standing, directory.Find(gateway), registered, registry), Issued(trust, gateway));
    }

    /// <summary>Whether somebody who is bound to areas may see and act on a gateway: one that the registry puts into them.</summary>
    public bool Shows(string gateway, IReadOnlyList<string> areas) => areas.Count == 0 || Areas.Hold(areas, Areas.Of(registry.Gateways.FirstOrDefault(entry => entry.Value.Id == gateway)?.Value, registry));

    /// <summary>One of them, of a server that does not run; null where it has no key and no secret.</summary>
    public static FleetGatewayDetail? Of(GatewayTrust trust, string gateway) => trust.Find(gateway) is { } standing ? new FleetGatewayDetail(Of(gateway, standing, null, null, null), Issued(trust, gateway)) : null;

    private static IReadOnlyList<IssuedEntry> Issued(GatewayTrust trust, string gateway) =>
        [.. trust.Certificates(gateway, CertificatesMax).Select(one => new IssuedEntry(one.Serial, UnixMicros.ToTime(one.Issued), UnixMicros.ToTime(one.Ends), one.How, one.Key))];

    private static FleetGateway Of(string id, GatewayStanding? standing, GatewayState? state, RegisteredGateway? registered, IDeviceRegistry? registry)
    {
        var word = standing?.Revoked is not null ? "revoked" : state?.Connected == true ? "connected" : standing?.Enrolled is null && state is null && (standing ?? (object?)registered) is not null ? "pending" : "offline";
        return new FleetGateway(id, word, At(standing?.Enrolled), At(standing?.CertificateEnds), standing?.Serial, At(standing?.CodeExpires), At(standing?.Claim?.Made), At(standing?.Claim?.Vouched), standing?.Claim?.Voucher,
            At(standing?.Claim?.Used), At(standing?.Revoked), standing?.Reason, state?.Since, state?.Software, state?.LastBatch, registered?.Name, registered?.Site, registry is null ? null : Areas.Of(registered, registry));
    }

    private static bool Holds(FleetGateway one, string search) =>
        new[] { one.Gateway, one.Name, one.Site, one.Area }.Any(text => text is not null && SearchText.Fold(text).Contains(SearchText.Fold(search), StringComparison.Ordinal));

    private static DateTimeOffset? At(long? micros) => micros is { } at ? UnixMicros.ToTime(at) : null;
}
