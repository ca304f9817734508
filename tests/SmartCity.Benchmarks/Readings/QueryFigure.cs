using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Benchmarks.Readings;

/// <summary>
/// The figures of the embedded store on the city mix: bytes a sealed reading, and one series of one day, raw, reduced for a chart and in 5-minute buckets, over so many
/// stored readings, nine of ten of them of the last 24 hours, while readings go on being appended. The store's clock is that of the readings, so sealing and rolling up
/// happen as they would. Prints times, bytes and the memory of this process, and whether the figures are met: sealed ≤ 2 bytes a reading, each p95 ≤ 30 ms.
/// </summary>
/// <remarks>Filling takes minutes and may be disturbed, asking takes one and may not: <c>--fill DIR</c> does the first alone, <c>--folder DIR</c> goes on from there.</remarks>
internal static class QueryFigure
{
    private const long StepMicros = CityMix.StepMicros;
    private const int BatchReadings = 50_000;
    private const double P95Milliseconds = 30;
    /// <summary>What is left hot when asking begins: nearly what is sealed at once, as just before it is.</summary>
    private const long HotReadings = 2_400_000;

    /// <summary>Runs it.</summary>
    /// <param name="args"><c>--readings N</c> (default 100 million), <c>--queries N</c> (default 200), <c>--rate N</c> readings appended per second while asking (default 20,000), <c>--folder DIR</c> (kept, and used again where it is filled already), <c>--fill DIR</c> (ends when it is filled).</param>
    /// <returns>0 where both figures are met, 3 where one is not.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var readings = long.Parse(Option("--readings", "100000000"), CultureInfo.InvariantCulture);
        var queries = int.Parse(Option("--queries", "200"), CultureInfo.InvariantCulture);
        var rate = int.Parse(Option("--rate", "20000"), CultureInfo.InvariantCulture);
        var fill = Option("--fill", "");
        var given = fill.Length > 0 ? fill : Option("--folder", "");
        var folder = given.Length > 0 ? given : Directory.CreateTempSubdirectory("smartcity-query-").FullName;
        var devices = (int)Math.Max(20, readings * 9 / 10 / (CityMix.ReadingsPerDeviceMinute * 1_440));
        var steps = readings * 6 / (devices * CityMix.ReadingsPerDeviceMinute);

