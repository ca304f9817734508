using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.Tests.EndToEnd;

/// <summary>The AppHost as a user starts it, on free ports, with its data in a folder of the test and its words kept.</summary>
internal sealed partial class CityProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _words = new();

    private CityProcess(string data, string[] arguments)
    {
        Data = data;
        // This program's own configuration is that of the AppHost's build.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "cloud/SmartCity.AppHost/bin", framework.Parent!.Name, framework.Name, "SmartCity.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--data", data, "--no-browser", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Folder of its data.</summary>
    public string Data { get; }

    /// <summary>What it has said so far, on either stream.</summary>
    public string Words
    {
        get
        {
            lock (_words) return _words.ToString();
        }
    }

    /// <summary>Starts it with every port any free one.</summary>
    public static CityProcess Start(string data, params string[] arguments) => new(data, ["--port", "0", .. arguments]);

    /// <summary>Starts it as it is told, ports and all.</summary>
    public static CityProcess StartAs(string data, params string[] arguments) => new(data, arguments);

    /// <summary>Ids of the processes that run with this city's folder on their command line, the AppHost among them.</summary>
    public IReadOnlyList<int> Processes()
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(Data, StringComparison.Ordinal)) found.Add(id);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at.
            }
        }
        return found;
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => _ = kill(_process.Id, 15);

    /// <summary>Sends a signal: 2 is what Ctrl-C sends, 15 is SIGTERM.</summary>
    public void Signal(int number) => _ = kill(_process.Id, number);

    /// <summary>Sends SIGKILL to the AppHost alone.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Its exit code once it has ended.</summary>
    public async Task<int> ExitAsync(TimeSpan within)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(within);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not end within {within.TotalSeconds} s. It said:\n{Words}");
        }
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_words) _words.AppendLine(line.Data);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
