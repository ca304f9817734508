using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>
/// Measures the whole path from publish to store, and what one would use instead, from the same generator in the same run. A figure counts only
/// where everything that was acknowledged arrived and the system's own books balance; otherwise its row says what is missing.
/// </summary>
internal static class PathBench
{
    /// <summary>Values of a message.</summary>
    public const int Metrics = 4;

    private static readonly PathCase[] _cases =
    [
        new("QoS 1, 20,000/s open loop, one message a packet", "--devices 1000 --qos 1 --rate 20000", Ours | Alone, Probes: true),
        new("QoS 1, 10,000/s open loop, one message a packet", "--devices 1000 --qos 1 --rate 10000", Ours, Probes: true),
        new("QoS 1, 40,000/s open loop, one message a packet", "--devices 1000 --qos 1 --rate 40000", Ours | Alone, Probes: true),
        new("QoS 1, 5,000/s open loop, one message a packet", "--devices 1000 --qos 1 --rate 5000", Ours | Chain, Probes: true),
        new("QoS 1, 1,000 connections, 1 in flight", "--devices 1000 --qos 1 --in-flight 1", Ours | Alone),
        new("QoS 1, 1,000 connections, 10 in flight", "--devices 1000 --qos 1 --in-flight 10", Ours | Chain | Alone),
        new("QoS 1, one connection, 50 in flight", "--devices 1 --qos 1 --in-flight 50", Ours | Alone),
        new("QoS 0, 60,000/s open loop, one message a packet", "--devices 1000 --qos 0 --rate 60000", Ours | Alone),
        new("QoS 0, 200 connections, 10 in flight", "--devices 200 --qos 0 --in-flight 10 --rate 150000", Ours | Alone),
        new("QoS 1, 1,000 connections, 10 in flight, 10,000 idle subscribers", "--devices 1000 --qos 1 --in-flight 10 --idle-subscribers 10000", Ours),
    ];

    private const int Ours = 1, Chain = 2, Alone = 4;

    /// <summary>Runs the cases and prints the table. Must be called on the main thread.</summary>
    /// <returns>0 all rows count; 2 wrong use; 3 some row does not.</returns>
    public static int Run(string[] args)
    {
        var seconds = 15;
        var wanted = "";
        string? markdown = null;
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick") seconds = 3;
            else if (args[i] == "--seconds" && i + 1 < args.Length && int.TryParse(args[++i], out var given) && given is >= 1 and <= 3_600) seconds = given;
            else if (args[i] == "--only" && i + 1 < args.Length) wanted = args[++i];
            else if (args[i] == "--markdown" && i + 1 < args.Length) markdown = args[++i];
            else
            {
                Console.Error.WriteLine("""
                    tests/bench [--quick] [--seconds N] [--only WORDS] [--markdown FILE]
                      --quick          3 s a case: shows that it works, its figures say little
                      --seconds N      seconds a case, 1-3,600; default 15
                      --only WORDS     the cases and systems whose names contain the words; "drain" for the backlog
                      --markdown FILE  writes the table there too
                    """);
                return args[i] == "--help" ? 0 : 2;
            }
        }
        var folder = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
        var rows = new List<PathRow>();
        var drains = "";
        var isComplete = true;
        try
        {
            foreach (var one in _cases)
                foreach (var (flag, name, create) in Systems())
                {
                    if ((one.Systems & flag) == 0 || !(one.Name + " " + name).Contains(wanted, StringComparison.OrdinalIgnoreCase)) continue;
                    Console.Error.WriteLine($"{one.Name}: {name} …");
                    var place = Path.Combine(folder, rows.Count.ToString(CultureInfo.InvariantCulture));
                    rows.Add(Measure(one, name, create, place, seconds));
                    Console.Error.WriteLine("  " + rows[^1].Words());
                    Directory.Delete(place, true);
                }
            if ("backlog drain".Contains(wanted, StringComparison.OrdinalIgnoreCase)) drains = DrainBench.Run(folder, seconds <= 3, _ => isComplete = false);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
        var table = (rows.Count > 0 ? Table(rows, seconds) : "") + drains;
        Console.Write(table);
        if (markdown is not null) File.WriteAllText(markdown, table);
        return table.Length > 0 && isComplete && rows.All(row => row.Fault is null) ? 0 : 3;
    }

