namespace SmartCity.Cloud.Server.Live;

/// <summary>
/// What waits for one connection. Never blocks the fan-out: a connection that is behind loses what waits, counted, and gets all newest values
/// when it is ready again, so that no old value is ever left standing as the newest.
/// </summary>
internal sealed class LiveConnection(int waitingBytesMax) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<LiveMessage> _waiting = [];
    private readonly SemaphoreSlim _signal = new(0, 1);
    private int _bytes;
    private bool _isBehind;

    /// <summary>Messages dropped.</summary>
    public long Dropped { get; private set; }

    /// <summary>Appends messages, or drops them with all others where too much waits.</summary>
    public void Offer(IReadOnlyList<LiveMessage> messages)
    {
        lock (_gate)
        {
            if (_isBehind)
            {
                Dropped += messages.Count;
                return;
            }
            foreach (var message in messages)
            {
                _waiting.Enqueue(message);
                _bytes += message.Bytes.Length;
            }
            if (_bytes > waitingBytesMax)
            {
                Dropped += _waiting.Count;
                _waiting.Clear();
                _bytes = 0;
                _isBehind = true;
            }
            Wake();
        }
    }

    /// <summary>Puts all newest values in the place of whatever waits; they may be longer than the bound.</summary>
    public void Restart(IReadOnlyList<LiveMessage> all)
    {
        lock (_gate)
        {
            _waiting.Clear();
            foreach (var message in all) _waiting.Enqueue(message);
            // Not counted against the bound: else a large city would never catch up.
            _bytes = 0;
            _isBehind = false;
            Wake();
        }
    }

    /// <summary>Takes what waits into <paramref name="messages"/>.</summary>
    /// <returns>False: it is behind and needs <see cref="Restart"/>.</returns>
    public async Task<bool> TakeAsync(List<LiveMessage> messages, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_isBehind) return false;
                if (_waiting.Count > 0)
                {
                    messages.AddRange(_waiting);
                    _waiting.Clear();
                    _bytes = 0;
                    return true;
                }
            }
            await _signal.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _signal.Dispose();

    private void Wake()
    {
        if (_signal.CurrentCount == 0) _signal.Release();
    }
}
