using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries.DuckDb;

/// <summary>The embedded store passes the suite of all stores; settling seals, merges and rolls up.</summary>
public sealed class DuckDbReadingStoreTests : ReadingStoreSuite
{
    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    protected override IReadingStore Create() =>
        new DuckDbReadingStore(new DuckDbOptions { Folder = _folder["store"] }, _clock, NullLogger<DuckDbReadingStore>.Instance);

    protected override Task SettleAsync() => ((DuckDbReadingStore)Store).SettleAsync(Stop);

    protected override void SetNow(DateTimeOffset now) => _clock.Now = now;

    protected override void Forget() => Directory.Delete(_folder["store"], true);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("rolling"), InlineData("rolled"), InlineData("cleaned")]
    public async Task A_reading_that_comes_in_the_middle_of_rolling_up_is_in_the_buckets(string step)
    {
        await BeginAtAsync(UnixMicros.ToTime(Start));
        await AppendAsync(Log.Batch(Every(Pm25, Start, Start + Day, 10 * Minute, _ => 1).Append(Number(Noise, Start - 9 * Day, 1))));
        SetNow(UnixMicros.ToTime(Start + 3 * Day));
        var store = (DuckDbReadingStore)Store;
        store.AtStep = at =>
        {
            if (at != step) return;
            // Once, of the day that is being rolled up and of the one long ago: another would soil the day again.
            store.AtStep = null;
            store.AppendAsync([Log.Batch(Number(Pm25, Start + Second, 1), Number(Noise, Start - 9 * Day + 1, 1))], Log.End, Stop).GetAwaiter().GetResult();
        };
        await SettleAsync();
        Assert.Null(store.AtStep);
        foreach (var settled in (bool[])[false, true])
        {
            if (settled) await SettleAsync();
            foreach (var series in await Store.BucketsAsync(new BucketQuery([Pm25, Noise], Start - 10 * Day, Start + 2 * Day, new BucketWidth(BucketUnit.Month), Zone("Asia/Tehran"), BucketCalendar.Persian), Stop))
            {
                Assert.Equal("1d", series.Level);
                Assert.Equal(series.Series == Pm25 ? 145 : 2, series.Buckets.Sum(bucket => bucket.Count));
            }
        }
    }

    [Fact]
    public async Task Rollups_of_another_zone_are_made_anew()
    {
        await AppendAsync(Log.Batch(Every(Pm25, Start - 30 * Day, Start - 20 * Day, Hour, _ => 1)));
        await SettleAsync();
        await Store.DisposeAsync();
        await using var store = new DuckDbReadingStore(new DuckDbOptions { Folder = _folder["store"], CityZone = "America/St_Johns" }, _clock, NullLogger<DuckDbReadingStore>.Instance);
        await store.OpenAsync(Stop);
        foreach (var settled in (bool[])[false, true])
        {
            if (settled) await store.SettleAsync(Stop);
            var series = Assert.Single(await store.BucketsAsync(new BucketQuery([Pm25], Start - 40 * Day, Start, new BucketWidth(BucketUnit.Day), Zone("America/St_Johns"), BucketCalendar.Gregorian), Stop));
            Assert.Equal((settled ? "1d" : "raw", 240, 11), (series.Level, series.Buckets.Sum(bucket => bucket.Count), series.Buckets.Count));
        }
    }

    /// <summary>The system's clock until it is set.</summary>
    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset? Now { get; set; }
        public override DateTimeOffset GetUtcNow() => Now ?? System.GetUtcNow();
    }
}
