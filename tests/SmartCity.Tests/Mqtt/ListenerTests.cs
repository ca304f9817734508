using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using SmartCity.Mqtt;

namespace SmartCity.Tests.Mqtt;

/// <summary>The listener as a whole, with MQTTnet's client.</summary>
public sealed class ListenerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MqttProtocolVersion.V310), InlineData(MqttProtocolVersion.V311), InlineData(MqttProtocolVersion.V500)]
    public async Task Publishes_of_every_QoS_reach_the_handler_and_are_acknowledged(MqttProtocolVersion version)
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.ClientAsync(o => o.WithClientId("air-1").WithCredentials("air", "secret"), version);
        foreach (var qos in Enum.GetValues<MqttQualityOfServiceLevel>())
            Assert.True((await client.PublishStringAsync("city/v1/air-1/telemetry", $"{qos}", qos, cancellationToken: Stop)).IsSuccess);
        await Eventually.HoldsAsync("all three are there", () => host.Received.Count == 3);
        Assert.Equal(["AtMostOnce", "AtLeastOnce", "ExactlyOnce"], host.Received.Select(taken => taken.Text));
        Assert.All(host.Received, taken => Assert.Equal(("air-1", "air", version == MqttProtocolVersion.V500), (taken.Peer.ClientId, taken.Peer.UserName, taken.Peer.IsVersion5)));
        Assert.Equal(3, host.Hub.Counters.Publishes);
        await client.DisconnectAsync(cancellationToken: Stop);
        await Eventually.HoldsAsync("the connection is gone", () => host.Hub.ConnectionCount == 0);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_pending_publish_is_acknowledged_when_the_handler_says_so(bool inline)
    {
        await using var host = await ListenerHost.StartAsync(inline: inline);
        host.OnPublish = static _ => PublishResult.Pending;
        using var client = await host.ClientAsync();
        var publishing = client.PublishStringAsync("t", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Stop);
        await Eventually.HoldsAsync("it is there", () => !host.Received.IsEmpty);
        Assert.True(host.Received.TryPeek(out var taken));
        Assert.Equal(1, taken.Peer.InFlight);
        Assert.False(publishing.IsCompleted);
        taken.Peer.Acknowledge(taken.PacketId, taken.QoS);
        Assert.False(publishing.IsCompleted);
        taken.Peer.Flush();
        Assert.True((await publishing).IsSuccess);
        Assert.Equal(0, taken.Peer.InFlight);
    }

    [Fact]
    public async Task Commands_of_the_server_reach_their_subscriber_and_their_number_is_told()
    {
        await using var host = await ListenerHost.StartAsync();
        using var client = await host.ClientAsync(version: MqttProtocolVersion.V500);
        var received = new ConcurrentQueue<MqttApplicationMessage>();
        client.ApplicationMessageReceivedAsync += e => { received.Enqueue(e.ApplicationMessage); return Task.CompletedTask; };
        Assert.Equal(0, await host.Hub.PublishAsync("city/v1/a/cmd/1", "open"u8.ToArray(), 1, cancellationToken: Stop));
        await client.SubscribeAsync("city/v1/a/cmd/+", MqttQualityOfServiceLevel.ExactlyOnce, Stop);
        for (byte qos = 0; qos < 3; qos++) Assert.Equal(1, await host.Hub.PublishAsync("city/v1/a/cmd/2", new byte[] { qos }, qos, cancellationToken: Stop));
        await Eventually.HoldsAsync("all have come", () => received.Count == 3);
        Assert.Equal([0, 1, 2], received.Select(m => (int)m.Payload.FirstSpan[0]));
    }

    [Fact]
    public async Task What_is_forwarded_is_told_retained_and_acknowledged_behind()
    {
        await using var host = await ListenerHost.StartAsync();
        host.OnPublish = static _ => PublishResult.Forward;
        var forwarded = new ConcurrentQueue<ForwardedPublish>();
        host.Hub.Forwarded = (publish, _) => { forwarded.Enqueue(publish); return ValueTask.CompletedTask; };
        using (var device = await host.ClientAsync(o => o.WithClientId("a").WithWillTopic("city/v1/a/status").WithWillPayload("offline").WithWillRetain()))
        {
            for (var qos = 0; qos < 3; qos++)
                Assert.True((await device.PublishStringAsync("city/v1/a/status", "online", (MqttQualityOfServiceLevel)qos, true, Stop)).IsSuccess);
            var received = new ConcurrentQueue<string>();
            using var watcher = await host.ClientAsync(version: MqttProtocolVersion.V500);
            watcher.ApplicationMessageReceivedAsync += e => { received.Enqueue(e.ApplicationMessage.ConvertPayloadToString()); return Task.CompletedTask; };
            await watcher.SubscribeAsync("city/v1/+/status", MqttQualityOfServiceLevel.AtLeastOnce, Stop);
            await Eventually.HoldsAsync("the retained message comes", () => received.Contains("online"));
            device.Dispose(); // without DISCONNECT
            await Eventually.HoldsAsync("the Will comes", () => received.Contains("offline"));
        }
        Assert.Equal(["online", "online", "online", "offline"], forwarded.Select(publish => Encoding.UTF8.GetString(publish.Payload.Span)));
        Assert.All(forwarded, publish => Assert.Equal(("a", true), (publish.ClientId, publish.Retain)));
    }

    [Fact]
    public async Task A_kept_session_gets_what_was_published_while_it_was_away()
    {
        await using var host = await ListenerHost.StartAsync();
        var received = new ConcurrentQueue<string>();
        using (var first = await host.ClientAsync(o => o.WithClientId("kept").WithCleanSession(false)))
        {
            await first.SubscribeAsync("cmd", MqttQualityOfServiceLevel.AtLeastOnce, Stop);
            await first.DisconnectAsync(cancellationToken: Stop);
        }
        await Eventually.HoldsAsync("it is away", () => host.Hub.ConnectionCount == 0);
        Assert.Equal(1, await host.Hub.PublishAsync("cmd", "open"u8.ToArray(), 1, cancellationToken: Stop));
        var again = new MqttClientFactory().CreateMqttClient();
        again.ApplicationMessageReceivedAsync += e => { received.Enqueue(e.ApplicationMessage.ConvertPayloadToString()); return Task.CompletedTask; };
        var result = await again.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", host.Port).WithClientId("kept").WithCleanSession(false)
            .WithProtocolVersion(MqttProtocolVersion.V311).Build(), Stop);
        Assert.True(result.IsSessionPresent);
        await Eventually.HoldsAsync("it comes", () => received.Contains("open"));
        again.Dispose();
    }

    [Fact]
    public async Task Over_TLS_and_over_WebSocket_it_is_the_same()
    {
        await using var host = await ListenerHost.StartAsync();
        var requests = new ConcurrentQueue<MqttConnectRequest>();
        host.OnConnect = request => { requests.Enqueue(request); return MqttVerdict.Accept(); };
        using var tls = await host.ClientAsync(o => o.WithTcpServer("127.0.0.1", host.TlsPort)
            .WithTlsOptions(t => t.WithCertificateValidationHandler(static _ => true)));
        using var web = await host.ClientAsync(version: MqttProtocolVersion.V500, webPath: "/mqtt");
        using var root = await host.ClientAsync(webPath: "/");
        foreach (var client in new[] { tls, web, root })
            Assert.True((await client.PublishStringAsync("t", new string('x', 100_000), MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Stop)).IsSuccess);
        Assert.Equal([(true, false), (false, true), (false, true)], requests.Select(request => (request.IsSecure, request.IsWebSocket)));
        Assert.All(host.Received, taken => Assert.Equal(100_000, taken.Payload.Length));
    }

    [Fact]
    public async Task While_intake_is_paused_no_connection_is_taken()
    {
        await using var host = await ListenerHost.StartAsync();
        host.Hub.PauseIntake("the spool is full");
        Assert.Equal(MqttClientConnectResultCode.ServerUnavailable, (await host.TryConnectAsync(MqttProtocolVersion.V311)).Code);
        Assert.Equal((MqttClientConnectResultCode.QuotaExceeded, "the spool is full"), await host.TryConnectAsync(MqttProtocolVersion.V500));
        host.Hub.ResumeIntake();
        using var client = await host.ClientAsync();
        Assert.True(client.IsConnected);
        Assert.Equal(2, host.Hub.Counters.Closed(MqttReason.QuotaExceeded));
    }

    [Fact]
    public async Task The_host_stops_at_once_with_clients_connected()
    {
        var host = await ListenerHost.StartAsync();
        using var client = await host.ClientAsync(version: MqttProtocolVersion.V500);
        using var web = await host.ClientAsync(version: MqttProtocolVersion.V500, webPath: "/mqtt");
        var reason = new TaskCompletionSource<MqttClientDisconnectReason>();
        client.DisconnectedAsync += e => { reason.TrySetResult(e.Reason); return Task.CompletedTask; };
        var clock = Stopwatch.StartNew();
        await host.DisposeAsync();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
        Assert.Equal(MqttClientDisconnectReason.ServerShuttingDown, await reason.Task.WaitAsync(Stop));
    }

    [Fact]
    public async Task One_connection_too_many_is_told_so_and_the_others_stay()
    {
        await using var host = await ListenerHost.StartAsync(new MqttListenerOptions { ConnectionsMax = 2 });
        using var first = await host.ClientAsync();
        using var second = await host.ClientAsync();
        Assert.False(host.Hub.HasRefusedWithin(TimeSpan.FromHours(1)));
        using (var third = await RawClient.OpenAsync(host.Port, Stop))
        {
            await third.SendAsync(Raw.Connect(Raw.V311, "third"), Stop);
            Assert.Equal([0x20, 2, 0, 3], await third.ReceiveAsync(Stop));
        }
        using (var third = await RawClient.OpenAsync(host.Port, Stop))
        {
            await third.SendAsync(Raw.Connect(Raw.V5, "third"), Stop);
            var answer = await third.ReceiveAsync(Stop);
            Assert.Equal([0x20, 0x89], [answer[0], answer[3]]);
            Assert.Contains("all 2 connections are taken; try again later", System.Text.Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
        }
        Assert.True((await first.PublishStringAsync("t", "x", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Stop)).IsSuccess);
        Assert.Equal((2, 2), (host.Hub.Counters.Closed(MqttReason.ServerBusy), host.Hub.Counters.ConnectionsRefused));
        Assert.True(host.Hub.HasRefusedWithin(TimeSpan.FromHours(1)));
        await second.DisconnectAsync(cancellationToken: Stop);
        await Eventually.HoldsAsync("there is room again", () => host.Hub.ConnectionCount == 1);
        using var fourth = await host.ClientAsync();
        Assert.True(fourth.IsConnected);
    }

    [Fact]
    public async Task Who_says_nothing_beyond_the_bound_holds_no_place_for_long_and_who_comes_beyond_those_is_closed_at_once()
    {
        await using var host = await ListenerHost.StartAsync(new MqttListenerOptions { ConnectionsMax = 1, RefusalsMax = 1, RefusalTimeout = TimeSpan.FromMilliseconds(1) });
        using var first = await host.ClientAsync();
        using var silent = await RawClient.OpenAsync(host.Port, Stop);
        await Eventually.HoldsAsync("it is taken", () => host.Hub.Counters.ConnectionsRefused == 1);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            // The end may come before the connection is open on this side.
            using var beyond = await RawClient.OpenAsync(host.Port, Stop);
            await beyond.ReceiveAsync(Stop);
        });
        await Assert.ThrowsAnyAsync<IOException>(() => silent.ReceiveAsync(Stop));
        Assert.Equal(2, host.Hub.Counters.ConnectionsRefused);
        Assert.True(first.IsConnected);
    }

    [Fact]
    public async Task What_is_not_MQTT_is_closed_at_once()
    {
        await using var host = await ListenerHost.StartAsync();
        foreach (var bytes in new[] { "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), [0x16, 3, 1, 0, 200], [0xFF] })
        {
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync("127.0.0.1", host.Port, Stop);
            await socket.GetStream().WriteAsync(bytes, Stop);
            using var second = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            try
            {
                Assert.Equal(0, await socket.GetStream().ReadAsync(new byte[1], second.Token));
            }
            catch (IOException)
            {
                // reset: closed all the same
            }
        }
        Assert.Equal(3, host.Hub.Counters.Closed(MqttReason.ProtocolError));
    }

    [Fact]
    public async Task Many_connections_in_flight_at_once_get_what_is_theirs()
    {
        await using var host = await ListenerHost.StartAsync(inline: true);
        var pending = new ConcurrentQueue<ListenerHost.Taken>();
        host.OnPublish = taken => { pending.Enqueue(taken); return PublishResult.Pending; };
        using var ended = new CancellationTokenSource();
        // Commits as a gateway does: all that has come meanwhile, then one flush a connection.
        var committing = Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                var touched = new HashSet<MqttPeer>();
                while (pending.TryDequeue(out var taken))
                {
                    taken.Peer.Acknowledge(taken.PacketId, taken.QoS);
                    touched.Add(taken.Peer);
                }
                foreach (var peer in touched) peer.Flush();
                await Task.Delay(1, CancellationToken.None);
            }
        }, Stop);
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.ClientAsync(o => o.WithClientId($"c{i}"), i % 2 == 0 ? MqttProtocolVersion.V311 : MqttProtocolVersion.V500)));
        await Task.WhenAll(clients.SelectMany((client, c) => Enumerable.Range(0, 50).Select(async i =>
        {
            var qos = (MqttQualityOfServiceLevel)(1 + i % 2);
            Assert.True((await client.PublishStringAsync($"c{c}", $"{i}", qos, cancellationToken: Stop)).IsSuccess);
        })));
        await ended.CancelAsync();
        await committing;
        for (var c = 0; c < 20; c++) Assert.Equal(50, host.Received.Where(taken => taken.Peer.ClientId == $"c{c}").DistinctBy(taken => taken.Text).Count());
        Assert.Equal((1000, 1000), (host.Received.Count, host.Hub.Counters.Acknowledged));
        foreach (var client in clients) client.Dispose();
    }
}
