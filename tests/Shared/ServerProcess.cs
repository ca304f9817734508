using System.Diagnostics;

namespace SmartCity.Tests;

/// <summary>A server of Debian's that a test runs, and ends as a power cut would, but for what the system has yet to write.</summary>
internal sealed class ServerProcess
{
    private Process? _process;

    /// <summary>Runs it and waits until it is there; skips the test where it is not installed, and fails it in CI.</summary>
    /// <param name="name">Name of the program.</param>
    /// <param name="package">Debian's package that brings it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="isThere">Whether it serves; it may throw <see cref="HttpRequestException"/> or <see cref="System.Net.Sockets.SocketException"/> while it does not.</param>
    public async Task StartAsync(string name, string package, IEnumerable<string> arguments, Func<Task<bool>> isThere)
    {
        if (Find(name) is not { } program)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"CI needs {name}: apt-get install {package}.");
            Assert.Skip($"There is no {name}; install it with: apt-get install {package}");
            return;
        }
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        // Read, so that a full pipe does not stop it.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, $"{name} ended at once.");
            Assert.True(Environment.TickCount64 < deadline, $"{name} did not answer within 30 s.");
            try
            {
                if (await isThere()) return;
            }
            catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException)
            {
                // Not listening yet.
            }
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>kill -9; nothing where it does not run.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
