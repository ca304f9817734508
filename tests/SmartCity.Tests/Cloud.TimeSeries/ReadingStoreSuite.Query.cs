using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries;

public abstract partial class ReadingStoreSuite
{
    public static TheoryData<string, string, string> Ranges => new()
    {
        { "Asia/Tehran", "2022-09-20T12:00Z", "2022-09-23T12:00Z" },
        { "Asia/Tehran", "2022-03-20T12:00Z", "2022-03-23T12:00Z" },
        { "America/Los_Angeles", "2026-03-07T12:00Z", "2026-03-10T12:00Z" },
        { "America/Los_Angeles", "2026-10-31T12:00Z", "2026-11-03T12:00Z" },
    };

    [Theory, MemberData(nameof(Ranges))]
    public async Task Buckets_of_every_width_follow_the_zones_clock(string zone, string from, string to)
    {
        var readings = Every(Pm25, At(from) - Hour, At(to) + Hour, 11 * Minute, t => Math.Sin(t / 1e9) * 40 + 50).ToList();
        await AppendAsync(Log.Batch(readings));
        for (var settled = 0; settled < 2; settled++)
        {
            foreach (var seconds in (int[])[60, 900, 3600, 21_600, 86_400]) await CheckAsync(new BucketWidth(BucketUnit.Second, seconds), BucketCalendar.Gregorian);
            foreach (var unit in (BucketUnit[])[BucketUnit.Day, BucketUnit.Week, BucketUnit.Month])
                foreach (var calendar in Enum.GetValues<BucketCalendar>()) await CheckAsync(new BucketWidth(unit), calendar);
            await SettleAsync();
        }

        async Task CheckAsync(BucketWidth width, BucketCalendar calendar)
        {
            var query = new BucketQuery([Pm25], At(from), At(to), width, Zone(zone), calendar, _ => TimeSpan.FromMinutes(11));
            AssertSame(BucketsOf(readings, query), Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets);
        }
    }

    [Fact]
    public async Task Persian_months_hold_what_was_read_in_them_through_a_leap_year()
    {
        // 1399 is a leap year: Esfand has 30 days, to 20 March 2021.
        var readings = Every(Pm25, At("2021-02-01T00:00Z"), At("2021-05-01T00:00Z"), 6 * Hour, t => t % 97).ToList();
        await AppendAsync(Log.Batch(readings));
        var query = new BucketQuery([Pm25], readings[0].Time, readings[^1].Time + 1, new BucketWidth(BucketUnit.Month), Zone("Asia/Tehran"), BucketCalendar.Persian);
        var buckets = Assert.Single(await Store.BucketsAsync(query, Stop)).Buckets;
        AssertSame(BucketsOf(readings, query), buckets);
        Assert.Equal(30, (buckets[1].End - buckets[1].Start) / (double)Day);
    }

    [Fact]
    public async Task Kinds_are_bucketed_by_what_they_can_say()
    {
        SeriesKey door = new("d", "door"), count = new("d", "count"), state = new("d", "state");
        Reading[] readings =
        [
            new(door, Start, Start, ReadingValue.Of(true), 0), new(door, Start + Second, Start, ReadingValue.Of(false), ReadingQuality.Stuck), new(door, Start + 2 * Second, Start, ReadingValue.Of(true), 0),
            new(count, Start, Start, ReadingValue.Of(7L), 0), new(count, Start + Second, Start, ReadingValue.Of(-9L), 0),
            new(state, Start, Start, ReadingValue.Of("open"), 0), new(state, Start + Second, Start, ReadingValue.Of("shut"), 0),
        ];
        await AppendAsync(Log.Batch(readings));
        foreach (var settled in (bool[])[false, true])
        {
            if (settled) await SettleAsync();
            var query = new BucketQuery([door, count, state, new("d", "unknown")], Start, Start + Day, new BucketWidth(BucketUnit.Day), TimeZoneInfo.Utc, BucketCalendar.Gregorian);
            var series = await Store.BucketsAsync(query, Stop);
            Assert.Equal(query.Series, series.Select(s => s.Series));
            foreach (var one in series) AssertSame(BucketsOf([.. readings.Where(r => r.Series == one.Series)], query), one.Buckets);
            Assert.Equal(2.0 / 3, Assert.Single(series[0].Buckets).Average!.Value, 12);
            Assert.Empty(series[3].Buckets);
        }
    }

