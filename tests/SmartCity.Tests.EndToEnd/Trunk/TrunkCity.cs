using System.Diagnostics;
using System.Globalization;
using SmartCity.Hosting.Certificates;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A gateway and a server as real processes on free ports, with mutual TLS between them and their data in a folder of the test.</summary>
internal sealed class TrunkCity : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalAuthority _authority;

    /// <summary>A device that may come over TLS.</summary>
    public const string TlsDevice = "tls-device";
    /// <summary>Its password.</summary>
    public const string TlsPassword = "correct horse battery staple";

    /// <summary>The password of every bridge.</summary>
    public const string BridgePassword = "a bridge's own words";

    /// <param name="server">Further settings of the server.</param>
    public TrunkCity(params string[] server)
    {
        _authority = LocalAuthority.Open(_folder["certificates"], "test");
        var serverCertificate = _authority.Server();
        var gatewayCertificate = _authority.Gateway("g1");
        Server = new TrunkProcess("cloud/SmartCity.Cloud.Server", _folder["server"], self =>
        [
            "serve", "--data", self.Data, Set("Cloud:HttpPort", self.Port("http")), Set("Cloud:HttpsPort", 0), Set("Cloud:Ingest:Port", self.Port("uplink")),
            Set("Cloud:Ingest:Certificate", serverCertificate.Certificate), Set("Cloud:Ingest:Key", serverCertificate.Key),
            Set("Cloud:Ingest:Authority", _authority.AuthorityFile), Set("Cloud:Ingest:City", "test"), .. server,
        ]);
        Directory.CreateDirectory(_folder["gateway"]);
        WriteDevices("");
        Gateway = new TrunkProcess("edge/SmartCity.Edge.Gateway", _folder["gateway"], self =>
        [
            "run", "--data", self.Data, Set("Edge:HttpPort", self.Port("http")), Set("Edge:Mqtt:Port", self.Port("mqtt")), Set("Edge:Mqtt:WebSocketPort", self.Port("mqttWebSocket")),
            Set("Edge:Uplink:Address", $"https://localhost:{Server.Port("uplink")}"), Set("Edge:Uplink:Certificate", gatewayCertificate.Certificate),
            Set("Edge:Mqtt:Tls:Port", self.Port("mqttTls")), Set("Edge:Mqtt:Tls:Certificate", serverCertificate.Certificate), Set("Edge:Mqtt:Tls:Key", serverCertificate.Key),
            Set("Edge:Uplink:Key", gatewayCertificate.Key), Set("Edge:Uplink:Authority", _authority.AuthorityFile), .. GatewayMore,
        ]);
    }

    /// <summary>PEM file of the authority that signed everything.</summary>
    public string Authority => _authority.AuthorityFile;

    /// <summary>Further settings of the gateway.</summary>
    public IReadOnlyList<string> GatewayMore { get; init; } = [];

    public TrunkProcess Server { get; }
    public TrunkProcess Gateway { get; }

    /// <summary>A file or folder of the test.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Lets a bridge in that may publish and subscribe to some topics. Before the start.</summary>
    public void AddBridge(string user, params string[] topics) =>
        WriteDevices($$"""{"user": "{{user}}", "password": "{{HashOf(BridgePassword)}}", "topics": ["{{string.Join("\", \"", topics)}}"]}""");

    private void WriteDevices(string bridges) => File.WriteAllText(Path.Combine(_folder["gateway"], "devices.json"),
        $$"""{"devices": [{"id": "{{TlsDevice}}", "password": "{{HashOf(TlsPassword)}}"}], "bridges": [{{bridges}}]}""");

    /// <summary>Starts both and waits until they are ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Server.StartReadyAsync(TimeSpan.FromSeconds(30), cancellationToken);
        await Gateway.StartReadyAsync(TimeSpan.FromSeconds(20), cancellationToken);
    }

    /// <summary>Starts the load generator against the gateway.</summary>
    public Process Load(params string[] arguments) => Simulator("load", null, ["--output", "ndjson", .. arguments]);

    /// <summary>Starts a command of the simulator against the gateway.</summary>
    public Process Simulator(string command, string? folder, IEnumerable<string> arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "firmware-sim/SmartCity.FirmwareSim/bin", build.Parent!.Name, build.Name, "SmartCity.FirmwareSim.dll");
        string[] what = folder is null ? [command] : [command, folder];
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. what, "--broker", $"mqtt://127.0.0.1:{Gateway.Port("mqtt")}", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>Waits until everything that the gateway took is in the store.</summary>
    public async Task SettleAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            var taken = await Gateway.AuditAsync("accepted", cancellationToken) - await Gateway.AuditAsync("superseded", cancellationToken) - await Gateway.AuditAsync("deadLettered", cancellationToken);
            // In this order: what has been accepted and is queued no longer is in the store.
            var (accepted, queued) = (await Server.AuditNowAsync("accepted", cancellationToken), await Server.AuditNowAsync("queued", cancellationToken));
            if (await Gateway.AuditAsync("queued", cancellationToken) == 0 && queued == 0 && accepted == taken) return;
            Assert.True(Stopwatch.GetElapsedTime(begin) < atMost, $"after {atMost.TotalSeconds} s the server has accepted {accepted} of {taken}, and {queued} are queued");
            await Task.Delay(100, cancellationToken);
        }
    }

    public void Dispose()
    {
        Gateway.Dispose();
        Server.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    /// <summary>As <c>devices.json</c> wants it: PBKDF2 with SHA-256.</summary>
    private static string HashOf(string password)
    {
        var salt = System.Security.Cryptography.RandomNumberGenerator.GetBytes(16);
        var hash = System.Security.Cryptography.Rfc2898DeriveBytes.Pbkdf2(password, salt, 1_000, System.Security.Cryptography.HashAlgorithmName.SHA256, 32);
        return $"pbkdf2$1000${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    private static string Set(string key, object value) => string.Create(CultureInfo.InvariantCulture, $"--{key}={value}");
}
