using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>
/// A process of a measurement: its output goes to a file, its processor time and memory are read from the kernel. It dies with the thread that
/// started it, so all are started by the main thread, which never leaves its own.
/// </summary>
internal sealed class Child : IDisposable
{
    private static readonly double _ticksPerSecond = 100;
    private readonly Process _process;

    private Child(string name, string log, Process process) => (Name, Log, _process) = (name, log, process);

    public string Name { get; }
    public string Log { get; }

    /// <summary>Starts a program in <paramref name="folder"/>.</summary>
    public static Child Start(string name, string folder, string program, IEnumerable<string> arguments, params IEnumerable<(string Key, string Value)> environment)
    {
        Directory.CreateDirectory(folder);
        var log = Path.Combine(folder, name + ".log");
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", "sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", log, program, .. arguments]) { WorkingDirectory = folder };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        return new Child(name, log, Process.Start(start)!);
    }

    /// <summary>User and system seconds so far.</summary>
    public double ProcessorSeconds
    {
        get
        {
            // The name stands in brackets and may hold blanks; utime and stime are the 14th and 15th fields of the line.
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / _ticksPerSecond;
        }
    }

    /// <summary>Greatest resident memory so far, MiB.</summary>
    public double PeakMebibytes => Mebibytes("VmHWM:");

    /// <summary>Resident memory now, MiB.</summary>
    public double ResidentMebibytes => Mebibytes("VmRSS:");

    private double Mebibytes(string field) =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024.0;

    /// <summary>Waits until <paramref name="isReady"/>.</summary>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time; with the end of what it said.</exception>
    public void Await(Func<bool> isReady, TimeSpan atMost)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"{Name} ended with {_process.ExitCode}: {LastWords()}");
            try
            {
                if (isReady()) return;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or System.Net.Sockets.SocketException)
            {
                // Not yet.
            }
            if (Stopwatch.GetElapsedTime(since) > atMost) throw new InvalidOperationException($"{Name} was not ready within {atMost.TotalSeconds:0} s: {LastWords()}");
            Thread.Sleep(50);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            term.WaitForExit();
            if (!_process.WaitForExit(15_000)) _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private string LastWords() => File.Exists(Log) ? string.Join(" | ", File.ReadLines(Log).TakeLast(5)) : "it said nothing";
}
