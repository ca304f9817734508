using System.Buffers;
using CsCheck;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.Quality;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries;

public sealed class QualityFoldTests : IDisposable
{
    private const long Second = UnixMicros.PerSecond;
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteDeviceRegistry _registry;
    private readonly Names _names = new();

    public QualityFoldTests()
    {
        _registry = new SqliteDeviceRegistry(_folder["registry.db"], TimeProvider.System);
        _registry.Apply(
        [
            new(new DeviceModel("probe", "probe", null, [new MetricModel("x", "Cel", Min: -40, Max: 85, RateMax: 1, StuckAfter: TimeSpan.FromSeconds(60))])),
            new(Device: new RegisteredDevice("d0", "probe")), new(Device: new RegisteredDevice("d1", "probe")),
        ]);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Out_of_range_too_fast_and_stuck_are_flagged_and_only_they()
    {
        var flags = Judge(new QualityFold(_registry), (0, 20), (10, 25), (20, 45), (30, 86), (40, 46), (50, 46), (99, 46), (100, 46), (110, 46), (111, 46.5));
        Assert.Equal(
        [
            ReadingQuality.Good, ReadingQuality.Good, ReadingQuality.Rate, ReadingQuality.OutOfRange, ReadingQuality.Good,
            ReadingQuality.Good, ReadingQuality.Good, ReadingQuality.Stuck, ReadingQuality.Stuck, ReadingQuality.Good,
        ], flags);
    }

    [Fact]
    public void A_late_reading_is_judged_by_its_range_alone_and_changes_nothing_for_those_that_follow() =>
        Assert.Equal([ReadingQuality.Good, ReadingQuality.Good, ReadingQuality.OutOfRange, ReadingQuality.Good], Judge(new QualityFold(_registry), (100, 20), (50, 80), (40, 99), (101, 20.5)));

    [Fact]
    public void Of_a_device_without_a_model_nothing_is_believed_and_a_model_that_comes_counts_from_then_on()
    {
        var fold = new QualityFold(_registry);
        _names.Add("stranger", "x");
        Assert.Equal([ReadingQuality.Good], Judge(fold, [(0, 1e9)], series: 2));
        _registry.Apply([new(Device: new RegisteredDevice("stranger", "probe"))]);
        Assert.Equal([ReadingQuality.OutOfRange], Judge(fold, [(1, 1e9)], series: 2));
    }

    [Fact]
    public void Flags_that_stand_already_stay()
    {
        var batch = new ReadingBatch();
        batch.Add(0, 0, 0, 99, ReadingQuality.GatewayTime);
        new QualityFold(_registry).Apply(batch, _names);
        Assert.Equal(ReadingQuality.GatewayTime | ReadingQuality.OutOfRange, batch.Quality[0]);
    }

    /// <summary>However the readings are cut into batches, and wherever the fold is saved and loaded, the flags are the same.</summary>
    [Fact]
    public void Any_cut_and_any_restart_gives_the_same_flags() =>
        Gen.Select(Gen.Int[0, 1], Gen.Long[0, 300], Gen.Int[-60, 100]).List[1, 60].Select(Gen.Int[1, 10], Gen.Int[0, 60]).Sample((readings, size, restart) =>
        {
            var whole = new ReadingBatch();
            foreach (var (series, time, value) in readings) whole.Add(series, time * Second, 0, value, ReadingQuality.Good);
            new QualityFold(_registry).Apply(whole, _names);
            var fold = new QualityFold(_registry);
            var cut = new List<ReadingQuality>();
            for (var start = 0; start < readings.Count; start += size)
            {
                if (start >= restart && start - size < restart)
                {
                    var state = new ArrayBufferWriter<byte>();
                    fold.Save(state);
                    fold = new QualityFold(_registry);
                    fold.Load(state.WrittenSpan);
                }
                var part = new ReadingBatch();
                foreach (var (series, time, value) in readings.Skip(start).Take(size)) part.Add(series, time * Second, 0, value, ReadingQuality.Good);
                fold.Apply(part, _names);
                cut.AddRange(part.Quality.Take(part.Count));
            }
            Assert.Equal(whole.Quality.Take(whole.Count), cut);
        });

    [Fact]
    public void Bytes_that_are_no_state_are_refused_and_leave_the_fold_as_it_was() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        var fold = new QualityFold(_registry);
        try
        {
            fold.Load(bytes);
        }
        catch (InvalidDataException)
        {
            Assert.Equal([ReadingQuality.OutOfRange], Judge(fold, (0, 99)));
        }
    });

    private List<ReadingQuality> Judge(QualityFold fold, params (long Seconds, double Value)[] readings) => Judge(fold, readings, 0);

    private List<ReadingQuality> Judge(QualityFold fold, (long Seconds, double Value)[] readings, int series)
    {
        var batch = new ReadingBatch();
        foreach (var (seconds, value) in readings) batch.Add(series, seconds * Second, 0, value, ReadingQuality.Good);
        fold.Apply(batch, _names);
        return [.. batch.Quality.Take(batch.Count)];
    }

    private sealed class Names : ISeriesNames
    {
        private readonly List<SeriesEntry> _entries = [new(new SeriesKey("d0", "x"), ValueKind.Double), new(new SeriesKey("d1", "x"), ValueKind.Double)];

        public SeriesEntry this[int series] => _entries[series];

        public void Add(string device, string metric) => _entries.Add(new SeriesEntry(new SeriesKey(device, metric), ValueKind.Double));
    }
}
