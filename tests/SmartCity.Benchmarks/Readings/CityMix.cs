using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Benchmarks.Readings;

/// <summary>
/// Readings of a city in the order in which a log holds them. A device says its four metrics in one message: of every ten devices seven are scalar sensors
/// every 10 s, two are meters every minute and one has states (true or false, text) every 10 s. Seeded; the device's milliseconds jitter by 8 ms,
/// the gateway receives 20 ± 5 ms later, to the microsecond.
/// </summary>
internal sealed class CityMix : ISeriesNames
{
    /// <summary>Time between two steps, µs.</summary>
    public const long StepMicros = 10 * UnixMicros.PerSecond;

    /// <summary>Readings that a device makes in a minute on the average: 4 × (8 × 6 + 2) / 10.</summary>
    public const int ReadingsPerDeviceMinute = 20;

    private const int Metrics = 4;
    private static readonly byte[][] _states = ["ok"u8.ToArray(), "door open"u8.ToArray(), "service"u8.ToArray()];

    private readonly Random _random;
    private readonly double[] _values;
    private readonly int[] _order;

    public CityMix(int devices, int seed = 1)
    {
        _random = new Random(seed);
        _values = new double[(devices * Metrics) + 1];
        for (var i = 1; i < _values.Length; i++) _values[i] = IsMeter(DeviceOf(i)) ? _random.Next(100_000) : 20 + (_random.NextDouble() * 40);
        _order = [.. Enumerable.Range(0, devices)];
        _random.Shuffle(_order);
    }

    public int Devices => _order.Length;

    public SeriesEntry this[int series] => new(new SeriesKey($"device-{DeviceOf(series):D6}", $"metric-{(series - 1) % Metrics}"), KindOf(series));

    /// <summary>A series that speaks every 10 s.</summary>
    public SeriesKey AnySeries(Random random)
    {
        while (true)
            if (random.Next(_order.Length) is var device && !IsMeter(device)) return this[(device * Metrics) + 1 + random.Next(Metrics)].Key;
    }

    /// <summary>Adds what all devices say in the 10 s from <paramref name="time"/> on.</summary>
    public void AddStep(ReadingBatch to, long time)
    {
        var minute = time / StepMicros % 6 == 0;
        for (var i = 0; i < _order.Length; i++)
        {
            var device = _order[i];
            if (IsMeter(device) && !minute) continue;
            // A device speaks at its own place in the step, so the log is in order of time within some jitter.
            var at = time + (i * StepMicros / _order.Length) + _random.NextInt64(8_000);
            at -= at % 1000;
            var received = at + 15_000 + _random.NextInt64(10_000);
            for (var series = (device * Metrics) + 1; series <= (device + 1) * Metrics; series++) AddReading(to, series, at, received);
        }
    }

    private void AddReading(ReadingBatch to, int series, long at, long received)
    {
        switch (KindOf(series))
        {
            case ValueKind.Text:
                to.AddText(series, at, received, _states[_random.Next(100) is var state && state < 2 ? 1 + state : 0], ReadingQuality.Good);
                break;
            case ValueKind.Bool:
                if (_random.Next(60) == 0) _values[series] = _values[series] >= 1 ? 0 : 1;
                to.Add(series, at, received, ValueKind.Bool, _values[series] >= 1 ? 1 : 0, ReadingQuality.Good);
                break;
            default:
                _values[series] += IsMeter(DeviceOf(series)) ? _random.Next(4) : Math.Round((_random.NextDouble() - 0.5) * 2, 1);
                to.Add(series, at, received, Math.Round(_values[series], 1), ReadingQuality.Good);
                break;
        }
    }

    private static int DeviceOf(int series) => (series - 1) / Metrics;

    private static bool IsMeter(int device) => device % 10 is 1 or 6;

    private static ValueKind KindOf(int series) => DeviceOf(series) % 10 != 9 ? ValueKind.Double : series % 2 == 0 ? ValueKind.Text : ValueKind.Bool;
}
