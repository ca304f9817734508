using System.ComponentModel.DataAnnotations;
using System.Net;
using SmartCity.Edge.Gateway.Broker;
using SmartCity.Edge.Gateway.Enrolment;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Edge.Gateway;

/// <summary>The gateway's settings, section <c>Edge</c>.</summary>
public sealed record GatewayOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge";

    /// <summary>Folder of all data; <c>--data</c> sets it too. Default <c>./data/gateway</c>.</summary>
    [Required] public string Data { get; init; } = Path.Combine("data", "gateway");
    /// <summary>Port of HTTP on loopback (status, health, metrics, audit); 0 = any free one. Default 8081.</summary>
    [Range(0, 65_535)] public int HttpPort { get; init; } = 8081;
    /// <summary>IANA zone of the times on the gateway's page, and of other systems' times without an offset where their mapping names no zone. Default <c>Asia/Tehran</c>.</summary>
    public string Zone { get; init; } = "Asia/Tehran";
    /// <summary>Where devices publish.</summary>
    public MqttOptions Mqtt { get; init; } = new();
    /// <summary>The way to the cloud.</summary>
    public UplinkOptions Uplink { get; init; } = new();
    /// <summary>How the gateway gets its certificate by itself.</summary>
    public EnrolmentOptions Enrolment { get; init; } = new();
    /// <summary>How a configuration that the city wants is tried.</summary>
    public TwinOptions Twin { get; init; } = new();
    /// <summary>The light on the box.</summary>
    public LedOptions Led { get; init; } = new();
    /// <summary>What is kept until the cloud has it.</summary>
    public SpoolSettings Spool { get; init; } = new();
    /// <summary>
    /// Names of the mappings that turn other systems' messages into readings; of two for one topic the first counts. <c>{data}/mappings/NAME.json</c>, or one of
    /// those that come with the gateway. None by default.
    /// </summary>
    public IReadOnlyList<string> Mappings { get; init; } = [];
    /// <summary>Address of an external broker to consume beside our own listener, <c>mqtt://[user:password@]host[:port]</c> or <c>mqtts://…</c>; none by default.</summary>
    public string? Broker { get; init; }
    /// <summary>How that broker is consumed.</summary>
    public BrokerClientOptions BrokerClient { get; init; } = new();

    /// <summary>The zone that was checked.</summary>
    internal TimeZoneInfo ZoneUsed => TimeZoneInfo.FindSystemTimeZoneById(Zone);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(Zone, out _)) yield return new ValidationResult($"\"{Zone}\" is no time zone; an IANA name is needed, e.g. Asia/Tehran or UTC.", [nameof(Zone)]);
        if (Broker is not null && BrokerAddress.TryParse(Broker, out _) is { } wrong) yield return new ValidationResult(wrong, [nameof(Broker)]);
        // A port that was not set is not among those that are compared with each other.
        if (Mqtt is { WebSocket: EndpointState.On, WebSocketPort: null, WebSocketPortUsed: > 0 and var port } && (port == HttpPort || port == Mqtt.Port || port == Mqtt.Tls.Port))
            yield return new ValidationResult($"port {port} is that of MQTT over WebSocket; choose another, or set Edge:Mqtt:WebSocketPort, or Edge:Mqtt:WebSocket=off.", [port == HttpPort ? nameof(HttpPort) : $"{nameof(Mqtt)}:{(port == Mqtt.Port ? "Port" : "Tls:Port")}"]);
    }
}

