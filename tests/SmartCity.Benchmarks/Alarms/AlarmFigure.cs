using System.Diagnostics;
using System.Globalization;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Model;

namespace SmartCity.Benchmarks.Alarms;

/// <summary>
/// How long alarms take at 100,000 rules: from a reading that the consumer has to what is durable, with the waiting for order and for the clock's next tick
/// added, which the server does beside it. Estimate: a look at a rule is some 200 ns, so that a reading of every device is 20–50 ms of work.
/// </summary>
internal static class AlarmFigure
{
    private const int Rules = 100_000;
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures and prints.</summary>
    /// <returns>0, or 1 where an alarm takes longer than a second.</returns>
    public static int Run()
    {
        var folder = Directory.CreateTempSubdirectory("alarm-figure-").FullName;
        try
        {
            return Measure(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Measure(string folder)
    {
        using var registry = new SqliteDeviceRegistry(Path.Combine(folder, "registry.db"), TimeProvider.System);
        using var store = new AlarmStore(new AlarmDatabase(Path.Combine(folder, "alarms.db")), new AlarmServerOptions(), TimeProvider.System);
        var options = new AlarmOptions();
        var settings = new AlarmSettings
        {
            Rules = [.. Enumerable.Range(0, Rules).Select(i => new AlarmRule { Id = $"r{i}", When = "pm25 > 75", Clear = "pm25 < 60", Scope = new AlarmScope { Devices = [$"d{i}"] }, Cause = "c", Consequence = "c", Action = "a", RespondWithin = TimeSpan.FromMinutes(10) })],
        };
        var fold = new AlarmFold(options, registry, number => new SeriesKey($"d{number}", "pm25"));
        var said = new List<AlarmOutput>();
        var now = UnixMicros.From(DateTimeOffset.UtcNow);
        fold.Advance(now, said);
        var plan = Timed("check and read 100,000 rules", () => AlarmPlan.Of(settings));
        Timed("put them in force", () => { fold.SetPlan(plan, said); return 0; });
        Timed("a first reading of each of 100,000 devices", () => { Send(0, Rules, 10); return 0; });
        Timed("a reading of each of 100,000 devices, judged", () => { Send(0, Rules, 20); return 0; });
        Timed("the same, kept with the memory of readings", () => { Send(0, Rules, 30); Save(withMemory: true); return 0; });

        // One alarm at a time, as it is on a quiet day.
        var times = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            Send(i * 10, 1, 90);
            Save(withMemory: false);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        times.Sort();
        var p99 = times[(int)(times.Count * 0.99)] + options.Reorder.TotalMilliseconds + _tick.TotalMilliseconds;
        Print("one reading to one alarm that is durable, p50", times[times.Count / 2]);
        Print("the same, p99, with the waiting for order and tick", p99);
        var thousand = Timed("a thousand alarms at once, durable", () => { Send(50_000, 1_000, 90); Save(withMemory: false); return 0; }, out var flood);
        Print("peak working set, MiB", Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0);
        return p99 <= 1_000 && flood <= 1_000 && thousand == 0 ? 0 : 1;

        void Send(int first, int count, double value)
        {
            now += UnixMicros.PerSecond;
            var batch = new ReadingBatch();
            for (var i = first; i < first + count; i++) batch.Add(i, now, now, value, ReadingQuality.Good);
            fold.Apply(new AlarmReadings("g", now, batch), said);
            fold.Advance(now + (UnixMicros.PerSecond / 2), said);
        }

        void Save(bool withMemory)
        {
            store.Save(now, fold.SaveHead(), fold.TakeChanges(), said, withMemory ? (fold.SaveMemory(), []) : null);
            said.Clear();
        }
    }

    private static T Timed<T>(string what, Func<T> step) => Timed(what, step, out _);

    private static T Timed<T>(string what, Func<T> step, out double milliseconds)
    {
        var begun = Stopwatch.GetTimestamp();
        var result = step();
        milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        Print(what, milliseconds);
        return result;
    }

    private static void Print(string what, double value) => Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-60} {value,10:N1}"));
}
