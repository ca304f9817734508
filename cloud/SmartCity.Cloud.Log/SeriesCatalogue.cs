using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>
/// The cloud's own series numbers, from 1, given out in order of first use and never again. A new number becomes durable with, or before,
/// the first append that uses it. Thread-safe.
/// </summary>
public sealed class SeriesCatalogue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SeriesKey, int> _numbers = [];
    private SeriesEntry[] _entries = new SeriesEntry[1024];
    private int _count;
    private int _durable;

    /// <summary>Series known; their numbers are 1 to this.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>What <paramref name="series"/> stands for.</summary>
    /// <exception cref="KeyNotFoundException">The number was never given out.</exception>
    public SeriesEntry this[int series]
    {
        get
        {
            if (series >= 1 && series <= Volatile.Read(ref _count)) return Volatile.Read(ref _entries)[series];
            throw new KeyNotFoundException($"No series has the number {series}; they go from 1 to {Count}.");
        }
    }

    /// <summary>The number of a series; a new one where it has none. Its kind stays that of the first call.</summary>
    public int NumberOf(SeriesKey key, ValueKind kind)
    {
        lock (_gate)
        {
            if (_numbers.TryGetValue(key, out var number)) return number;
            Add(new SeriesEntry(key, kind));
            return _count;
        }
    }

    /// <summary>Kind of the values of a series; the number must be one that was given out.</summary>
    public ValueKind KindOf(int series) => Volatile.Read(ref _entries)[series].Kind;

    /// <summary>The number of a series, or 0.</summary>
    public int Find(SeriesKey key)
    {
        lock (_gate) return _numbers.GetValueOrDefault(key);
    }

    internal void Load(SeriesEntry entry)
    {
        lock (_gate)
        {
            Add(entry);
            _durable = _count;
        }
    }

    /// <summary>Numbers that no transaction has kept yet: (from, to], empty where equal.</summary>
    internal (int From, int To) Pending()
    {
        lock (_gate) return (_durable, _count);
    }

    internal void Kept(int to)
    {
        lock (_gate) _durable = to;
    }

    private void Add(SeriesEntry entry)
    {
        if (_count + 1 == _entries.Length)
        {
            var grown = new SeriesEntry[_entries.Length * 2];
            _entries.CopyTo(grown, 0);
            Volatile.Write(ref _entries, grown);
        }
        _entries[_count + 1] = entry;
        _numbers.Add(entry.Key, _count + 1);
        Volatile.Write(ref _count, _count + 1);
    }
}
