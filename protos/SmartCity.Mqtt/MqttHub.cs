using System.Collections.Concurrent;
using System.Text;
using SmartCity.Mqtt.Packets;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

/// <summary>
/// The listener as the rest of the process uses it: publish to devices, hear what was forwarded, see who is connected, stop taking connections.
/// A singleton; thread-safe. Nothing of it may be used before the host has started.
/// </summary>
public sealed class MqttHub
{
    private readonly ConcurrentDictionary<MqttConnection, byte> _connections = [];
    private Broker? _broker;
    private TimeProvider _time = TimeProvider.System;
    private string? _pause;
    private long _refusedAt;

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

    /// <summary>Whether a connection was refused within a time because as many were open as may be.</summary>
    public bool HasRefusedWithin(TimeSpan time) => Volatile.Read(ref _refusedAt) is not 0 and var at && _time.GetElapsedTime(at) < time;

    /// <summary>Sessions kept for clients that are not connected.</summary>
    public int KeptSessionCount => _broker?.KeptCount ?? 0;

    /// <summary>Topics that have a retained message.</summary>
    public int RetainedCount => _broker?.RetainedCount ?? 0;

    /// <summary>The connection of this client id, if it has its CONNACK.</summary>
    public MqttPeer? Find(string clientId) => _broker?.Find(clientId) is { Connection: { IsConnected: true } connection } ? connection : null;

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
    /// <returns>Sessions, connected or kept, in whose queue it now is, durably where they are; 0 = nobody listens, or nobody has room for it.</returns>
    /// <exception cref="IOException">It could not be kept: the disk has no room. It may have reached connected sessions all the same.</exception>
    public async ValueTask<int> PublishAsync(string topic, ReadOnlyMemory<byte> payload, byte qos, bool retain = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(qos, 2);
        if (Topics.HasWildcard(Encoding.UTF8.GetBytes(topic))) throw new ArgumentException($"{topic} has a wildcard; one publishes to a topic name.", nameof(topic));
        var broker = _broker ?? throw new InvalidOperationException("The MQTT listener has not started; start the host before publishing.");
        var message = new Message { Topic = topic, Payload = payload, QoS = qos, Retain = retain, ReceivedAt = _time.GetTimestamp() };
        var completion = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sessions = broker.Publish(message, null, 0, (kept, _) => completion.TrySetResult(kept));
        if (sessions < 0) throw new IOException("There is no room for one more retained message. Clear some with empty retained messages, or raise the limit.");
        return await completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false) ? sessions : throw new IOException("The message could not be kept: the disk has no room.");
    }

    // Not Keys, which copies them under all locks.
    internal IEnumerable<MqttConnection> Connections => _connections.Select(static pair => pair.Key);

    internal void RefusedConnection()
    {
        Counters.CountConnectionRefused();
        Volatile.Write(ref _refusedAt, _time.GetTimestamp());
    }

    internal void Attach(Broker broker, TimeProvider time) => (_broker, _time) = (broker, time);

    internal void Add(MqttConnection connection) => _connections[connection] = 0;

    internal void Remove(MqttConnection connection) => _connections.TryRemove(connection, out _);
}
