using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>Clients that know nothing of us, unchanged: mosquitto_pub and mosquitto_sub of 3.1.1 and 5, plain and over TLS, and npm's mqtt.</summary>
public sealed class InteropTests : IAsyncLifetime
{
    private readonly TrunkCity _city = new();

    public async ValueTask InitializeAsync() => await _city.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        _city.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("mqttv311", 0)]
    [InlineData("mqttv311", 1)]
    [InlineData("mqttv311", 2)]
    [InlineData("mqttv5", 0)]
    [InlineData("mqttv5", 1)]
    [InlineData("mqttv5", 2)]
    public async Task Mosquitto_pub_reaches_the_store(string version, int qos)
    {
        var device = $"pub-{version}-{qos}";
        await RunAsync("mosquitto_pub", ["-p", Port("mqtt"), "-V", version, "-i", device, "-t", $"city/v1/{device}/telemetry", "-q", $"{qos}", "-m", """{"temperature": 21.5}"""]);
        await StoredAsync(device, "temperature", 21.5);
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Mosquitto_pub_over_tls_reaches_the_store_and_a_wrong_password_does_not(string version)
    {
        var device = $"tls-{version}";
        string[] line = ["-h", "localhost", "-p", Port("mqttTls"), "--cafile", _city.Authority, "-V", version, "-u", TrunkCity.TlsDevice, "-i", device, "-t", $"city/v1/{TrunkCity.TlsDevice}/telemetry", "-q", "1"];
        await RunAsync("mosquitto_pub", [.. line, "-P", TrunkCity.TlsPassword, "-m", $$"""{"{{version}}": 7}"""]);
        await StoredAsync(TrunkCity.TlsDevice, version, 7);
        var refused = await RunAsync("mosquitto_pub", [.. line, "-P", "wrong", "-m", "{}"], mayFail: true);
        Assert.NotEqual(0, refused.ExitCode);
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Another_devices_topic_is_refused_and_mosquitto_sub_may_hear_only_its_own_commands(string version)
    {
        await RunAsync("mosquitto_pub", ["-p", Port("mqtt"), "-V", version, "-i", "thief", "-t", "city/v1/victim/telemetry", "-q", "1", "-m", """{"a": 1}"""], mayFail: true);
        var sub = await RunAsync("mosquitto_sub", ["-p", Port("mqtt"), "-V", version, "-i", "thief", "-t", "city/v1/victim/cmd/+", "-W", "1", "-E"], mayFail: true);
        Assert.True(sub.ExitCode != 0 || sub.Words.Contains("denied", StringComparison.OrdinalIgnoreCase) || sub.Words.Contains("rejected", StringComparison.OrdinalIgnoreCase), sub.Words);
        var own = await RunAsync("mosquitto_sub", ["-p", Port("mqtt"), "-V", version, "-i", "honest", "-t", "city/v1/honest/cmd/+", "-E"]);
        Assert.Equal(0, own.ExitCode);
        using var devices = JsonDocument.Parse(await _city.Server.GetAsync("/api/v1/devices", TestContext.Current.CancellationToken));
        Assert.DoesNotContain(devices.RootElement.GetProperty("items").EnumerateArray(), device => device.GetProperty("id").GetString() == "victim");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Npm_mqtt_publishes_and_subscribes(int version)
    {
        var script = _city["client.cjs"];
        var device = $"npm-{version}";
        await File.WriteAllTextAsync(script, $$"""
            const mqtt = require(process.argv[2]);
            const client = mqtt.connect('mqtt://127.0.0.1:{{Port("mqtt")}}', { clientId: '{{device}}', protocolVersion: {{version}}, reconnectPeriod: 0,
              will: { topic: 'city/v1/{{device}}/status', payload: 'offline', qos: 1, retain: true } });
            client.on('error', e => { console.error(String(e)); process.exit(1); });
            client.on('connect', async () => {
              await client.publishAsync('city/v1/{{device}}/status', 'online', { qos: 1, retain: true });
              const granted = await client.subscribeAsync('city/v1/{{device}}/cmd/+', { qos: 1 });
              for (let i = 0; i < 3; i++) await client.publishAsync('city/v1/{{device}}/telemetry', JSON.stringify({ ts: 1795485689980 + i, level: i }), { qos: i });
              console.log(granted[0].qos);
              await client.endAsync();
            });
            """, TestContext.Current.CancellationToken);
        var package = Path.Combine(Repository.Root, "tests/SmartCity.Tests.EndToEnd/npm/node_modules/mqtt");
        Assert.True(Directory.Exists(package), $"{package} is missing; tests/run installs it");
        var client = await RunAsync("node", [script, package]);
        Assert.Equal("1", client.Words.Trim());
        await StoredAsync(device, "level", 2);
        Assert.Equal(3, await _city.Gateway.AuditAsync("accepted", TestContext.Current.CancellationToken));
    }

    private string Port(string name) => _city.Gateway.Port(name).ToString(CultureInfo.InvariantCulture);

    private async Task StoredAsync(string device, string metric, double value)
    {
        var stop = TestContext.Current.CancellationToken;
        var seen = "";
        for (var i = 0; i < 100; i++, await Task.Delay(100, stop))
        {
            seen = await _city.Server.GetAsync($"/api/v1/latest?device={device}&metric={metric}", stop);
            using var json = JsonDocument.Parse(seen);
            if (json.RootElement.GetProperty("items").EnumerateArray().Any(item => item.GetProperty("value").GetDouble() == value)) return;
        }
        Assert.Fail($"{device}/{metric} = {value} is not there after 10 s: {seen}");
    }

    private static async Task<(int ExitCode, string Words)> RunAsync(string program, IEnumerable<string> arguments, bool mayFail = false)
    {
        var stop = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complained = process.StandardError.ReadToEndAsync(stop);
        var said = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop).WaitAsync(TimeSpan.FromSeconds(30), stop);
        if (!mayFail) Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {said} {await complained}");
        return (process.ExitCode, said + await complained);
    }
}
