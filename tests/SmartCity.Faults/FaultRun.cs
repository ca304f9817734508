using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.Faults;

/// <summary>What came of a row.</summary>
internal enum Outcome
{
    /// <summary>Everything held.</summary>
    Passed,
    /// <summary>Something did not hold.</summary>
    Failed,
    /// <summary>The machine lacks what the row needs.</summary>
    Skipped,
}

/// <summary>A row's line in the report.</summary>
internal sealed record RowReport(string Row, int Number, int Seed, int Times, int Passed, Outcome Outcome, Verdict Verdict, double RecoverySeconds, long RssPeakMegabytes, double Seconds,
    IReadOnlyDictionary<string, object> Figures, IReadOnlyList<string> Said, IReadOnlyList<string> Failures)
{
    /// <summary>When it was written.</summary>
    public DateTimeOffset At { get; init; } = DateTimeOffset.UtcNow;
    /// <summary>Of which commit.</summary>
    public string Commit { get; init; } = Repository.Commit;

    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        at = At.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), commit = Commit, row = Row, number = Number, seed = Seed, attempts = Times, passed = Passed, verdict = Outcome.ToString().ToLowerInvariant(),
        acked = Verdict.Acked, stored = Verdict.Stored, lost = Verdict.Lost, duplicated = Verdict.Duplicated, phantom = Verdict.Phantom, mutated = Verdict.Mutated,
        disordered = Verdict.Disordered, imbalance = Verdict.Imbalance, recoverySeconds = Math.Round(RecoverySeconds, 2), rssPeakMegabytes = RssPeakMegabytes,
        seconds = Math.Round(Seconds, 1), figures = Figures, said = Said, failures = Failures,
    }, _json);

    /// <summary>Reads a line that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RowReport Parse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return new RowReport(root.GetProperty("row").GetString()!, (int)Number("number"), (int)Number("seed"), (int)Number("attempts"), (int)Number("passed"), Enum.Parse<Outcome>(root.GetProperty("verdict").GetString()!, true),
                new Verdict(Number("acked"), Number("stored"), Number("lost"), Number("duplicated"), Number("phantom"), Number("mutated"), Number("disordered"), Number("imbalance")),
                root.GetProperty("recoverySeconds").GetDouble(), Number("rssPeakMegabytes"), root.GetProperty("seconds").GetDouble(),
                root.GetProperty("figures").EnumerateObject().ToDictionary(figure => figure.Name, object (figure) => figure.Value.Clone()), Texts("said"), Texts("failures"))
            { At = root.GetProperty("at").GetDateTimeOffset(), Commit = root.GetProperty("commit").GetString()! };

            long Number(string name) => root.GetProperty(name).GetInt64();
            IReadOnlyList<string> Texts(string name) => [.. root.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"no line of a report: {error.Message}", error);
        }
    }
}

