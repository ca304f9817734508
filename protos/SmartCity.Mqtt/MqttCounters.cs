namespace SmartCity.Mqtt;

/// <summary>What the listener has counted since the process began; every member only grows. Thread-safe.</summary>
public sealed class MqttCounters
{
    private readonly long[] _closed = new long[256];
    private long _connections, _publishes, _forwarded, _acknowledged, _refused, _dropped, _bytesIn, _bytesOut, _writes, _messagesOut, _messagesDropped, _connectionsRefused;

    /// <summary>Connections accepted by CONNACK.</summary>
    public long Connections => Volatile.Read(ref _connections);
    /// <summary>Connections refused because as many were open as may be.</summary>
    public long ConnectionsRefused => Volatile.Read(ref _connectionsRefused);
    /// <summary>PUBLISH packets read.</summary>
    public long Publishes => Volatile.Read(ref _publishes);
    /// <summary>Of them, handed to the broker behind.</summary>
    public long Forwarded => Volatile.Read(ref _forwarded);
    /// <summary>PUBACK and PUBREC of success sent for what the handler took.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);
    /// <summary>PUBLISH packets refused: not authorized, no topic of ours, no room.</summary>
    public long Refused => Volatile.Read(ref _refused);
    /// <summary>Of them, those of QoS 0 dropped for want of room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);
    /// <summary>Bytes read.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);
    /// <summary>Bytes written.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);
    /// <summary>Writes to connections; many acknowledgements go in one.</summary>
    public long Writes => Volatile.Read(ref _writes);
    /// <summary>PUBLISH packets sent to subscribers.</summary>
    public long MessagesOut => Volatile.Read(ref _messagesOut);
    /// <summary>Messages dropped because a subscriber's queue was full or its packets may not be that long.</summary>
    public long MessagesDropped => Volatile.Read(ref _messagesDropped);

    /// <summary>Connections ended or refused by the listener with this reason code of MQTT 5.0, whatever version the client spoke.</summary>
    public long Closed(byte reasonCode) => Volatile.Read(ref _closed[reasonCode]);

    /// <summary>The reason codes that have been counted, with their counts.</summary>
    public IEnumerable<(byte ReasonCode, long Count)> ClosedByReason()
    {
        for (var code = 0; code < _closed.Length; code++)
            if (Volatile.Read(ref _closed[code]) is var count and not 0) yield return ((byte)code, count);
    }

    internal void CountConnection() => Interlocked.Increment(ref _connections);
    internal void CountConnectionRefused() => Interlocked.Increment(ref _connectionsRefused);
    internal void CountRead(long bytes, int publishes)
    {
        Interlocked.Add(ref _bytesIn, bytes);
        if (publishes > 0) Interlocked.Add(ref _publishes, publishes);
    }
    internal void CountForwarded() => Interlocked.Increment(ref _forwarded);
    internal void CountRefused() => Interlocked.Increment(ref _refused);
    internal void CountDropped() => Interlocked.Increment(ref _dropped);
    internal void CountWrite(int bytes, int acknowledgements)
    {
        Interlocked.Increment(ref _writes);
        Interlocked.Add(ref _bytesOut, bytes);
        if (acknowledgements > 0) Interlocked.Add(ref _acknowledged, acknowledgements);
    }
    internal void CountMessageOut() => Interlocked.Increment(ref _messagesOut);
    internal void CountMessageDropped() => Interlocked.Increment(ref _messagesDropped);
    internal void CountClosed(byte reasonCode) => Interlocked.Increment(ref _closed[reasonCode]);
}
