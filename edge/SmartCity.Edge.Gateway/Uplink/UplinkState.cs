namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>What is known of the uplink, for status page, readiness and metrics. Thread-safe.</summary>
public sealed class UplinkState
{
    /// <summary>How long the cloud may leave a batch without an answer before a person is told.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    // Timestamp of the first batch since the cloud last answered; 0 = it owes no answer.
    private long _owedSince;
    private long _batchesSent, _bytesSent, _valuesSent, _sessions;
    private volatile string? _lastError;
    private volatile bool _open;

    /// <summary>Nothing has been tried yet.</summary>
    /// <param name="clock">Of how long the cloud is silent; the system's if null.</param>
    public UplinkState(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

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

    /// <summary>How long the open stream has been without an answer to what was sent, where that is longer than <see cref="Patience"/>; else null.</summary>
    public TimeSpan? SilentFor => _open && Volatile.Read(ref _owedSince) is not 0 and var since && _clock.GetElapsedTime(since) is var silent && silent > Patience ? silent : null;

    internal void Opened(DateTimeOffset at)
    {
        Since = at;
        Answered();
        Interlocked.Increment(ref _sessions);
        _open = true;
    }

    internal void Closed(DateTimeOffset at, string reason)
    {
        if (_open || Since is null) Since = at;
        _lastError = reason;
        _open = false;
    }

    /// <summary>The cloud said something.</summary>
    internal void Answered() => Volatile.Write(ref _owedSince, 0);

    internal void Sent(int bytes, long values)
    {
        if (Volatile.Read(ref _owedSince) == 0) Volatile.Write(ref _owedSince, Math.Max(1, _clock.GetTimestamp()));
        Interlocked.Increment(ref _batchesSent);
        Interlocked.Add(ref _bytesSent, bytes);
        Interlocked.Add(ref _valuesSent, values);
    }
}
