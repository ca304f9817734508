using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Hosting.Files;
using SmartCity.Hosting.Operations;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>
/// A gateway that enrolled by a code gets its configuration from the city, as real processes: what cuts it off rolls itself back, page and command say why, and of what
/// devices were acknowledged meanwhile nothing is lost.
/// </summary>
public sealed class TwinTrialTests : IDisposable
{
    private const int Changes = 100;
    private readonly TemporaryFolder _folder = new();
    private readonly TrunkProcess _server, _gateway;
    private int _number, _acknowledged;

    public TwinTrialTests()
    {
        _server = new TrunkProcess("cloud/SmartCity.Cloud.Server", _folder["server"], self => ["serve", "--data", self.Data, Set("Cloud:HttpPort", self.Port("http")), Set("Cloud:HttpsPort", self.Port("https")), Set("Cloud:Ingest:Port", self.Port("uplink"))]);
        _gateway = new TrunkProcess("edge/SmartCity.Edge.Gateway", _folder["gateway"], self =>
        [
            "run", "--data", self.Data, Set("Edge:HttpPort", self.Port("http")), Set("Edge:Mqtt:Port", 0), Set("Edge:Twin:TrialFor", "5s"),
            Set("Edge:Enrolment:Cloud", $"https://localhost:{_server.Port("https")}"), Set("Edge:Enrolment:SecretFile", _folder["code"]),
        ]);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _gateway.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_bad_configuration_rolls_itself_back_and_page_and_command_say_why()
    {
        await _server.StartReadyAsync(TimeSpan.FromSeconds(30), Stop);
        File.WriteAllText(_folder["code"], (await CityAsync("gateway", "enrol-code", "g1")).Output.Trim());
        File.SetUnixFileMode(_folder["code"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _gateway.Start();
        await ReportsAsync(0, "applied");
        using var load = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var loading = LoadAsync(load.Token);

        // A hundred changes of a credential: how long each takes until the gateway reports it in force.
        var spans = new List<double>();
        using (var socket = AdminSocket.Connect(AdminSocket.FileIn(_server.Data)))
            for (var change = 1; change <= Changes; change++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri("/api/v1/fleet/gateways/g1/twin/desired?wait=20", UriKind.Relative)) { Content = new StringContent($$$$"""{"software": "0.0.{{{{change}}}}", "lanes": {"toll": {"quotaBytes": {{{{(16 << 20) + change}}}}}}}""", Encoding.UTF8, "application/merge-patch+json") };
                if (change > 1) request.Headers.IfMatch.ParseAdd($"\"{change - 1}\"");
                var begin = Stopwatch.GetTimestamp();
                using var answer = await socket.SendAsync(request, Stop);
                var view = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!;
                spans.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                Assert.Equal((change, (16 << 20) + change), ((int)view["reported"]!["version"]!, (int)view["reported"]!["document"]!["lanes"]!["toll"]!["quotaBytes"]!));
            }
        spans.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"twin change → applied, {Changes} changes: p50 {spans[Changes / 2]:0} ms, p99 {spans[Changes - 2]:0} ms, most {spans[^1]:0} ms"));
        await ReportsAsync(Changes, "applied");

        // An address at which no city is: right as it is written, and wrong.
        await SetAsync("""{"uplink": {"address": "https://localhost:1"}}""");
        await ReportsAsync(Changes + 1, "rolledBack");
        await SaysWhyAsync("Connection refused");
        Assert.True(await IsOnAsync(), "the gateway is not connected");

        // A port that somebody else holds.
        Assert.Equal(0, (await CityAsync("gateway", "twin", "undo", "g1")).Code);
        await ReportsAsync(Changes + 2, "applied");
        using (var other = new TcpListener(IPAddress.Loopback, 0))
        {
            other.Start();
            await SetAsync($$$"""{"listen": {"webSocketPort": {{{((IPEndPoint)other.LocalEndpoint).Port}}}}}""");
            await ReportsAsync(Changes + 3, "rolledBack");
            await SaysWhyAsync("cannot listen");
        }

        // One that it can listen on, and kill -9 in the middle of its trial.
        var free = FreePort();
        await SetAsync($$$"""{"listen": {"webSocketPort": {{{free}}}}}""");
        await ReportsAsync(Changes + 4, "trial");
        _gateway.Kill();
        _gateway.Start();
        await ReportsAsync(Changes + 4, "applied");
        using (var client = new TcpClient()) await client.ConnectAsync(IPAddress.Loopback, free, Stop);

        await load.CancelAsync();
        await loading;
        Assert.True(_acknowledged > 50, $"only {_acknowledged} readings were acknowledged");
        // Each has a time of its own, so that one which was stored and not acknowledged is the same reading when it comes again.
        await Eventually.HoldsAsync($"the {_acknowledged} acknowledged readings are stored", async () => await _server.AuditNowAsync("stored", Stop) is var stored && await _gateway.AuditAsync("queued", Stop) == 0 && stored >= _acknowledged);
        Assert.Equal(await _gateway.AuditAsync("accepted", Stop) - await _gateway.AuditAsync("superseded", Stop), await _gateway.AuditAsync("stored", Stop));
    }

