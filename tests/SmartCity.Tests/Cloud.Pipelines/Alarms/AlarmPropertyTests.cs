using CsCheck;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Pipelines.Alarms;

/// <summary>What must hold whatever comes.</summary>
public sealed class AlarmPropertyTests
{
    private const int ReorderMs = 300;
    private const long Hour = 3_600 * UnixMicros.PerSecond;

    private static readonly Gen<AlarmRule> _anyRule = Gen.Select(
        Gen.OneOf("a > 50", "a > 50 and b > 40", "rate(a, 1m) > 0.5", "avg(a, 30s) > 50", "a > b", "max(a, 1m) - min(a, 1m) > 60 or b > 90"), Gen.OneOf<string?>(null, "a < 30", "a < 50 and b < 50"),
        Gen.OneOf(0, 3, 20), Gen.OneOf(0, 5, 30), Gen.OneOf(0, 40), Gen.Int[2, 4], Gen.Int[1, 4], (when, clear, on, off, hold, flap, perHour) => AlarmCity.Rule("rule", when) with
        {
            Clear = clear, OnDelay = TimeSpan.FromSeconds(on), OffDelay = TimeSpan.FromSeconds(off), MinHold = TimeSpan.FromSeconds(hold), Flap = new AlarmFlap(flap, TimeSpan.FromSeconds(45)), NotifyPerHourMax = perHour,
            Notify = [new AlarmStep { To = "room" }, new AlarmStep { To = "chief", After = TimeSpan.FromMinutes(2) }],
        });

    /// <summary>Event time after the start, lateness, device, metric, value. No two of one series share a time.</summary>
    private static readonly Gen<List<Arrival>> _anyReadings = Gen.Select(Gen.Int[1, 12_000], Gen.Int[0, ReorderMs - 1], Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 100], (gap, late, device, isB, value) => (gap, late, device, isB, value)).Array[1, 120].Select(steps =>
    {
        var time = 0L;
        return steps.Select(step => new Arrival(time += step.gap * 1_000L, step.late * 1_000L, $"d{step.device}", step.isB ? "b" : "a", step.value)).ToList();
    });

    [Fact]
    public void A_rule_tells_at_most_so_many_times_an_hour_whatever_comes() => Gen.Select(_anyRule, _anyReadings, Gen.Int[1, 40]).Sample((rule, readings, stretch) =>
    {
        var city = new AlarmCity(rule);
        foreach (var reading in readings)
        {
            city.GoTo(AlarmCity.Start + (reading.Time * stretch));
            city.Send((reading.Device, reading.Metric, reading.Value));
        }
        city.GoTo(city.Now + (3 * Hour));
        var told = city.Notices.Where(notice => notice.Rule == "rule").Select(notice => notice.At).ToList();
        for (var i = rule.NotifyPerHourMax!.Value; i < told.Count; i++) Assert.True(told[i] - told[i - rule.NotifyPerHourMax.Value] >= Hour, $"{rule.NotifyPerHourMax} an hour at most, but {told[i - rule.NotifyPerHourMax.Value]} … {told[i]}");
    }, iter: 120);

    [Fact]
    public void Any_order_any_cut_any_look_at_the_clock_and_any_restart_give_the_history_that_what_if_gives() =>
        Gen.Select(_anyRule, _anyReadings, Gen.Int[0, int.MaxValue]).Sample((rule, readings, seed) =>
        {
            var asked = new AlarmCity(rule);
            var history = new ReadingBatch();
            foreach (var reading in Shuffled(readings, new Random(seed))) asked.Add(history, reading.Device, reading.Metric, AlarmCity.Start + reading.Time, reading.Value);
            asked.Send(new AlarmHistory(history));
            var end = AlarmCity.Start + readings[^1].Time + (10 * 60 * UnixMicros.PerSecond);
            asked.GoTo(end);

            var live = Live(rule, readings, end, new Random(seed), restarts: true);
            Assert.Equal(asked.Story, live.Story);
            Assert.Equal(asked.Notices, live.Notices);
        }, iter: 120);

    [Fact]
    public void A_restart_at_any_moment_changes_nothing_of_what_operators_do() => Gen.Select(_anyRule, _anyReadings, Gen.Int[0, int.MaxValue]).Sample((rule, readings, seed) =>
    {
        var end = AlarmCity.Start + readings[^1].Time + (10 * 60 * UnixMicros.PerSecond);
        var plain = Live(rule, readings, end, new Random(seed), restarts: false, acts: true);
        var restarted = Live(rule, readings, end, new Random(seed), restarts: true, acts: true);
        Assert.Equal(plain.Story, restarted.Story);
    }, iter: 80);

    private static AlarmCity Live(AlarmRule rule, List<Arrival> readings, long end, Random random, bool restarts, bool acts = false)
    {
        var city = new AlarmCity(rule);
        var arrivals = readings.OrderBy(reading => reading.Time + reading.Late).ToList();
        for (var i = 0; i < arrivals.Count;)
        {
            // A batch holds what became durable together; it must not come later than live waits for.
            var (batch, received) = (new ReadingBatch(), 0L);
            var from = arrivals[i].Time;
            var isCut = false;
            while (i < arrivals.Count && !isCut && arrivals[i].Time + arrivals[i].Late - Math.Min(from, arrivals[i].Time) < ReorderMs * 1_000)
            {
                var reading = arrivals[i++];
                from = Math.Min(from, reading.Time);
                received = AlarmCity.Start + reading.Time + reading.Late;
                city.Add(batch, reading.Device, reading.Metric, AlarmCity.Start + reading.Time, reading.Value);
                isCut = random.Next(3) == 0;
            }
            var (looks, restart, act, device) = (random.Next(3), random.Next(8) == 0, random.Next(6), $"d{random.Next(3)}");
            // Somebody looks at the clock in between.
            if (looks > 0) city.GoTo(city.Now + ((received - city.Now) / 2));
            if (looks > 1) city.GoTo(received);
            if (restarts && restart) city.Restart();
            city.Send(new AlarmReadings(AlarmCity.Gateway, received, batch));
            if (!acts || act > 3) continue;
            city.GoTo(received);
            city.Do((AlarmAction)act, "rule", device, "because", act == (int)AlarmAction.Shelve ? TimeSpan.FromSeconds(30) : null);
            if (restarts && restart) city.Restart();
        }
        city.GoTo(end);
        return city;
    }

    private static List<Arrival> Shuffled(List<Arrival> readings, Random random)
    {
        var shuffled = readings.ToArray();
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    internal sealed record Arrival(long Time, long Late, string Device, string Metric, int Value);
}
