using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries;

public abstract partial class ReadingStoreSuite
{
    private static readonly string[] _zones = ["Asia/Tehran", "UTC", "Asia/Kathmandu", "America/Los_Angeles", "America/St_Johns"];

    /// <summary>Over days in which the clock of Tehran is set, and of days long before it: whatever comes late, twice or in place of another, however it is settled, and whenever it is looked at.</summary>
    [Theory]
    [InlineData(1), InlineData(2)]
    public async Task Buckets_of_every_width_are_those_of_the_readings_at_all_times(int seed)
    {
        var random = new Random(seed);
        var first = At("2022-09-18T20:30Z");
        SeriesKey dense = new("d-1", "power"), count = new("d-1", "count"), door = new("d-2", "door"), state = new("d-2", "state");
        SeriesKey[] all = [Pm25, dense, count, door, state];
        var model = new Dictionary<(SeriesKey, long), Reading>();
        var levels = new HashSet<string>();
        var now = first;
        await BeginAtAsync(UnixMicros.ToTime(now));
        for (var round = 0; round < 9; round++)
        {
            var until = now + 12 * Hour;
            var readings = new List<Reading>();
            for (var time = now; time < until; time += 5 * Minute)
            {
                readings.Add(Number(Pm25, time + random.Next(1000), Math.Round(random.NextDouble() * 100, 1), (ReadingQuality)(random.Next(5) == 0 ? 8 : 0)));
                readings.Add(new Reading(count, time, time, ReadingValue.Of(random.NextInt64(1000)), 0));
                if (random.Next(4) == 0) readings.Add(new Reading(door, time, time, ReadingValue.Of(random.Next(2) == 0), 0));
                if (random.Next(9) == 0) readings.Add(new Reading(state, time, time, ReadingValue.Of(random.Next(2) == 0 ? "open" : "shut"), (ReadingQuality)random.Next(2)));
            }
            // A minute of the second, now and then, is more than minutes are worth keeping for.
            for (var minute = 0; minute < 20; minute++)
                if (now + random.Next(700) * Minute is var at) readings.AddRange(Every(dense, at, at + Minute, 2 * Second, t => Math.Round(Math.Sin(t / 1e7) * 500, 2)));
            for (var late = random.Next(40); late > 0; late--)
            {
                var again = model.Count > 0 && random.Next(2) == 0 ? model.Values.ElementAt(random.Next(model.Count)) : Number(Pm25, first - 20 * Day + random.NextInt64(26 * Day), random.Next(50));
                if (again.Time < until) readings.Add(again.Value.Kind == ValueKind.Double ? again with { Value = ReadingValue.Of(Math.Round(random.NextDouble() * 200, 1)) } : again);
            }
            foreach (var reading in readings.Select(Kept)) model[(reading.Series, reading.Time)] = reading;
            await AppendAsync(Log.Batch(readings));
            now = until;
            SetNow(UnixMicros.ToTime(now + random.Next(60) * Minute));
            if (random.Next(3) == 0) await SettleAsync();
            if (random.Next(5) == 0) await RestartAsync();
            for (var look = 0; look < 4; look++) await CheckAsync(AnyQuery());
        }
        await SettleAsync();
        foreach (var width in (BucketWidth[])[new(BucketUnit.Second, 60), new(BucketUnit.Second, 300), new(BucketUnit.Second, 3600), new(BucketUnit.Second, 21_600), new(BucketUnit.Day), new(BucketUnit.Week), new(BucketUnit.Month)])
            foreach (var zone in _zones[..2])
                await CheckAsync(new BucketQuery(all, first - 20 * Day - 17, now, width, Zone(zone), BucketCalendar.Persian));
        Assert.Superset(Capabilities.Levels.ToHashSet(), levels);
        Assert.Subset(Capabilities.Levels.ToHashSet(), levels);

        BucketQuery AnyQuery()
        {
            var width = random.Next(8) switch
            {
                0 => new BucketWidth(BucketUnit.Second, 60), 1 => new(BucketUnit.Second, 900), 2 => new(BucketUnit.Second, 3600), 3 => new(BucketUnit.Second, 21_600),
                4 => new(BucketUnit.Second, 10), 5 => new(BucketUnit.Week), 6 => new(BucketUnit.Month), _ => new BucketWidth(BucketUnit.Day),
            };
            var from = first + random.NextInt64(-25, 7) * Day + (random.Next(2) == 0 ? random.NextInt64(Day) : 0);
            var to = from + random.NextInt64(1, width.Unit == BucketUnit.Second && width.Count < 900 ? 2 * Day : 30 * Day);
            return new BucketQuery([.. all.Where(_ => random.Next(3) > 0), all[random.Next(5)]], from, to, width, Zone(_zones[random.Next(_zones.Length)]),
                random.Next(2) == 0 ? BucketCalendar.Gregorian : BucketCalendar.Persian, _ => TimeSpan.FromMinutes(5));
        }

        async Task CheckAsync(BucketQuery query)
        {
            foreach (var series in await Store.BucketsAsync(query, Stop))
            {
                levels.Add(series.Level);
                AssertSame(BucketsOf([.. model.Values.Where(reading => reading.Series == series.Series && reading.Time >= query.From && reading.Time < query.To)], query), series.Buckets);
            }
        }
    }

    /// <summary>Late readings come for old days while these are rolled up, sealed and asked for.</summary>
    [Fact]
    public async Task While_late_readings_come_a_bucket_never_holds_fewer_than_are_acknowledged_nor_more_than_were_sent()
    {
        var first = At("2026-11-10T00:00Z");
        await BeginAtAsync(UnixMicros.ToTime(first + 10 * Day));
        await AppendAsync(Log.Batch(Number(Pm25, first - 100 * Day, 1)));
        long sent = 0, stored = 0;
        using var stop = new CancellationTokenSource();
        var settling = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await SettleAsync();
                await Task.Delay(1, Stop);
            }
        }, Stop);
        var appending = Task.Run(async () =>
        {
            for (var i = 0; i < 80; i++)
            {
                // Each day of ten gets the same number of readings.
                var batch = Enumerable.Range(0, 10).Select(day => Number(Pm25, first + day * Day + i * Minute, 1)).ToList();
                Interlocked.Add(ref sent, 1);
                await AppendAsync(Log.Batch(batch));
                Interlocked.Add(ref stored, 1);
                SetNow(UnixMicros.ToTime(first + 10 * Day + i * 2 * Hour));
            }
        }, Stop);
        while (!appending.IsCompleted)
        {
            var least = Interlocked.Read(ref stored);
            var buckets = Assert.Single(await Store.BucketsAsync(new BucketQuery([Pm25], first - Day, first + 20 * Day, new BucketWidth(BucketUnit.Day), TimeZoneInfo.Utc, BucketCalendar.Gregorian), Stop)).Buckets;
            var weeks = Assert.Single(await Store.BucketsAsync(new BucketQuery([Pm25], first - 7 * Day, first + 21 * Day, new BucketWidth(BucketUnit.Week), Zone("Asia/Tehran"), BucketCalendar.Persian), Stop)).Buckets;
            var most = Interlocked.Read(ref sent);
            Assert.All(buckets, bucket => Assert.InRange(bucket.Count, least, most));
            Assert.InRange(weeks.Sum(bucket => bucket.Count), 10 * least, 10 * most);
        }
        await appending;
        await stop.CancelAsync();
        await settling;
    }
}
