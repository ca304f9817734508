using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

/// <summary>
/// State of a session, section 4.1. What is received at QoS 2 is guarded by a lock of its own, for it is on the way of every QoS 2 message;
/// everything else by the broker's.
/// </summary>
internal sealed class Session(long number, string clientId, string? owner)
{
    private readonly Lock _received2 = new();
    private Dictionary<ushort, Received>? _received;
    private ushort _lastId;

    /// <summary>Number of this session among all that ever were: names its records in the store.</summary>
    public long Number => number;
    public string ClientId => clientId;
    /// <summary>Whose it is, as the authenticator said; nobody else may take it over.</summary>
    public string? Owner => owner;
    /// <summary>The connection that has it now; null = it is kept for one to come.</summary>
    public MqttConnection? Connection { get; set; }
    /// <summary>How long it outlives its connection; zero = not at all.</summary>
    public TimeSpan Expiry { get; set; }
    /// <summary>When its connection ended, a timestamp of the listener's clock.</summary>
    public long EndedAt { get; set; }
    /// <summary>Whether it has records in the store.</summary>
    public bool IsStored { get; set; }
    public Will? Will { get; set; }
    /// <summary>When the Will is due, a timestamp; 0 = the connection stands.</summary>
    public long WillDueAt { get; set; }

    public Dictionary<string, Subscription>? Subscriptions { get; set; }
    /// <summary>What has not been sent on this connection yet, in order.</summary>
    public Queue<Outgoing>? Waiting { get; set; }
    /// <summary>Messages of QoS 1 and 2 by packet id, waiting and in flight.</summary>
    public Dictionary<ushort, Outgoing>? Unacknowledged { get; set; }
    /// <summary>Of them, sent on this connection: what counts against the client's Receive Maximum.</summary>
    public int InFlight { get; set; }
    public long LastSequence { get; set; }
    /// <summary>Number of the publish that last reached it, and with what: a message goes once to a session, however many of its subscriptions match.</summary>
    public long MatchedBy { get; set; }
    public Match Matched;

    /// <summary>Messages queued and in flight.</summary>
    public int Held => (Waiting?.Count ?? 0) + InFlight;

    /// <summary>A packet id that no unacknowledged message has; 1–65,535 [MQTT-2.2.1-3].</summary>
    public ushort NextId()
    {
        do _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        while (Unacknowledged?.ContainsKey(_lastId) == true);
        return _lastId;
    }

    /// <summary>A QoS 2 id comes.</summary>
    /// <returns>What it is.</returns>
    public Repetition Receive(ushort packetId, MqttConnection connection)
    {
        lock (_received2)
        {
            _received ??= [];
            if (_received.TryGetValue(packetId, out var received))
            {
                if (received.Connection == connection) return received.IsCommitted ? Repetition.Committed : Repetition.Pending;
                _received[packetId] = received with { Connection = connection };
                return received.IsCommitted ? Repetition.CommittedBefore : Repetition.PendingBefore;
            }
            _received[packetId] = new Received(connection, false);
            return Repetition.None;
        }
    }

    /// <summary>A QoS 2 id that stands in the store.</summary>
    public void Recall(ushort packetId) => (_received ??= [])[packetId] = new Received(null, true);

    /// <summary>A QoS 2 id is kept: its PUBREC may go to the connection returned, the one that sent it last. Null = it has been released or committed already.</summary>
    public MqttConnection? Commit(ushort packetId)
    {
        lock (_received2)
        {
            if (_received is null || !_received.TryGetValue(packetId, out var received) || received.IsCommitted) return null;
            _received[packetId] = received with { IsCommitted = true };
            return received.Connection;
        }
    }

    /// <summary>A QoS 2 id could not be kept and is free again: the connection returned, the one that sent it last, is to be told.</summary>
    public MqttConnection? Refuse(ushort packetId)
    {
        lock (_received2) return _received is not null && _received.Remove(packetId, out var received) ? received.Connection : null;
    }

    /// <summary>A QoS 2 id is free again.</summary>
    /// <returns>Null = it was not in use; else whether it had been committed.</returns>
    public bool? Release(ushort packetId)
    {
        lock (_received2) return _received is not null && _received.Remove(packetId, out var received) ? received.IsCommitted : null;
    }

    /// <summary>What of a message's matching subscriptions counts for this session.</summary>
    internal record struct Match(byte QoS, bool RetainAsPublished, List<uint>? Identifiers);

    /// <summary>What a QoS 2 id is that has come.</summary>
    internal enum Repetition
    {
        /// <summary>New.</summary>
        None,
        /// <summary>Sent before on this connection and not yet kept.</summary>
        Pending,
        /// <summary>Sent before on this connection and kept.</summary>
        Committed,
        /// <summary>Sent on an earlier connection of the session and not yet kept.</summary>
        PendingBefore,
        /// <summary>Sent on an earlier connection of the session and kept.</summary>
        CommittedBefore,
    }

    private readonly record struct Received(MqttConnection? Connection, bool IsCommitted);
}
