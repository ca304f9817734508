using System.ComponentModel.DataAnnotations;
using SmartCity.Edge.Gateway.Broker;
using SmartCity.Edge.Gateway.Uplink;

namespace SmartCity.Edge.Gateway;

/// <summary>The gateway's settings, section <c>Edge</c>.</summary>
public sealed record GatewayOptions : IValidatableObject
{
    /// <summary>Section of the settings.</summary>
    public const string Section = "Edge";

    /// <summary>Port of HTTP on loopback (status, health, metrics, audit); 0 = any free one. Default 8081.</summary>
    [Range(0, 65_535)] public int HttpPort { get; init; } = 8081;
    /// <summary>Where devices publish.</summary>
    public MqttOptions Mqtt { get; init; } = new();
    /// <summary>The way to the cloud.</summary>
    public UplinkOptions Uplink { get; init; } = new();
    /// <summary>What is kept until the cloud has it.</summary>
    public SpoolSettings Spool { get; init; } = new();
    /// <summary>Address of an external broker to consume beside our own listener, <c>mqtt://[user:password@]host[:port]</c> or <c>mqtts://…</c>; none by default.</summary>
    public string? Broker { get; init; }
    /// <summary>How that broker is consumed.</summary>
    public BrokerClientOptions BrokerClient { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Broker is not null && BrokerAddress.TryParse(Broker, out _) is { } wrong) yield return new ValidationResult(wrong, [nameof(Broker)]);
    }
}

/// <summary>The MQTT endpoints.</summary>
public sealed record MqttOptions
{
    /// <summary>Plain TCP on loopback; 0 = any free port. Default 1883.</summary>
    [Range(0, 65_535)] public int Port { get; init; } = 1883;
    /// <summary>MQTT over WebSocket on loopback; 0 = any free port, null (default) = off.</summary>
    [Range(0, 65_535)] public int? WebSocketPort { get; init; }
    /// <summary>MQTT over TLS, on all addresses.</summary>
    public MqttTlsOptions Tls { get; init; } = new();
    /// <summary>Connections at a time. Default 20,000.</summary>
    [Range(1, 1_000_000)] public int ConnectionsMax { get; init; } = 20_000;
    /// <summary>Credentials of devices and bridges; default <c>devices.json</c> in the data folder. It need not exist.</summary>
    public string? Devices { get; init; }
}

/// <summary>MQTT over TLS; on where a certificate is set.</summary>
public sealed record MqttTlsOptions
{
    /// <summary>Port; 0 = any free one. Default 8884.</summary>
    [Range(0, 65_535)] public int Port { get; init; } = 8884;
    /// <summary>PEM file of the certificate.</summary>
    public string? Certificate { get; init; }
    /// <summary>PEM file of its private key.</summary>
    public string? Key { get; init; }
    /// <summary>PEM file of the authority whose device certificates are let in by their common name; none by default.</summary>
    public string? Authority { get; init; }
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
    /// <summary>The operator's rule for telemetry at its quota: give up the oldest, with a record, in place of refusing what is new. Default false.</summary>
    public bool ExpireOldest { get; init; }
    /// <summary>Series that are told apart, over all devices. Default 500,000.</summary>
    [Range(1, 10_000_000)] public int SeriesMax { get; init; } = 500_000;
    /// <summary>Series of one device. Default 2,000.</summary>
    [Range(1, 1_000_000)] public int DeviceSeriesMax { get; init; } = 2_000;
}