    private static IEnumerable<(int Flag, string Name, Func<string, IPathSystem> Create)> Systems() =>
    [
        (Ours, "SmartCity", folder => new OurCity(folder)),
        (Chain, "mosquitto → Node-RED → InfluxDB", folder => new NodeRedChain(folder)),
        (Alone, "mosquitto, one subscriber at QoS 0", folder => new MosquittoAlone(folder)),
    ];

    private static PathRow Measure(PathCase one, string name, Func<string, IPathSystem> create, string folder, int seconds)
    {
        try
        {
            using var system = create(folder);
            // A short run first: code is compiled, files have grown, connections were made once.
            var warmed = Load(system.Port, "--devices 100 --qos 1 --in-flight 10 --prefix warm-", 2, folder);
            var warm = Settled(system.Arrived, warmed.Acknowledged * Metrics, TimeSpan.FromSeconds(120));
            var processor = system.Children.ToDictionary(child => child.Name, child => child.ProcessorSeconds);
            using var probe = one.Probes && system is OurCity city ? new Probe(city) : null;
            var begin = Stopwatch.GetTimestamp();
            var load = Load(system.Port, one.Load, seconds, folder);
            var expected = load.Acknowledged * Metrics;
            probe?.Stop();
            var probed = (probe?.Seen ?? 0) + warm;
            var arrived = Settled(system.Arrived, probed + expected, TimeSpan.FromSeconds(180));
            var elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds - load.Overhead;
            var lost = probed + expected - arrived;
            var fault = lost > 0 ? $"{lost:N0} of {expected:N0} values are missing" : lost < 0 ? $"{-lost:N0} values more than were sent" : system.Imbalance();
            return new PathRow(one.Name, name, system.Durability, load.Acknowledged / Math.Max(elapsed, load.Seconds), load.P50, load.P99, load.Lag, probe?.QueryableP99, probe?.LiveP99,
                system.Children.Sum(child => child.ProcessorSeconds - processor[child.Name]) * 1e6 / Math.Max(1, load.Acknowledged),
                string.Join(", ", system.Children.Select(child => $"{child.Name} {child.PeakMebibytes:0}")), (system as OurCity)?.Sizes(), fault);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or HttpRequestException)
        {
            return new PathRow(one.Name, name, "", 0, 0, 0, 0, null, null, 0, "", null, error.Message);
        }
    }

    /// <summary>Waits until as many values have arrived as are expected, or no more come for five seconds.</summary>
    public static long Settled(Func<long> arrivedSoFar, long expected, TimeSpan atMost) => Settled(arrivedSoFar, expected, atMost, TimeSpan.FromMilliseconds(100), out _);

    /// <summary>As above, looking at another pace and telling when the last ones had come.</summary>
    public static long Settled(Func<long> arrivedSoFar, long expected, TimeSpan atMost, TimeSpan every, out long changed)
    {
        var since = Stopwatch.GetTimestamp();
        var last = -1L;
        changed = since;
        while (true)
        {
            var arrived = arrivedSoFar();
            if (arrived != last) (last, changed) = (arrived, Stopwatch.GetTimestamp());
            if (arrived == expected) return arrived;
            var quiet = Stopwatch.GetElapsedTime(changed);
            if (quiet > TimeSpan.FromSeconds(5) || Stopwatch.GetElapsedTime(since) > atMost) return arrived;
            Thread.Sleep(every);
        }
    }

