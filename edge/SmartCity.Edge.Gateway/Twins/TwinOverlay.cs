using SmartCity.Devices.Twins;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>
/// Lays the city's desired configuration under the gateway's own: what stands in its own settings holds, so that whoever stands before the box can always bring it back,
/// and the city is told what is held so; what the own settings leave out is as the city wants it; what neither says is the default.
/// </summary>
internal static class TwinOverlay
{
    private static readonly (string Pointer, string Key, Func<TwinDocument, bool> IsWanted)[] _members =
    [
        ("/uplink/address", "Edge:Uplink:Address", static twin => twin.UplinkAddress is not null),
        ("/listen/mqttPort", "Edge:Mqtt:Port", static twin => twin.MqttPort is not null),
        ("/listen/webSocket", "Edge:Mqtt:WebSocket", static twin => twin.WebSocket is not null),
        ("/listen/webSocketPort", "Edge:Mqtt:WebSocketPort", static twin => twin.WebSocketPort is not null),
        ("/listen/tlsAddress", "Edge:Mqtt:Tls:Address", static twin => twin.TlsAddress is not null),
        ("/listen/tlsPort", "Edge:Mqtt:Tls:Port", static twin => twin.TlsPort is not null),
        ("/lanes/toll/quotaBytes", "Edge:Spool:TollBytes", static twin => twin.TollBytes is not null),
        ("/lanes/alarm/quotaBytes", "Edge:Spool:AlarmBytes", static twin => twin.AlarmBytes is not null),
        ("/lanes/telemetry/quotaBytes", "Edge:Spool:TelemetryBytes", static twin => twin.TelemetryBytes is not null),
        ("/lanes/telemetry/whenFull", "Edge:Spool:ExpireOldest", static twin => twin.ExpireOldest is not null),
        ("/limits/deadLetterBytes", "Edge:Spool:DeadLetterBytes", static twin => twin.DeadLetterBytes is not null),
        ("/limits/sessionBytes", "Edge:Spool:SessionBytes", static twin => twin.SessionBytes is not null),
        ("/limits/series", "Edge:Spool:SeriesMax", static twin => twin.Series is not null),
        ("/limits/deviceSeries", "Edge:Spool:DeviceSeriesMax", static twin => twin.DeviceSeries is not null),
        ("/limits/connections", "Edge:Mqtt:ConnectionsMax", static twin => twin.Connections is not null),
    ];

    /// <summary>The options that hold under a desired configuration.</summary>
    /// <param name="own">The gateway's own.</param>
    /// <param name="settings">What was set of them.</param>
    /// <param name="twin">The desired configuration.</param>
    public static GatewayOptions Over(GatewayOptions own, Settings settings, TwinDocument twin)
    {
        var (mqtt, spool) = (own.Mqtt, own.Spool);
        return own with
        {
            Mqtt = mqtt with
            {
                Port = Pick("/listen/mqttPort", mqtt.Port, twin.MqttPort), WebSocketPort = IsOwn("/listen/webSocketPort") ? mqtt.WebSocketPort : twin.WebSocketPort ?? mqtt.WebSocketPort,
                WebSocket = Pick("/listen/webSocket", mqtt.WebSocket, twin.WebSocket is { } isOn ? isOn ? EndpointState.On : EndpointState.Off : null),
                Tls = mqtt.Tls with { Address = twin.TlsAddress is { } address && !IsOwn("/listen/tlsAddress") ? address : mqtt.Tls.Address, Port = Pick("/listen/tlsPort", mqtt.Tls.Port, twin.TlsPort) },
                ConnectionsMax = Pick("/limits/connections", mqtt.ConnectionsMax, twin.Connections),
            },
            Spool = spool with
            {
                TollBytes = Pick("/lanes/toll/quotaBytes", spool.TollBytes, twin.TollBytes), AlarmBytes = Pick("/lanes/alarm/quotaBytes", spool.AlarmBytes, twin.AlarmBytes),
                TelemetryBytes = Pick("/lanes/telemetry/quotaBytes", spool.TelemetryBytes, twin.TelemetryBytes), ExpireOldest = Pick("/lanes/telemetry/whenFull", spool.ExpireOldest, twin.ExpireOldest),
                DeadLetterBytes = Pick("/limits/deadLetterBytes", spool.DeadLetterBytes, twin.DeadLetterBytes), SessionBytes = Pick("/limits/sessionBytes", spool.SessionBytes, twin.SessionBytes),
                SeriesMax = Pick("/limits/series", spool.SeriesMax, twin.Series), DeviceSeriesMax = Pick("/limits/deviceSeries", spool.DeviceSeriesMax, twin.DeviceSeries),
            },
        };

        T Pick<T>(string pointer, T there, T? wanted) where T : struct => wanted is { } value && !IsOwn(pointer) ? value : there;
        bool IsOwn(string pointer) => IsSet(settings, _members.First(member => member.Pointer == pointer).Key);
    }

    /// <summary>Places of a desired configuration at which the gateway's own settings hold.</summary>
    public static IEnumerable<string> HeldBy(Settings settings, TwinDocument twin) => _members.Where(member => member.IsWanted(twin) && IsSet(settings, member.Key)).Select(member => member.Pointer);

    private static bool IsSet(Settings settings, string key) => settings.Configuration[key] is not null;
}
