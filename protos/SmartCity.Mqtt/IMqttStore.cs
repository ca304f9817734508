namespace SmartCity.Mqtt;

/// <summary>
/// Where the listener keeps what must survive its process: sessions with their subscriptions, QoS 2 ids and queues, Wills and retained messages.
/// Records are bytes under keys of bytes, meant for nobody but the listener. A process without one keeps all of it in memory.
/// </summary>
public interface IMqttStore
{
    /// <summary>
    /// Whether the records are the last that were written. Of an older state, e.g. one restored from a copy, only retained messages are taken over: a QoS 2 id in it
    /// may be in use again for another message, which would be taken for a repeat and lost.
    /// </summary>
    bool IsContinued { get; }

    /// <summary>All records, in any order. Called once, before the first change.</summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> Load();

    /// <summary>
    /// Takes changes to be made durable; returns at once. Changes are applied in the order of the calls, each call's all or none, and
    /// <see cref="MqttChanges.Complete"/> is then called on another thread, in that order too, but for what is refused, which may be told sooner.
    /// </summary>
    void Write(MqttChanges changes);
}

/// <summary>Changes to the listener's records that belong together.</summary>
public sealed class MqttChanges
{
    private readonly List<MqttChange> _changes = [];
    private readonly Action<bool>? _completed;

    /// <param name="completed">Told once they are durable, or could not be kept.</param>
    public MqttChanges(Action<bool>? completed = null) => _completed = completed;

    /// <summary>The changes, in order.</summary>
    public IReadOnlyList<MqttChange> Changes => _changes;

    /// <summary>Whether they only remove records: they take no room, and must not be refused for want of it.</summary>
    public bool IsRemoval { get; private set; } = true;

    /// <summary>They are durable (<paramref name="kept"/>), or could not be kept and none of them was.</summary>
    public void Complete(bool kept) => _completed?.Invoke(kept);

    /// <summary>Keeps a value under a key, in place of what stands there.</summary>
    public void Put(byte[] key, byte[] value)
    {
        IsRemoval = false;
        _changes.Add(new MqttChange(MqttChangeKind.Put, key, value));
    }

    /// <summary>Removes a key, if it is there.</summary>
    public void Remove(byte[] key) => _changes.Add(new MqttChange(MqttChangeKind.Remove, key, []));

    internal void RemoveAll(byte[] prefix) => _changes.Add(new MqttChange(MqttChangeKind.RemoveAll, prefix, []));
}

/// <summary>One change.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">Key, or the beginning of all keys concerned.</param>
/// <param name="Value">Value of a <see cref="MqttChangeKind.Put"/>, else empty.</param>
public readonly record struct MqttChange(MqttChangeKind Kind, byte[] Key, byte[] Value);

/// <summary>What a change does.</summary>
public enum MqttChangeKind
{
    /// <summary>Keeps the value under the key, in place of what stood there.</summary>
    Put,
    /// <summary>Removes the key, if it is there.</summary>
    Remove,
    /// <summary>Removes every key that begins so.</summary>
    RemoveAll,
}
