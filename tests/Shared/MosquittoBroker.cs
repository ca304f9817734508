using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests;

/// <summary>A real mosquitto of a test, on a free port of loopback.</summary>
internal sealed class MosquittoBroker : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _more;
    private Process? _process;

    private MosquittoBroker(string more)
    {
        _more = more;
        Port = Loopback.FreePort();
    }

    public int Port { get; }

    /// <summary>Starts one; skips the test where there is no mosquitto, and fails it in CI.</summary>
    /// <param name="more">Further lines of its configuration.</param>
    public static async Task<MosquittoBroker> StartNewAsync(string more = "allow_anonymous true")
    {
        var broker = new MosquittoBroker(more);
        await broker.StartAsync();
        return broker;
    }

    /// <summary>Starts it, or starts it again on the same port.</summary>
    public async Task StartAsync()
    {
        if (Find() is not { } program)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI needs mosquitto: apt-get install mosquitto.");
            Assert.Skip("There is no mosquitto; install it with: apt-get install mosquitto");
            return;
        }
        var file = _folder["mosquitto.conf"];
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"listener {Port} 127.0.0.1\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\n{_more}\n"));
        _process = Process.Start(new ProcessStartInfo(program, ["-c", file]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        // Read, so that a full pipe does not stop it.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, "mosquitto ended at once.");
            Assert.True(Environment.TickCount64 < deadline, "mosquitto did not listen within 30 s.");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Dispose();
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, "mosquitto")).FirstOrDefault(File.Exists);
}
