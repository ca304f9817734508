using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests;

/// <summary>A real VictoriaMetrics of a test, on a free port, with its data in a folder that goes away.</summary>
internal sealed class VictoriaServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private Process? _process;

    private VictoriaServer() => Address = new Uri($"http://127.0.0.1:{Loopback.FreePort()}");

    public Uri Address { get; }

    /// <summary>Starts one; skips the test where there is none, and fails it in CI.</summary>
    public static async Task<VictoriaServer> StartNewAsync(params string[] flags)
    {
        var server = new VictoriaServer();
        await server.StartAsync(flags);
        return server;
    }

    /// <summary>Starts it, or starts it again over the same data.</summary>
    public async Task StartAsync(params string[] flags)
    {
        if (Find() is not { } program)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI needs victoria-metrics: apt-get install victoria-metrics.");
            Assert.Skip("There is no victoria-metrics; install it with: apt-get install victoria-metrics");
            return;
        }
        string[] usual = flags.Any(flag => flag.StartsWith("-dedup", StringComparison.Ordinal)) ? [] : ["-dedup.minScrapeInterval=1ms"];
        _process = Process.Start(new ProcessStartInfo(program,
            [$"-storageDataPath={_folder["data"]}", string.Create(CultureInfo.InvariantCulture, $"-httpListenAddr=127.0.0.1:{Address.Port}"), "-retentionPeriod=100y", .. usual, .. flags])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        // Read, so that a full pipe does not stop it.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, "victoria-metrics ended at once.");
            Assert.True(Environment.TickCount64 < deadline, "victoria-metrics did not answer within 30 s.");
            try
            {
                using var response = await _http.GetAsync(new Uri(Address, "/health"), TestContext.Current.CancellationToken);
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends it as a power cut would, but for what the system has yet to write.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    /// <summary>Forgets every series.</summary>
    public async Task EmptyAsync()
    {
        using var deleted = await _http.PostAsync(new Uri(Address, "/api/v1/admin/tsdb/delete_series?match[]=%7B__name__!%3D%22%22%7D"), null, TestContext.Current.CancellationToken);
        deleted.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, "victoria-metrics")).FirstOrDefault(File.Exists);
}
