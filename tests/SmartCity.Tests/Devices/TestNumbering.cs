using System.Text;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Tests.Devices;

/// <summary>Numbers series in the order in which they come.</summary>
internal sealed class TestNumbering(int seriesMax = int.MaxValue) : ISeriesNumbering
{
    private readonly Dictionary<SeriesKey, int> _numbers = [];

    public List<SeriesEntry> Names { get; } = [];
    public int Generation { get; set; }
    public int Asked { get; private set; }

    public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind)
    {
        Asked++;
        var key = new SeriesKey(Encoding.UTF8.GetString(device), Encoding.UTF8.GetString(metric));
        if (_numbers.TryGetValue(key, out var number)) return Names[number].Kind == kind ? number : ISeriesNumbering.KindConflict;
        if (Names.Count == seriesMax) return ISeriesNumbering.TooMany;
        Names.Add(new SeriesEntry(key, kind));
        return _numbers[key] = Names.Count - 1;
    }
}
