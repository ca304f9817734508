using SmartCity.Edge.Spool;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>
/// The listener's sessions, queues and retained messages in the spool: what it writes waits here for the next group commit, and shares its fsync with the readings.
/// Guarantee: what was called complete is on the disk. Thread-safe.
/// </summary>
/// <remarks>
/// Beyond the quota what is new is not kept, and the listener told so; removals always are. The last eighth is for small records alone, i.e. sessions, subscriptions and
/// ids, so that large retained messages cannot take the room of what exactly once hangs on. While the disk is slow, what would make more than
/// <see cref="WaitingBytesMax"/> wait is refused at once.
/// </remarks>
internal sealed class MqttRecords(Edge.Spool.Spool spool, long quotaBytes) : IMqttStore
{
    /// <summary>Bytes that may wait for a commit.</summary>
    public const long WaitingBytesMax = 16 << 20;

    private const long SmallBytes = 4_096;

    private readonly Lock _gate = new();
    private List<MqttChanges> _waiting = [];
    private List<MqttChanges> _taken = [];
    private long _waitingBytes, _written, _refused;

    /// <summary>Raised when something waits for a commit where nothing did.</summary>
    public event Action? Waiting;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => Volatile.Read(ref _waitingCount) == 0;
    private int _waitingCount;

    /// <summary>Changes made durable since the start.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Changes that found no room since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Whether there is no room even for the id of a QoS 2 message, which then must not be taken.</summary>
    public bool HasNoRoom => spool.KeptRoom <= 0;

    /// <inheritdoc/>
    public bool IsContinued => spool.IsContinued;

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<byte[], byte[]>> Load() => spool.Kept().Where(static record => record.Key is not [CommandPrefix, ..]);

    /// <summary>First byte of the keys of <see cref="Uplink.CommandBook"/>; the listener's begin otherwise.</summary>
    public const byte CommandPrefix = (byte)'C';

    /// <summary>The records of the command book.</summary>
    public IEnumerable<KeyValuePair<byte[], byte[]>> Commands() => spool.Kept().Where(static record => record.Key is [CommandPrefix, ..]);

    /// <inheritdoc/>
    public void Write(MqttChanges changes)
    {
        var bytes = BytesOf(changes);
        var (isRefused, isFirst) = (false, false);
        lock (_gate)
        {
            isRefused = !changes.IsRemoval && _waitingBytes + bytes > WaitingBytesMax;
            if (!isRefused)
            {
                isFirst = _waiting.Count == 0;
                _waiting.Add(changes);
                _waitingBytes += bytes;
                _waitingCount = _waiting.Count;
            }
        }
        if (isFirst) Waiting?.Invoke();
        if (!isRefused) return;
        Interlocked.Increment(ref _refused);
        // Never on the caller's thread, which holds the listener's lock.
        ThreadPool.UnsafeQueueUserWorkItem(static refused => refused.Complete(false), changes, false);
    }

    /// <summary>Takes what waits into a transaction, as far as there is room for it. Called by the committing thread alone.</summary>
    /// <param name="transaction">Where to.</param>
    /// <param name="outcomes">Gets all that waited, in order, with whether it is in the transaction.</param>
    public void TakeInto(SpoolTransaction transaction, List<(MqttChanges Changes, bool IsIn)> outcomes)
    {
        lock (_gate)
        {
            (_waiting, _taken) = (_taken, _waiting);
            (_waitingCount, _waitingBytes) = (0, 0);
        }
        var room = spool.KeptRoom;
        foreach (var changes in _taken)
        {
            var bytes = BytesOf(changes);
            var isIn = changes.IsRemoval || bytes <= room - (bytes <= SmallBytes ? 0 : quotaBytes / 8);
            outcomes.Add((changes, isIn));
            if (!isIn)
            {
                Interlocked.Increment(ref _refused);
                continue;
            }
            room -= bytes;
            Interlocked.Increment(ref _written);
            foreach (var change in changes.Changes)
            {
                if (change.Kind == MqttChangeKind.Put) transaction.Keep(change.Key, change.Value);
                else if (change.Kind == MqttChangeKind.Remove) transaction.Forget(change.Key);
                else transaction.ForgetAll(change.Key);
            }
        }
        _taken.Clear();
    }

    /// <summary>Removals that could not be made durable wait again, before all that came since. Called by the committing thread alone.</summary>
    public void PutBack(IEnumerable<MqttChanges> removals)
    {
        lock (_gate)
        {
            _waiting.InsertRange(0, removals);
            _waitingCount = _waiting.Count;
        }
    }

    /// <summary>What was taken was not committed: counted as refused in place of written.</summary>
    public void CountRefused(int changes)
    {
        Interlocked.Add(ref _written, -changes);
        Interlocked.Add(ref _refused, changes);
    }

    private static long BytesOf(MqttChanges changes)
    {
        long bytes = 0;
        foreach (var change in changes.Changes)
            if (change.Kind == MqttChangeKind.Put) bytes += change.Key.Length + change.Value.Length + Edge.Spool.Spool.RowOverheadBytes;
        return bytes;
    }
}
