using SmartCity.Cloud.Log;
using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// What is known of the city now: values from the store of readings, intervals from the silence pipeline (devices) and the live board (series).
/// A value's age counts from its own time, or from when its device was last heard where that is earlier: a clock that is ahead must not keep a value alive.
/// </summary>
internal sealed class LatestQueries(IReadingQueries store, SilenceConsumer silence, LiveHub live, DurableLog log, IDeviceRegistry registry, LiveOptions options, TimeProvider clock) : ILatestQueries
{
    public async Task<IReadOnlyList<DeviceSummary>> DevicesAsync(LatestFilter filter, CancellationToken cancellationToken) =>
        [.. (await GatherAsync(filter, cancellationToken)).Select(device => new DeviceSummary(
            device.Id, device.Kind, device.State, device.Heard?.Gateway, device.LastTime, device.Freshness.StaleAfter, device.Freshness.NoDataAfter, device.Position,
            [.. device.Series.Select(series => series.Series.Metric)]))];

    public async Task<IReadOnlyList<LatestValue>> LatestAsync(LatestFilter filter, CancellationToken cancellationToken)
    {
        var now = UnixMicros.Now(clock);
        var devices = await GatherAsync(filter, cancellationToken);
        var series = devices.SelectMany(device => device.Series.Select(status => (Device: device, Status: status)))
            .Where(one => filter.Metric is null || one.Status.Series.Metric == filter.Metric).ToList();
        var intervals = live.IntervalsOf([.. series.Select(one => log.Series.Find(one.Status.Series))]);
        return [.. series.Select((one, i) => Value(one.Device, one.Status, intervals[i], now))];
    }

    /// <summary>At which interval series are expected to report: the registry's, else the longer of the device's and the series' own; those of which nothing is known are left out.</summary>
    public async Task<IReadOnlyDictionary<SeriesKey, TimeSpan?>> IntervalsAsync(IReadOnlyList<SeriesKey> series)
    {
        var devices = (await silence.DevicesAsync()).ToDictionary(device => device.Device, device => device.Interval, StringComparer.Ordinal);
        var own = live.IntervalsOf([.. series.Select(log.Series.Find)]);
        var intervals = new Dictionary<SeriesKey, TimeSpan?>();
        for (var i = 0; i < series.Count; i++)
        {
            if (registry.MetricOf(series[i])?.ExpectedInterval is { } expected)
            {
                intervals[series[i]] = expected;
                continue;
            }
            var longer = Math.Max(own[i], devices.GetValueOrDefault(series[i].Device)?.TotalMicroseconds ?? 0);
            if (longer > 0) intervals[series[i]] = TimeSpan.FromMicroseconds(longer);
        }
        return intervals;
    }

    private LatestValue Value(Device device, SeriesStatus status, long interval, long now)
    {
        // A metric that reports more seldom than its device is judged by its own habit.
        var freshness = interval == 0 ? Freshness.Of(null, options) : Freshness.Of(TimeSpan.FromMicroseconds(Math.Max(interval, device.Interval?.TotalMicroseconds ?? 0)), options);
        var age = device.AgeOf(status.LastTime!.Value, now);
        var state = (DataState)Math.Max((int)freshness.At(age), (int)device.State);
        return new LatestValue(status.Series, status.Kind, status.LastValue!.Value, status.LastTime.Value, status.LastQuality, age, state, freshness.StaleAfter, freshness.NoDataAfter);
    }

    private async Task<List<Device>> GatherAsync(LatestFilter filter, CancellationToken cancellationToken)
    {
        var now = UnixMicros.Now(clock);
        var heard = (await silence.DevicesAsync()).ToDictionary(device => device.Device, StringComparer.Ordinal);
        var devices = new List<Device>();
        foreach (var status in await store.SeriesAsync(new SeriesFilter(filter.Device), cancellationToken))
        {
            if (status.LastTime is null || status.LastValue is null || filter.Shows?.Invoke(status.Series.Device) == false) continue;
            if (devices.Count == 0 || devices[^1].Id != status.Series.Device) devices.Add(new Device(status.Series.Device, heard.GetValueOrDefault(status.Series.Device)));
            devices[^1].Series.Add(status);
        }
        foreach (var device in devices) device.Judge(now, options);
        return devices.FindAll(device =>
            (filter.Metric is null || device.Series.Exists(series => series.Series.Metric == filter.Metric))
            && (filter.Kind is null || filter.Kind == device.Kind)
            && (filter.Box is null || (device.Position is { } position && filter.Box.Holds(position))));
    }

    private sealed class Device(string id, DeviceSilence? heard)
    {
        public string Id { get; } = id;
        public DeviceSilence? Heard { get; } = heard;
        public List<SeriesStatus> Series { get; } = [];
        public TimeSpan? Interval => Heard?.Interval;
        public long LastTime { get; private set; }
        public DataState State { get; private set; }
        public Freshness Freshness { get; private set; }
        public string? Kind { get; private set; }
        public DevicePosition? Position { get; private set; }

        public TimeSpan AgeOf(long time, long now) => TimeSpan.FromMicroseconds(Math.Max(0, now - Math.Min(time, Heard?.LastHeard ?? now)));

        public void Judge(long now, LiveOptions options)
        {
            LastTime = Series.Max(series => series.LastTime!.Value);
            Freshness = Freshness.Of(Interval, options);
            State = Freshness.At(AgeOf(LastTime, now));
            Kind = Find(DeviceMetrics.Kind)?.Text;
            if (Find(DeviceMetrics.Latitude)?.AsNumber() is >= -90 and <= 90 and var latitude && Find(DeviceMetrics.Longitude)?.AsNumber() is >= -180 and <= 180 and var longitude)
                Position = new DevicePosition(latitude, longitude);
        }

        private ReadingValue? Find(string metric) => Series.Find(series => series.Series.Metric == metric)?.LastValue;
    }
}
