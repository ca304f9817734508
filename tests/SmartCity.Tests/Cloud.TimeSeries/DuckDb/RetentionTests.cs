using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries.DuckDb;

/// <summary>Whole files go when their days are old, rolled up and in no hold; what was rolled up of them stays as it was.</summary>
public sealed class RetentionTests : IAsyncLifetime
{
    private const long Minute = 60 * UnixMicros.PerSecond, Day = UnixMicros.PerDay;
    private static readonly SeriesKey _fast = new("air-1", "pm25"), _slow = new("bin-7", "level");
    private static readonly long _start = UnixMicros.From(new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly TemporaryFolder _folder = new();
    private readonly LogOfReadings _log = new();
    private readonly SettableClock _clock = new() { Now = UnixMicros.ToTime(_start) };
    private DuckDbReadingStore _store = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await OpenAsync(TimeSpan.Zero);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task After_the_rule_files_go_and_every_bucket_of_a_minute_and_more_stays()
    {
        await FillAsync(40);
        var before = await BucketsAsync(new BucketWidth(BucketUnit.Second, 300));
        var days = await BucketsAsync(new BucketWidth(BucketUnit.Day));
        await ReopenAsync(TimeSpan.FromDays(30));
        await _store.SettleAsync(Stop);
        await _store.SettleAsync(Stop);

        var state = await _store.RetentionAsync(Stop);
        Assert.True(state.Files > 0 && state.Readings > 0, "nothing has gone");
        Assert.InRange(state.RawFrom!.Value, _start + 6 * Day, _start + 11 * Day);
        Assert.Empty(await RawAsync(_start, state.RawFrom.Value - 2 * Day));
        Assert.NotEmpty(await RawAsync(state.RawFrom.Value, _start + 40 * Day));
        Assert.Equal(before, await BucketsAsync(new BucketWidth(BucketUnit.Second, 300)));
        Assert.Equal(days, await BucketsAsync(new BucketWidth(BucketUnit.Day)));
        Assert.Equal(await SealedFilesAsync(), Directory.GetFiles(_folder["store/sealed"]).Length);

        // What comes too late has no place, and costs no neighbour.
        var result = await _store.AppendAsync([_log.Batch(Reading(_fast, _start, 1), Reading(_fast, _start + 39 * Day + 1, 2))], _log.End, Stop);
        Assert.StartsWith("retention: readings before 2026-09-", Assert.Single(result.Rejected).Reason);
        await _store.SettleAsync(Stop);
        Assert.Equal(days[0], (await BucketsAsync(new BucketWidth(BucketUnit.Day)))[0]);
        await ReopenAsync(TimeSpan.Zero);
        Assert.Equal(state.RawFrom, (await _store.RetentionAsync(Stop)).RawFrom);
        Assert.Single((await _store.AppendAsync([_log.Batch(Reading(_fast, _start, 1))], _log.End, Stop)).Rejected);
    }

    [Fact]
    public async Task What_a_hold_keeps_stays_until_it_is_released()
    {
        await FillAsync(40);
        var number = await _store.HoldAsync(_start + 3 * Day, _start + 4 * Day, "case 17", "mina", Stop);
        await ReopenAsync(TimeSpan.FromDays(30));
        await _store.SettleAsync(Stop);
        await _store.SettleAsync(Stop);
        Assert.Equal(("case 17", "mina"), ((await _store.RetentionAsync(Stop)).Holds[0].Reason, (await _store.RetentionAsync(Stop)).Holds[0].By));
        Assert.NotEmpty(await RawAsync(_start + 3 * Day, _start + 4 * Day));
        Assert.Null(await _store.ReleaseAsync(number + 1, Stop));
        Assert.Equal(number, (await _store.ReleaseAsync(number, Stop))!.Number);
        await _store.SettleAsync(Stop);
        Assert.Empty(await RawAsync(_start + 3 * Day, _start + 4 * Day));
        Assert.Equal(number + 1, await _store.HoldAsync(_start, _start + Day, "again", "mina", Stop));
    }

    [Fact]
    public async Task A_day_that_a_late_reading_has_soiled_is_rolled_up_before_it_goes()
    {
        await FillAsync(40);
        await _store.AppendAsync([_log.Batch(Reading(_slow, _start + 2 * Day + 7, 1000))], _log.End, Stop);
        await ReopenAsync(TimeSpan.FromDays(30));
        await _store.SettleAsync(Stop);
        await _store.SettleAsync(Stop);
        Assert.Empty(await RawAsync(_start + 2 * Day, _start + 3 * Day));
        Assert.Contains(await BucketsAsync(new BucketWidth(BucketUnit.Day)), bucket => bucket.Max == 1000);
    }

    [Fact]
    public async Task Minutes_have_a_rule_of_their_own_and_hours_stay()
    {
        await FillAsync(10);
        var hours = await BucketsAsync(new BucketWidth(BucketUnit.Second, 3_600));
        await ReopenAsync(TimeSpan.FromDays(2), TimeSpan.FromDays(4));
        for (var i = 0; i < 3; i++) await _store.SettleAsync(Stop);
        var state = await _store.RetentionAsync(Stop);
        Assert.True(state.MinutesFrom > _start + 5 * Day && state.RawFrom > state.MinutesFrom, $"{state}");
        Assert.Equal(hours, await BucketsAsync(new BucketWidth(BucketUnit.Second, 3_600)));
        var minutes = await BucketsAsync(new BucketWidth(BucketUnit.Second, 300));
        Assert.DoesNotContain(minutes, bucket => bucket.End <= state.MinutesFrom);
        Assert.Contains(minutes, bucket => bucket.Start >= state.MinutesFrom && bucket.End <= state.RawFrom);
    }

    [Fact]
    public async Task A_crash_in_the_middle_leaves_all_or_nothing()
    {
        await FillAsync(40);
        await ReopenAsync(TimeSpan.FromDays(30));
        var raw = (await RawAsync(_start, _start + 40 * Day)).Count;
        await _store.SettleAsync(Stop);
        _store.AtStep = step => { if (step == "expiring") throw new IOException("the power went"); };
        await Assert.ThrowsAsync<IOException>(() => _store.SettleAsync(Stop));
        await ReopenAsync(TimeSpan.Zero);
        Assert.Equal(raw, (await RawAsync(_start, _start + 40 * Day)).Count);
        Assert.Null((await _store.RetentionAsync(Stop)).RawFrom);
    }

    /// <summary>Days of one reading a minute and of one an hour, each settled when it is over.</summary>
    private async Task FillAsync(int days)
    {
        for (var day = 0; day < days; day++)
        {
            var begin = _start + day * Day;
            List<Reading> readings = [.. Enumerable.Range(0, 144).Select(i => Reading(_fast, begin + i * 10 * Minute, i % 17)), .. Enumerable.Range(0, 24).Select(i => Reading(_slow, begin + i * 60 * Minute, day + i))];
            await _store.AppendAsync([_log.Batch(readings)], _log.End, Stop);
            _clock.Now = UnixMicros.ToTime(begin + Day + 60 * Minute);
            if (day % 5 == 4) await _store.SettleAsync(Stop);
        }
        await _store.SettleAsync(Stop);
    }

    private async Task ReopenAsync(TimeSpan keepRaw, TimeSpan keepMinutes = default)
    {
        await _store.DisposeAsync();
        await OpenAsync(keepRaw, keepMinutes);
    }

    private async Task OpenAsync(TimeSpan keepRaw, TimeSpan keepMinutes = default)
    {
        _store = new DuckDbReadingStore(new DuckDbOptions { Folder = _folder["store"], KeepRaw = keepRaw, KeepMinutes = keepMinutes }, _clock, NullLogger<DuckDbReadingStore>.Instance);
        await _store.OpenAsync(Stop);
    }

    private async Task<int> SealedFilesAsync()
    {
        await using var snapshot = await _store.SnapshotAsync(Stop);
        return snapshot.Sealed.Count;
    }

    private async Task<List<Reading>> RawAsync(long from, long to)
    {
        var readings = new List<Reading>();
        await foreach (var reading in _store.ReadingsAsync(new RangeQuery([_fast, _slow], from, to), Stop)) readings.Add(reading);
        return readings;
    }

    private async Task<List<Bucket>> BucketsAsync(BucketWidth width)
    {
        var query = new BucketQuery([_fast, _slow], _start, _start + 39 * Day, width, TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran"), BucketCalendar.Gregorian);
        return [.. (await _store.BucketsAsync(query, Stop)).SelectMany(series => series.Buckets)];
    }

    private static Reading Reading(SeriesKey series, long time, double value) => new(series, time, time, ReadingValue.Of(value), ReadingQuality.Good);

    private sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