    /// <summary>Runs the generator against a port of loopback.</summary>
    public static LoadSeen Load(int port, string arguments, int seconds, string folder)
    {
        var output = Path.Combine(folder, "load.json");
        var begin = Stopwatch.GetTimestamp();
        using var generator = Process.Start(new ProcessStartInfo("setpriv",
        [
            "--pdeathsig", "KILL", "--", "dotnet", Tools.Built("firmware-sim/SmartCity.FirmwareSim"), "load", "--broker", $"mqtt://127.0.0.1:{port}",
            "--metrics", Metrics.ToString(CultureInfo.InvariantCulture), "--duration", seconds.ToString(CultureInfo.InvariantCulture), "--output", "ndjson", .. arguments.Split(' '),
        ]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = generator.StandardError.ReadToEndAsync();
        var text = generator.StandardOutput.ReadToEnd();
        generator.WaitForExit();
        if (text.Length == 0) throw new InvalidOperationException($"The generator failed with {generator.ExitCode}: {said.Result.Trim()}");
        File.WriteAllText(output, text);
        using var json = JsonDocument.Parse(text);
        var seen = json.RootElement;
        var run = seen.GetProperty("acknowledged").GetInt64() / Math.Max(1e-9, seen.GetProperty("messagesPerSecond").GetDouble());
        return new LoadSeen(seen.GetProperty("acknowledged").GetInt64(), run, seen.GetProperty("p50Micros").GetInt64() / 1000.0, seen.GetProperty("p99Micros").GetInt64() / 1000.0,
            seen.GetProperty("lagP99Micros").GetInt64() / 1000.0, Stopwatch.GetElapsedTime(begin).TotalSeconds - run);
    }

    private static string Table(List<PathRow> rows, int seconds)
    {
        var table = new StringBuilder();
        var invariant = CultureInfo.InvariantCulture;
        table.Append(invariant, $"{Metrics} values a message, {seconds} s a case, generator on the same {Environment.ProcessorCount} cores, .NET {Environment.Version}. Rate: to the far end, until the last value arrived.\n\n");
        table.Append("| case | system | messages/s | of ours | ack p50 / p99 ms | queryable p99 ms | live p99 ms | µs CPU a message | peak MiB | ack means | lost |\n|---|---|---:|---:|---:|---:|---:|---:|---|---|---|\n");
        foreach (var row in rows)
        {
            var ours = rows.FirstOrDefault(other => other.Case == row.Case && other.System == "SmartCity")?.Rate ?? 0;
            table.Append(invariant, $"| {row.Case} | {row.System} | {row.Rate:N0} | {(ours > 0 ? row.Rate / ours : 0):0.00} | {row.P50:0.0} / {row.P99:0.0} | {Milliseconds(row.Queryable)} | {Milliseconds(row.Live)} | {row.Processor:0.0} | {row.Memory} | {row.Durability} | {row.Fault ?? "0"} |\n");
        }
        foreach (var row in rows.Where(row => row.Sizes is not null).Take(1)) table.Append(invariant, $"\n{row.Sizes}\n");
        return table.ToString();
    }

    private static string Milliseconds(double? value) => value?.ToString("0", CultureInfo.InvariantCulture) ?? "";

    private sealed record PathCase(string Name, string Load, int Systems, bool Probes = false);

    internal readonly record struct LoadSeen(long Acknowledged, double Seconds, double P50, double P99, double Lag, double Overhead);

    private sealed record PathRow(
        string Case, string System, string Durability, double Rate, double P50, double P99, double Lag, double? Queryable, double? Live, double Processor, string Memory, string? Sizes, string? Fault)
    {
        public string Words() => Fault is null
            ? string.Create(CultureInfo.InvariantCulture, $"{Rate:N0} messages/s, p99 {P99:0.0} ms, queryable p99 {Queryable:0} ms, live p99 {Live:0} ms, generator late p99 {Lag:0.0} ms, {Processor:0.0} µs CPU a message, {Memory} MiB")
            : $"does not count: {Fault}";
    }
}
