using System.Text.Json;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Files;

namespace SmartCity.Benchmarks.WholePath;

/// <summary>This platform: gateway and server as real processes, mutual TLS between them, the embedded store.</summary>
internal sealed class OurCity : IPathSystem
{
    private readonly LocalAuthority _authority;
    private readonly Child _server, _gateway;
    private readonly int _serverPort, _gatewayPort;

    public OurCity(string folder)
    {
        _authority = LocalAuthority.Open(Path.Combine(folder, "certificates"), "bench");
        var serverData = Path.Combine(folder, "server");
        var gatewayData = Path.Combine(folder, "gateway");
        var server = _authority.Server();
        _server = Child.Start("server", serverData, "dotnet",
        [
            Tools.Built("cloud/SmartCity.Cloud.Server"), "serve", "--data", serverData, "--Cloud:HttpPort=0", "--Cloud:Ingest:Port=0",
            $"--Cloud:Ingest:Certificate={server.Certificate}", $"--Cloud:Ingest:Key={server.Key}", $"--Cloud:Ingest:Authority={_authority.AuthorityFile}", "--Cloud:Ingest:City=bench",
        ]);
        _serverPort = PortOf(_server, serverData, "http");
        var gateway = _authority.Gateway("bench-1");
        _gateway = Child.Start("gateway", gatewayData, "dotnet",
        [
            Tools.Built("edge/SmartCity.Edge.Gateway"), "run", "--data", gatewayData, "--Edge:Mqtt:Port=0", "--Edge:HttpPort=0",
            $"--Edge:Uplink:Address=https://localhost:{PortsFile.TryRead(serverData)!["uplink"]}",
            $"--Edge:Uplink:Certificate={gateway.Certificate}", $"--Edge:Uplink:Key={gateway.Key}", $"--Edge:Uplink:Authority={_authority.AuthorityFile}",
        ]);
        _gatewayPort = PortOf(_gateway, gatewayData, "http");
        Port = PortsFile.TryRead(gatewayData)!["mqtt"];
        Store = Path.Combine(serverData, "readings");
    }

    public string Name => "SmartCity";
    public string Durability => "after fsync, once to the store";
    public int Port { get; }
    public IReadOnlyList<Child> Children => [_gateway, _server];

    /// <summary>Folder of the embedded store.</summary>
    public string Store { get; }

    /// <summary>Address of the server's HTTP.</summary>
    public string Server => $"http://127.0.0.1:{_serverPort}";

    /// <summary>Address of the gateway's HTTP.</summary>
    public string Gateway => $"http://127.0.0.1:{_gatewayPort}";

    public long Arrived() => Sum(Server, "stored");

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
        _server.Dispose();
        _authority.Dispose();
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
        child.Await(() => PortsFile.TryRead(data) is { } ports && ports.TryGetValue(name, out port) && Tools.Get($"http://127.0.0.1:{port}/health/ready").Length > 0, TimeSpan.FromSeconds(60));
        return port;
    }
}