/// <summary>Runs rows and reports.</summary>
internal sealed class FaultRun(int times, int seed, Breakage breakage, Action<string> say)
{
    /// <summary>Tries a row so many times; the same seed takes the same instants.</summary>
    public async Task<RowReport> RunAsync(FaultRow row, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        var verdict = new Verdict(0, 0, 0, 0, 0, 0, 0, 0);
        var (figures, said, failures) = (new SortedDictionary<string, object>(), new List<string>(), new List<string>());
        if (Tools.Missing(row.Needs) is { } missing)
            return new RowReport(row.Name, row.Number, seed, 0, 0, Outcome.Skipped, verdict, 0, 0, 0, figures, said, [missing]);
        if (row.IsIsolated && !Isolation.IsInside) return await Isolation.RunAsync(row, times, seed, breakage, say, stop);
        var (passed, recovery, rss) = (0, TimeSpan.Zero, 0L);
        var folder = Directory.CreateTempSubdirectory("smartcity-faults-").FullName;
        var journals = Path.Combine(folder, "journals");
        Directory.CreateDirectory(journals);
        FaultCity? city = null;
        try
        {
            for (var number = 1; number <= times && !stop.IsCancellationRequested; number++)
            {
                var at = unchecked(seed * 31 + row.Number * 7919 + number);
                var problem = "";
                try
                {
                    if (city is null)
                    {
                        city = new FaultCity(Path.Combine(folder, $"city-{number}"), row);
                        if (row.Starts) await city.StartAsync(stop);
                    }
                    using var attempt = new Attempt(city, journals, number, at, breakage, what => say($"{row.Name} {number}/{times}: {what}"), stop);
                    try
                    {
                        await row.Run(attempt);
                        if (!attempt.Verdict.IsClean) problem = attempt.Verdict.ToString();
                    }
                    finally
                    {
                        verdict = verdict.Plus(attempt.Verdict);
                        if (attempt.Recovery > recovery) recovery = attempt.Recovery;
                        if (problem.Length > 0) attempt.KeepComplaints();
                        foreach (var line in attempt.Said) if (said.Count < 12 && !said.Contains(line)) said.Add(line);
                        foreach (var (key, value) in attempt.Figures) figures[key] = value;
                    }
                }
                catch (Exception error) when (error is FaultException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or Microsoft.Data.Sqlite.SqliteException && !stop.IsCancellationRequested)
                {
                    problem = error.Message;
                }
                if (city is not null) rss = Math.Max(rss, city.Gateway.RssPeakMegabytes);
                if (problem.Length == 0) passed++;
                else failures.Add(string.Create(CultureInfo.InvariantCulture, $"attempt {number} (instants of {at}): {problem}"));
                say(string.Create(CultureInfo.InvariantCulture, $"{row.Name} {number}/{times}: {(problem.Length == 0 ? "held" : "FAILED: " + problem)}"));
                // What comes after a failure, or from a row that starts its own processes, begins with nothing.
                if (problem.Length > 0 || !row.Starts)
                {
                    city?.Dispose();
                    city = null;
                }
            }
        }
        finally
        {
            city?.Dispose();
            // What failed stays for whoever looks into it.
            if (failures.Count == 0) Directory.Delete(folder, true);
            else say($"data and journals are kept in {folder}");
        }
        return new RowReport(row.Name, row.Number, seed, times, passed, failures.Count == 0 ? Outcome.Passed : Outcome.Failed, verdict, recovery.TotalSeconds, rss,
            Stopwatch.GetElapsedTime(begin).TotalSeconds, figures, said, failures);
    }
}

/// <summary>What the machine has.</summary>
internal static class Tools
{
    private static readonly Dictionary<Tool, (string Program, string Package)> _programs = new()
    {
        [Tool.Strace] = ("strace", "strace"), [Tool.Xfs] = ("mkfs.xfs", "xfsprogs"), [Tool.Namespace] = ("ip", "iproute2"), [Tool.Mosquitto] = ("mosquitto", "mosquitto"),
    };

    /// <summary>Says what is missing of <paramref name="needs"/>; null where nothing is.</summary>
    public static string? Missing(IReadOnlyList<Tool> needs)
    {
        foreach (var tool in needs)
        {
            if (tool == Tool.Root && Environment.UserName != "root") return "needs root: it mounts file systems or makes networks";
            if (_programs.TryGetValue(tool, out var program) && !Has(program.Program)) return $"needs {program.Program}: apt-get install {program.Package}";
            if (tool == Tool.Faketime && FalseClock.Library is null) return "needs libfaketime: apt-get install libfaketime";
            if (tool == Tool.Namespace && !File.Exists("/dev/net/tun")) return "needs a packet device, and this machine has no /dev/net/tun";
            if (tool == Tool.MemoryGroup && !File.Exists(MemoryGroup.Root + "/cgroup.procs")) return $"needs the memory cgroup, version 1, and this machine has no {MemoryGroup.Root}";
            if (tool == Tool.Xfs && !File.Exists("/dev/loop-control")) return "needs loop devices, and this machine has no /dev/loop-control";
        }
        return null;
    }

    private static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));
}
