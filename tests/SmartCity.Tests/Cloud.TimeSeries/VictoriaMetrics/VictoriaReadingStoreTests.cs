using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.Server.Commands;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.VictoriaMetrics;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>Started once for a class; each test begins with it empty.</summary>
public sealed class VictoriaFixture : IAsyncLifetime
{
    internal VictoriaServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await VictoriaServer.StartNewAsync();

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>VictoriaMetrics as the store passes the suite of all stores, against a real one.</summary>
public sealed class VictoriaReadingStoreTests(VictoriaFixture victoria) : ReadingStoreSuite, IClassFixture<VictoriaFixture>
{
    private readonly TemporaryFolder _folder = new();
    private string _index = "index";

    protected override IReadingStore Create() => new VictoriaReadingStore(
        new VictoriaOptions { Address = victoria.Server.Address, Folder = _folder[_index], FlushAtOnce = 0 }, TimeProvider.System, NullLogger<VictoriaReadingStore>.Instance);

    public override async ValueTask InitializeAsync()
    {
        await victoria.Server.EmptyAsync();
        await base.InitializeAsync();
    }

    protected override void Forget()
    {
        victoria.Server.EmptyAsync().GetAwaiter().GetResult();
        _index = Guid.NewGuid().ToString("N");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_was_appended_survives_a_kill_of_the_engine()
    {
        var readings = Every(Pm25, Start, Start + Hour, Second, t => t % 41 / 4.0).ToList();
        await AppendAsync(Log.Batch(readings));
        await victoria.Server.KillAsync();
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(Log.Batch(Number(Pm25, Start + Hour, 7))));
        Assert.Contains("cannot be reached", error.Message);
        Assert.Contains("stay in the log", error.Message);
        Assert.Equal((readings.Count, 0), await CountAsync());
        await victoria.Server.StartAsync();
        AssertReadings(readings, await AllAsync(Pm25));
    }

    [Fact]
    public async Task Names_of_every_kind_are_kept()
    {
        string[] metrics = ["a b", "a,b=c", "#hash", "back\\", "quote\"'", "{x=\"y\"}", "50%", "هوا", "a\\ b", "😀", "tab\ttab"];
        var keys = metrics.Select(metric => new SeriesKey("d%20:.-_", metric)).ToArray();
        await AppendAsync(Log.Batch(keys.Select((key, i) => Number(key, Start + i * Second, i, (ReadingQuality)(i % 3)))));
        var found = await AllAsync(keys);
        Assert.Equal(Enumerable.Range(0, keys.Length).Select(i => ((double?)i, (ReadingQuality)(i % 3))), found.Select(r => (r.Value.AsNumber(), r.Quality)));
    }

    [Fact]
    public async Task What_the_engine_cannot_hold_costs_its_neighbours_nothing()
    {
        double[] numbers = [0.25, 1e300, double.NaN, 0.5, double.PositiveInfinity, -1e-200, -0.0, 0.75, 1e15, 12.5];
        var readings = numbers.Select((number, i) => Number(Pm25, Start + i * Second, number)).Append(Number(Pm25, UnixMicros.From(DateTimeOffset.UtcNow.AddYears(3)), 4)).ToList();
        var result = await AppendAsync(Log.Batch(readings));
        Assert.Empty(result.Rejected);
        AssertReadings(readings, await AllAsync(Pm25));
        Assert.Equal(readings[2..5].Select(r => Kept(r).Time), (await ReadAsync(new RangeQuery([Pm25], Start + 2 * Second, Start + Day, Limit: 3))).Select(r => r.Time));
    }

    [Fact]
    public async Task Many_buckets_of_one_length_are_added_up_by_the_engine_to_the_same()
    {
        var readings = Every(Pm25, Start, Start + Day, 7 * Second, t => Math.Round(Math.Sin(t / 1e9) * 40, 3)).Select((r, i) => i % 9 == 0 ? r with { Quality = ReadingQuality.Stuck } : r).ToList();
        readings.RemoveAll(r => r.Time > Start + 5 * Hour && r.Time < Start + 6 * Hour);
        await AppendAsync(Log.Batch(readings));
        var query = new BucketQuery([Pm25], Start, Start + Day, new BucketWidth(BucketUnit.Second, 300), TimeZoneInfo.Utc, BucketCalendar.Gregorian, _ => TimeSpan.FromSeconds(7));
        AssertSame(BucketsOf(readings, query), Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets);
        // One reading that takes another's place: from then on it is added up here.
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1000)));
        readings[0] = Number(Pm25, Start, 1000);
        AssertSame(BucketsOf(readings, query), Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets);
    }

    [Fact]
    public async Task An_engine_of_another_log_is_not_written()
    {
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1)));
        await using var other = new VictoriaReadingStore(new VictoriaOptions { Address = victoria.Server.Address, Folder = _folder["other"] }, TimeProvider.System, NullLogger<VictoriaReadingStore>.Instance);
        Assert.Equal(0, await other.OpenAsync(Stop));
        var log = new LogOfReadings();
        Assert.Contains("another server", (await Assert.ThrowsAsync<StoreUnavailableException>(() => other.AppendAsync([log.Batch(Number(Pm25, Start, 2))], log.End, Stop))).Message);
    }

    [Fact]
    public async Task An_engine_that_would_keep_a_repeated_reading_twice_is_refused_and_the_doctor_says_why()
    {
        await using var server = await VictoriaServer.StartNewAsync("-dedup.minScrapeInterval=0s");
        await using var store = new VictoriaReadingStore(new VictoriaOptions { Address = server.Address, Folder = _folder["other"] }, TimeProvider.System, NullLogger<VictoriaReadingStore>.Instance);
        await store.OpenAsync(Stop);
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync([Log.Batch(Number(Pm25, Start, 2))], Log.End, Stop));
        Assert.Contains("Start it with -dedup.minScrapeInterval=1ms", error.Message);
        var finding = await DoctorChecks.VictoriaAsync(new VictoriaOptions { Address = server.Address }, Stop);
        Assert.False(finding.Ok);
        Assert.Contains("-dedup.minScrapeInterval=1ms", finding.Found);
        Assert.True((await DoctorChecks.VictoriaAsync(new VictoriaOptions { Address = victoria.Server.Address }, Stop)).Ok);
    }

    [Theory]
    [InlineData("1", 31), InlineData("12", 372), InlineData("30d", 30), InlineData("2w", 14), InlineData("100y", 36_500), InlineData("48h", 2)]
    public void The_retention_is_read_as_the_engine_reads_it(string retention, int days) => Assert.Equal(TimeSpan.FromDays(days), VictoriaFlags.Read($"-dedup.minScrapeInterval=\"1ms\"\n-retentionPeriod=\"{retention}\"\n").Kept);
}
