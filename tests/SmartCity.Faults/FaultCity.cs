using System.Diagnostics;
using System.Globalization;
using SmartCity.Hosting.Certificates;

namespace SmartCity.Faults;

/// <summary>A server and gateways as real processes on free ports; the uplinks go through a link that can be cut, slowed and corrupted.</summary>
internal sealed class FaultCity : IDisposable
{
    private readonly LocalAuthority _authority;
    private readonly List<FaultProcess> _gateways = [];

    public FaultCity(string folder, FaultRow row)
    {
        (Folder, Row) = (folder, row);
        _authority = LocalAuthority.Open(Path.Combine(folder, "certificates"), "test", new LastWeek());
        Server = MakeServer(Path.Combine(folder, "server"));
        Link = new LinkProxy(() => Server.Port("uplink"));
        Gateway = AddGateway("g1", Path.Combine(folder, "gateway"));
    }

    public string Folder { get; }
    public FaultRow Row { get; }
    public FaultProcess Server { get; }
    /// <summary>The gateway whose devices the witness plays.</summary>
    public FaultProcess Gateway { get; }
    /// <summary>Its id.</summary>
    public string GatewayId { get; } = "g1";
    /// <summary>What the uplinks go through.</summary>
    public LinkProxy Link { get; }

    /// <summary>Starts both and waits until they are ready and connected.</summary>
    public async Task StartAsync(CancellationToken stop)
    {
        await Server.StartReadyAsync(TimeSpan.FromSeconds(60), stop);
        await Gateway.StartReadyAsync(TimeSpan.FromSeconds(40), stop);
        await ConnectedAsync(Gateway, stop);
    }

    /// <summary>
    /// Waits until a gateway says nothing of its uplink. It is ready without its cloud, and a fault that comes before the first connection tests
    /// nothing of it. Returns at once where a link is cut or a side is away: then there is nothing to wait for.
    /// </summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> ConnectedAsync(FaultProcess gateway, CancellationToken stop)
    {
        var begin = Stopwatch.GetTimestamp();
        while (Link.State == LinkState.Open && !Server.HasExited && !gateway.HasExited)
        {
            var said = await gateway.HealthAsync(stop);
            if (said != "no answer" && !said.Contains("uplink", StringComparison.Ordinal)) break;
            if (Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(40)) throw new FaultException($"the gateway is ready and not connected after 40 s: {said}. Server {await Server.HealthAsync(stop)}. {gateway.LastWords()}");
            await Task.Delay(25, stop);
        }
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>A server with its data in a folder; not started.</summary>
    private FaultProcess MakeServer(string data)
    {
        var certificate = _authority.Server();
        return new FaultProcess("cloud/SmartCity.Cloud.Server", data, self =>
        [
            "serve", "--data", self.Data, Set("Cloud:HttpPort", self.Port("http")), Set("Cloud:HttpsPort", self.Port("https")), Set("Cloud:Ingest:Port", self.Port("uplink")),
            Set("Cloud:Ingest:Certificate", certificate.Certificate), Set("Cloud:Ingest:Key", certificate.Key),
            Set("Cloud:Ingest:Authority", _authority.AuthorityFile), Set("Cloud:Ingest:City", "test"), .. Row.Server,
        ]);
    }

    /// <summary>A gateway with an id and its data in a folder; not started. It is ended with the city.</summary>
    public FaultProcess AddGateway(string id, string data)
    {
        var certificate = _authority.Gateway(id);
        var gateway = new FaultProcess("edge/SmartCity.Edge.Gateway", data, self =>
        [
            "run", "--data", self.Data, Set("Edge:HttpPort", self.Port("http")), Set("Edge:Mqtt:Port", self.Port("mqtt")), "--Edge:Mqtt:WebSocket=off",
            Set("Edge:Uplink:Address", $"https://localhost:{Link.Port}"), Set("Edge:Uplink:Certificate", certificate.Certificate),
            Set("Edge:Uplink:Key", certificate.Key), Set("Edge:Uplink:Authority", _authority.AuthorityFile), "--Edge:Uplink:BackOffMax=2s",
            .. Row.Gateway.Any(setting => setting.Contains("KeepAlive", StringComparison.Ordinal)) ? [] : (string[])["--Edge:Uplink:KeepAlive=3s"], .. Row.Gateway,
        ]);
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Waits until everything that the gateway took is in the store.</summary>
    public async Task SettleAsync(TimeSpan atMost, CancellationToken stop, FaultProcess? gateway = null, string? id = null)
    {
        (gateway, id) = (gateway ?? Gateway, id ?? GatewayId);
        var state = "";
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < atMost; await Task.Delay(100, stop))
        {
            try
            {
                var taken = await gateway.AuditAsync("accepted", stop) - await gateway.AuditAsync("superseded", stop) - await gateway.AuditAsync("deadLettered", stop);
                var (waits, queued, accepted) = (await gateway.AuditAsync("queued", stop), await Server.AuditAsync("queued", stop, id), await Server.AuditAsync("accepted", stop, id));
                if (waits == 0 && queued == 0 && accepted >= taken) return;
                state = $"the gateway holds {waits}, the server has accepted {accepted} of {taken} and holds {queued}";
            }
            catch (HttpRequestException error)
            {
                state = error.Message;
            }
        }
        throw new FaultException($"not settled after {atMost.TotalSeconds} s: {state}. Gateway {await gateway.HealthAsync(stop)}, server {await Server.HealthAsync(stop)}. {string.Join(" | ", gateway.Complaints(0).TakeLast(3))}");
    }

    public void Dispose()
    {
        foreach (var gateway in _gateways) gateway.Dispose();
        Server.Dispose();
        Link.Dispose();
        _authority.Dispose();
    }

    private static string Set(string key, object value) => string.Create(CultureInfo.InvariantCulture, $"--{key}={value}");

    /// <summary>When the certificates were made: not the moment before the fault, or a clock that steps a day back ends with certificates that are not valid yet.</summary>
    private sealed class LastWeek : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(-7);
    }
}
