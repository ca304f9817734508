using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests;

/// <summary>A real mosquitto of a test, on a free port of loopback.</summary>
internal sealed class MosquittoBroker : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _more;
    private readonly ServerProcess _process = new();

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
        var file = _folder["mosquitto.conf"];
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"listener {Port} 127.0.0.1\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\n{_more}\n"));
        await _process.StartAsync("mosquitto", "mosquitto", ["-c", file], async () =>
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            return true;
        });
    }

    /// <summary>Ends it as a power cut would.</summary>
    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Dispose();
    }
}
