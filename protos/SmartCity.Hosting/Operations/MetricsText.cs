using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace SmartCity.Hosting.Operations;

/// <summary>
/// Metrics as Prometheus text, exposition format 0.0.4. Values come from callbacks registered here and from instruments of meters whose name
/// begins with <c>SmartCity</c>. Thread-safe; recording without labels allocates nothing. At most <see cref="SeriesMax"/> label sets
/// an instrument are kept, further ones are counted in <c>smartcity_metrics_dropped_total</c>.
/// </summary>
public sealed class MetricsText : IDisposable
{
    /// <summary>Most label sets of one instrument.</summary>
    public const int SeriesMax = 1_000;
    private const string MeterPrefix = "SmartCity";

    /// <summary>Upper bounds of histogram buckets in the instrument's unit: three a decade from 1 µs to 100 s when that is seconds.</summary>
    private static readonly double[] _bounds = [1e-6, 1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 100];

    private readonly ConcurrentDictionary<string, Callback> _callbacks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Instrument, Recorded> _instruments = new();
    private readonly MeterListener _listener = new();
    private long _dropped;

    /// <summary>Starts listening to the house's meters.</summary>
    public MetricsText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)) return;
            listener.EnableMeasurementEvents(instrument, _instruments.GetOrAdd(instrument, static one => new Recorded(one)));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(value, tags, state));
        _listener.Start();
    }

    /// <summary>Adds a value that only grows; the name ends in <c>_total</c>.</summary>
    public void AddCounter(string name, string help, Func<double> read) => Add(name, help, "counter", () => [("", read())]);

    /// <summary>Adds a value that goes up and down.</summary>
    public void AddGauge(string name, string help, Func<double> read) => Add(name, help, "gauge", () => [("", read())]);

    /// <summary>Adds values that only grow, one for each value of a label.</summary>
    public void AddCounters(string name, string help, string label, Func<IEnumerable<(string Label, double Value)>> read) =>
        Add(name, help, "counter", () => read().Select(item => (LabelOf(label, item.Label), item.Value)));

    /// <summary>Adds values that go up and down, one for each value of a label.</summary>
    public void AddGauges(string name, string help, string label, Func<IEnumerable<(string Label, double Value)>> read) =>
        Add(name, help, "gauge", () => read().Select(item => (LabelOf(label, item.Label), item.Value)));

    /// <summary>All metrics as text.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(4096);
        foreach (var (name, callback) in _callbacks.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            WriteHead(text, name, callback.Help, callback.Type);
            foreach (var (labels, value) in callback.Read().Take(SeriesMax)) WriteLine(text, name, labels, value);
        }
        foreach (var recorded in _instruments.Values.OrderBy(one => one.Name, StringComparer.Ordinal)) recorded.Write(text);
        WriteHead(text, "smartcity_metrics_dropped_total", "Measurements left out because their instrument had too many label sets.", "counter");
        WriteLine(text, "smartcity_metrics_dropped_total", "", Interlocked.Read(ref _dropped));
        return text.ToString();
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _listener.Dispose();

    private void Add(string name, string help, string type, Func<IEnumerable<(string, double)>> read)
    {
        if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_'))
            throw new ArgumentException($"\"{name}\" is no metric name: a-z, 0-9 and _ are needed.", nameof(name));
        if (!_callbacks.TryAdd(name, new Callback(help, type, read))) throw new InvalidOperationException($"The metric {name} is registered already.");
    }

    private void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (!((Recorded)state!).Take(value, tags)) Interlocked.Increment(ref _dropped);
    }

    private static string LabelOf(string name, string value) =>
        $"{name}=\"{value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    private static void WriteHead(StringBuilder text, string name, string? help, string type)
    {
        if (!string.IsNullOrEmpty(help)) text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n");
    }

    private static void WriteLine(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }

    private sealed record Callback(string Help, string Type, Func<IEnumerable<(string Labels, double Value)>> Read);

    /// <summary>What one instrument has reported, by label set.</summary>
    private sealed class Recorded(Instrument instrument)
    {
        private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly bool _isHistogram = instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal);
        private readonly bool _isCounter = instrument.GetType().Name is var type && (type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal));
        private readonly bool _adds = instrument.GetType().Name is var type && (type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("UpDownCounter", StringComparison.Ordinal));
        /// <summary>The untagged series is the usual one and found without a key.</summary>
        private Series? _bare;

        public string Name { get; } = string.Concat(instrument.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '_'));

        public bool Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_series)
            {
                if (Find(tags) is not { } series) return false;
                series.Value = _adds || _isHistogram ? series.Value + value : value;
                if (!_isHistogram) return true;
                series.Count++;
                var bucket = Array.BinarySearch(_bounds, value);
                if (bucket < 0) bucket = ~bucket;
                if (bucket < _bounds.Length) series.Buckets![bucket]++;
                return true;
            }
        }

        private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 0 && _bare is not null) return _bare;
            var labels = tags.Length == 0 ? "" : LabelsOf(tags);
            if (_series.TryGetValue(labels, out var series)) return series;
            if (_series.Count >= SeriesMax) return null;
            _series.Add(labels, series = new Series { Buckets = _isHistogram ? new long[_bounds.Length] : null });
            if (tags.Length == 0) _bare = series;
            return series;
        }

        private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = new string[tags.Length];
            for (var i = 0; i < tags.Length; i++)
                labels[i] = LabelOf(string.Concat(tags[i].Key.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')), Convert.ToString(tags[i].Value, CultureInfo.InvariantCulture) ?? "");
            Array.Sort(labels, StringComparer.Ordinal);
            return string.Join(',', labels);
        }

        public void Write(StringBuilder text)
        {
            var name = _isCounter && !Name.EndsWith("_total", StringComparison.Ordinal) ? Name + "_total" : Name;
            lock (_series)
            {
                WriteHead(text, name, instrument.Description, _isHistogram ? "histogram" : _isCounter ? "counter" : "gauge");
                foreach (var (labels, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    if (!_isHistogram)
                    {
                        WriteLine(text, name, labels, series.Value);
                        continue;
                    }
                    var comma = labels.Length > 0 ? "," : "";
                    var below = 0L;
                    for (var i = 0; i < _bounds.Length; i++)
                        WriteLine(text, name + "_bucket", $"{labels}{comma}le=\"{_bounds[i].ToString("R", CultureInfo.InvariantCulture)}\"", below += series.Buckets![i]);
                    WriteLine(text, name + "_bucket", $"{labels}{comma}le=\"+Inf\"", series.Count);
                    WriteLine(text, name + "_sum", labels, series.Value);
                    WriteLine(text, name + "_count", labels, series.Count);
                }
            }
        }

        private sealed class Series
        {
            public double Value;
            public long Count;
            public long[]? Buckets;
        }
    }
}
