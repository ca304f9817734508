namespace SmartCity.Mqtt;

/// <summary>What of a session (section 4.1) MQTTnet's broker does not keep, or keeps without a bound: QoS 2 ids received, the size of its queue, its subscriptions. Thread-safe.</summary>
internal sealed class Session(MqttConnection connection)
{
    private readonly Lock _gate = new();
    private Dictionary<ushort, Received>? _received;
    private HashSet<string>? _filters;
    private int _queued;

    /// <summary>The connection that has it now, or had it last.</summary>
    public MqttConnection Connection { get; set; } = connection;

    /// <summary>When its connection ended, as a timestamp of the listener's clock; 0 = it is connected.</summary>
    public long EndedAt { get; set; }

    /// <summary>How long it is kept from then on.</summary>
    public TimeSpan Expiry { get; set; }

    /// <summary>A QoS 2 id comes.</summary>
    /// <returns>What it is.</returns>
    public Repetition Receive(ushort packetId, MqttConnection connection)
    {
        lock (_gate)
        {
            _received ??= [];
            if (_received.TryGetValue(packetId, out var received))
            {
                if (received.Connection == connection) return received.IsCommitted ? Repetition.Committed : Repetition.Pending;
                _received[packetId] = received with { Connection = connection };
                return received.IsCommitted ? Repetition.CommittedBefore : Repetition.PendingBefore;
            }
            _received[packetId] = new Received(connection, false, false);
            return Repetition.None;
        }
    }

    /// <summary>A QoS 2 id has gone to the broker behind, which forgets it when the connection ends.</summary>
    public void Forward(ushort packetId)
    {
        lock (_gate)
            if (_received is not null && _received.TryGetValue(packetId, out var received)) _received[packetId] = received with { IsForwarded = true };
    }

    /// <summary>The connection ends: what was forwarded and not acknowledged will never be; when it comes again it is new.</summary>
    public void End(MqttConnection connection)
    {
        lock (_gate)
        {
            if (_received is null) return;
            foreach (var (packetId, received) in _received)
                if (received.IsForwarded && !received.IsCommitted && received.Connection == connection) _received.Remove(packetId);
        }
    }

    /// <summary>A QoS 2 id is kept: its PUBREC may go to the connection returned, the one that sent it last. Null = it has been released or committed already.</summary>
    public MqttConnection? Commit(ushort packetId)
    {
        lock (_gate)
        {
            if (_received is null || !_received.TryGetValue(packetId, out var received) || received.IsCommitted) return null;
            _received[packetId] = received with { IsCommitted = true };
            return received.Connection;
        }
    }

    /// <summary>A QoS 2 id could not be kept and is free again: the connection returned, the one that sent it last, is to be told.</summary>
    public MqttConnection? Refuse(ushort packetId)
    {
        lock (_gate) return _received is not null && _received.Remove(packetId, out var received) ? received.Connection : null;
    }

    /// <summary>A QoS 2 id is free again.</summary>
    /// <returns>Null = it was not in use; else whether it had been committed.</returns>
    public bool? Release(ushort packetId)
    {
        lock (_gate) return _received is not null && _received.Remove(packetId, out var received) ? received.IsCommitted : null;
    }

    /// <summary>Whether one more subscription fits, or this one stands already; if so it is counted.</summary>
    public bool TryAddFilter(string filter, int max)
    {
        lock (_gate)
        {
            _filters ??= [];
            return _filters.Contains(filter) || (_filters.Count < max && _filters.Add(filter));
        }
    }

    public void RemoveFilter(string filter)
    {
        lock (_gate) _filters?.Remove(filter);
    }

    /// <summary>Whether one more message fits into the queue; if so it is counted.</summary>
    public bool TryQueue(int max)
    {
        if (Interlocked.Increment(ref _queued) <= max) return true;
        Interlocked.Decrement(ref _queued);
        return false;
    }

    /// <summary>A message has left the queue. MQTTnet sends unacknowledged ones again to a session found again, past the count: it stops at zero.</summary>
    public void Dequeue()
    {
        if (Interlocked.Decrement(ref _queued) < 0) Interlocked.Increment(ref _queued);
    }

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

    private readonly record struct Received(MqttConnection Connection, bool IsCommitted, bool IsForwarded);
}
