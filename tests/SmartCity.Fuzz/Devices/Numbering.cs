using System.Text;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;

namespace SmartCity.Fuzz.Devices;

/// <summary>Numbers series in the order in which they come, up to a bound, and holds every name to the contract.</summary>
internal sealed class Numbering(int nameBytesMax, int seriesMax) : ISeriesNumbering
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public List<(byte[] Name, ValueKind Kind)> Names { get; } = [];
    public int Generation => 1;

    public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind)
    {
        Must.Hold(metric.Length >= 1 && metric.Length <= nameBytesMax, $"a name of {metric.Length} bytes was asked for");
        Must.Hold(System.Text.Unicode.Utf8.IsValid(metric), "a name that is not Unicode was asked for");
        var name = Encoding.UTF8.GetString(metric);
        if (_numbers.TryGetValue(name, out var number)) return Names[number].Kind == kind ? number : ISeriesNumbering.KindConflict;
        if (Names.Count == seriesMax) return ISeriesNumbering.TooMany;
        _numbers.Add(name, Names.Count);
        Names.Add((metric.ToArray(), kind));
        return Names.Count - 1;
    }
}