    [Fact]
    public async Task Coverage_is_the_share_of_expected_readings_and_never_above_one()
    {
        await AppendAsync(Log.Batch([.. Every(Pm25, Start, Start + 30 * Minute, Minute, t => 1), .. Every(Pm25, Start + Hour, Start + 2 * Hour, 20 * Second, t => 1), .. Every(Noise, Start, Start + Hour, Minute, t => 1)]));
        var query = new BucketQuery([Pm25, Noise], Start, Start + 90 * Minute, new BucketWidth(BucketUnit.Second, 3600), TimeZoneInfo.Utc, BucketCalendar.Gregorian,
            key => key == Pm25 ? TimeSpan.FromMinutes(1) : null);
        var series = await Store.BucketsAsync(query, Stop);
        Assert.Equal([0.5, 1], series[0].Buckets.Select(b => b.Coverage!.Value));
        Assert.Null(Assert.Single(series[1].Buckets).Coverage);
    }

    [Fact]
    public async Task Buckets_count_a_replaced_reading_once_and_say_how_much_is_flagged()
    {
        await AppendAsync(Log.Batch(Number(Pm25, Start, 100), Number(Pm25, Start + Second, 2, ReadingQuality.Stuck), Number(Pm25, Start + 2 * Second, 3), Number(Pm25, Start + 3 * Second, 5)));
        await SettleAsync();
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1, ReadingQuality.Rate | ReadingQuality.Backfilled)));
        foreach (var settled in (bool[])[false, true])
        {
            if (settled) await SettleAsync();
            var bucket = Assert.Single(Assert.Single(await Store.BucketsAsync(new BucketQuery([Pm25], Start, Start + Day, new BucketWidth(BucketUnit.Day), TimeZoneInfo.Utc, BucketCalendar.Gregorian), Stop)).Buckets);
            Assert.Equal((4, 11, 1, 5, 0.5), (bucket.Count, bucket.Sum!.Value, bucket.Min!.Value, bucket.Max!.Value, bucket.Flagged));
        }
    }

    [Fact]
    public async Task Averages_are_those_of_the_readings_to_nine_digits()
    {
        var random = new Random(3);
        var readings = Every(Pm25, Start, Start + 2 * Day, 20 * Second, _ => 1e6 + random.NextDouble()).ToList();
        await AppendAsync(Log.Batch(readings));
        await SettleAsync();
        var buckets = Assert.Single(await Store.BucketsAsync(new BucketQuery([Pm25], Start, Start + 2 * Day, new BucketWidth(BucketUnit.Day), TimeZoneInfo.Utc, BucketCalendar.Gregorian), Stop)).Buckets;
        foreach (var bucket in buckets)
        {
            var exact = readings.Where(r => r.Time >= bucket.Start && r.Time < bucket.End).Average(r => (decimal)r.Value.AsNumber()!.Value);
            Assert.True(Math.Abs((double)exact - bucket.Average!.Value) <= 1e-9 * (double)exact);
        }
    }

    [Fact]
    public async Task However_the_readings_are_split_and_ordered_the_buckets_are_those_of_all()
    {
        var random = new Random(11);
        var zone = Zone("Asia/Tehran");
        var from = At("2022-09-18T00:00Z");
        var readings = Enumerable.Range(0, 1500).Select(i => Number(random.Next(3) == 0 ? Noise : Pm25, from + random.NextInt64(8 * 24 * 60) * Minute, Math.Round(random.NextDouble() * 100, 1), (ReadingQuality)(random.Next(4) == 0 ? 4 : 0))).ToList();
        var stored = readings.GroupBy(r => (r.Series, r.Time)).Select(g => g.Last()).ToList();
        for (var at = 0; at < readings.Count;)
        {
            var count = Math.Min(readings.Count - at, random.Next(1, 300));
            await AppendAsync(Log.Batch(readings.GetRange(at, count)));
            if (random.Next(3) == 0) await SettleAsync();
            at += count;
        }
        foreach (var width in (BucketWidth[])[new(BucketUnit.Second, 900), new(BucketUnit.Second, 3600), new(BucketUnit.Day), new(BucketUnit.Week), new(BucketUnit.Month)])
            foreach (var (start, end) in ((long, long)[])[(from, from + 8 * Day), (from + 7 * Hour + 13, from + 5 * Day - 17)])
            {
                var query = new BucketQuery([Pm25, Noise], start, end, width, zone, BucketCalendar.Persian, _ => TimeSpan.FromMinutes(10));
                foreach (var series in await Store.BucketsAsync(query, Stop))
                    AssertSame(BucketsOf([.. stored.Where(r => r.Series == series.Series)], query), series.Buckets);
            }
    }

    [Fact]
    public async Task Reduction_keeps_the_extremes_the_ends_and_the_number_of_points()
    {
        var random = new Random(5);
        var readings = Every(Pm25, Start, Start + Day, 10 * Second, _ => Math.Round(random.NextDouble(), 9)).ToList();
        readings[4321] = readings[4321] with { Value = ReadingValue.Of(1000.0) };
        readings[6000] = readings[6000] with { Value = ReadingValue.Of(-1000.0) };
        await AppendAsync(Log.Batch(readings));
        for (var settled = 0; settled < 2; settled++)
        {
            var reduced = await Store.ReduceAsync(new ReduceQuery([Pm25, Noise], Start, Start + Day, 200), Stop);
            Assert.Equal([Pm25, Noise], reduced.Select(r => r.Series));
            Assert.Equal((0, 0), (reduced[1].Original, reduced[1].Times.Count));
            Assert.Equal(readings.Count, reduced[0].Original);
            Assert.InRange(reduced[0].Times.Count, 150, 202);
            var byTime = readings.ToDictionary(r => r.Time, r => r.Value.AsNumber()!.Value);
            Assert.All(reduced[0].Times.Zip(reduced[0].Values), point => Assert.Equal(byTime[point.First], point.Second));
            Assert.Equal([readings[0].Time, readings[^1].Time], [reduced[0].Times[0], reduced[0].Times[^1]]);
            Assert.True(reduced[0].Times.Zip(reduced[0].Times.Skip(1), (a, b) => a < b).All(x => x));
            Assert.Equal([-1000, 1000], [reduced[0].Values.Min(), reduced[0].Values.Max()]);
            for (var slice = 0; slice < 100; slice++)
            {
                bool In(long time) => (time - Start) / (Day / 100) == slice;
                var original = byTime.Where(p => In(p.Key)).Select(p => p.Value).ToList();
                var kept = reduced[0].Times.Zip(reduced[0].Values).Where(p => In(p.First)).Select(p => p.Second).ToList();
                Assert.Equal([original.Min(), original.Max()], [kept.Min(), kept.Max()]);
            }
            await SettleAsync();
        }
    }

    [Fact]
    public async Task A_short_series_is_not_reduced()
    {
        var readings = Every(Pm25, Start, Start + 10 * Second, Second, t => t % 3).ToList();
        await AppendAsync(Log.Batch(readings));
        var reduced = Assert.Single(await Store.ReduceAsync(new ReduceQuery([Pm25], Start, Start + Day, 1200), Stop));
        Assert.Equal(readings.Select(r => (r.Time, r.Value.AsNumber()!.Value)), reduced.Times.Zip(reduced.Values));
    }
}
