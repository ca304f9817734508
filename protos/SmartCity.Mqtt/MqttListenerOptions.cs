namespace SmartCity.Mqtt;

/// <summary>Limits of the listener. Every one of them is enforced before anything of the limited size is allocated.</summary>
public sealed record MqttListenerOptions
{
    /// <summary>Connections at a time over all endpoints; one more is refused with 0x89 (3.1.1: code 3). Default 20,000.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>Connections beyond <see cref="ConnectionsMax"/> that are open for long enough to be told so; what comes beyond these is closed without a word. Default 16.</summary>
    public int RefusalsMax { get; init; } = 16;

    /// <summary>How long one of them may take to send its CONNECT. Default 2 s.</summary>
    public TimeSpan RefusalTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of a packet without its fixed header, at most 268,435,455. Default 256 KiB.</summary>
    public int PacketBytesMax { get; init; } = 256 * 1024;

    /// <summary>Bytes of a CONNECT, which anybody may send before being known. Default 16 KiB.</summary>
    public int ConnectBytesMax { get; init; } = 16 * 1024;

    /// <summary>Bytes of a topic name or filter. Default 512.</summary>
    public int TopicBytesMax { get; init; } = 512;

    /// <summary>Levels of a topic name or filter. Default 16.</summary>
    public int TopicLevelsMax { get; init; } = 16;

    /// <summary>
    /// PUBLISH packets of QoS 1 and 2 in flight on one connection, 1–65,535. 5.0 is told and is closed when it sends more;
    /// 3.1.1 has no such word: no more is read from it until one is acknowledged. Default 1,000.
    /// </summary>
    public int ReceiveMaximum { get; init; } = 1_000;

    /// <summary>Topic aliases a 5.0 connection may set, 0–65,535; each costs up to <see cref="TopicBytesMax"/>. Default 16.</summary>
    public int TopicAliasMaximum { get; init; } = 16;

    /// <summary>How long a connection may take to send its CONNECT and to be authenticated. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest keep alive; a 5.0 client that asks for more, or for none, is told this one. 3.1.1 keeps its own. Default 10 min.</summary>
    public TimeSpan KeepAliveMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a peer may leave what is sent to it unread before the connection is cut. Default 30 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes waiting to be written to one connection, beyond which nothing more is read from it. Default 64 KiB.</summary>
    public int OutputBytesMax { get; init; } = 64 * 1024;

    /// <summary>Messages that wait for one session, connected or not; one more is not queued, and is counted. Default 1,000.</summary>
    public int SessionMessagesMax { get; init; } = 1_000;

    /// <summary>Subscriptions of one session. Default 100.</summary>
    public int SessionSubscriptionsMax { get; init; } = 100;

    /// <summary>Retained messages, each of up to <see cref="PacketBytesMax"/>; one on a further topic is refused like a message for which there is no room. Default 20,000.</summary>
    public int RetainedMessagesMax { get; init; } = 20_000;

    /// <summary>Sessions kept without a connection; beyond them those that ended first are forgotten. Default 10,000.</summary>
    public int SessionsKeptMax { get; init; } = 10_000;

    /// <summary>Longest a session outlives its connection, whatever its client asked for. Default 24 h.</summary>
    public TimeSpan SessionExpiryMax { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Hosts whose pages may open MQTT over WebSocket, besides the listener's own; requests of programs, which carry no Origin, always may. Default none.</summary>
    public IReadOnlyList<string> WebSocketOrigins { get; init; } = [];
}
