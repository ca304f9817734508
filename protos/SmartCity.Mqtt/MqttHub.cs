using System.Buffers;
using System.Collections.Concurrent;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace SmartCity.Mqtt;

/// <summary>
/// The listener as the rest of the process uses it: publish to devices, hear what was forwarded, see who is connected, stop taking connections.
/// A singleton; thread-safe. Nothing of it may be used before the host has started.
/// </summary>
public sealed class MqttHub
{
    private readonly ConcurrentDictionary<MqttConnection, byte> _connections = [];
    // Messages on their way through the broker, by reference, with the number of sessions that took them.
    private readonly ConcurrentDictionary<MqttApplicationMessage, int[]> _published = new(ReferenceEqualityComparer.Instance as IEqualityComparer<MqttApplicationMessage>);
    private MqttServer? _server;
    private SessionTable? _sessions;
    private string? _pause;

    /// <summary>What has been counted since the process began.</summary>
    public MqttCounters Counters { get; } = new();

    /// <summary>
    /// Called for every message that goes to the broker behind, before it is acknowledged and before subscribers get it: what is kept in it is kept before the PUBACK.
    /// An exception is logged and closes the publisher's connection unacknowledged. Set once, before the host starts.
    /// </summary>
    public Func<ForwardedPublish, CancellationToken, ValueTask>? Forwarded { get; set; }

    /// <summary>Connections that have their CONNACK, at this moment, in no order.</summary>
    public IEnumerable<MqttPeer> Peers => Connections.Where(static connection => connection.IsConnected);

    /// <summary>Open connections, with those that have not been let in yet.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Sessions kept for clients that are not connected.</summary>
    public int KeptSessionCount => _sessions?.KeptCount ?? 0;

    /// <summary>The connection of this client id, if it has its CONNACK.</summary>
    public MqttPeer? Find(string clientId) => _sessions?.Find(clientId) is { Connection: { IsConnected: true } connection } ? connection : null;

    /// <summary>Why no connection is taken at present; null = they are taken.</summary>
    public string? IntakePause => Volatile.Read(ref _pause);

    /// <summary>
    /// Refuses every CONNECT from now on with 0x97 (3.1.1: code 3) because there is no room. Connections that stand are left: their publishes are the handler's to refuse.
    /// </summary>
    /// <param name="reason">Why, as it is logged and told to 5.0.</param>
    public void PauseIntake(string reason) => Volatile.Write(ref _pause, reason);

    /// <summary>Takes connections again.</summary>
    public void ResumeIntake() => Volatile.Write(ref _pause, null);

    /// <summary>Publishes a message to whoever has subscribed to <paramref name="topic"/>, as the server.</summary>
    /// <param name="topic">Topic name without wildcards.</param>
    /// <param name="payload">Must not change until it has been sent: hand over a copy.</param>
    /// <param name="qos">0, 1 or 2.</param>
    /// <param name="retain">Whether it stays as the topic's retained message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Sessions, connected or kept, in whose queue it now is; 0 = nobody listens.</returns>
    public async ValueTask<int> PublishAsync(string topic, ReadOnlyMemory<byte> payload, byte qos, bool retain = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qos, 2);
        var server = _server ?? throw new InvalidOperationException("The MQTT listener has not started; start the host before publishing.");
        var message = new MqttApplicationMessage
        {
            Topic = topic,
            Payload = new ReadOnlySequence<byte>(payload),
            QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos,
            Retain = retain,
        };
        var sessions = _published[message] = new int[1];
        try
        {
            await server.InjectApplicationMessage(new InjectedMqttApplicationMessage(message) { SenderClientId = ServerId }, cancellationToken).ConfigureAwait(false);
            return Volatile.Read(ref sessions[0]);
        }
        finally
        {
            _published.TryRemove(message, out _);
        }
    }

    /// <summary>Sender of what <see cref="PublishAsync"/> publishes; no client can have this id, for U+0000 is refused.</summary>
    internal const string ServerId = "\0server";

    // Not Keys, which copies them under all locks.
    internal IEnumerable<MqttConnection> Connections => _connections.Select(static pair => pair.Key);

    internal void Attach(MqttServer server, SessionTable sessions) => (_server, _sessions) = (server, sessions);

    internal void Add(MqttConnection connection) => _connections[connection] = 0;

    internal void Remove(MqttConnection connection) => _connections.TryRemove(connection, out _);

    internal void CountSession(MqttApplicationMessage message)
    {
        if (_published.TryGetValue(message, out var sessions)) Interlocked.Increment(ref sessions[0]);
    }
}
