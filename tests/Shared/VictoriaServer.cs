using System.Globalization;

namespace SmartCity.Tests;

/// <summary>A real VictoriaMetrics of a test, on a free port, with its data in a folder that goes away.</summary>
internal sealed class VictoriaServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly ServerProcess _process = new();

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
        string[] usual = flags.Any(flag => flag.StartsWith("-dedup", StringComparison.Ordinal)) ? [] : ["-dedup.minScrapeInterval=1ms"];
        await _process.StartAsync("victoria-metrics", "victoria-metrics",
            [$"-storageDataPath={_folder["data"]}", string.Create(CultureInfo.InvariantCulture, $"-httpListenAddr=127.0.0.1:{Address.Port}"), "-retentionPeriod=100y", .. usual, .. flags], async () =>
            {
                using var response = await _http.GetAsync(new Uri(Address, "/health"), TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode;
            });
    }

    /// <summary>Ends it as a power cut would, but for what the system has yet to write.</summary>
    public Task KillAsync() => _process.KillAsync();

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
}
