using System.IO.Pipelines;
using SmartCity.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>One connection over time: what is in flight, what is acknowledged when, what times out.</summary>
public sealed class ConnectionTests
{
    private static byte[] PubAck(int id) => Acknowledge(0x40, id);
    private static byte[] PubRec(int id) => Acknowledge(0x50, id);

    [Fact]
    public async Task All_acknowledgements_of_one_commit_go_out_in_one_write()
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Pending;
        var connection = await listener.ConnectAsync(V311);
        await connection.SendAsync([.. Enumerable.Range(300, 50).Select(id => Publish(V311, id: id))]);
        await Eventually.HoldsAsync("all are in flight", () => listener.Payloads.Count == 50);
        var (writes, peer) = (listener.Hub.Counters.Writes, listener.Peer!);
        Assert.Equal(50, peer.InFlight);
        for (var id = 300; id < 350; id++) peer.Acknowledge((ushort)id, 1);
        Assert.Equal(0, listener.Hub.Counters.Acknowledged);
        peer.Flush();
        for (var id = 300; id < 350; id++) Assert.Equal(PubAck(id), await connection.ReceiveAsync());
        Assert.Equal((writes + 1, 50, 0), (listener.Hub.Counters.Writes, listener.Hub.Counters.Acknowledged, peer.InFlight));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_gets_its_acknowledgements_later_and_in_few_writes()
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Pending;
        // The pipe to the client takes one byte before it makes the writer wait.
        var connection = await listener.ConnectAsync(V311, output: new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        await connection.SendAsync([.. Enumerable.Range(1, 100).Select(id => Publish(V311, id: id))]);
        await Eventually.HoldsAsync("all are in flight", () => listener.Payloads.Count == 100);
        var writes = listener.Hub.Counters.Writes;
        for (var id = 1; id <= 100; id++)
        {
            listener.Peer!.Acknowledge((ushort)id, 1);
            listener.Peer.Flush();
        }
        Assert.Equal(writes + 1, listener.Hub.Counters.Writes);
        for (var id = 1; id <= 100; id++) Assert.Equal(PubAck(id), await connection.ReceiveAsync());
        Assert.Equal(writes + 2, listener.Hub.Counters.Writes);
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_not_read_any_more_and_then_cut()
    {
        var options = new MqttListenerOptions { OutputBytesMax = 1000 };
        await using var listener = await PipeListener.StartAsync(options);
        var connection = await listener.ConnectAsync(V311, output: new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        await connection.SendAsync([.. Enumerable.Range(1, 20_000).Select(id => Publish(V311, id: id))]);
        await Eventually.HoldsAsync("some have come", () => listener.Payloads.Count > 200);
        var before = 0;
        while (before != (before = listener.Payloads.Count)) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.InRange(before, 250, 600); // 4 bytes each: up to 1,000 in the write that waits, and as many behind it
        listener.Time.Advance(TimeSpan.FromSeconds(1)); // the sweep sees it waiting
        listener.Time.Advance(options.WriteTimeout);
        await Eventually.HoldsAsync("it is cut", () => listener.Hub.Counters.Closed(MqttReason.ServerBusy) == 1);
        listener.Time.Advance(TimeSpan.FromSeconds(2));
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(before, listener.Payloads.Count);
    }

    [Fact]
    public async Task Version_5_is_closed_when_it_has_more_in_flight_than_it_was_told()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { ReceiveMaximum = 3 });
        listener.OnPublish = static _ => PublishResult.Pending;
        var connection = listener.Open();
        await connection.SendAsync(Connect(V5));
        var connAck = await connection.ReceiveAsync();
        Assert.True(connAck.AsSpan().IndexOf((byte[])[0x21, 0, 3]) > 0, Convert.ToHexString(connAck));
        await connection.SendAsync(Publish(V5, id: 1), Publish(V5, id: 2, first: 0x34), Publish(V5, id: 3), Publish(V5, id: 4));
        Assert.Equal((byte[])[0xE0, MqttReason.ReceiveMaximumExceeded], await connection.LastWordsAsync());
        Assert.Equal(3, listener.Payloads.Count);
    }

