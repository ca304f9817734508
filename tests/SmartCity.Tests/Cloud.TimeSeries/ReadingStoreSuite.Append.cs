using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.TimeSeries;

public abstract partial class ReadingStoreSuite
{
    [Fact]
    public async Task What_was_appended_is_read_back_in_order_of_series_as_named_then_time()
    {
        Reading[] readings = [Number(Pm25, Start + 2 * Second, 12.5), Number(Noise, Start, 61.25), Number(Pm25, Start, -0.1, ReadingQuality.GatewayTime | ReadingQuality.Stuck)];
        await AppendAsync(Log.Batch(readings));

        AssertReadings([readings[1], readings[2], readings[0]], await AllAsync(Noise, Pm25));
        Assert.Empty(await AllAsync(new SeriesKey("nobody", "nothing")));
    }

    [Fact]
    public async Task Every_kind_of_value_comes_back_exactly()
    {
        Reading Of(string metric, ReadingValue value, int at = 0) => new(new SeriesKey("d", metric), Start + at * Second, Start + 5, value, ReadingQuality.Good);
        Reading[] readings =
        [
            Of("double", ReadingValue.Of(0.1 + 0.2)), Of("double", ReadingValue.Of(-1e-300), 1), Of("double", ReadingValue.Of(double.MaxValue), 2),
            Of("int", ReadingValue.Of(long.MaxValue)), Of("int", ReadingValue.Of(long.MinValue), 1), Of("int", ReadingValue.Of((1L << 53) + 1), 2),
            Of("bool", ReadingValue.Of(true)), Of("bool", ReadingValue.Of(false), 1),
            Of("text", ReadingValue.Of("ok")), Of("text", ReadingValue.Of("")  , 1), Of("text", ReadingValue.Of("بزرگراه \"همت\", line\nbreak \\ = ,"), 2),
        ];
        await AppendAsync(Log.Batch(readings));
        var keys = readings.Select(r => r.Series).Distinct().ToArray();
        AssertReadings(readings, await AllAsync(keys));
        await SettleAsync();
        AssertReadings(readings, await AllAsync(keys));
        var status = (await Store.SeriesAsync(new SeriesFilter(), Stop)).ToDictionary(s => s.Series.Metric);
        Assert.Equal([ValueKind.Bool, ValueKind.Double, ValueKind.Int64, ValueKind.Text], status.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value.Kind));
        Assert.Equal(ReadingValue.Of((1L << 53) + 1), status["int"].LastValue);
        Assert.Equal(readings[^1].Value, status["text"].LastValue);
    }

    [Fact]
    public async Task A_range_is_half_open_and_paging_and_limit_keep_the_order()
    {
        var readings = Every(Pm25, Start, Start + 10 * Second, Second, t => t % 7).ToList();
        await AppendAsync(Log.Batch(readings.Concat(Every(Noise, Start, Start + 3 * Second, Second, t => 1))));

        AssertReadings(readings[2..5], await ReadAsync(new RangeQuery([Pm25], Start + 2 * Second, Start + 5 * Second)));
        AssertReadings(readings[5..7], await ReadAsync(new RangeQuery([Pm25], Start, Start + Day, Limit: 2, After: Start + 4 * Second)));
        AssertReadings([.. readings[..10], Number(Noise, Start, 1)], await ReadAsync(new RangeQuery([Pm25, Noise], Start, Start + Day, Limit: 11)));
        Assert.Empty(await ReadAsync(new RangeQuery([Pm25], Start, Start)));
    }

    [Fact]
    public async Task A_restart_goes_on_at_the_saved_offset_with_everything_kept()
    {
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1)));
        Log.Skip(17);
        await AppendAsync(Log.Batch(Number(Pm25, Start + Second, 2)), Log.Batch(Number(Noise, Start, 3)));

        Assert.Equal(Log.End, await RestartAsync());
        Assert.Equal([1, 2, 3], (await AllAsync(Pm25, Noise)).Select(r => r.Value.AsNumber()));
        Assert.Equal((3, 0), await CountAsync());
        await AppendAsync(Log.Batch(Number(Pm25, Start + 2 * Second, 4)));
        Assert.Equal([1, 2, 4], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
    }

    [Fact]
    public async Task Offsets_alone_can_be_saved()
    {
        Log.Skip(5);
        await Store.AppendAsync([], Log.End, Stop);
        Assert.Equal(5, await RestartAsync());
    }

    [Fact]
    public async Task Replay_of_the_same_batches_changes_nothing()
    {
        var first = Log.Batch(Number(Pm25, Start, 1), Number(Pm25, Start, 2));
        var second = Log.Batch(Number(Pm25, Start + Second, 3));
        await AppendAsync(first, second);
        var third = Log.Batch(Number(Pm25, Start, 4));
        await AppendAsync(first, second, third);
        await AppendAsync(first, second, third);
        await RestartAsync();
        await AppendAsync(first, second, third);

        Assert.Equal([4, 3], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        Assert.Equal((2, 2), await CountAsync());
    }

    [Fact]
    public async Task The_later_of_two_readings_of_one_time_replaces_the_earlier_wherever_that_lies()
    {
        // Within one batch, between batches of one append, between appends, after settling, and after a restart.
        await AppendAsync(Log.Batch(Number(Pm25, Start, 1), Number(Pm25, Start + Second, 9), Number(Pm25, Start, 2)), Log.Batch(Number(Pm25, Start, 3)));
        await AppendAsync(Log.Batch(Number(Pm25, Start, 4)));
        await SettleAsync();
        await AppendAsync(Log.Batch(Number(Pm25, Start, 5)));
        Assert.Equal([5, 9], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        await RestartAsync();
        await AppendAsync(Log.Batch(Number(Pm25, Start, 6), Number(Pm25, Start + Second, 10)));
        Assert.Equal([6, 10], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        await SettleAsync();
        Assert.Equal([6, 10], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));
        Assert.Equal((2, 6), await CountAsync());
        Assert.Equal(ReadingValue.Of(10.0), Assert.Single(await Store.SeriesAsync(new SeriesFilter(), Stop)).LastValue);
    }

    [Fact]
    public async Task Counts_belong_to_the_gateway_and_lane_that_brought_the_reading()
    {
        await AppendAsync(Log.BatchBy("a", Lane.Telemetry, Number(Pm25, Start, 1)), Log.BatchBy("b", Lane.Telemetry, Number(Pm25, Start, 2), Number(Noise, Start, 1)), Log.BatchBy("b", Lane.Alarm, Number(Noise, Start, 2)));
        Assert.Equal((1, 0), await CountAsync("a"));
        Assert.Equal((1, 1), await CountAsync("b"));
        Assert.Equal((0, 1), await CountAsync("b", Lane.Alarm));
    }

    [Fact]
    public async Task Late_readings_find_their_place()
    {
        await AppendAsync(Log.Batch(Every(Pm25, Start, Start + 10 * Minute, Minute, t => 1)));
        await SettleAsync();
        await AppendAsync(Log.Batch(Number(Pm25, Start - 40 * Day, 2), Number(Pm25, Start + 30 * Second, 3)));
        Assert.Equal([2, 1, 3, 1], (await AllAsync(Pm25)).Take(4).Select(r => r.Value.AsNumber()));
        await SettleAsync();
        Assert.Equal([2, 1, 3, 1], (await AllAsync(Pm25)).Take(4).Select(r => r.Value.AsNumber()));
        Assert.Equal((12, 0), await CountAsync());
        Assert.Equal(Start + 9 * Minute, Assert.Single(await Store.SeriesAsync(new SeriesFilter(), Stop)).LastTime);
    }

    [Fact]
    public async Task Counts_stay_exact_over_any_order_with_settling_and_restarts_in_between()
    {
        var random = new Random(7);
        var model = new Dictionary<(SeriesKey, long), Reading>();
        long superseded = 0, total = 0;
        for (var round = 0; round < 12; round++)
        {
            var batches = new List<SmartCity.Cloud.TimeSeries.StoreBatch>();
            for (var b = 0; b < 3; b++)
            {
                var readings = new List<Reading>();
                for (var i = 0; i < 40; i++)
                {
                    var reading = Number(random.Next(2) == 0 ? Pm25 : Noise, Start + random.Next(-2, 3) * Day + random.Next(60) * Minute, total++);
                    if (model.ContainsKey((reading.Series, reading.Time))) superseded++;
                    model[(reading.Series, reading.Time)] = reading;
                    readings.Add(reading);
                }
                batches.Add(Log.Batch(readings));
            }
            await AppendAsync([.. batches]);
            if (round % 3 == 1) await SettleAsync();
            if (round % 4 == 2) Assert.Equal(Log.End, await RestartAsync());
            Assert.Equal((model.Count, superseded), await CountAsync());
        }
        var expected = model.Values.OrderBy(r => r.Series == Pm25 ? 0 : 1).ThenBy(r => r.Time).ToList();
        AssertReadings(expected, await AllAsync(Pm25, Noise));
    }

    [Fact]
    public async Task Series_are_listed_by_device_then_metric_with_their_newest_reading()
    {
        Assert.Empty(await Store.SeriesAsync(new SeriesFilter(), Stop));
        await AppendAsync(Log.Batch(Number(Noise, Start, 1), Number(new SeriesKey("air-1", "no2"), Start, 2), Number(Pm25, Start + Second, 3, ReadingQuality.OutOfRange), Number(Pm25, Start, 4)));
        foreach (var again in (bool[])[false, true])
        {
            if (again) await RestartAsync();
            var series = await Store.SeriesAsync(new SeriesFilter(), Stop);
            Assert.Equal(["air-1/no2", "air-1/pm25", "noise-7/level"], series.Select(s => s.Series.ToString()));
            Assert.Equal(new SeriesStatus(Pm25, ValueKind.Double, Start + Second, ReadingValue.Of(3.0), ReadingQuality.OutOfRange), series[1]);
            Assert.Equal(Noise, Assert.Single(await Store.SeriesAsync(new SeriesFilter(Metric: "level"), Stop)).Series);
            Assert.Equal(2, (await Store.SeriesAsync(new SeriesFilter(Device: "air-1"), Stop)).Count);
        }
    }

    [Fact]
    public async Task The_ends_of_time_are_kept()
    {
        Reading[] readings = [Number(Pm25, At("0001-01-02T00:00Z"), 1), Number(Pm25, At("1969-12-31T23:59:59.999999Z"), 2), Number(Pm25, At("9999-12-30T00:00Z"), 3)];
        readings = [.. readings.Where(reading => reading.Time >= Capabilities.TimeMin && reading.Time <= Capabilities.TimeMax)];
        await AppendAsync(Log.Batch(readings));
        await SettleAsync();
        AssertReadings(readings, await AllAsync(Pm25));
    }

    [Fact]
    public async Task What_is_refused_costs_no_neighbour_and_stays_known_until_it_is_forgotten()
    {
        Reading other = new(Pm25, Start + Second, Start, ReadingValue.Of("high"), ReadingQuality.Stuck);
        Log.Skip(3);
        var result = await AppendAsync(Log.BatchBy("g2", Lane.Alarm, Number(Pm25, Start, 1), other, Number(Pm25, Start + 2 * Second, 3)), Log.Batch(other with { Value = ReadingValue.Of(7L) }));
        Assert.Equal([4, 6], result.Rejected.Select(r => r.LogOffset));
        Assert.Equal(("g2", Lane.Alarm, other), (result.Rejected[0].Gateway, result.Rejected[0].Lane, result.Rejected[0].Reading));
        Assert.StartsWith("kind: ", result.Rejected[0].Reason);
        Assert.Equal((2, 0), await CountAsync("g2", Lane.Alarm));
        Assert.Equal([1, 3], (await AllAsync(Pm25)).Select(r => r.Value.AsNumber()));

        await RestartAsync();
        Assert.Equal(result.Rejected, await Store.RejectedAsync(Stop));
        await Store.ForgetRejectedAsync(4, Stop);
        Assert.Equal([6], (await Store.RejectedAsync(Stop)).Select(r => r.LogOffset));
        await Store.ForgetRejectedAsync(6, Stop);
        await RestartAsync();
        Assert.Empty(await Store.RejectedAsync(Stop));
    }
}
