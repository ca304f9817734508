using SmartCity.Devices.Mappings;
using SmartCity.Devices.Twins;
using SmartCity.Edge.Gateway.Mappings;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>What a desired configuration means on this box: options, mappings, and what is wrong with it here. Reads files, changes nothing.</summary>
/// <param name="settings">The gateway's own settings.</param>
/// <param name="data">Its data folder.</param>
internal sealed class TwinSetup(Settings settings, string data)
{
    private GatewayOptions Own => settings.Get<GatewayOptions>();

    /// <summary>The options that hold under it.</summary>
    public GatewayOptions Options(TwinDocument twin) => TwinOverlay.Over(Own, settings, twin);

    /// <summary>The mappings that hold under it: those of the own settings first.</summary>
    /// <exception cref="Hosting.Commands.CommandException">One of the own settings is missing or wrong.</exception>
    public MappingSet Mappings(TwinDocument twin)
    {
        var own = MappingFolder.Load(Own.Mappings, data).All;
        return new MappingSet([.. own, .. twin.Mappings.Where(one => !Own.Mappings.Contains(one.Name)).Select(one => one.Own ?? MappingFolder.Find(one.Name, data, out _)).OfType<Mapping>()]);
    }

    /// <summary>Places at which the own settings hold against it.</summary>
    /// <param name="twin">The desired configuration.</param>
    /// <param name="hasCredential">Whether the own file of credentials has one of that name.</param>
    public IReadOnlyList<string> HeldHere(TwinDocument twin, Func<string, bool> hasCredential) =>
    [
        .. TwinOverlay.HeldBy(settings, twin),
        .. twin.Mappings.Where(one => Own.Mappings.Contains(one.Name)).Select(one => TwinJson.Step("/mappings", one.Name)),
        .. twin.Credentials.Where(one => hasCredential(one.User)).Select(one => TwinJson.Step(one.Topics is null ? "/devices" : "/bridges", one.User)),
    ];

    /// <summary>What this box lacks for it.</summary>
    public IReadOnlyList<TwinFault> Check(TwinDocument twin)
    {
        var faults = new List<TwinFault>();
        foreach (var one in twin.Mappings.Where(one => one.Own is null && !Own.Mappings.Contains(one.Name)))
            if (MappingFolder.Find(one.Name, data, out var wrong) is null) faults.Add(new TwinFault(TwinJson.Step("/mappings", one.Name), wrong));
        var options = Options(twin);
        var ports = new List<(string Pointer, int Port)> { ("", options.HttpPort), ("/listen/mqttPort", options.Mqtt.Port) };
        if (options.Mqtt.WebSocket == EndpointState.On) ports.Add(("/listen/webSocketPort", options.Mqtt.WebSocketPortUsed));
        if (options.Mqtt.Tls.Certificate is not null) ports.Add(("/listen/tlsPort", options.Mqtt.Tls.Port));
        foreach (var same in ports.Where(one => one.Port > 0).GroupBy(one => one.Port).Where(group => group.Count() > 1))
            faults.Add(new TwinFault(same.Last().Pointer, $"port {same.Key} is that of {(same.First().Pointer.Length == 0 ? "the gateway's own page" : same.First().Pointer)} on this box; choose another."));
        return faults;
    }
}
