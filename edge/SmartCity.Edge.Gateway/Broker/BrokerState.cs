namespace SmartCity.Edge.Gateway.Broker;

/// <summary>What is known of an external broker, for status page, readiness and metrics. Thread-safe.</summary>
internal sealed class BrokerState
{
    private volatile string? _lastError;
    private volatile string? _refusal;
    private volatile bool _isOpen;

    /// <summary>Where it is.</summary>
    public required string Address { get; init; }
    /// <summary>Messages taken, acknowledged after a commit, refused for want of room, and known again after a connection was lost; bytes of payload taken; connections.</summary>
    public long Messages, Acknowledged, Refused, Repeated, Bytes, Sessions;
    /// <summary>Messages taken and not yet on the disk.</summary>
    public int InFlight;

    /// <summary>Whether we are connected and subscribed.</summary>
    public bool IsOpen => _isOpen;
    /// <summary>When that last changed.</summary>
    public DateTimeOffset? Since { get; private set; }
    /// <summary>Why the connection was last lost or could not be opened.</summary>
    public string? LastError => _lastError;
    /// <summary>Why messages are left with the broker at present; null = they are taken.</summary>
    public string? Refusal
    {
        get => _refusal;
        set => _refusal = value;
    }

    public void Opened(DateTimeOffset at)
    {
        if (!_isOpen) Since = at;
        Interlocked.Increment(ref Sessions);
        _isOpen = true;
    }

    public void Closed(DateTimeOffset at, string reason)
    {
        if (_isOpen || Since is null) Since = at;
        _lastError = reason;
        _isOpen = false;
    }
}
