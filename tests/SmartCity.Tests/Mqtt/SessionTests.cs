using System.Text;
using SmartCity.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>What outlives a connection: sessions, their QoS 2 ids, their queues.</summary>
public sealed class SessionTests
{
    private static readonly byte[] _cmd = "x"u8.ToArray();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static byte[] Kept(byte version, string id = "kept", uint seconds = 3600) =>
        Connect(version, id, flags: 0, properties: version == V5 ? Properties([0x11], Number32(seconds)) : null);

    private static async Task EndAsync(PipeListener.Connection connection)
    {
        connection.Complete();
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_QoS_2_id_is_recognised_on_the_next_connection_of_its_session(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Pending;
        var first = await listener.ConnectAsync(version, Kept(version));
        await first.SendAsync(Publish(version, id: 1, first: 0x34, payload: "committed"), Publish(version, id: 2, first: 0x34, payload: "pending"));
        await Eventually.HoldsAsync("both are in flight", () => listener.Payloads.Count == 2);
        var old = listener.Peer!;
        old.Acknowledge(1, 2); // its PUBREC is lost with the connection
        await EndAsync(first);

        var second = await listener.ConnectAsync(version, Kept(version));
        await second.SendAsync(Publish(version, id: 1, first: 0x3C, payload: "committed"), Publish(version, id: 2, first: 0x3C, payload: "pending"), Ping);
        Assert.Equal(Acknowledge(0x50, 1), await second.ReceiveAsync());
        Assert.Equal(Pong, await second.ReceiveAsync());
        old.Acknowledge(2, 2); // the commit was for the old connection; the new one hears of it
        Assert.Equal(Acknowledge(0x50, 2), await second.ReceiveAsync());
        await second.SendAsync(Acknowledge(0x62, 1), Acknowledge(0x62, 2));
        Assert.Equal(Acknowledge(0x70, 1), await second.ReceiveAsync());
        Assert.Equal(Acknowledge(0x70, 2), await second.ReceiveAsync());
        Assert.Equal(["committed", "pending"], listener.Payloads);
        Assert.Equal(0, listener.Hub.Find("kept")!.InFlight);
    }

    [Fact]
    public async Task A_clean_start_knows_no_id_of_before()
    {
        await using var listener = await PipeListener.StartAsync();
        var first = await listener.ConnectAsync(V311, Kept(V311));
        await first.SendAsync(Publish(V311, first: 0x34));
        Assert.Equal(Acknowledge(0x50, 1), await first.ReceiveAsync());
        await EndAsync(first);
        var second = await listener.ConnectAsync(V311, Connect(V311, "kept"));
        await second.SendAsync(Publish(V311, first: 0x34));
        Assert.Equal(Acknowledge(0x50, 1), await second.ReceiveAsync());
        Assert.Equal(2, listener.Payloads.Count);
    }

    [Fact]
    public async Task What_was_refused_or_failed_is_new_when_it_comes_again()
    {
        await using var listener = await PipeListener.StartAsync();
        var answers = new Queue<Func<PublishResult>>([() => PublishResult.QuotaExceeded, () => throw new InvalidOperationException("a bug"), () => PublishResult.Done]);
        listener.OnPublish = _ => answers.Dequeue()();
        for (var i = 0; i < 2; i++)
        {
            var closed = await listener.ConnectAsync(V311, Kept(V311));
            await closed.SendAsync(Publish(V311, first: 0x34));
            Assert.Empty(await closed.ReceiveAllAsync());
            await closed.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        }
        var last = await listener.ConnectAsync(V311, Kept(V311));
        await last.SendAsync(Publish(V311, first: 0x3C));
        Assert.Equal(Acknowledge(0x50, 1), await last.ReceiveAsync());
        Assert.Equal(3, listener.Payloads.Count);
    }

    [Fact]
    public async Task A_forwarded_QoS_2_message_that_failed_behind_is_new_when_it_comes_again()
    {
        await using var listener = await PipeListener.StartAsync();
        listener.OnPublish = static _ => PublishResult.Forward;
        var forwarded = 0;
        listener.Hub.Forwarded = (_, _) => ++forwarded == 1 ? throw new IOException("the disk is full") : ValueTask.CompletedTask;
        var first = await listener.ConnectAsync(V5, Kept(V5));
        await first.SendAsync(Publish(V5, first: 0x34));
        Assert.DoesNotContain(await first.ReceiveAllAsync(), packet => packet[0] == 0x50);
        await first.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        var second = await listener.ConnectAsync(V5, Kept(V5));
        await second.SendAsync(Publish(V5, first: 0x3C));
        Assert.Equal(0x50, (await second.ReceiveAsync())[0]);
        Assert.Equal(2, forwarded);
    }

    [Fact]
    public async Task More_QoS_2_messages_than_may_be_in_flight_do_not_block_their_own_releases()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { ReceiveMaximum = 2 });
        var connection = await listener.ConnectAsync(V311);
        await connection.SendAsync([.. Enumerable.Range(1, 10).Select(id => Publish(V311, id: id, first: 0x34)), .. Enumerable.Range(1, 10).Select(id => Acknowledge(0x62, id))]);
        for (var id = 1; id <= 10; id++) Assert.Equal(Acknowledge(0x50, id), await connection.ReceiveAsync());
        for (var id = 1; id <= 10; id++) Assert.Equal(Acknowledge(0x70, id), await connection.ReceiveAsync());
        Assert.Equal(0, listener.Peer!.InFlight);
    }

    [Theory, InlineData(V31), InlineData(V311), InlineData(V5)]
    public async Task A_session_is_kept_only_for_those_who_asked_and_only_for_so_long(byte version)
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { SessionExpiryMax = TimeSpan.FromHours(1) });
        var clean = await listener.ConnectAsync(version, Connect(version, "clean"));
        await clean.SendAsync(Subscribe(version, 1, null, ("cmd", 1)));
        await clean.ReceiveAsync();
        await EndAsync(clean);
        Assert.Equal((0, 0), (listener.Hub.KeptSessionCount, await listener.Hub.PublishAsync("cmd", _cmd, 1, cancellationToken: Stop)));

        var kept = await listener.ConnectAsync(version, Kept(version, seconds: uint.MaxValue));
        await kept.SendAsync(Subscribe(version, 1, null, ("cmd", 1)));
        await kept.ReceiveAsync();
        await EndAsync(kept);
        Assert.Equal((1, 1), (listener.Hub.KeptSessionCount, await listener.Hub.PublishAsync("cmd", _cmd, 1, cancellationToken: Stop)));
        listener.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(1, listener.Hub.KeptSessionCount);
        listener.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, listener.Hub.KeptSessionCount);
        await Eventually.HoldsAsync("the broker has forgotten it", () => listener.Hub.PublishAsync("cmd", _cmd, 1, cancellationToken: Stop).AsTask().Result == 0);
    }

    [Fact]
    public async Task Of_too_many_kept_sessions_the_oldest_goes()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { SessionsKeptMax = 2 });
        for (var i = 0; i < 3; i++)
        {
            var connection = await listener.ConnectAsync(V311, Kept(V311, $"s{i}"));
            await connection.SendAsync(Subscribe(V311, 1, null, ($"cmd/{i}", 1)));
            await connection.ReceiveAsync();
            await EndAsync(connection);
            listener.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(2, listener.Hub.KeptSessionCount);
        await Eventually.HoldsAsync("the first is gone", () => listener.Hub.PublishAsync("cmd/0", _cmd, 1, cancellationToken: Stop).AsTask().Result == 0);
        for (var i = 1; i < 3; i++) Assert.Equal(1, await listener.Hub.PublishAsync($"cmd/{i}", _cmd, 1, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_full_queue_takes_no_more_and_says_so()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { SessionMessagesMax = 5 });
        var first = await listener.ConnectAsync(V311, Kept(V311));
        await first.SendAsync(Subscribe(V311, 1, null, ("cmd", 1)));
        await first.ReceiveAsync();
        await EndAsync(first);
        for (byte i = 0; i < 8; i++) Assert.Equal(i < 5 ? 1 : 0, await listener.Hub.PublishAsync("cmd", new[] { i }, 1, cancellationToken: Stop));
        Assert.Equal(3, listener.Hub.Counters.MessagesDropped);
        var second = await listener.ConnectAsync(V311, Kept(V311));
        for (byte i = 0; i < 5; i++)
        {
            var message = await second.ReceiveAsync();
            Assert.Equal(i, message[^1]);
            await second.SendAsync(Acknowledge(0x40, message[7] << 8 | message[8]));
        }
        await second.SendAsync(Ping);
        Assert.Equal(Pong, await second.ReceiveAsync());
        Assert.Equal(1, await listener.Hub.PublishAsync("cmd", _cmd, 1, cancellationToken: Stop));
        Assert.Equal((byte)'x', (await second.ReceiveAsync())[^1]);
    }

    [Fact]
    public async Task A_session_has_a_limit_of_subscriptions()
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { SessionSubscriptionsMax = 2 });
        var connection = await listener.ConnectAsync(V5);
        await connection.SendAsync(Subscribe(V5, 1, null, ("a", 0), ("b", 0), ("c", 0), ("a", 1)));
        Assert.Equal(Packet(0x90, Number(1), [0], [0, 0, MqttReason.QuotaExceeded, 1]), await connection.ReceiveAsync());
        await connection.SendAsync(Packet(0xA2, Number(2), [0], Text("a")), Subscribe(V5, 3, null, ("c", 0)));
        Assert.Equal(0xB0, (await connection.ReceiveAsync())[0]);
        Assert.Equal(Packet(0x90, Number(3), [0], [0]), await connection.ReceiveAsync());
    }

    [Theory, InlineData(0x00, false), InlineData(0x04, true)]
    public async Task A_DISCONNECT_drops_the_Will_only_if_it_says_nothing_else(byte reason, bool published)
    {
        await using var listener = await PipeListener.StartAsync();
        var wills = new List<string>();
        listener.Hub.Forwarded = (will, _) => { wills.Add(Encoding.UTF8.GetString(will.Payload.Span)); return ValueTask.CompletedTask; };
        var connection = await listener.ConnectAsync(V5, Connect(V5, flags: 0x06, rest: [0, .. Text("w"), .. Text("gone")]));
        await connection.SendAsync([0xE0, 1, reason]);
        await EndAsync(connection);
        Assert.Equal(published ? ["gone"] : [], wills);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task There_is_a_limit_of_retained_messages(byte version)
    {
        await using var listener = await PipeListener.StartAsync(new MqttListenerOptions { RetainedMessagesMax = 2 });
        listener.OnPublish = static _ => PublishResult.Forward;
        var connection = await listener.ConnectAsync(version);
        foreach (var topic in (string[])["a", "b", "a"])
        {
            await connection.SendAsync(Publish(version, topic, first: 0x33));
            Assert.Equal(0x40, (await connection.ReceiveAsync())[0]);
        }
        await connection.SendAsync(Publish(version, "a", first: 0x33, payload: "")); // makes room
        Assert.Equal(0x40, (await connection.ReceiveAsync())[0]);
        await connection.SendAsync(Publish(version, "c", first: 0x33));
        Assert.Equal(0x40, (await connection.ReceiveAsync())[0]);
        await connection.SendAsync(Publish(version, "d", first: 0x33));
        if (version == V5) Assert.Equal(MqttReason.QuotaExceeded, (await connection.ReceiveAsync())[4]);
        else Assert.Empty(await connection.ReceiveAllAsync());
        Assert.Equal(1, listener.Hub.Counters.Refused);
    }
}
