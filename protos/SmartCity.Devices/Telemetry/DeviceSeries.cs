using System.Text;
using SmartCity.Model;

namespace SmartCity.Devices.Telemetry;

/// <summary>
/// What a decoder remembers of one device on one connection: the numbers of its series, and in which order its last message named them, so that
/// a message like the last one costs one comparison a value. Holds only series that have a number, so the numbering's bound is its bound too.
/// Not thread-safe; belongs to the connection's read loop.
/// </summary>
public sealed class DeviceSeries
{
    private const int None = -1;

    private readonly byte[] _device;
    private Entry[] _entries = [];
    private int[] _slots = [];
    private int _count;
    private int _first = None;
    private int _last = None;
    private long _stamp;
    private int _generation;

    /// <summary>Begins with nothing known.</summary>
    /// <param name="device">A valid device id; copied.</param>
    public DeviceSeries(ReadOnlySpan<byte> device)
    {
        _device = device.ToArray();
        Id = Encoding.UTF8.GetString(device);
    }

    /// <summary>The device id, UTF-8.</summary>
    public ReadOnlySpan<byte> Device => _device;
    /// <summary>The device id.</summary>
    public string Id { get; }
    /// <summary>Whatever the caller keeps for the device beside it.</summary>
    public object? Tag { get; set; }

    internal struct Entry
    {
        public byte[] Name;
        public uint Hash;
        public int Number;
        public int Next;
        public ValueKind Kind;
        public long Stamp;
    }

    /// <summary>Forgets the numbers of an earlier generation.</summary>
    internal void BeginPayload(int generation)
    {
        if (generation == _generation) return;
        _generation = generation;
        for (var i = 0; i < _count; i++) _entries[i].Number = None;
    }

    /// <summary>Begins an element: no name was seen in it yet.</summary>
    internal void BeginElement()
    {
        _stamp++;
        _last = None;
    }

    /// <summary>The entry of a name, or -1.</summary>
    internal int Find(ReadOnlySpan<byte> name)
    {
        var guess = _last == None ? _first : _entries[_last].Next;
        if (guess != None && name.SequenceEqual(_entries[guess].Name)) return _last = guess;
        guess = Look(name, HashOf(name));
        if (guess != None) Follow(guess);
        return guess;
    }

    internal ref Entry this[int index] => ref _entries[index];

    /// <summary>Takes the name for this element; false if a value before has it.</summary>
    internal bool TryTake(int index)
    {
        ref var entry = ref _entries[index];
        if (entry.Stamp == _stamp) return false;
        entry.Stamp = _stamp;
        return true;
    }

    /// <summary>Adds a name that <see cref="Find"/> did not know.</summary>
    internal int Add(ReadOnlySpan<byte> name, ValueKind kind, int number)
    {
        if (_count == _entries.Length) Grow();
        var index = _count++;
        var hash = HashOf(name);
        _entries[index] = new Entry { Name = name.ToArray(), Hash = hash, Number = number, Kind = kind, Next = None };
        Place(index, hash);
        Follow(index);
        return index;
    }

    private void Follow(int index)
    {
        if (_last == None) _first = index;
        else _entries[_last].Next = index;
        _last = index;
    }

    private int Look(ReadOnlySpan<byte> name, uint hash)
    {
        if (_slots.Length == 0) return None;
        var mask = (uint)_slots.Length - 1;
        for (var slot = hash & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            var index = _slots[slot] - 1;
            if (_entries[index].Hash == hash && name.SequenceEqual(_entries[index].Name)) return index;
        }
        return None;
    }

    private void Place(int index, uint hash)
    {
        var mask = (uint)_slots.Length - 1;
        var slot = hash & mask;
        while (_slots[slot] != 0) slot = (slot + 1) & mask;
        _slots[slot] = index + 1;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, Math.Max(4, _entries.Length * 2));
        _slots = new int[_entries.Length * 2];
        for (var i = 0; i < _count; i++) Place(i, _entries[i].Hash);
    }

    /// <summary>Seeded anew in each process, so that no device can choose names that collide.</summary>
    private static uint HashOf(ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        return unchecked((uint)hash.ToHashCode());
    }
}