        var now = UnixMicros.Now(TimeProvider.System) / StepMicros * StepMicros;
        var clock = new ReadingsClock { Micros = now - (steps * StepMicros) };
        var log = new UpkeepLog();
        await using var store = new DuckDbReadingStore(new DuckDbOptions { Folder = folder }, clock, log);
        if (File.Exists(Path.Combine(folder, "newest"))) clock.Micros = long.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "newest")), CultureInfo.InvariantCulture);
        var offset = await store.OpenAsync(CancellationToken.None);
        var mix = new CityMix(devices);
        var began = Stopwatch.GetTimestamp();
        var loader = new Loader(store, mix, offset, clock);
        if (offset == 0)
        {
            var isSettled = false;
            for (var step = 0L; step < steps; step++)
            {
                // In a city an hour takes an hour, so sealing is not behind as it is here.
                if (!isSettled && loader.Offset > readings - HotReadings)
                {
                    isSettled = true;
                    await loader.FlushAsync();
                    await store.SettleAsync(CancellationToken.None);
                }
                await loader.StepAsync(now - ((steps - step) * StepMicros));
                if (step % (steps / 20) == 0) Say($"{loader.Offset,12:N0} readings in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {Resident()}");
            }
            await loader.FlushAsync();
            await File.WriteAllTextAsync(Path.Combine(folder, "newest"), clock.Micros.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            var newest = (await store.SeriesAsync(new SeriesFilter(), CancellationToken.None)).Max(status => status.LastTime!.Value);
            now = (newest / StepMicros + 1) * StepMicros;
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Say($"{loader.Offset:N0} readings of {devices:N0} devices, {(loader.Offset - offset) / seconds:N0} readings/s with sealing beside; {Resident()}");
        if (fill.Length > 0)
        {
            foreach (var line in log.Lines) Say(line);
            return 0;
        }

        using var stop = new CancellationTokenSource();
        var live = Task.Run(() => loader.GoOnAsync(now, rate, stop.Token));
        var random = new Random(7);
        var raw = await MeasureAsync("raw", queries, random, mix, async key =>
        {
            var count = 0;
            await foreach (var _ in store.ReadingsAsync(new RangeQuery([key], now - UnixMicros.PerDay, now), CancellationToken.None)) count++;
            return count;
        });
        var reduced = await MeasureAsync("reduced to 1,200 points", queries, random, mix, async key =>
            (int)(await store.ReduceAsync(new ReduceQuery([key], now - UnixMicros.PerDay, now, 1_200), CancellationToken.None))[0].Original);
        var buckets = await MeasureAsync("5-minute buckets", queries, random, mix, async key =>
            (int)(await store.BucketsAsync(new BucketQuery([key], now - UnixMicros.PerDay, now, new BucketWidth(BucketUnit.Second, 300),
                TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran"), BucketCalendar.Persian), CancellationToken.None))[0].Buckets.Sum(bucket => bucket.Count));
        await MeasureAsync("week in days", queries / 4, random, mix, async key =>
            (int)(await store.BucketsAsync(new BucketQuery([key], now - (7 * UnixMicros.PerDay), now, new BucketWidth(BucketUnit.Day),
                TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran"), BucketCalendar.Persian), CancellationToken.None))[0].Buckets.Sum(bucket => bucket.Count));
        await stop.CancelAsync();
        await live;
        await store.SettleAsync(CancellationToken.None);
        var files = new DirectoryInfo(Path.Combine(folder, "sealed")).GetFiles("*.parquet");
        var (sealedReadings, bytes) = (store.SealedReadings, files.Sum(file => file.Length));
        Say($"{sealedReadings:N0} of {loader.Offset:N0} readings sealed in {files.Length} files, {bytes / (double)Math.Max(1, sealedReadings):0.00} bytes a reading; " +
            $"database {new FileInfo(Path.Combine(folder, "readings.duckdb")).Length >> 20:N0} MiB; {Resident()}");
        var met = Figure("one series of one day, raw, p95", raw, P95Milliseconds, "ms") & Figure("one series of one day, reduced, p95", reduced, P95Milliseconds, "ms")
            & Figure("one series of one day, 5-minute buckets, p95", buckets, P95Milliseconds, "ms");
        met &= Figure("sealed bytes a reading", bytes / (double)Math.Max(1, sealedReadings), 2, "bytes");
        foreach (var line in log.Lines) Say(line);
        if (given.Length == 0) Directory.Delete(folder, true);
        return met ? 0 : 3;

        string Option(string name, string otherwise)
        {
            for (var i = 0; i + 1 < args.Count; i++)
                if (args[i] == name) return args[i + 1];
            return otherwise;
        }
    }

    private static async Task<double> MeasureAsync(string what, int queries, Random random, CityMix mix, Func<SeriesKey, Task<int>> query)
    {
        var times = new List<double>();
        var readings = 0L;
        for (var i = -5; i < queries; i++)
        {
            var key = mix.AnySeries(random);
            var began = Stopwatch.GetTimestamp();
            var found = await query(key);
            if (i < 0) continue;
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            readings += found;
        }
        times.Sort();
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{what,-24} p50 {times[times.Count / 2],6:0.0} ms  p95 {times[times.Count * 95 / 100],6:0.0} ms  max {times[^1],6:0.0} ms  ({readings / (double)times.Count:0} readings)"));
        return times[times.Count * 95 / 100];
    }

    private static bool Figure(string what, double found, double atMost, string unit)
    {
        Say(string.Create(CultureInfo.InvariantCulture, $"{(found <= atMost ? "met   " : "MISSED")} {what}: {found:0.00} {unit}, at most {atMost:0} asked"));
        return found <= atMost;
    }

    private static string Resident()
    {
        var status = File.ReadAllLines("/proc/self/status");
        return $"resident {Kilobytes("VmRSS") >> 10} MiB, at most {Kilobytes("VmHWM") >> 10} MiB";

        long Kilobytes(string name) => long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static void Say(string line) => Console.WriteLine(line);

    /// <summary>Appends steps of the city in batches as the consumer of the log does.</summary>
    private sealed class Loader(DuckDbReadingStore store, CityMix mix, long offset, ReadingsClock clock)
    {
        private readonly ReadingBatch _batch = new(BatchReadings * 2);

        public long Offset { get; private set; } = offset;

        public async Task StepAsync(long time)
        {
            mix.AddStep(_batch, time);
            clock.Micros = time + StepMicros;
            if (_batch.Count >= BatchReadings) await FlushAsync();
        }

        public async Task FlushAsync()
        {
            if (_batch.Count == 0) return;
            await store.AppendAsync([new StoreBatch(Offset, "g1", Lane.Telemetry, _batch, mix)], Offset + _batch.Count, CancellationToken.None);
            Offset += _batch.Count;
            _batch.Clear();
        }

        /// <summary>Goes on at a rate, in a commit every 100 ms, until it is stopped.</summary>
        public async Task GoOnAsync(long from, int rate, CancellationToken cancellationToken)
        {
            var stepReadings = Math.Max(1, mix.Devices * CityMix.ReadingsPerDeviceMinute / 6);
            var (began, sent) = (Stopwatch.GetTimestamp(), 0L);
            while (!cancellationToken.IsCancellationRequested && rate > 0)
            {
                while (sent < rate * Stopwatch.GetElapsedTime(began).TotalSeconds)
                {
                    mix.AddStep(_batch, from);
                    from += StepMicros;
                    clock.Micros = from;
                    sent += stepReadings;
                }
                await FlushAsync();
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }

    /// <summary>The time up to which readings have come.</summary>
    private sealed class ReadingsClock : TimeProvider
    {
        private long _micros;
        public long Micros { get => Volatile.Read(ref _micros); set => Volatile.Write(ref _micros, value); }
        public override DateTimeOffset GetUtcNow() => UnixMicros.ToTime(Micros);
    }

    /// <summary>How often and how long the store sealed, merged and rolled up.</summary>
    private sealed class UpkeepLog : ILogger<DuckDbReadingStore>
    {
        private readonly Dictionary<string, (int Times, long Milliseconds)> _done = [];

        public IEnumerable<string> Lines
        {
            get
            {
                lock (_done) return [.. _done.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key}: {one.Value.Times} times, {one.Value.Milliseconds / 1e3:0.0} s in all"))];
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var milliseconds = state is IReadOnlyList<KeyValuePair<string, object?>> values ? values.FirstOrDefault(one => one.Key == "Milliseconds").Value as long? ?? 0 : 0;
            if (logLevel >= LogLevel.Warning) Console.WriteLine(formatter(state, exception));
            lock (_done)
            {
                var before = _done.GetValueOrDefault(eventId.Name ?? "");
                _done[eventId.Name ?? ""] = (before.Times + 1, before.Milliseconds + milliseconds);
            }
        }
    }
}
