using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Mqtt;

/// <summary>A valid CONNECT before anybody has decided about it.</summary>
public sealed record MqttConnectRequest
{
    /// <summary>Client id, 1–512 bytes without control characters.</summary>
    public required string ClientId { get; init; }
    /// <summary>Whether the client brought no id and <see cref="ClientId"/> was made up for this connection.</summary>
    public bool IsClientIdAssigned { get; init; }
    /// <summary>User name, if any, without control characters.</summary>
    public string? UserName { get; init; }
    /// <summary>Password bytes; null = none came.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }
    /// <summary>The client's certificate, as far as the TLS endpoint asked for one and let it pass.</summary>
    public X509Certificate2? ClientCertificate { get; init; }
    /// <summary>Topic of the Will, a valid topic name; null = no Will. The Will is published by the broker behind without asking again.</summary>
    public string? WillTopic { get; init; }
    /// <summary>Whether it speaks MQTT 5.0 rather than 3.1.1 or 3.1.</summary>
    public bool IsVersion5 { get; init; }
    /// <summary>Whether it came over TLS.</summary>
    public bool IsSecure { get; init; }
    /// <summary>Whether it came over a WebSocket.</summary>
    public bool IsWebSocket { get; init; }
    /// <summary>Where it comes from.</summary>
    public EndPoint? Remote { get; init; }
    /// <summary>The endpoint that took it.</summary>
    public EndPoint? Local { get; init; }
}
