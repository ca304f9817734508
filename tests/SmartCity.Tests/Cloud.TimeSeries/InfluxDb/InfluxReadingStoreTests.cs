using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.TimeSeries.InfluxDb;

/// <summary>Started once for a class; each test has a database of its own in it.</summary>
public sealed class InfluxFixture : IAsyncLifetime
{
    internal InfluxServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await InfluxServer.StartNewAsync();

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>InfluxDB as the store passes the suite of all stores, against a real influxd.</summary>
public sealed class InfluxReadingStoreTests(InfluxFixture influx) : ReadingStoreSuite, IClassFixture<InfluxFixture>
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _database = $"t {Guid.NewGuid():N}";

    protected override IReadingStore Create() => new InfluxReadingStore(
        new InfluxOptions { Address = influx.Server.Address, Database = _database, Folder = _folder["index"], LinesMax = 500 }, TimeProvider.System, NullLogger<InfluxReadingStore>.Instance);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Names_that_line_protocol_cannot_spell_are_kept()
    {
        string[] metrics = ["a b", "a,b=c", "#hash", "back\\", "quote\"'", "line\nbreak\ttab", "50%", "%25", "هوا", "a\\ b", "😀"];
        var keys = metrics.Select(metric => new SeriesKey("d%20:.-_", metric)).ToArray();
        await AppendAsync(Log.Batch(keys.Select((key, i) => Number(key, Start + i, i))));
        Assert.Equal(Enumerable.Range(0, keys.Length).Select(i => (double?)i), (await AllAsync(keys)).Select(r => r.Value.AsNumber()));
        await RestartAsync();
        Assert.Equal(metrics.Order(StringComparer.Ordinal), (await Store.SeriesAsync(new(), Stop)).Select(s => s.Series.Metric));
    }

    [Fact]
    public async Task Numbers_and_times_that_it_cannot_hold_are_refused_alone()
    {
        Reading[] bad = [Number(Pm25, Start + 1, double.NaN), Number(Pm25, Start + 2, double.NegativeInfinity), Number(Pm25, At("1600-01-01T00:00Z"), 1), Number(Pm25, At("2300-01-01T00:00Z"), 1)];
        var result = await AppendAsync(Log.Batch([Number(Pm25, Start, 1), .. bad, Number(Pm25, Start + 3, -0.0)]));
        Assert.Equal(bad, result.Rejected.Select(r => r.Reading));
        Assert.Equal(["number", "number", "time", "time"], result.Rejected.Select(r => r.Reason.Split(':')[0]));
        Assert.Equal((2, 0), await CountAsync());
        Assert.Equal([1, -0.0], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()!.Value));
    }

    [Fact]
    public async Task Sums_of_integers_that_do_not_fit_are_added_up_as_numbers()
    {
        SeriesKey counter = new("d", "count");
        await AppendAsync(Log.Batch(Enumerable.Range(0, 4).Select(i => new Reading(counter, Start + i, Start, ReadingValue.Of(long.MaxValue - i), 0))));
        var query = new SmartCity.Model.Contracts.BucketQuery([counter], Start, Start + Day, new(SmartCity.Model.Contracts.BucketUnit.Day), TimeZoneInfo.Utc, default);
        Assert.Equal(4.0 * long.MaxValue, Assert.Single(Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets).Sum!.Value, 1e9);
    }

    [Fact]
    public async Task Before_1970_buckets_and_reduction_are_those_of_the_readings()
    {
        var from = At("1969-12-30T00:00Z");
        var readings = Every(Pm25, from, from + 4 * Day, 10 * Minute, t => t % 13).ToList();
        await AppendAsync(Log.Batch(readings));
        var query = new SmartCity.Model.Contracts.BucketQuery([Pm25], from, from + 4 * Day, new(SmartCity.Model.Contracts.BucketUnit.Day), Zone("Asia/Tehran"), default);
        AssertSame(BucketsOf(readings, query), Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets);
        var reduced = Assert.Single(await Store.ReduceAsync(new([Pm25], from, from + 4 * Day, 20), Stop));
        Assert.Equal((readings.Count, readings[0].Time, readings[^1].Time), (reduced.Original, reduced.Times[0], reduced.Times[^1]));
    }

    [Fact]
    public async Task The_devices_own_time_is_kept_beside_a_replaced_one()
    {
        var batch = Log.Batch(Number(Pm25, Start, 1), Number(Pm25, Start + 1, 2, ReadingQuality.TimeReplaced));
        batch.Readings.TimeRepairs.Add(new TimeRepair(1, 42));
        await AppendAsync(batch);
        var rows = (await influx.Server.QueryAsync(_database, "SELECT device_time FROM \"%time_repairs\"")).GetProperty("series")[0].GetProperty("values");
        Assert.Equal((Start + 1, 42), (rows[0][0].GetInt64(), rows[0][1].GetInt64()));
    }

    [Fact]
    public async Task A_database_of_another_log_is_not_written()
    {
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1)));
        await using var other = new InfluxReadingStore(
            new InfluxOptions { Address = influx.Server.Address, Database = _database, Folder = _folder["other"] }, TimeProvider.System, NullLogger<InfluxReadingStore>.Instance);
        Assert.Equal(0, await other.OpenAsync(Stop));
        var log = new LogOfReadings();
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => other.AppendAsync([log.Batch(Number(Pm25, Start, 2))], log.End, Stop));
        Assert.Contains("another server", error.Message);
        Assert.Equal(1, Assert.Single(await AllAsync(Pm25)).Value.AsNumber());
    }
}