    [Fact]
    public async Task A_QoS_2_message_is_in_flight_until_it_is_released()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { ReceiveMaximum = 1 });
        var connection = await listener.ConnectAsync(V5);
        await connection.SendAsync(Publish(V5, first: 0x34));
        Assert.Equal(PubRec(1), await connection.ReceiveAsync());
        Assert.Equal(1, listener.Peer!.InFlight);
        await connection.SendAsync(Acknowledge(0x62, 1));
        Assert.Equal(Acknowledge(0x70, 1), await connection.ReceiveAsync());
        Assert.Equal(0, listener.Peer.InFlight);
        await connection.SendAsync(Publish(V5, id: 2), Acknowledge(0x62, 1));
        Assert.Equal(PubAck(2), await connection.ReceiveAsync());
        Assert.Equal(Packet(0x70, Number(1), [MqttReason.PacketIdentifierNotFound]), await connection.ReceiveAsync());
    }

    [Fact]
    public async Task Version_3_1_1_is_read_no_further_until_one_is_acknowledged()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { ReceiveMaximum = 3 });
        listener.OnPublish = static _ => PublishResult.Pending;
        var connection = await listener.ConnectAsync(V311);
        await connection.SendAsync([.. Enumerable.Range(1, 8).Select(id => Publish(V311, id: id, payload: $"{id}")), Ping]);
        for (var taken = 3; taken <= 8; taken++)
        {
            await Eventually.HoldsAsync($"{taken} have been taken", () => listener.Payloads.Count == taken);
            listener.Peer!.Acknowledge((ushort)(taken - 2), 1);
            listener.Peer.Flush();
            Assert.Equal(PubAck(taken - 2), await connection.ReceiveAsync());
        }
        Assert.Equal(Pong, await connection.ReceiveAsync());
        Assert.Equal(Enumerable.Range(1, 8).Select(id => $"{id}"), listener.Payloads);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_repeated_QoS_2_id_is_the_same_message_until_it_is_released(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Pending;
        var connection = await listener.ConnectAsync(version);
        await connection.SendAsync(Publish(version, first: 0x34, payload: "a"), Publish(version, first: 0x3C, payload: "a"), Ping);
        Assert.Equal(Pong, await connection.ReceiveAsync()); // no PUBREC before the commit, not even for the repetition
        listener.Peer!.Acknowledge(1, 2);
        listener.Peer.Flush();
        Assert.Equal(PubRec(1), await connection.ReceiveAsync());
        await connection.SendAsync(Publish(version, first: 0x3C, payload: "a"));
        Assert.Equal(PubRec(1), await connection.ReceiveAsync());
        Assert.Equal(["a"], listener.Payloads);
        await connection.SendAsync(Acknowledge(0x62, 1), Publish(version, first: 0x34, payload: "b"));
        Assert.Equal(Acknowledge(0x70, 1), await connection.ReceiveAsync());
        await Eventually.HoldsAsync("the id is free again", () => listener.Payloads.Count == 2);
    }

    [Fact]
    public async Task Refusals_are_told_to_version_5_and_close_3_1_1()
    {
        var codes = new Dictionary<string, (PublishResult Result, byte Code)>
        {
            ["mine?"] = (PublishResult.NotAuthorized, MqttReason.NotAuthorized),
            ["known?"] = (PublishResult.TopicInvalid, MqttReason.TopicNameInvalid),
            ["room?"] = (PublishResult.QuotaExceeded, MqttReason.QuotaExceeded),
        };
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = payload => codes[payload].Result;
        var current = await listener.ConnectAsync(V5);
        foreach (var (payload, (_, code)) in codes)
        {
            await current.SendAsync(Publish(V5, id: 7, payload: payload), Publish(V5, id: 8, payload: payload, first: 0x34));
            Assert.Equal(Packet(0x40, Number(7), [code]), await current.ReceiveAsync());
            Assert.Equal(Packet(0x50, Number(8), [code]), await current.ReceiveAsync());
            var old = await listener.ConnectAsync(V311, Connect(V311, "old"));
            await old.SendAsync(Publish(V311, payload: payload));
            Assert.Empty(await old.ReceiveAllAsync());
            Assert.Equal(1, listener.Hub.Counters.Closed(code));
        }
        Assert.Equal(0, listener.Hub.Peers.Single().InFlight);
        await current.SendAsync(Publish(V5, payload: "room?", first: 0x30), Ping); // QoS 0 is dropped and counted
        Assert.Equal(Pong, await current.ReceiveAsync());
        Assert.Equal((1, 10), (listener.Hub.Counters.Dropped, listener.Hub.Counters.Refused));
        foreach (var topic in (string[])["$SYS/x", new string('t', 513), string.Join('/', Enumerable.Repeat("l", 17))])
        {
            await current.SendAsync(Publish(V5, topic, id: 9));
            Assert.Equal(Packet(0x40, Number(9), [MqttReason.TopicNameInvalid]), await current.ReceiveAsync());
        }
    }

    [Fact]
    public async Task An_alias_stands_for_the_topic_it_was_last_set_to()
    {
        await using var listener = await PipeListener.StartAsync();
        var connection = await listener.ConnectAsync(V5);
        byte[] alias = Properties([0x23, 0, 2]);
        await connection.SendAsync(Publish(V5, "secret/a", 1, properties: alias), Publish(V5, "", 2, properties: alias), Publish(V5, "b", 3, properties: alias), Publish(V5, "", 4, properties: alias));
        for (var id = 1; id <= 4; id++) Assert.Equal(PubAck(id), await connection.ReceiveAsync());
        Assert.Equal(["secret/a", "secret/a", "b", "b"], listener.Topics);
    }

    [Fact]
    public async Task Subscriptions_are_answered_one_by_one_in_the_order_asked()
    {
        await using var listener = await PipeListener.StartAsync();
        foreach (var version in new[] { V311, V5 })
        {
            var connection = await listener.ConnectAsync(version);
            await connection.SendAsync(Subscribe(version, 5, null, ("a", 0), ("secret/#", 1), ("b", 2), (version == V5 ? "a/#/b" : "secret", 0), ("$share/g/a", 1), ("$share/g", 1), ("c", 1)));
            byte[] codes = version == V5 ? [0, MqttReason.NotAuthorized, 2, MqttReason.TopicFilterInvalid, 1, MqttReason.TopicFilterInvalid, 1]
                : [0, 0x80, 2, 0x80, 1, 0x80, 1];
            Assert.Equal(Packet(0x90, Number(5), version == V5 ? [0] : [], codes), await connection.ReceiveAsync());
            await connection.SendAsync(Subscribe(version, 6, null, ("secret", 0)));
            Assert.Equal(Packet(0x90, Number(6), version == V5 ? [0] : [], [codes[1]]), await connection.ReceiveAsync());
        }
        Assert.Equal(0, await listener.Hub.PublishAsync("secret", "x"u8.ToArray(), 0, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_receive_maximum_and_the_packet_size_of_the_client_are_kept()
    {
        await using var listener = await PipeListener.StartAsync();
        var connection = await listener.ConnectAsync(V5, Connect(V5, properties: Properties([0x21, 0, 2], [0x27, 0, 0, 0, 100])));
        await connection.SendAsync(Subscribe(V5, 1, null, ("c", 2)));
        Assert.Equal(0x90, (await connection.ReceiveAsync())[0]);
        for (byte i = 0; i < 3; i++) await listener.Hub.PublishAsync("c", new[] { i }, 1, cancellationToken: TestContext.Current.CancellationToken);
        var first = await connection.ReceiveAsync();
        var second = await connection.ReceiveAsync();
        Assert.Equal([0, 1], new[] { first[^1], second[^1] });
        await connection.SendAsync(Ping);
        Assert.Equal(Pong, await connection.ReceiveAsync()); // the third waits
        await connection.SendAsync(Acknowledge(0x40, first[5] << 8 | first[6]));
        Assert.Equal(2, (await connection.ReceiveAsync())[^1]);
        await listener.Hub.PublishAsync("c", new byte[100], 0, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync("the long one is dropped", () => listener.Hub.Counters.MessagesDropped == 1);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_silent_connection_ends_after_one_and_a_half_keep_alives(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        var connection = await listener.ConnectAsync(version, Connect(version, keepAlive: 10));
        for (var i = 0; i < 5; i++)
        {
            listener.Time.Advance(TimeSpan.FromSeconds(8));
            await connection.SendAsync(i % 2 == 0 ? Ping : Publish(version)); // publishes keep it alive as well as pings
            await connection.ReceiveAsync();
            listener.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(1, listener.Hub.ConnectionCount);
        await connection.SendAsync([0xC0]); // half a packet is none
        listener.Time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(version == V5 ? 1 : 0, (await connection.ReceiveAllAsync()).Count);
        Assert.Equal(1, listener.Hub.Counters.Closed(MqttReason.KeepAliveTimeout));
    }

    [Fact]
    public async Task A_connection_that_says_nothing_ends()
    {
        await using var listener = await PipeListener.StartAsync();
        var silent = listener.Open();
        var slow = listener.Open();
        await slow.SendAsync(Connect(V5)[..^1]);
        await Eventually.HoldsAsync("both are there", () => listener.Hub.ConnectionCount == 2);
        listener.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(await silent.ReceiveAllAsync());
        Assert.Empty(await slow.ReceiveAllAsync());
        Assert.Equal(2, listener.Hub.Counters.Closed(MqttReason.ProtocolError));
    }

    [Fact]
    public async Task A_keep_alive_of_none_or_of_too_long_is_replaced_in_version_5()
    {
        await using var listener = await PipeListener.StartAsync();
        foreach (var (asked, told) in new[] { (0, true), (601, true), (600, false) })
        {
            var connection = listener.Open();
            await connection.SendAsync(Connect(V5, $"k{asked}", keepAlive: asked));
            Assert.Equal(told, (await connection.ReceiveAsync()).AsSpan().IndexOf((byte[])[0x13, 2, 0x58]) > 0);
        }
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_a_packet_leaves_what_came_before()
    {
        await using var listener = await PipeListener.StartAsync();
        var connection = await listener.ConnectAsync(V311);
        await connection.SendAsync(Publish(V311, payload: "whole"), Publish(V311, payload: "half")[..^2]);
        connection.Complete();
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["whole"], listener.Payloads);
        Assert.Empty(listener.Hub.Counters.ClosedByReason());
        Assert.Equal(0, listener.Hub.ConnectionCount);
        listener.Peer!.Acknowledge(1, 1); // a commit that comes too late
        listener.Peer.Flush();
    }

    [Fact]
    public async Task The_same_client_id_takes_over_and_the_old_connection_is_told()
    {
        await using var listener = await PipeListener.StartAsync();
        var old = await listener.ConnectAsync(V5, Connect(V5, "same"));
        // Nothing may make the newcomer wait, not even that the old one reads nothing.
        var stuck = await listener.ConnectAsync(V5, Connect(V5, "stuck"), new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        await stuck.SendAsync(Ping, Ping, Ping);
        var current = await listener.ConnectAsync(V5, Connect(V5, "same"));
        await listener.ConnectAsync(V5, Connect(V5, "stuck"));
        Assert.Equal((byte[])[0xE0, MqttReason.SessionTakenOver], await old.LastWordsAsync());
        await current.SendAsync(Publish(V5));
        Assert.Equal(PubAck(1), await current.ReceiveAsync());
    }

    [Fact]
    public async Task A_handler_that_fails_costs_its_connection_and_no_other()
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = payload => payload == "bad" ? throw new InvalidOperationException("a bug") : PublishResult.Done;
        var good = await listener.ConnectAsync(V5, Connect(V5, "good"));
        var bad = await listener.ConnectAsync(V5, Connect(V5, "bad"));
        await bad.SendAsync(Publish(V5, payload: "bad"), Publish(V5, payload: "after"));
        Assert.Equal((byte[])[0xE0, MqttReason.ImplementationError], await bad.LastWordsAsync());
        await good.SendAsync(Publish(V5, payload: "good"));
        Assert.Equal(PubAck(1), await good.ReceiveAsync());
        Assert.Equal(["bad", "good"], listener.Payloads);
    }

    [Fact]
    public async Task A_pending_message_may_be_refused_later()
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Pending;
        var connection = await listener.ConnectAsync(V5);
        await connection.SendAsync(Publish(V5, id: 1), Publish(V5, id: 2, first: 0x34));
        await Eventually.HoldsAsync("both are in flight", () => listener.Payloads.Count == 2);
        listener.Peer!.Refuse(1, 1, MqttReason.QuotaExceeded);
        listener.Peer.Refuse(2, 2, MqttReason.QuotaExceeded);
        listener.Peer.Flush();
        Assert.Equal(Packet(0x40, Number(1), [MqttReason.QuotaExceeded]), await connection.ReceiveAsync());
        Assert.Equal(Packet(0x50, Number(2), [MqttReason.QuotaExceeded]), await connection.ReceiveAsync());
        Assert.Equal(0, listener.Peer.InFlight);
        await connection.SendAsync(Publish(V5, id: 2, first: 0x34));
        await Eventually.HoldsAsync("the id is free", () => listener.Payloads.Count == 3);
    }
}
