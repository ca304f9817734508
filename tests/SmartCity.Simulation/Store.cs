using SmartCity.Cloud.Log;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Simulation;

/// <summary>A consumer with its store: reads the log from its own offset and saves the offset with its output, as the real ones do. It checks as it stores.</summary>
internal sealed class Store(IReadOnlyList<Device> devices) : IDisposable
{
    private readonly ReadingBatch _batch = new();
    private readonly List<TollEvent> _events = [];
    private readonly Dictionary<int, (int Values, int Texts, int Tolls)> _stored = devices.ToDictionary(device => device.Number, _ => (0, 0, 0));

    private LogReader? _reader;

    public long Offset { get; private set; }

    /// <summary>Its process ends with the log's.</summary>
    public void Close()
    {
        _reader?.Dispose();
        _reader = null;
    }

    public void Dispose() => Close();

    /// <summary>Messages of a device that are stored whole.</summary>
    public int Messages(Device device)
    {
        var (values, texts, tolls) = _stored[device.Number];
        return device.Lane == Lane.Toll ? tolls : Math.Min(values, texts);
    }

    /// <summary>Stores about <paramref name="valuesMax"/> values; nothing of them where <paramref name="dies"/>.</summary>
    public async Task ReadAsync(DurableLog log, int valuesMax, bool dies)
    {
        var reader = _reader ??= log.OpenReader();
        var staged = new List<(Lane Lane, byte[] Columns, int Count)>();
        var next = await reader.ReadAsync(Offset, static _ => true, valuesMax, (in LogRow row, ReadOnlySpan<byte> columns) => staged.Add((row.Lane, columns.ToArray(), row.Count)), CancellationToken.None);
        if (dies) return;
        foreach (var (lane, columns, count) in staged) Take(log, lane, columns, count);
        Offset = next;
    }

    private void Take(DurableLog log, Lane lane, byte[] columns, int count)
    {
        if (lane == Lane.Toll)
        {
            Check(TollColumns.TryDecode(columns, _events) == ColumnsError.None && _events.Count == count, "a row of toll events that cannot be read");
            foreach (var one in _events) Take(one);
            return;
        }
        Check(ReadingColumns.TryDecode(columns, _batch) == ColumnsError.None && _batch.Count == count, "a row of readings that cannot be read");
        for (var i = 0; i < _batch.Count; i++) Take(log.Series[_batch.Series[i]].Key, _batch.ValueAt(i).ToString()!);
    }

    private void Take(TollEvent one)
    {
        var device = Of(one.Device);
        var (values, texts, tolls) = _stored[device.Number];
        Check(one.Boot == 1 && (int)one.Sequence <= device.Sent, $"phantom: event {one.Sequence} of {one.Device}");
        Check(one.Json.Span.SequenceEqual(System.Text.Encoding.UTF8.GetBytes(device.Toll((int)one.Sequence))), $"mutated: event {one.Sequence} of {one.Device}");
        // A device that heard no acknowledgement sends again: the toll store keeps one event a key.
        if ((int)one.Sequence <= tolls) return;
        Check((int)one.Sequence == tolls + 1, $"disordered or lost: event {one.Sequence} of {one.Device} after {tolls}");
        _stored[device.Number] = (values, texts, tolls + 1);
    }

    private void Take(SeriesKey series, string value)
    {
        var device = Of(series.Device);
        var (values, texts, tolls) = _stored[device.Number];
        var number = (series.Metric == "v" ? values : texts) + 1;
        Check(series.Metric is "v" or "t", $"phantom: a series {series}");
        var (expectedValue, expectedText) = device.Expected(number);
        var expected = series.Metric == "v" ? ReadingValue.Of(expectedValue).ToString()! : ReadingValue.Of(expectedText).ToString()!;
        Check(value == expected, $"lost, duplicated, mutated or disordered: {series} brings {value} where {expected} must come");
        Check(number <= device.Sent, $"phantom: {series} brings message {number}, which was not sent");
        _stored[device.Number] = series.Metric == "v" ? (values + 1, texts, tolls) : (values, texts + 1, tolls);
    }

    private Device Of(string id) => devices.FirstOrDefault(device => device.Id == id) ?? throw new BrokenException($"phantom: a device {id}");

    private static void Check(bool holds, string what)
    {
        if (!holds) throw new BrokenException(what);
    }
}
