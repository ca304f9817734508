using System.Globalization;
using System.Text;
using SmartCity.Hosting.Certificates;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;

namespace SmartCity.AppHost;

/// <summary>The command lines of the city's parts: the only place that knows which settings and options they take.</summary>
internal sealed class CityCommands(CityOptions options, LocalAuthority authority)
{
    public string ServerData => Path.Combine(options.Data, "server");
    public string GatewayData => Path.Combine(options.Data, "gateway");
    private string CodeFile => Path.Combine(GatewayData, "enrolment.code");
    public string SimulatorData => Path.Combine(options.Data, "simulator");

    public PartCommand Server(Uri? influx)
    {
        return Ours("cloud/SmartCity.Cloud.Server", ServerData,
        [
            "serve", "--data", ServerData,
            Set("Cloud:HttpPort", Port(ServerData, "http", options.Port)),
            Set("Cloud:HttpsPort", Port(ServerData, "https", 8444)),
            Set("Cloud:Ingest:Port", Port(ServerData, "uplink", 8443)),
            Set("Cloud:Ingest:City", CityOptions.City),
            Set("Cloud:Access:PrintFirstSecret", false),
            Set("Cloud:Store", influx is null ? "duckdb" : "influx"),
            .. influx is null ? (string[])[] : [Set("Cloud:Influx:Address", influx)],
        ]);
    }

    public PartCommand Gateway()
    {
        // Shown to devices that come over TLS; localhost, like the server's.
        var devices = authority.Server("mqtt");
        return Ours("edge/SmartCity.Edge.Gateway", GatewayData,
        [
            "run", "--data", GatewayData,
            Set("Edge:Uplink:Address", $"https://localhost:{Written(ServerData, "uplink") ?? 8443}"),
            Set("Edge:Enrolment:Cloud", $"https://localhost:{Written(ServerData, "https") ?? 8444}"),
            Set("Edge:Enrolment:SecretFile", CodeFile),
            Set("Edge:Mqtt:Port", Port(GatewayData, "mqtt", 1883)),
            Set("Edge:Mqtt:WebSocketPort", Port(GatewayData, "mqttWebSocket", 8085)),
            Set("Edge:Mqtt:Tls:Address", "127.0.0.1"),
            Set("Edge:Mqtt:Tls:Port", Port(GatewayData, "mqttTls", 8884)),
            Set("Edge:Mqtt:Tls:Certificate", devices.Certificate),
            Set("Edge:Mqtt:Tls:Key", devices.Key),
            Set("Edge:HttpPort", Port(GatewayData, "http", 8081)),
        ]);
    }

    /// <summary>
    /// Lets the gateway enrol as an installer would: has a code made by the running server and leaves it for the gateway, which deletes it when it has served.
    /// Nothing where the gateway has its identity already.
    /// </summary>
    /// <exception cref="Hosting.Commands.CommandException">The server makes none.</exception>
    public async Task MakeCodeAsync(CancellationToken stop)
    {
        if (IsEnrolledHere()) return;
        var made = await AdminSocket.AskAsync(AdminSocket.FileIn(ServerData), HttpMethod.Post, $"/api/v1/fleet/gateways/{CityOptions.GatewayId}/enrol-code", stop);
        Directory.CreateDirectory(GatewayData);
        DurableFile.Replace(CodeFile, Encoding.ASCII.GetBytes(made.GetProperty("code").GetString() + "\n"));
    }

    /// <summary>Whether the gateway trusts this server's authority. An identity of an authority whose folder was deleted is of no use and goes.</summary>
    private bool IsEnrolledHere()
    {
        var (identity, authority) = (Path.Combine(GatewayData, "identity"), Path.Combine(ServerData, "authority"));
        if (!File.Exists(Path.Combine(identity, "identity.json"))) return false;
        var trusted = File.ReadAllText(Path.Combine(identity, "authorities.pem"));
        if (Directory.EnumerateFiles(authority, "root-*.pem").Any(root => trusted.Contains(File.ReadAllText(root).Trim(), StringComparison.Ordinal))) return true;
        Directory.Delete(identity, recursive: true);
        return false;
    }

    public PartCommand Simulator()
    {
        string[] work = options.Replay is { } folder ? ["replay", folder] : ["city", "--devices", Text(options.Devices), "--seed", Text(options.Seed)];
        return Ours("firmware-sim/SmartCity.FirmwareSim", SimulatorData, [.. work, "--broker", $"mqtt://127.0.0.1:{Written(GatewayData, "mqtt") ?? 1883}"]);
    }

    /// <summary>Takes away the ports of an earlier run, so that none of them is taken for one of this run.</summary>
    public void ForgetPorts()
    {
        PortsFile.Clear(ServerData);
        PortsFile.Clear(GatewayData);
    }

    /// <summary>The secret of the first sign-in, once: the server left it for us at its first start, and past its log.</summary>
    public string? TakeFirstSecret()
    {
        var file = Path.Combine(ServerData, "identity", "first-sign-in");
        if (!File.Exists(file)) return null;
        var secret = File.ReadAllText(file);
        File.Delete(file);
        return secret;
    }

    /// <summary>The server's address for a browser.</summary>
    public Uri Page => new($"http://localhost:{Written(ServerData, "http") ?? options.Port}/");

    /// <summary>The port for a start: any free one when asked so, but after a crash the one that the others know already.</summary>
    private int Port(string data, string name, int usual) => options.AnyPort ? Written(data, name) ?? 0 : usual;

    private static int? Written(string data, string name) => PortsFile.TryRead(data) is { } ports && ports.TryGetValue(name, out var port) ? port : null;

    private static PartCommand Ours(string project, string data, IReadOnlyList<string> arguments) => new(Executables.Dotnet, [Executables.Of(project), .. arguments], data);

    private static string Set(string key, object value) => $"--{key}={Text(value)}";

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
