using System.Diagnostics;
using System.Net.Sockets;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>Debian's influxd on a free port, with its data in a folder of its own; it can be killed and started again.</summary>
internal sealed class InfluxServer : IDisposable
{
    private static readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly TemporaryFolder _folder = new();
    private readonly string _file;
    private Process? _process;

    public InfluxServer()
    {
        Port = Loopback.FreePort();
        _file = _folder["influxdb.conf"];
        File.WriteAllText(_file, $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:0"
            [meta]
              dir = "{_folder.Path}/meta"
            [data]
              dir = "{_folder.Path}/data"
              wal-dir = "{_folder.Path}/wal"
              max-series-per-database = 0
            [http]
              bind-address = "127.0.0.1:{Port}"
              log-enabled = false
            [monitor]
              store-enabled = false
            [logging]
              level = "error"

            """);
    }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        _process = Process.Start(new ProcessStartInfo("influxd", ["-config", _file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        for (var i = 0; ; i++)
        {
            try
            {
                using var pong = await _http.GetAsync(new Uri($"{Address}/ping"), stop);
                return;
            }
            catch (HttpRequestException) when (i < 600)
            {
                Assert.False(_process.HasExited, "influxd ended");
                await Task.Delay(50, stop);
            }
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>An answer of <c>/query</c>.</summary>
    public Task<string> QueryAsync(string query, string database, CancellationToken stop) =>
        _http.GetStringAsync(new Uri($"{Address}/query?db={Uri.EscapeDataString(database)}&q={Uri.EscapeDataString(query)}"), stop);

    public void Dispose()
    {
        if (_process is { HasExited: false }) Kill();
        _process?.Dispose();
        _folder.Dispose();
    }
}
