using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.TimeSeries;

/// <summary>A catalogue of series in memory, numbered from 1 in order of first use.</summary>
internal sealed class SeriesNames : ISeriesNames
{
    private readonly List<SeriesEntry> _entries = [];

    public SeriesEntry this[int series] => series >= 1 && series <= _entries.Count ? _entries[series - 1] : throw new KeyNotFoundException($"{series}");

    public int NumberOf(SeriesKey key, ValueKind kind = ValueKind.Double)
    {
        var index = _entries.FindIndex(entry => entry.Key == key);
        if (index >= 0) return index + 1;
        _entries.Add(new SeriesEntry(key, kind));
        return _entries.Count;
    }
}
