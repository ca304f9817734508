using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests;

/// <summary>A real InfluxDB 1.x of a test, on a free port, with its data in a folder that goes away.</summary>
internal sealed class InfluxServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private Process? _process;

    private InfluxServer()
    {
        Address = new Uri($"http://127.0.0.1:{Loopback.FreePort()}");
    }

    public Uri Address { get; }

    /// <summary>Starts one; skips the test where there is no influxd, and fails it in CI.</summary>
    public static async Task<InfluxServer> StartNewAsync()
    {
        var server = new InfluxServer();
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it, or starts it again over the same data.</summary>
    public async Task StartAsync()
    {
        if (Find() is not { } program)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail("CI needs influxd: apt-get install influxdb.");
            Assert.Skip("There is no influxd; install it with: apt-get install influxdb");
            return;
        }
        var file = _folder["influxdb.conf"];
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:0"
            [meta]
              dir = "{_folder["meta"]}"
            [data]
              dir = "{_folder["data"]}"
              wal-dir = "{_folder["wal"]}"
              max-series-per-database = 0
              max-values-per-tag = 0
              query-log-enabled = false
            [http]
              bind-address = "127.0.0.1:{Address.Port}"
              log-enabled = false
            [monitor]
              store-enabled = false

            """));
        _process = Process.Start(new ProcessStartInfo(program, ["run", "-config", file]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        // Read, so that a full pipe does not stop it.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var deadline = Environment.TickCount64 + 30_000; ;)
        {
            Assert.False(_process.HasExited, "influxd ended at once.");
            Assert.True(Environment.TickCount64 < deadline, "influxd did not answer within 30 s.");
            try
            {
                using var response = await _http.GetAsync(new Uri(Address, "/ping"), TestContext.Current.CancellationToken);
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

    /// <summary>Asks in InfluxQL and returns the answer.</summary>
    public async Task<JsonElement> QueryAsync(string database, string statement)
    {
        using var response = await _http.PostAsync(new Uri(Address, $"/query?db={database}&epoch=u"), new FormUrlEncodedContent([new("q", statement)]), TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.GetProperty("results")[0].Clone();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, "influxd")).FirstOrDefault(File.Exists);
}