/// <summary>The MQTT endpoints.</summary>
public sealed record MqttOptions
{
    /// <summary>Plain TCP on loopback; 0 = any free port. Default 1883.</summary>
    [Range(0, 65_535)] public int Port { get; init; } = 1883;
    /// <summary>Whether MQTT over WebSocket is spoken, on loopback at <c>/</c> and <c>/mqtt</c>. Default on.</summary>
    public EndpointState WebSocket { get; init; } = EndpointState.On;
    /// <summary>Its port; 0 = any free one. Default 8085, or any free one where <see cref="Port"/> is 0.</summary>
    [Range(0, 65_535)] public int? WebSocketPort { get; init; }
    /// <summary>MQTT over TLS, on all addresses.</summary>
    public MqttTlsOptions Tls { get; init; } = new();
    /// <summary>Connections at a time; fewer where the limit of open files leaves room for fewer. Default 20,000.</summary>
    [Range(1, 1_000_000)] public int ConnectionsMax { get; init; } = 20_000;
    /// <summary>The port of MQTT over WebSocket as it is listened on.</summary>
    public int WebSocketPortUsed => WebSocketPort ?? (Port == 0 ? 0 : 8085);
    /// <summary>Credentials of devices and bridges; default <c>devices.json</c> in the data folder. It need not exist.</summary>
    public string? Devices { get; init; }
}

/// <summary>Whether an endpoint is listened on.</summary>
public enum EndpointState
{
    /// <summary>It is not.</summary>
    Off,
    /// <summary>It is.</summary>
    On,
}

/// <summary>MQTT over TLS; on where a certificate is set.</summary>
public sealed record MqttTlsOptions : IValidatableObject
{
    /// <summary>Address that is listened on, <c>*</c> for all. Default <c>*</c>.</summary>
    public string Address { get; init; } = "*";
    /// <summary>Port; 0 = any free one. Default 8884.</summary>
    [Range(0, 65_535)] public int Port { get; init; } = 8884;
    /// <summary>PEM file of the certificate.</summary>
    [ExistingFile] public string? Certificate { get; init; }
    /// <summary>PEM file of its private key, readable by its owner alone.</summary>
    [ExistingFile(Private = true)] public string? Key { get; init; }
    /// <summary>PEM file of the authority whose device certificates are let in by their common name; none by default.</summary>
    [ExistingFile] public string? Authority { get; init; }

    /// <summary>The address as an IP address; null where it is none.</summary>
    internal IPAddress? ListenAddress => Address switch
    {
        "*" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(Address, out var address) ? address : null,
    };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenAddress is null) yield return new ValidationResult($"\"{Address}\" is no IP address; 127.0.0.1, 0.0.0.0 or * are such.", [nameof(Address)]);
        foreach (var wrong in CertificatePair.Validate(Certificate, Key)) yield return wrong;
        if (Authority is not null && CertificatePair.WrongAuthority(Authority) is { } why) yield return new ValidationResult(why, [nameof(Authority)]);
    }
}

/// <summary>What the spool may hold.</summary>
public sealed record SpoolSettings
{
    /// <summary>Bytes that telemetry may hold before it is refused; 0 (default) = the volume less 15 %, less the other lanes.</summary>
    [Range(0, long.MaxValue)] public long TelemetryBytes { get; init; }
    /// <summary>Bytes that toll events may hold. Default 1 GiB.</summary>
    [Range(1 << 20, long.MaxValue)] public long TollBytes { get; init; } = 1L << 30;
    /// <summary>Bytes that alarms may hold. Default 64 MiB.</summary>
    [Range(1 << 20, long.MaxValue)] public long AlarmBytes { get; init; } = 64L << 20;
    /// <summary>Bytes that dead letters may hold. Default 64 MiB.</summary>
    [Range(1 << 20, long.MaxValue)] public long DeadLetterBytes { get; init; } = 64L << 20;
    /// <summary>Bytes that MQTT sessions, the messages queued for them and retained messages may take; beyond it they are not kept. Default 64 MiB.</summary>
    [Range(1 << 20, long.MaxValue)] public long SessionBytes { get; init; } = 64L << 20;
    /// <summary>The operator's rule for telemetry at its quota: give up the oldest, with a record, in place of refusing what is new. Default false.</summary>
    public bool ExpireOldest { get; init; }
    /// <summary>Series that are told apart, over all devices. Default 500,000.</summary>
    [Range(1, 10_000_000)] public int SeriesMax { get; init; } = 500_000;
    /// <summary>Series of one device. Default 2,000.</summary>
    [Range(1, 1_000_000)] public int DeviceSeriesMax { get; init; } = 2_000;
}