    /// <summary>A device that publishes one reading after the other and connects again when it must.</summary>
    private async Task LoadAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // Any free one, and another after each new start.
                if (PortsFile.TryRead(_gateway.Data) is not { } ports) throw new IOException("the gateway does not listen");
                var (device, _) = await RawClient.ConnectAsync(ports["mqtt"], Connect(V311, "d1"), stop);
                using (device)
                    while (true)
                    {
                        var id = (_number % 60_000) + 1;
                        await device.SendAsync(Publish(V311, "city/v1/d1/telemetry", id, $$$"""{"ts": {{{1_795_485_689_980 + _number}}}, "n": {{{_number}}}}""", 0x32), stop);
                        if (!(await device.ReceiveAsync(stop)).SequenceEqual(Acknowledge(0x40, id))) break;
                        (_number, _acknowledged) = (_number + 1, _acknowledged + 1);
                        await Task.Delay(20, stop);
                    }
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or InvalidOperationException or Xunit.Sdk.XunitException)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private async Task SetAsync(string patch)
    {
        var (code, output, talk) = await CityAsync("gateway", "twin", "set", "g1", "--patch", patch, "--wait", "0");
        Assert.True(code == 0, output + talk);
    }

    /// <summary>Waits until the gateway has said so of a version.</summary>
    private Task ReportsAsync(int version, string state) => Eventually.HoldsAsync($"version {version} is {state}", async () =>
        await ViewAsync() is { } view && view["reported"] is { } reported && ((int)reported["version"]!, (string)reported["state"]!) == (version, state), seconds: 60);

    private async Task<JsonNode?> ViewAsync()
    {
        using var socket = AdminSocket.Connect(AdminSocket.FileIn(_server.Data));
        using var answer = await socket.GetAsync(new Uri("/api/v1/fleet/gateways/g1/twin", UriKind.Relative), Stop);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop)) : null;
    }

    private async Task<bool> IsOnAsync()
    {
        using var socket = AdminSocket.Connect(AdminSocket.FileIn(_server.Data));
        return JsonNode.Parse(await socket.GetStringAsync(new Uri("/api/v1/fleet/gateways/g1", UriKind.Relative), Stop))!["gateway"]!["state"]!.GetValue<string>() == "connected";
    }

    private async Task SaysWhyAsync(string reason)
    {
        var (code, output, _) = await CityAsync("gateway", "twin", "show", "g1");
        Assert.True(code == 0 && output.Contains("was rolled back", StringComparison.Ordinal) && output.Contains(reason, StringComparison.Ordinal), output);
        using var socket = AdminSocket.Connect(AdminSocket.FileIn(_server.Data));
        var page = await socket.GetStringAsync(new Uri("/gateways/g1", UriKind.Relative), Stop);
        // Every page carries all words; this one says it of a version.
        Assert.Matches("Version [0-9,]+ was rolled back", page);
        Assert.Contains(reason, page, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Talk)> CityAsync(params string[] arguments)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Repository.Root, "cloud/SmartCity.Cloud.Server/bin", build.Parent!.Name, build.Name, "SmartCity.Cloud.Server.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments, "--data", _server.Data]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, talk) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await output, await talk);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Set(string key, object value) => string.Create(CultureInfo.InvariantCulture, $"--{key}={value}");
}
