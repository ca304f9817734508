using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests;

/// <summary>A real InfluxDB 1.x of a test, on a free port, with its data in a folder that goes away.</summary>
internal sealed class InfluxServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly ServerProcess _process = new();

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
        await _process.StartAsync("influxd", "influxdb", ["run", "-config", file], async () =>
        {
            using var response = await _http.GetAsync(new Uri(Address, "/ping"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        });
    }

    /// <summary>Ends it as a power cut would, but for what the system has yet to write.</summary>
    public Task KillAsync() => _process.KillAsync();

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
}
