using System.Text;
using Google.Protobuf;
using SmartCity.Devices.Telemetry;
using SmartCity.Model;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Intake;

/// <summary>
/// Numbers series in the order in which they first come, and keeps the numbers through restarts: a new name is committed with the row that first
/// uses it. Used under the intake's lock.
/// </summary>
internal sealed class SeriesNumbers : ISeriesNumbering
{
    private readonly int _seriesMax, _deviceMax;
    private readonly Dictionary<string, Dictionary<string, (int Number, ValueKind Kind)>> _devices = new(StringComparer.Ordinal);
    private readonly List<byte[]> _unsaved = [];
    private int _saved;

    /// <summary>Takes on the names that the spool keeps.</summary>
    public SeriesNumbers(IEnumerable<byte[]> saved, int seriesMax, int deviceMax)
    {
        (_seriesMax, _deviceMax) = (seriesMax, deviceMax);
        foreach (var blob in saved)
        {
            var name = SeriesName.Parser.ParseFrom(blob);
            Of(name.Device)[name.Metric] = (_saved++, (ValueKind)name.Kind);
        }
    }

    /// <summary>Never changes: when a spool begins a new epoch, the names go along under their numbers.</summary>
    public int Generation => 1;

    /// <summary>Series numbered so far.</summary>
    public int Count => _saved + _unsaved.Count;

    /// <summary>Number of the first name that is not in the spool yet.</summary>
    public int FirstUnsaved => _saved;

    /// <summary>Names that are not in the spool yet, in the order of their numbers.</summary>
    public IReadOnlyList<byte[]> Unsaved => _unsaved;

    /// <inheritdoc/>
    public int NumberOf(ReadOnlySpan<byte> device, ReadOnlySpan<byte> metric, ValueKind kind)
    {
        var series = Of(Encoding.UTF8.GetString(device));
        var name = Encoding.UTF8.GetString(metric);
        if (series.TryGetValue(name, out var known)) return known.Kind == kind ? known.Number : ISeriesNumbering.KindConflict;
        if (series.Count >= _deviceMax || Count >= _seriesMax) return ISeriesNumbering.TooMany;
        var number = Count;
        series.Add(name, (number, kind));
        _unsaved.Add(new SeriesName { Device = Encoding.UTF8.GetString(device), Metric = name, Kind = (uint)kind }.ToByteArray());
        return number;
    }

    /// <summary>The first <paramref name="count"/> unsaved names are in the spool now.</summary>
    public void Saved(int count)
    {
        _unsaved.RemoveRange(0, count);
        _saved += count;
    }

    private Dictionary<string, (int Number, ValueKind Kind)> Of(string device)
    {
        if (!_devices.TryGetValue(device, out var series)) _devices.Add(device, series = new Dictionary<string, (int Number, ValueKind Kind)>(StringComparer.Ordinal));
        return series;
    }
}
