using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using SmartCity.Edge.Gateway.Broker;
using SmartCity.Hosting.Certificates;

namespace SmartCity.Tests.Edge.Gateway.Broker;

/// <summary>A gateway that consumes Debian's real mosquitto.</summary>
public sealed class BrokerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private MosquittoBroker _broker = null!;
    private GatewayUnderTest? _gateway;

    public async ValueTask InitializeAsync() => _broker = await MosquittoBroker.StartNewAsync();

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_message_takes_the_road_of_one_through_our_own_listener_and_is_acknowledged_after_the_commit()
    {
        await StartAsync();
        await PublishAsync("city/v1/street-1/telemetry", """{"ts": 1795485689980, "pm25": 12.5, "pm10": 20}""");
        await PublishAsync("city/v1/lane-1/toll", """{"boot": 1, "seq": 1, "ts": "2026-11-24T06:12:03.412Z", "clock": "locked", "lane": "L1", "kind": "loop", "occupied_ms": 300}""");
        await HoldsAsync("smartcity_broker_acknowledged_total", 2);
        Assert.Equal(3, await _gateway!.AuditAsync("accepted"));
        Assert.Equal(3, await _gateway.AuditAsync("queued"));
        Assert.Null(await _gateway.TroubleAsync("broker"));
        Assert.Equal(0, await _gateway.MetricAsync("smartcity_broker_in_flight"));
        await _gateway.StopAsync();
        Assert.Equal([("street-1/pm25", 1795485689980000, 12.5), ("street-1/pm10", 1795485689980000, 20)], GatewayUnderTest.Kept(Data));
    }

    [Fact]
    public async Task What_cannot_be_read_goes_whole_to_the_dead_letters_and_its_neighbours_are_kept()
    {
        await StartAsync();
        string[] bad = ["", "{", "[1", "\"text\"", """{"a": 1,}""", """{"a": {"b": NaN}}"""];
        for (var i = 0; i < bad.Length; i++)
        {
            await PublishAsync("city/v1/bad/telemetry", bad[i]);
            await PublishAsync("city/v1/good/telemetry", string.Create(CultureInfo.InvariantCulture, $$"""{"ts": {{1795485689980 + i}}, "a": {{i}}}"""));
        }
        // The broker lets any name through that is one level; it is none of ours.
        await PublishAsync("city/v1/no id/telemetry", """{"a": 1}""");
        await PublishAsync("city/v1/long/telemetry", new string(' ', 300_000));
        await HoldsAsync("smartcity_broker_acknowledged_total", (2 * bad.Length) + 2);
        Assert.Equal(bad.Length + 2, await _gateway!.MetricAsync("smartcity_dead_letters"));
        Assert.Equal(0, await _gateway.AuditAsync("imbalance"));
        await _gateway.StopAsync();
        Assert.Equal(Enumerable.Range(0, bad.Length).Select(i => (double)i), GatewayUnderTest.Kept(Data).Where(kept => kept.Series == "good/a").Select(kept => kept.Value));
        using var spool = GatewayUnderTest.OpenSpool(Data);
        var letters = spool.DeadLetters();
        Assert.Contains(letters, letter => letter.Reason == "topic:unknown" && Encoding.UTF8.GetString(letter.Topic.Span) == "city/v1/no id/telemetry" && letter.Payload.Span.SequenceEqual("""{"a": 1}"""u8));
        Assert.Contains(letters, letter => letter.Reason.StartsWith("payload:too-long", StringComparison.Ordinal) && letter.Payload.Length == 300_000);
    }

    [Fact]
    public async Task A_broker_that_is_killed_is_found_again_and_what_was_acknowledged_before_is_kept_once()
    {
        await StartAsync();
        await PublishManyAsync(0, 500);
        await HoldsAsync("smartcity_broker_acknowledged_total", 500);
        await _broker.KillAsync();
        await Eventually.HoldsAsync("the gateway says that its broker is away", async () => (await _gateway!.TroubleAsync("broker"))?.Contains("is not connected", StringComparison.Ordinal) == true);
        await _broker.StartAsync();
        await Eventually.HoldsAsync("it is connected again", async () => await _gateway!.TroubleAsync("broker") is null);
        await PublishManyAsync(500, 500);
        await HoldsAsync("smartcity_broker_acknowledged_total", 1_000);
        Assert.True(await _gateway!.MetricAsync("smartcity_broker_sessions_total") >= 2);
        await _gateway.StopAsync();
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => (double)i), GatewayUnderTest.Kept(Data).Select(kept => kept.Value).Order());
    }

    [Fact]
    public async Task A_gateway_that_stops_in_the_middle_loses_nothing_and_takes_nothing_twice()
    {
        await StartAsync("--Edge:BrokerClient:ReceiveMaximum=20");
        var publishing = PublishManyAsync(0, 4_000);
        await Eventually.HoldsAsync("some are taken", async () => await _gateway!.MetricAsync("smartcity_broker_messages_total") > 50);
        await _gateway!.StopAsync();
        await publishing;
        var before = GatewayUnderTest.Kept(Data).Count;
        Assert.InRange(before, 1, 3_999);
        await StartAsync();
        await HoldsAsync("smartcity_broker_messages_total", 4_000 - before);
        await _gateway!.StopAsync();
        var kept = GatewayUnderTest.Kept(Data);
        Assert.Equal(Enumerable.Range(0, 4_000).Select(i => (double)i), kept.Select(one => one.Value).Order());
    }

    [Fact]
    public async Task What_finds_no_room_stays_with_the_broker_until_there_is_and_good_neighbours_pass()
    {
        // Room for dead letters ends at once: a letter must always find room for two of the longest.
        await StartAsync("--Edge:Spool:DeadLetterBytes=1MiB", "--Edge:BrokerClient:BackOffMin=20ms", "--Edge:BrokerClient:BackOffMax=100ms");
        var blob = "{" + new string(' ', 200_000);
        for (var i = 0; i < 4; i++) await PublishAsync("city/v1/bad/telemetry", blob + i);
        await Eventually.HoldsAsync("some are left with the broker", async () => (await _gateway!.TroubleAsync("broker"))?.Contains("dead letters are at their quota", StringComparison.Ordinal) == true);
        await PublishAsync("city/v1/good/telemetry", """{"ts": 1795485689980, "a": 1}""");
        await Eventually.HoldsAsync("the good one is taken all the same", async () => await _gateway!.AuditAsync("queued") == 1);
        var set = await _gateway!.MetricAsync("smartcity_dead_letters");
        Assert.InRange(set, 1, 3);
        _gateway.Get<SmartCity.Edge.Spool.Spool>().DiscardDeadLetters();
        await Eventually.HoldsAsync("the others came again", async () => await _gateway.AuditAsync("deadLettered") == 4);
        await Eventually.HoldsAsync("all is well again", async () => await _gateway.TroubleAsync("broker") is null);
        Assert.Equal(0, await _gateway.AuditAsync("imbalance"));
        Assert.Equal(1, await _gateway.AuditAsync("queued"));
    }

    [Fact]
    public async Task A_broker_over_tls_with_a_password_is_trusted_by_its_authority_alone()
    {
        using var authority = LocalAuthority.Open(_folder["pki"], "test");
        var server = authority.Server();
        await File.WriteAllTextAsync(_folder["passwords"], "gate:secret\n", TestContext.Current.CancellationToken);
        using (var hash = System.Diagnostics.Process.Start("mosquitto_passwd", ["-U", _folder["passwords"]])) await hash.WaitForExitAsync(TestContext.Current.CancellationToken);
        await using var broker = await MosquittoBroker.StartNewAsync($"allow_anonymous false\npassword_file {_folder["passwords"]}\ncafile {authority.AuthorityFile}\ncertfile {server.Certificate}\nkeyfile {server.Key}\nuser root");
        await using (var wrong = new GatewayUnderTest(_folder["wrong"], $"--Edge:Broker=mqtts://gate:secret@localhost:{broker.Port}", "--Edge:BrokerClient:BackOffMin=20ms"))
        {
            await wrong.StartAsync();
            await Eventually.HoldsAsync("a stranger's certificate is refused", async () => (await wrong.TroubleAsync("broker"))?.Contains("certificate", StringComparison.OrdinalIgnoreCase) == true);
        }
        await using (var wrong = new GatewayUnderTest(_folder["wrong"], $"--Edge:Broker=mqtts://gate:guess@localhost:{broker.Port}", "--Edge:BrokerClient:BackOffMin=20ms", $"--Edge:BrokerClient:Authority={authority.AuthorityFile}"))
        {
            await wrong.StartAsync();
            await Eventually.HoldsAsync("a wrong password is said", async () => (await wrong.TroubleAsync("broker"))?.Contains("check user name and password", StringComparison.Ordinal) == true);
            Assert.DoesNotContain("guess", await wrong.TroubleAsync("broker"));
        }
        await using var gateway = new GatewayUnderTest(_folder["right"], $"--Edge:Broker=mqtts://localhost:{broker.Port}", "--Edge:BrokerClient:UserName=gate", "--Edge:BrokerClient:Password=secret", $"--Edge:BrokerClient:Authority={authority.AuthorityFile}");
        await gateway.StartAsync();
        await Eventually.HoldsAsync("it is connected", async () => await gateway.TroubleAsync("broker") is null);
    }

    [Fact]
    public async Task A_broker_of_3_1_1_alone_is_asked_again_in_its_version()
    {
        using var old = new TcpListener(IPAddress.Loopback, 0);
        old.Start();
        await using var gateway = new GatewayUnderTest(Data, $"--Edge:Broker=mqtt://127.0.0.1:{((IPEndPoint)old.LocalEndpoint).Port}", "--Edge:BrokerClient:BackOffMin=10ms");
        await gateway.StartAsync();
        var stop = TestContext.Current.CancellationToken;
        Assert.Equal(5, await LevelOfConnectAsync([0x20, 2, 0, 1]));
        Assert.Equal(4, await LevelOfConnectAsync([0x20, 2, 0, 0, 0x90, 4, 0, 1, 1, 1]));
        await Eventually.HoldsAsync("it is connected", async () => await gateway.TroubleAsync("broker") is null || await gateway.MetricAsync("smartcity_broker_sessions_total") > 0);

        async Task<byte> LevelOfConnectAsync(byte[] answer)
        {
            using var client = await old.AcceptTcpClientAsync(stop);
            var packet = new byte[512];
            await client.GetStream().ReadAtLeastAsync(packet, 12, cancellationToken: stop);
            Assert.Equal("MQTT", Encoding.ASCII.GetString(packet, 4, 4));
            await client.GetStream().WriteAsync(answer, stop);
            var level = packet[8];
            // Stays until the other has read it, and answered or left.
            Assert.InRange(await client.GetStream().ReadAtLeastAsync(packet, 1, throwOnEndOfStream: false, stop), 0, packet.Length);
            return level;
        }
    }

    [Fact]
    public async Task A_repeated_packet_that_is_on_the_disk_is_acknowledged_and_not_taken_again()
    {
        using var broker = new TcpListener(IPAddress.Loopback, 0);
        broker.Start();
        var stop = TestContext.Current.CancellationToken;
        await using var gateway = new GatewayUnderTest(Data, $"--Edge:Broker=mqtt://127.0.0.1:{((IPEndPoint)broker.LocalEndpoint).Port}", "--Edge:BrokerClient:BackOffMin=10ms");
        await gateway.StartAsync();
        for (var session = 0; session < 2; session++)
        {
            using var client = await broker.AcceptTcpClientAsync(stop);
            var stream = client.GetStream();
            var packet = new byte[512];
            Assert.Equal(0x10, await ReadPacketAsync(stream, packet, stop));
            await stream.WriteAsync(new byte[] { 0x20, 3, (byte)session, 0, 0 }, stop);   // CONNACK, session present the second time
            Assert.Equal(0x82, await ReadPacketAsync(stream, packet, stop));
            await stream.WriteAsync(new byte[] { 0x90, 5, 0, 1, 0, 1, 1 }, stop);
            // No time of its own: taken twice it would be two readings.
            await stream.WriteAsync(Publish(session == 1, 9, "city/v1/d/telemetry", """{"a": 5}"""), stop);
            Assert.Equal(0x40, await ReadPacketAsync(stream, packet, stop));
            Assert.Equal(9, packet[3]);
        }
        await Eventually.HoldsAsync("it was known", async () => await gateway.MetricAsync("smartcity_broker_repeated_total") == 1);
        Assert.Equal(1, await gateway.AuditAsync("accepted"));

        static byte[] Publish(bool isRepeated, byte id, string topic, string payload) =>
        [
            (byte)(0x32 | (isRepeated ? 8 : 0)), (byte)(2 + topic.Length + 2 + 1 + payload.Length), 0, (byte)topic.Length, .. Encoding.UTF8.GetBytes(topic), 0, id, 0, .. Encoding.UTF8.GetBytes(payload),
        ];

        static async Task<byte> ReadPacketAsync(NetworkStream stream, byte[] packet, CancellationToken stop)
        {
            await stream.ReadExactlyAsync(packet.AsMemory(0, 2), stop);
            await stream.ReadExactlyAsync(packet.AsMemory(2, packet[1]), stop);
            return packet[0];
        }
    }

    private string Data => _folder["gateway"];

    private async Task StartAsync(params string[] settings)
    {
        _gateway = new GatewayUnderTest(Data, [$"--Edge:Broker=mqtt://127.0.0.1:{_broker.Port}", "--Edge:BrokerClient:BackOffMin=50ms", "--Edge:BrokerClient:BackOffMax=500ms", .. settings]);
        await _gateway.StartAsync();
        await Eventually.HoldsAsync("the gateway is connected to its broker", async () => await _gateway.TroubleAsync("broker") is null);
    }

    private Task HoldsAsync(string metric, double value) =>
        Eventually.HoldsAsync($"{metric} is {value}", async () => await _gateway!.MetricAsync(metric) >= value);

    private async Task PublishAsync(string topic, string payload)
    {
        using var client = await ConnectAsync("one");
        await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), TestContext.Current.CancellationToken);
        await client.DisconnectAsync(new MqttClientDisconnectOptions(), TestContext.Current.CancellationToken);
    }

    /// <summary>Values from <paramref name="first"/> on, each with a time of its own, fifty under way at a time.</summary>
    private async Task PublishManyAsync(int first, int count)
    {
        using var client = await ConnectAsync("many");
        foreach (var some in Enumerable.Range(first, count).Chunk(50))
            await Task.WhenAll(some.Select(i => client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic($"city/v1/d{i % 7}/telemetry").WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .WithPayload(string.Create(CultureInfo.InvariantCulture, $$"""{"ts": {{1795485689980 + i}}, "a": {{i}}}""")).Build(), TestContext.Current.CancellationToken)));
        await client.DisconnectAsync(new MqttClientDisconnectOptions(), TestContext.Current.CancellationToken);
    }

    private async Task<IMqttClient> ConnectAsync(string id)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _broker.Port).WithClientId(id).WithProtocolVersion(MqttProtocolVersion.V500).Build(), TestContext.Current.CancellationToken);
        return client;
    }
}
