using System.Text.Json;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Files;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>This platform: gateway and server as real processes, mutual TLS between them, the embedded store.</summary>
internal sealed class OurCity : IPathSystem, IOutage
{
    private readonly LocalAuthority _authority;
    private readonly string _serverData;
    private readonly Child _gateway;
    private readonly int _serverPort, _gatewayPort, _uplinkPort;
    private readonly DistantLink? _road;
    private Child? _server;
    private long _arrivedBefore;

    /// <param name="folder">Folder of its data.</param>
    /// <param name="roundTrip">How long a byte and its answer are under way between gateway and server; zero = they are neighbours.</param>
    public OurCity(string folder, TimeSpan roundTrip = default)
    {
        _authority = LocalAuthority.Open(Path.Combine(folder, "certificates"), "bench");
        _serverData = Path.Combine(folder, "server");
        var gatewayData = Path.Combine(folder, "gateway");
        _server = StartServer(0, 0);
        _serverPort = PortOf(_server, _serverData, "http");
        _uplinkPort = PortsFile.TryRead(_serverData)!["uplink"];
        _road = roundTrip > TimeSpan.Zero ? new DistantLink(_uplinkPort, roundTrip) : null;
        var gateway = _authority.Gateway("bench-1");
        _gateway = Child.Start("gateway", gatewayData, "dotnet",
        [
            Tools.Built("edge/SmartCity.Edge.Gateway"), "run", "--data", gatewayData, "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0",
            $"--Edge:Uplink:Address=https://localhost:{_road?.Port ?? _uplinkPort}",
            $"--Edge:Uplink:Certificate={gateway.Certificate}", $"--Edge:Uplink:Key={gateway.Key}", $"--Edge:Uplink:Authority={_authority.AuthorityFile}",
        ]);
        _gatewayPort = PortOf(_gateway, gatewayData, "http");
        Port = PortsFile.TryRead(gatewayData)!["mqtt"];
        Store = Path.Combine(_serverData, "readings");
    }

    public string Name => "SmartCity";
    public bool IsSlow => false;
    public string Durability => "after fsync, once to the store";
    public int Port { get; }
    public IReadOnlyList<Child> Children => _server is null ? [_gateway] : [_gateway, _server];

    /// <summary>Folder of the embedded store.</summary>
    public string Store { get; }

    /// <summary>Address of the server's HTTP.</summary>
    public string Server => $"http://127.0.0.1:{_serverPort}";

    /// <summary>Folder of the server's data.</summary>
    public string ServerData => _serverData;

    /// <summary>Address of the gateway's HTTP.</summary>
    public string Gateway => $"http://127.0.0.1:{_gatewayPort}";

    public long Arrived() => Sum(Server, "stored");

    long IOutage.Arrived() => _server is null ? _arrivedBefore : _arrivedBefore = Arrived() / PathBench.Metrics;

    void IOutage.BeginOutage()
    {
        _server?.Dispose();
        _server = null;
        PortsFile.Clear(_serverData);
    }

    void IOutage.EndOutage()
    {
        _server = StartServer(_serverPort, _uplinkPort);
        PortOf(_server, _serverData, "http");
    }

    public string? Imbalance()
    {
        foreach (var address in new[] { Gateway, Server })
            if (Sum(address, "imbalance") is not 0 and var sum) return $"{address}/audit is off by {sum}";
        return null;
    }

    /// <summary>Bytes a reading on the wire to the cloud, names and frames included, and on the disk, as the store's folder stands now.</summary>
    public string Sizes()
    {
        var metrics = Tools.Get($"{Gateway}/metrics").Split('\n');
        var wire = Metric("smartcity_uplink_bytes_total") / Math.Max(1, Metric("smartcity_uplink_values_total"));
        var bytes = Directory.Exists(Store) ? new DirectoryInfo(Store).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : 0;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Wire: {wire:0.00} bytes a reading. Store folder, not yet sealed: {bytes / (double)Math.Max(1, Arrived()):0.00} bytes a reading.");

        double Metric(string name) => double.Parse(metrics.First(line => line.StartsWith(name + ' ', StringComparison.Ordinal))[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _gateway.Dispose();
        _server?.Dispose();
        _road?.Dispose();
        _authority.Dispose();
    }

    private Child StartServer(int httpPort, int uplinkPort)
    {
        var certificate = _authority.Server();
        return Child.Start("server", _serverData, "dotnet",
        [
            Tools.Built("cloud/SmartCity.Cloud.Server"), "serve", "--data", _serverData, $"--Cloud:HttpPort={httpPort}", "--Cloud:HttpsPort=0", $"--Cloud:Ingest:Port={uplinkPort}",
            $"--Cloud:Ingest:Certificate={certificate.Certificate}", $"--Cloud:Ingest:Key={certificate.Key}", $"--Cloud:Ingest:Authority={_authority.AuthorityFile}", "--Cloud:Ingest:City=bench",
        ]);
    }

    /// <summary>The sum of a term of /audit over all lanes.</summary>
    private static long Sum(string address, string term)
    {
        using var json = JsonDocument.Parse(Tools.Get($"{address}/audit"));
        var lanes = json.RootElement.TryGetProperty("lanes", out var list) ? list : json.RootElement.GetProperty("items");
        return lanes.EnumerateArray().Sum(lane => lane.GetProperty(term).GetInt64());
    }

    private static int PortOf(Child child, string data, string name)
    {
        var port = 0;
        child.Await(() => PortsFile.TryRead(data) is { } ports && ports.TryGetValue(name, out port) && Tools.Get($"http://127.0.0.1:{port}/health/ready").Contains("\"status\":\"ok\"", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        return port;
    }
}
