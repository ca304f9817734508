using System.Diagnostics;
using System.Globalization;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>
/// What clients that know nothing of us can do against a real gateway: sessions, QoS 2, retained messages, Wills and, of 5.0, properties, shared subscriptions,
/// topic aliases and Receive Maximum; by Debian's paho-mqtt, npm's mqtt and mosquitto's clients.
/// </summary>
public sealed class ClientFeatureTests(ClientFeatureTests.Fixture fixture) : IClassFixture<ClientFeatureTests.Fixture>
{
    private const string Bridge = "feature-bridge";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Port => fixture.City.Gateway.Port("mqtt").ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(4, "sessions qos_2 retained will")]
    [InlineData(5, "sessions qos_2 retained will properties shared topic_alias receive_maximum")]
    public async Task Paho_of_Debian(int version, string features) => Assert.Equal(features,
        Features(await RunAsync("/usr/bin/python3", [Path.Combine(Repository.Root, "tests/SmartCity.Tests.EndToEnd/Clients/features.py"), Port, Bridge, TrunkCity.BridgePassword, $"{version}"])));

    [Theory]
    [InlineData(4, "sessions qos2 retained will")]
    [InlineData(5, "sessions qos2 retained will properties shared topicAlias receiveMaximum")]
    public async Task Mqtt_of_npm(int version, string features) => Assert.Equal(features,
        Features(await RunAsync("node", [Path.Combine(Repository.Root, "tests/SmartCity.Tests.EndToEnd/Clients/features.cjs"),
            Path.Combine(Repository.Root, "tests/SmartCity.Tests.EndToEnd/npm/node_modules/mqtt"), Port, Bridge, TrunkCity.BridgePassword, $"{version}"])));

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Mosquitto_clients(string version)
    {
        var topic = $"city/v1/m-{version}/status";
        string[] kept = version == "mqttv5" ? ["-c", "-x", "600"] : ["-c"];
        // A session, QoS 1 and 2 queued in it.
        await SubAsync(version, ["-i", $"away-{version}", .. kept, "-q", "2", "-t", topic, "-E"]);
        foreach (var qos in (string[])["0", "1", "2"]) await PubAsync(version, ["-t", topic, "-q", qos, "-m", $"m{qos}"]);
        Assert.Equal("m1 1 m2 2", await SubAsync(version, ["-i", $"away-{version}", .. kept, "-q", "2", "-t", topic, "-C", "2", "-W", "15", "-F", "%p %q"]));
        // Retained, and cleared.
        await PubAsync(version, ["-t", topic, "-q", "1", "-r", "-m", "kept"]);
        Assert.Equal("kept 1", await SubAsync(version, ["-t", topic, "-C", "1", "-W", "15", "-F", "%p %r"]));
        await PubAsync(version, ["-t", topic, "-q", "1", "-r", "-n"]);
        // A Will.
        using var listening = await SubscribedAsync(version, topic, ["-C", "2", "-W", "15"]);
        using (var dying = await SubscribedAsync(version, $"city/v1/dying-{version}/status", ["-i", $"dying-{version}", "--will-topic", topic, "--will-payload", "gone", "--will-qos", "1"]))
        {
            dying.Kill();
            await dying.WaitForExitAsync(Stop);
        }
        Assert.Equal("gone 0", (await listening.StandardOutput.ReadToEndAsync(Stop)).Trim());
    }

    [Fact]
    public async Task Mosquitto_clients_of_version_5()
    {
        const string Topic = "city/v1/m5/status";
        // No topic-alias-maximum: mosquitto's clients promise it and end at the first alias.
        string[] connection = ["-D", "connect", "receive-maximum", "1"];
        // Retained, so that the subscriber need not be there first.
        await PubAsync("mqttv5", ["-t", Topic, "-q", "1", "-r", "-m", "x", "-D", "publish", "user-property", "k", "v", "-D", "publish", "content-type", "text/plain", "-D", "publish", "topic-alias", "2",
            "-D", "publish", "response-topic", "answer", "-D", "publish", "correlation-data", "c1", "-D", "publish", "message-expiry-interval", "100", "-D", "publish", "payload-format-indicator", "1"]);
        Assert.Equal("x text/plain answer c1 1 k:v", await SubAsync("mqttv5", ["-t", Topic, "-q", "1", .. connection, "-C", "1", "-W", "15", "-F", "%p %C %R %D %F %P"]));
        await PubAsync("mqttv5", ["-t", Topic, "-q", "1", "-r", "-n"]);

        // What is retained at the other topic of the same SUBSCRIBE comes when that was taken; a shared subscription gets none itself.
        const string There = "city/v1/m5-there/status";
        await PubAsync("mqttv5", ["-t", There, "-q", "1", "-r", "-m", "ready"]);
        string[] shared = ["-t", $"$share/group/{Topic}", "-t", There, "-q", "1", "-C", "6", "-W", "15", "-F", "%p", .. connection];
        using var first = StartSub("mqttv5", ["-i", "m5-1", .. shared]);
        using var second = StartSub("mqttv5", ["-i", "m5-2", .. shared]);
        foreach (var client in (Process[])[first, second]) Assert.Equal("ready", await client.StandardOutput.ReadLineAsync(Stop));
        Task<string>[] heard = [first.StandardOutput.ReadToEndAsync(Stop), second.StandardOutput.ReadToEndAsync(Stop)];
        await PubAsync("mqttv5", ["-t", Topic, "-q", "1", "--repeat", "10", "-m", "one"]);
        Assert.All(await Task.WhenAll(heard), words => Assert.Equal(5, words.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    private static string Features(string words) => string.Join(' ', words.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Replace("ok ", "", StringComparison.Ordinal)));

    private string[] Line(string version, string[] more) => ["-h", "127.0.0.1", "-p", Port, "-V", version, "-u", Bridge, "-P", TrunkCity.BridgePassword, .. more];

    private Task<string> PubAsync(string version, string[] more) => RunAsync("mosquitto_pub", Line(version, more));

    private Task<string> SubAsync(string version, string[] more) => RunAsync("mosquitto_sub", Line(version, more));

    private Process StartSub(string version, string[] more) => Process.Start(new ProcessStartInfo("mosquitto_sub", Line(version, more)) { RedirectStandardOutput = true })!;

    /// <summary>Starts a client that has subscribed when this returns: it has got what is retained there.</summary>
    private async Task<Process> SubscribedAsync(string version, string topic, string[] more)
    {
        await PubAsync(version, ["-t", topic, "-q", "1", "-r", "-m", "ready"]);
        var client = StartSub(version, ["-t", topic, "-F", "%p %r", .. more]);
        Assert.Equal("ready 1", await client.StandardOutput.ReadLineAsync(Stop));
        return client;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it said, its lines parted by a space.</returns>
    private static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complained = process.StandardError.ReadToEndAsync(Stop);
        var said = await process.StandardOutput.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop).WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {said} {await complained}");
        return program.StartsWith("mosquitto", StringComparison.Ordinal) ? said.Trim().Replace('\n', ' ') : said;
    }

    /// <summary>One city for all of them: they use topics of their own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal TrunkCity City { get; } = new();

        public async ValueTask InitializeAsync()
        {
            City.AddBridge(Bridge, "city/v1/+/status", "city/v1/+/cmd/+/res");
            await City.StartAsync(TestContext.Current.CancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            City.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
