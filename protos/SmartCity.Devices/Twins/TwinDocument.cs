using SmartCity.Devices.Credentials;
using SmartCity.Devices.Mappings;

namespace SmartCity.Devices.Twins;

/// <summary>
/// The configuration of a gateway as the city wants it. Every member may be left out: then the gateway's own settings, or its defaults, hold.
/// <code>
/// {
///   "uplink":   {"address": "https://cloud.example:8443"},
///   "listen":   {"mqttPort": 1883, "webSocket": "on", "webSocketPort": 8085, "tlsAddress": "*", "tlsPort": 8884},
///   "lanes":    {"toll": {"quotaBytes": 1073741824}, "alarm": {"quotaBytes": …}, "telemetry": {"quotaBytes": …, "whenFull": "refuse" | "expire-oldest"}},
///   "limits":   {"deadLetterBytes": …, "sessionBytes": …, "series": …, "deviceSeries": …, "connections": …},
///   "mappings": {"NAME": true | {…the mapping's file…}},
///   "devices":  {"ID": {"password": "…"}},
///   "bridges":  {"USER": {"password": "…", "topics": ["city/v1/+/telemetry"]}},
///   "software": "1.4.0"
/// }
/// </code>
/// </summary>
public sealed record TwinDocument
{
    /// <summary>The document that says nothing.</summary>
    public static TwinDocument Empty { get; } = new();

    /// <summary>Address of the uplink.</summary>
    public string? UplinkAddress { get; init; }
    /// <summary>Port of MQTT on loopback; 0 = any free one.</summary>
    public int? MqttPort { get; init; }
    /// <summary>Whether MQTT over WebSocket is spoken.</summary>
    public bool? WebSocket { get; init; }
    /// <summary>Its port; 0 = any free one.</summary>
    public int? WebSocketPort { get; init; }
    /// <summary>Address of MQTT over TLS, <c>*</c> for all.</summary>
    public string? TlsAddress { get; init; }
    /// <summary>Its port; 0 = any free one.</summary>
    public int? TlsPort { get; init; }
    /// <summary>Bytes that toll events may hold.</summary>
    public long? TollBytes { get; init; }
    /// <summary>Bytes that alarms may hold.</summary>
    public long? AlarmBytes { get; init; }
    /// <summary>Bytes that telemetry may hold.</summary>
    public long? TelemetryBytes { get; init; }
    /// <summary>Whether the oldest telemetry is given up at its quota.</summary>
    public bool? ExpireOldest { get; init; }
    /// <summary>Bytes that dead letters may hold.</summary>
    public long? DeadLetterBytes { get; init; }
    /// <summary>Bytes that MQTT sessions may hold.</summary>
    public long? SessionBytes { get; init; }
    /// <summary>Series that are told apart.</summary>
    public int? Series { get; init; }
    /// <summary>Series of one device.</summary>
    public int? DeviceSeries { get; init; }
    /// <summary>MQTT connections at a time.</summary>
    public int? Connections { get; init; }
    /// <summary>Mappings by name, in the order in which they are asked.</summary>
    public IReadOnlyList<TwinMapping> Mappings { get; init; } = [];
    /// <summary>Credentials of devices and bridges.</summary>
    public IReadOnlyList<TwinCredential> Credentials { get; init; } = [];
    /// <summary>Version of the software that is wanted; it is compared and not installed.</summary>
    public string? Software { get; init; }

    /// <summary>Reads a document, strictly: what is not known is an error, and all errors are told at once.</summary>
    /// <param name="json">The document.</param>
    /// <param name="faults">All that is wrong with it, each with its place.</param>
    /// <returns>The document; null where something is wrong. Never throws, for any input.</returns>
    public static TwinDocument? Parse(ReadOnlyMemory<byte> json, out IReadOnlyList<TwinFault> faults) => TwinReader.Read(json, out faults);
}

/// <summary>A mapping that is switched on.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Own">What it is; null = the one of this name that the gateway has.</param>
public sealed record TwinMapping(string Name, Mapping? Own);

/// <summary>A password, and for a bridge the topics that it may use.</summary>
/// <param name="User">Device id, or name of the bridge.</param>
/// <param name="Password">Its hash.</param>
/// <param name="Topics">Filters of a bridge; null for a device.</param>
public sealed record TwinCredential(string User, PasswordHash Password, IReadOnlyList<string>? Topics);
