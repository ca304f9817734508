using System.Diagnostics;
using SmartCity.Mqtt;

namespace SmartCity.Tests.Mqtt;

/// <summary>Debian's <c>mosquitto_pub</c> and <c>mosquitto_sub</c>, unchanged.</summary>
public sealed class MosquittoTests
{
    [Theory]
    [InlineData("mqttv31", false), InlineData("mqttv311", false), InlineData("mqttv5", false), InlineData("mqttv311", true), InlineData("mqttv5", true)]
    public async Task Mosquitto_pub_publishes(string version, bool tls)
    {
        await using var host = await ListenerHost.StartAsync();
        for (var qos = 0; qos < 3; qos++)
        {
            var (exit, text) = await RunAsync("mosquitto_pub", [.. Where(host, tls), "-V", version, "-i", "pub", "-u", "user", "-P", "secret", "-q", $"{qos}", "-t", "city/v1/pub/telemetry", "-m", "{\"pm25\":1}", "-d"]);
            Assert.True(exit == 0, text);
        }
        Assert.Equal([0, 1, 2], host.Received.Select(taken => (int)taken.QoS));
        Assert.All(host.Received, taken => Assert.Equal(("city/v1/pub/telemetry", "{\"pm25\":1}", "user", tls), (taken.Topic, taken.Text, taken.Peer.UserName, taken.Peer.IsSecure)));
    }

    [Fact]
    public async Task Mosquitto_pub_sends_many_lines_and_one_large_file()
    {
        await using var host = await ListenerHost.StartAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["large"], new string('x', 200_000), TestContext.Current.CancellationToken);
        var (exit, text) = await RunAsync("mosquitto_pub", [.. Where(host, false), "-q", "1", "-t", "a", "-f", folder["large"]]);
        Assert.True(exit == 0, text);
        Assert.Equal(200_000, host.Received.Single().Payload.Length);
        (exit, text) = await RunAsync("mosquitto_pub", [.. Where(host, false), "-V", "mqttv5", "-q", "2", "-t", "a", "-D", "publish", "topic-alias", "1", "-l"],
            string.Join('\n', Enumerable.Range(0, 500)));
        Assert.True(exit == 0, text);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), host.Received.Skip(1).Select(taken => taken.Text));
    }

    [Theory, InlineData("mqttv311", false), InlineData("mqttv5", true)]
    public async Task Mosquitto_sub_gets_retained_messages_commands_and_Wills(string version, bool tls)
    {
        await using var host = await ListenerHost.StartAsync();
        host.OnPublish = static _ => PublishResult.Forward;
        var (exit, text) = await RunAsync("mosquitto_pub", [.. Where(host, tls), "-V", version, "-q", "1", "-r", "-t", "city/v1/a/status", "-m", "online"]);
        Assert.True(exit == 0, text);
        var subscriber = RunAsync("mosquitto_sub", [.. Where(host, tls), "-V", version, "-q", "2", "-t", "city/v1/+/status", "-t", "city/v1/a/cmd/#", "-C", "3", "-W", "30", "-F", "%t %q %r %p"]);
        await Eventually.HoldsAsync("it has subscribed", () => host.Hub.Counters.MessagesOut == 1);
        Assert.Equal(1, await host.Hub.PublishAsync("city/v1/a/cmd/1", "open"u8.ToArray(), 2, cancellationToken: TestContext.Current.CancellationToken));
        await Eventually.HoldsAsync("the command is out", () => host.Hub.Counters.MessagesOut == 2);
        // A client that is killed leaves its Will.
        using (var dying = Start("mosquitto_sub", [.. Where(host, tls), "-V", version, "-t", "x", "-i", "dying", "--will-topic", "city/v1/dying/status", "--will-payload", "offline", "--will-qos", "1"]))
        {
            await Eventually.HoldsAsync("it is there", () => host.Hub.Peers.Any(peer => peer.ClientId == "dying"));
            dying.Kill();
        }
        (exit, text) = await subscriber;
        Assert.True(exit == 0, text);
        // The client shows a message of QoS 2 when it is released, which may be after a Will of QoS 1 that came behind it.
        Assert.Equal(["city/v1/a/cmd/1 2 0 open", "city/v1/a/status 1 1 online", "city/v1/dying/status 1 0 offline"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Theory, InlineData("mqttv311"), InlineData("mqttv5")]
    public async Task Mosquitto_sub_finds_its_session_again(string version)
    {
        await using var host = await ListenerHost.StartAsync();
        string[] kept = [.. Where(host, false), "-V", version, "-i", "kept", "-c", "-q", "1", "-t", "cmd", .. version == "mqttv5" ? new[] { "-x", "3600" } : []];
        var (exit, text) = await RunAsync("mosquitto_sub", [.. kept, "-E"]);
        Assert.True(exit == 0, text);
        await Eventually.HoldsAsync("it has gone", () => host.Hub.ConnectionCount == 0);
        Assert.Equal(1, await host.Hub.PublishAsync("cmd", "while away"u8.ToArray(), 1, cancellationToken: TestContext.Current.CancellationToken));
        (exit, text) = await RunAsync("mosquitto_sub", [.. kept, "-C", "1", "-W", "30"]);
        Assert.True(exit == 0, text);
        Assert.Equal("while away\n", text);
    }

    [Theory, InlineData("mqttv311", "not authorised"), InlineData("mqttv5", "Not authorized")]
    public async Task Mosquitto_pub_is_told_that_it_may_not(string version, string words)
    {
        await using var host = await ListenerHost.StartAsync();
        host.OnConnect = static _ => MqttVerdict.NotAuthorized("the client id is not the certificate's");
        var (exit, text) = await RunAsync("mosquitto_pub", [.. Where(host, false), "-V", version, "-t", "a", "-m", "x"]);
        Assert.NotEqual(0, exit);
        Assert.Contains(words, text, StringComparison.OrdinalIgnoreCase);
    }

    private static string[] Where(ListenerHost host, bool tls) =>
        tls ? ["-h", "localhost", "-p", $"{host.TlsPort}", "--cafile", host.Authority.AuthorityFile] : ["-h", "127.0.0.1", "-p", $"{host.Port}"];

    private static async Task<(int Exit, string Text)> RunAsync(string program, string[] arguments, string? input = null)
    {
        using var process = Start(program, arguments);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (input is not null) await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static Process Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"CI needs {program}: apt-get install mosquitto-clients.");
            Assert.Skip($"{program} is not installed: apt-get install mosquitto-clients.");
            throw;
        }
    }
}
