using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Faults;

/// <summary>Runs a row in a process that has its network, its mounts and its process ids to itself; everything of it ends with it.</summary>
internal static class Isolation
{
    private const string Mark = "SMARTCITY_FAULTS_ISOLATED";

    /// <summary>Whether this process is such a one.</summary>
    public static bool IsInside { get; } = Environment.GetEnvironmentVariable(Mark) == "1";

    /// <summary>Runs the row there and reads its report.</summary>
    public static async Task<RowReport> RunAsync(FaultRow row, int times, int seed, Breakage breakage, Action<string> say, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-faults-alone-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "hosts"), "", stop);
            // Nobody answers there, and the kernel says so at once.
            await File.WriteAllTextAsync(Path.Combine(folder, "resolv.conf"), "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n", stop);
            const string Script = "ip link set lo up && mount --bind \"$1/hosts\" /etc/hosts && mount --bind \"$1/resolv.conf\" /etc/resolv.conf && shift && exec dotnet \"$@\"";
            var report = Path.Combine(folder, "report.jsonl");
            var start = new ProcessStartInfo("unshare", ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", Script, "sh", folder, typeof(Isolation).Assembly.Location, "run", row.Name,
                "--times", times.ToString(CultureInfo.InvariantCulture), "--seed", seed.ToString(CultureInfo.InvariantCulture), "--report", report, "--break", breakage.ToString()])
            { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment[Mark] = "1";
            using var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, line) =>
            {
                if (line.Data is { } words && !words.StartsWith("seed ", StringComparison.Ordinal)) say(words);
            };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            try
            {
                await process.WaitForExitAsync(stop);
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
            return File.Exists(report) ? RowReport.Parse((await File.ReadAllLinesAsync(report, stop))[^1])
                : new RowReport(row.Name, row.Number, seed, times, 0, Outcome.Failed, new Verdict(0, 0, 0, 0, 0, 0, 0, 0), 0, 0, 0, new SortedDictionary<string, object>(), [], [$"the process of the row ended with {process.ExitCode} and without a report"]);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
