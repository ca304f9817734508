namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>What is known of the uplink, for status page, readiness and metrics. Thread-safe.</summary>
public sealed class UplinkState
{
    private long _batchesSent, _bytesSent, _valuesSent, _sessions;
    private volatile string? _lastError;
    private volatile bool _open;

    /// <summary>Whether the cloud has welcomed the stream that is open now.</summary>
    public bool IsOpen => _open;
    /// <summary>When that last changed.</summary>
    public DateTimeOffset? Since { get; private set; }
    /// <summary>Why the stream was last closed or could not be opened.</summary>
    public string? LastError => _lastError;
    /// <summary>Batches sent since the start, repeats included.</summary>
    public long BatchesSent => Volatile.Read(ref _batchesSent);
    /// <summary>Bytes of columns sent, as compressed.</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);
    /// <summary>Values sent, repeats included.</summary>
    public long ValuesSent => Volatile.Read(ref _valuesSent);
    /// <summary>Streams that the cloud welcomed since the start.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    internal void Opened(DateTimeOffset at)
    {
        Since = at;
        Interlocked.Increment(ref _sessions);
        _open = true;
    }

    internal void Closed(DateTimeOffset at, string reason)
    {
        if (_open || Since is null) Since = at;
        _lastError = reason;
        _open = false;
    }

    internal void Sent(int bytes, long values)
    {
        Interlocked.Increment(ref _batchesSent);
        Interlocked.Add(ref _bytesSent, bytes);
        Interlocked.Add(ref _valuesSent, values);
    }
}
