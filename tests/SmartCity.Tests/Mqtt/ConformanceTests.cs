using System.Text;
using SmartCity.Mqtt;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>
/// What the specifications ask of a server, as packets on the wire. <c>protos/SmartCity.Mqtt/conformance.md</c> says which statement is covered by which of these;
/// what a packet may look like at all is <see cref="PacketTableTests"/>.
/// </summary>
public sealed class ConformanceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<PipeListener> StartAsync(MqttListenerOptions? options = null)
    {
        var listener = await PipeListener.StartAsync(options);
        listener.OnPublish = static _ => PublishResult.Forward;
        return listener;
    }

    private static Task<PipeListener.Connection> ConnectAsync(PipeListener listener, byte version, string id, bool isKept = false, params byte[][] properties) =>
        listener.ConnectAsync(version, Connect(version, id, flags: (byte)(isKept ? 0 : 2),
            properties: version == V5 ? Properties([.. isKept ? (byte[][])[[0x11, 0, 0, 14, 16]] : [], .. properties]) : null));

    private static async Task<byte[]> SubscribeAsync(PipeListener.Connection connection, byte version, params (string Filter, byte Options)[] filters)
    {
        await connection.SendAsync(Subscribe(version, 77, null, filters));
        var answer = await connection.ReceiveAsync();
        Assert.Equal((0x90, 77), (answer[0], answer[2] << 8 | answer[3]));
        return answer[(version == V5 ? 5 : 4)..];
    }

    // Publishes and waits for the acknowledgement, so that what is published next comes later.
    private static async Task PublishAsync(PipeListener.Connection connection, byte version, string topic, string payload, byte first = 0x32, int id = 1, byte[]? properties = null)
    {
        await connection.SendAsync(Publish(version, topic, id, payload, first, properties), Ping);
        while (await connection.ReceiveAsync() is var packet && packet[0] != 0xD0) Assert.True(packet.Length == 4 || packet[4] < 0x80);
    }

    private static async Task HearsNothingAsync(PipeListener.Connection connection)
    {
        await connection.SendAsync(Ping);
        Assert.Equal(Pong, await connection.ReceiveAsync());
    }

    private static async Task BreakAsync(PipeListener.Connection connection)
    {
        connection.Complete();
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    private static int IdOf(byte[] publish) => publish[4 + TopicBytes(publish)] << 8 | publish[5 + TopicBytes(publish)];

    private static int TopicBytes(byte[] publish) => publish[2] << 8 | publish[3];

    private static string TopicOf(byte[] publish) => Encoding.UTF8.GetString(publish, 4, TopicBytes(publish));

    private static string LastOf(byte[] publish) => ((char)publish[^1]).ToString();

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_byte_order_mark_is_part_of_the_text(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("\uFEFFa", 0));
        var publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "a", "1");
        await PublishAsync(publisher, version, "\uFEFFa", "2");
        var publish = await subscriber.ReceiveAsync();
        Assert.Equal(("\uFEFFa", "2"), (TopicOf(publish), LastOf(publish)));
    }

    [Fact]
    public void A_packet_id_is_not_zero_and_not_in_use()
    {
        var session = new Session(1, "a", null) { Unacknowledged = new() { [1] = null!, [300] = null! } };
        for (var i = 0; i < 140_000; i++) Assert.False(session.NextId() is 0 or 1 or 300);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Deliveries_under_way_have_ids_of_their_own(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        for (byte i = 0; i < 6; i++) await listener.Hub.PublishAsync("c", new[] { i }, (byte)(1 + i % 2), cancellationToken: Stop);
        var ids = new List<int>();
        for (var i = 0; i < 6; i++) ids.Add(IdOf(await subscriber.ReceiveAsync()));
        Assert.Equal(6, ids.Distinct().Count());
        Assert.DoesNotContain(0, ids);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_delivery_of_QoS_0_has_no_id_and_no_DUP(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        var publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "c", "x", 0x30);
        Assert.Equal(Publish(version, "c", payload: "x", first: 0x30), await subscriber.ReceiveAsync());
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task DUP_of_the_publisher_is_not_passed_on(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        var publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "c", "x", 0x3A);
        Assert.Equal(0x32, (await subscriber.ReceiveAsync())[0]);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_QoS_1_id_that_was_acknowledged_is_a_new_message(byte version)
    {
        await using var listener = await StartAsync();
        var publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "c", "1", 0x32);
        await PublishAsync(publisher, version, "c", "2", 0x3A);
        Assert.Equal(["1", "2"], listener.Payloads);
    }

    [Theory]
    [InlineData(V311, false)]
    [InlineData(V311, true)]
    [InlineData(V5, false)]
    [InlineData(V5, true)]
    public async Task A_Will_is_published_once_when_the_connection_breaks_retained_or_not(byte version, bool isRetained)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("w", 2));
        var flags = (byte)(0x04 | 0x10 | (isRetained ? 0x20 : 0));
        var device = await listener.ConnectAsync(version, Connect(version, "d", flags, properties: version == V5 ? Properties([0x11], Number32(3600)) : null,
            rest: [.. version == V5 ? (byte[])[0] : [], .. Text("w"), .. Text("gone")]));
        await BreakAsync(device);
        var will = await subscriber.ReceiveAsync();
        Assert.Equal((0x34, "w", "e"), (will[0], TopicOf(will), LastOf(will)));
        await BreakAsync(await ConnectAsync(listener, version, "d", isKept: true)); // the same session, now without one
        await HearsNothingAsync(subscriber);
        var late = await ConnectAsync(listener, version, "late");
        await SubscribeAsync(late, version, ("w", 2));
        if (isRetained) Assert.Equal(0x35, (await late.ReceiveAsync())[0]);
        else await HearsNothingAsync(late);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_DISCONNECT_drops_the_Will_and_nothing_after_it_is_taken(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("#", 2));
        var device = await listener.ConnectAsync(version, Connect(version, "d", 0x06, rest: [.. version == V5 ? (byte[])[0] : [], .. Text("w"), .. Text("gone")]));
        await device.SendAsync([0xE0, 0], Publish(version));
        await device.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Empty(await device.ReceiveAllAsync());
        await HearsNothingAsync(subscriber);
        Assert.Empty(listener.Payloads);
    }

    [Fact]
    public async Task A_Will_goes_out_with_its_properties_in_their_order()
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V5, "s");
        await SubscribeAsync(subscriber, V5, ("w", 0));
        byte[] user = [0x26, .. Text("b"), .. Text("1"), 0x26, .. Text("a"), .. Text("2"), 0x26, .. Text("b"), .. Text("3")];
        var device = await listener.ConnectAsync(V5, Connect(V5, "d", 0x06, rest: [.. Properties([0x18, 0, 0, 0, 0], user), .. Text("w"), .. Text("x")]));
        await BreakAsync(device);
        Assert.Equal(Publish(V5, "w", payload: "x", first: 0x30, properties: Properties(user)), await subscriber.ReceiveAsync());
    }

    [Fact]
    public async Task A_delayed_Will_waits_and_is_dropped_when_its_client_is_back()
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V5, "s");
        await SubscribeAsync(subscriber, V5, ("w", 0));
        byte[] connect = Connect(V5, "d", 0x04, properties: Properties([0x11], Number32(3600)), rest: [.. Properties([0x18], Number32(20)), .. Text("w"), .. Text("x")]);
        await BreakAsync(await listener.ConnectAsync(V5, connect));
        listener.Time.Advance(TimeSpan.FromSeconds(15));
        await HearsNothingAsync(subscriber);
        var back = await listener.ConnectAsync(V5, connect);
        listener.Time.Advance(TimeSpan.FromSeconds(25));
        await HearsNothingAsync(subscriber);
        await BreakAsync(back);
        listener.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal("x", LastOf(await subscriber.ReceiveAsync()));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Retained_messages_are_kept_replaced_and_cleared(byte version)
    {
        await using var listener = await StartAsync();
        var publisher = await ConnectAsync(listener, version, "p");
        var live = await ConnectAsync(listener, version, "live");
        await SubscribeAsync(live, version, ("r", 2));
        await PublishAsync(publisher, version, "r", "1", 0x33);
        Assert.Equal((0x32, "1"), Heard(await live.ReceiveAsync())); // an established subscription: RETAIN 0
        await PublishAsync(publisher, version, "r", "2", 0x31);
        Assert.Equal((0x30, "2"), Heard(await live.ReceiveAsync()));
        await PublishAsync(publisher, version, "r", "3", 0x32);
        Assert.Equal((0x32, "3"), Heard(await live.ReceiveAsync()));
        await BreakAsync(publisher); // they are no part of its session
        var second = await ConnectAsync(listener, version, "second");
        await SubscribeAsync(second, version, ("r", 2));
        Assert.Equal((0x31, "2"), Heard(await second.ReceiveAsync())); // neither the first, which was replaced, nor the last, which was not to be retained
        publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "r", "", 0x33);
        Assert.Equal(0x32, (await live.ReceiveAsync())[0]); // the empty one is a message like any other
        Assert.Equal(0x32, (await second.ReceiveAsync())[0]);
        var third = await ConnectAsync(listener, version, "third");
        await SubscribeAsync(third, version, ("r", 2));
        await HearsNothingAsync(third);
        Assert.Equal(0, listener.Hub.RetainedCount);

        static (int, string) Heard(byte[] publish) => (publish[0], LastOf(publish));
    }

    [Theory]
    [InlineData(0, true, true)]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    public async Task Retain_Handling_decides_who_gets_retained_messages(int handling, bool atFirst, bool again)
    {
        await using var listener = await StartAsync();
        await listener.Hub.PublishAsync("r", "x"u8.ToArray(), 0, true, Stop);
        var subscriber = await ConnectAsync(listener, V5, "s");
        foreach (var expected in (bool[])[atFirst, again])
        {
            await SubscribeAsync(subscriber, V5, ("r", (byte)(handling << 4)));
            if (expected) Assert.Equal(0x31, (await subscriber.ReceiveAsync())[0]);
            await HearsNothingAsync(subscriber);
        }
    }

    [Theory, InlineData(0x00, 0x30), InlineData(0x08, 0x31)]
    public async Task Retain_As_Published_keeps_the_flag(byte options, byte first)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V5, "s");
        await SubscribeAsync(subscriber, V5, ("r", options));
        var publisher = await ConnectAsync(listener, V5, "p");
        await PublishAsync(publisher, V5, "r", "x", 0x31);
        Assert.Equal(first, (await subscriber.ReceiveAsync())[0]);
        await PublishAsync(publisher, V5, "r", "x", 0x30);
        Assert.Equal(0x30, (await subscriber.ReceiveAsync())[0]);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_delivery_has_the_lower_QoS_of_publisher_and_subscription(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        Assert.Equal([0, 1, 2], await SubscribeAsync(subscriber, version, ("q0", 0), ("q1", 1), ("q2", 2)));
        for (byte qos = 0; qos <= 2; qos++)
            for (byte granted = 0; granted <= 2; granted++)
            {
                await listener.Hub.PublishAsync($"q{granted}", "x"u8.ToArray(), qos, cancellationToken: Stop);
                Assert.Equal(Math.Min(qos, granted), (await subscriber.ReceiveAsync())[0] >> 1 & 3);
            }
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task The_same_filter_again_takes_the_place_of_the_subscription(byte version)
    {
        await using var listener = await StartAsync();
        await listener.Hub.PublishAsync("r", "x"u8.ToArray(), 2, true, Stop);
        var subscriber = await ConnectAsync(listener, version, "s");
        foreach (var qos in (byte[])[0, 1])
        {
            await SubscribeAsync(subscriber, version, ("r", qos));
            Assert.Equal(0x31 | qos << 1, (await subscriber.ReceiveAsync())[0]); // retained messages come again
        }
        await listener.Hub.PublishAsync("r", "y"u8.ToArray(), 2, false, Stop);
        Assert.Equal(0x32, (await subscriber.ReceiveAsync())[0]);
        await HearsNothingAsync(subscriber);
    }

    [Fact]
    public async Task Overlapping_subscriptions_are_one_delivery_with_the_highest_QoS_and_all_identifiers()
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V5, "s");
        foreach (var (filter, qos, identifier) in new[] { ("a/#", (byte)0, (byte)5), ("a/+", (byte)2, (byte)6), ("+/b", (byte)1, (byte)0) })
        {
            await subscriber.SendAsync(Subscribe(V5, 1, identifier == 0 ? null : Properties([0x0B, identifier]), (filter, qos)));
            await subscriber.ReceiveAsync();
        }
        await listener.Hub.PublishAsync("a/b", "x"u8.ToArray(), 2, cancellationToken: Stop);
        var publish = await subscriber.ReceiveAsync();
        Assert.Equal(0x34, publish[0]);
        byte[] identifiers = [publish[^4], publish[^2]];
        Assert.Equal<byte>([5, 6], identifiers.Order());
        await HearsNothingAsync(subscriber);
    }

    [Fact]
    public async Task Overlapping_subscriptions_of_3_1_1_are_one_delivery_with_the_highest_QoS()
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V311, "s");
        await SubscribeAsync(subscriber, V311, ("a/#", 0), ("a/+", 2), ("+/b", 1));
        await listener.Hub.PublishAsync("a/b", "x"u8.ToArray(), 2, cancellationToken: Stop);
        Assert.Equal(0x34, (await subscriber.ReceiveAsync())[0]);
        await HearsNothingAsync(subscriber);
    }

    [Fact]
    public async Task No_Local_keeps_a_client_from_hearing_itself()
    {
        await using var listener = await StartAsync();
        var client = await ConnectAsync(listener, V5, "c");
        var other = await ConnectAsync(listener, V5, "o");
        foreach (var one in (PipeListener.Connection[])[client, other]) await SubscribeAsync(one, V5, ("t", 0x04));
        await PublishAsync(client, V5, "t", "x");
        Assert.Equal("x", LastOf(await other.ReceiveAsync()));
        await HearsNothingAsync(client);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task UNSUBSCRIBE_compares_whole_filters_and_is_answered_in_any_case(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("a/+", 0), ("b", 0));
        await subscriber.SendAsync(Packet(0xA2, Number(8), version == V5 ? [0] : [], Text("a/b"), Text("b"), Text("B")));
        Assert.Equal(Packet(0xB0, Number(8), version == V5 ? [0, 0x11, 0, 0x11] : []), await subscriber.ReceiveAsync());
        await listener.Hub.PublishAsync("b", "1"u8.ToArray(), 0, cancellationToken: Stop);
        await listener.Hub.PublishAsync("a/b", "2"u8.ToArray(), 0, cancellationToken: Stop);
        Assert.Equal("2", LastOf(await subscriber.ReceiveAsync()));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_delivery_that_has_begun_is_completed_after_UNSUBSCRIBE(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        await listener.Hub.PublishAsync("c", "x"u8.ToArray(), 2, cancellationToken: Stop);
        var id = IdOf(await subscriber.ReceiveAsync());
        await subscriber.SendAsync(Packet(0xA2, Number(8), version == V5 ? [0] : [], Text("c")));
        Assert.Equal(0xB0, (await subscriber.ReceiveAsync())[0]);
        await subscriber.SendAsync(Acknowledge(0x50, id));
        Assert.Equal(Acknowledge(0x62, id), await subscriber.ReceiveAsync());
        await subscriber.SendAsync(Acknowledge(0x70, id));
        await HearsNothingAsync(subscriber);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Session_Present_is_told_where_there_is_a_session_and_not_after_a_clean_start(byte version)
    {
        await using var listener = await StartAsync();
        byte[] kept = Connect(version, "k", flags: 0, properties: version == V5 ? Properties([0x11], Number32(3600)) : null);
        foreach (var (connect, present) in new[] { (kept, 0), (kept, 1), (Connect(version, "k"), 0), (kept, 0) })
        {
            var connection = listener.Open();
            await connection.SendAsync(connect);
            var answer = await connection.ReceiveAsync();
            Assert.Equal((present, 0), (answer[2], answer[3]));
            await BreakAsync(connection);
        }
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_clean_start_discards_subscriptions_and_queue(byte version)
    {
        await using var listener = await StartAsync();
        var before = await ConnectAsync(listener, version, "k", isKept: true);
        await SubscribeAsync(before, version, ("c", 1));
        await BreakAsync(before);
        await listener.Hub.PublishAsync("c", "x"u8.ToArray(), 1, cancellationToken: Stop);
        var clean = await ConnectAsync(listener, version, "k");
        await HearsNothingAsync(clean);
        Assert.Equal(0, await listener.Hub.PublishAsync("c", "x"u8.ToArray(), 1, cancellationToken: Stop));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task What_was_not_acknowledged_comes_again_in_order_with_its_id_and_DUP_and_not_sooner(byte version)
    {
        await using var listener = await StartAsync();
        var first = await ConnectAsync(listener, version, "k", isKept: true);
        await SubscribeAsync(first, version, ("c", 2));
        for (byte i = 1; i <= 4; i++) await listener.Hub.PublishAsync("c", new[] { i }, (byte)(1 + i % 2), cancellationToken: Stop);
        var sent = new List<byte[]>();
        for (var i = 0; i < 4; i++) sent.Add(await first.ReceiveAsync());
        await first.SendAsync(Acknowledge(0x50, IdOf(sent[0]))); // 1 is released, 2 to 4 are under way
        Assert.Equal(Acknowledge(0x62, IdOf(sent[0])), await first.ReceiveAsync());
        listener.Time.Advance(TimeSpan.FromSeconds(30));
        await HearsNothingAsync(first); // never again on the same connection
        await BreakAsync(first);
        await listener.Hub.PublishAsync("c", new byte[] { 5 }, 1, cancellationToken: Stop);
        var second = await ConnectAsync(listener, version, "k", isKept: true);
        Assert.Equal(Acknowledge(0x62, IdOf(sent[0])), await second.ReceiveAsync());
        foreach (var before in sent.Skip(1))
        {
            var again = await second.ReceiveAsync();
            Assert.Equal((byte)(before[0] | 0x08), again[0]);
            Assert.Equal(before[1..], again[1..]);
        }
        var fresh = await second.ReceiveAsync();
        Assert.Equal((0x32, 5), (fresh[0], fresh[^1]));
        await second.SendAsync(Acknowledge(0x70, IdOf(sent[0])));
        await HearsNothingAsync(second);
    }

    [Fact]
    public async Task A_message_that_the_subscriber_refuses_is_done_with()
    {
        await using var listener = await StartAsync();
        var first = await ConnectAsync(listener, V5, "k", isKept: true);
        await SubscribeAsync(first, V5, ("c", 2));
        await listener.Hub.PublishAsync("c", "1"u8.ToArray(), 1, cancellationToken: Stop);
        await listener.Hub.PublishAsync("c", "2"u8.ToArray(), 2, cancellationToken: Stop);
        var (one, two) = (await first.ReceiveAsync(), await first.ReceiveAsync());
        await first.SendAsync(Packet(0x40, Number(IdOf(one)), [0x80]), Packet(0x50, Number(IdOf(two)), [0x80]));
        await HearsNothingAsync(first); // no PUBREL
        await BreakAsync(first);
        await HearsNothingAsync(await ConnectAsync(listener, V5, "k", isKept: true));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Messages_of_one_publisher_on_one_topic_arrive_in_their_order(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        var publisher = await ConnectAsync(listener, version, "p");
        await publisher.SendAsync([.. Enumerable.Range(0, 60).Select(i => Publish(version, "c", i + 1, ((char)('0' + i)).ToString(), (byte)(0x30 | i % 3 << 1)))]);
        for (var i = 0; i < 60; i++) Assert.Equal('0' + i, (await subscriber.ReceiveAsync())[^1]);
    }

    [Fact]
    public async Task An_id_is_assigned_to_a_client_without_one_and_told()
    {
        await using var listener = await StartAsync();
        var ids = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            var connection = listener.Open();
            await connection.SendAsync(Connect(V5, ""));
            var answer = await connection.ReceiveAsync();
            var at = answer.AsSpan().IndexOf((byte)0x12);
            Assert.True(at > 0, Convert.ToHexString(answer));
            ids.Add(Encoding.UTF8.GetString(answer, at + 3, answer[at + 1] << 8 | answer[at + 2]));
        }
        Assert.Equal(2, ids.Count);
        Assert.All(ids, id => Assert.NotNull(listener.Hub.Find(id)));
    }

    [Fact]
    public async Task Ids_of_23_letters_and_digits_are_allowed()
    {
        await using var listener = await StartAsync();
        foreach (var id in (string[])["0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ", "0"])
            foreach (var version in (byte[])[V311, V5]) await listener.ConnectAsync(version, Connect(version, id));
    }

    [Fact]
    public async Task Properties_of_a_message_go_on_unaltered_and_in_order()
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, V5, "s");
        await SubscribeAsync(subscriber, V5, ("c", 0));
        var publisher = await ConnectAsync(listener, V5, "p");
        byte[] properties = Properties([1, 1], [3], Text("text/plain"), [0x26], Text("z"), Text("1"), [8], Text("answer/here"), [9], Binary([0, 255]), [0x26], Text("a"), Text("2"), [0x26], Text("z"), Text("1"));
        await PublishAsync(publisher, V5, "c", "x", 0x30, properties: properties);
        Assert.Equal(Publish(V5, "c", payload: "x", first: 0x30, properties: properties), await subscriber.ReceiveAsync());
    }

    [Fact]
    public async Task A_message_expires_in_the_queue_and_says_what_is_left()
    {
        await using var listener = await StartAsync();
        var away = await ConnectAsync(listener, V5, "k", isKept: true);
        await SubscribeAsync(away, V5, ("c", 1));
        await BreakAsync(away);
        var publisher = await ConnectAsync(listener, V5, "p");
        await PublishAsync(publisher, V5, "c", "1", properties: Properties([2], Number32(10)));
        await PublishAsync(publisher, V5, "c", "2", properties: Properties([2], Number32(60)));
        await PublishAsync(publisher, V5, "c", "3");
        listener.Time.Advance(TimeSpan.FromSeconds(20));
        away = await ConnectAsync(listener, V5, "k", isKept: true);
        Assert.Equal(Publish(V5, "c", 2, "2", properties: Properties([2], Number32(40))), await away.ReceiveAsync());
        Assert.Equal(Publish(V5, "c", 3, "3"), await away.ReceiveAsync());
    }

    [Fact]
    public async Task Aliases_are_sent_as_far_as_the_client_takes_them_and_anew_on_each_connection()
    {
        await using var listener = await StartAsync();
        var plain = await ConnectAsync(listener, V5, "plain");
        await SubscribeAsync(plain, V5, ("#", 0));
        for (var round = 0; round < 2; round++)
        {
            var subscriber = await ConnectAsync(listener, V5, "s", false, [0x22, 0, 1]);
            await SubscribeAsync(subscriber, V5, ("#", 0));
            foreach (var topic in (string[])["a", "b", "a"]) await listener.Hub.PublishAsync(topic, "x"u8.ToArray(), 0, cancellationToken: Stop);
            Assert.Equal(Publish(V5, "a", first: 0x30, properties: Properties([0x23, 0, 1])), await subscriber.ReceiveAsync());
            Assert.Equal(Publish(V5, "b", first: 0x30), await subscriber.ReceiveAsync());
            Assert.Equal(Publish(V5, "", first: 0x30, properties: Properties([0x23, 0, 1])), await subscriber.ReceiveAsync());
            foreach (var topic in (string[])["a", "b", "a"]) Assert.Equal(Publish(V5, topic, first: 0x30), await plain.ReceiveAsync());
            await BreakAsync(subscriber);
        }
    }

    [Fact]
    public async Task Aliases_of_a_client_end_with_its_connection()
    {
        await using var listener = await StartAsync();
        var first = await ConnectAsync(listener, V5, "k", isKept: true);
        await PublishAsync(first, V5, "t", "x", properties: Properties([0x23, 0, 1]));
        await BreakAsync(first);
        var second = await ConnectAsync(listener, V5, "k", isKept: true);
        await second.SendAsync(Publish(V5, "", properties: Properties([0x23, 0, 1])));
        Assert.Equal((byte[])[0xE0, MqttReason.ProtocolError], await second.LastWordsAsync());
    }

    [Fact]
    public async Task No_reason_is_told_that_would_be_too_long_for_the_client()
    {
        await using var listener = await StartAsync();
        var connection = await ConnectAsync(listener, V5, "c", false, [0x27, 0, 0, 0, 40]);
        await connection.SendAsync(Connect(V5));
        Assert.All(await connection.ReceiveAllAsync(), packet => Assert.InRange(packet.Length, 0, 40));
        var refused = listener.Open();
        await refused.SendAsync(Connect(V5, "x", flags: 0x82, properties: Properties([0x27, 0, 0, 0, 10]), rest: Text("stranger")));
        Assert.All(await refused.ReceiveAllAsync(), packet => Assert.InRange(packet.Length, 0, 10));
    }

    [Fact]
    public async Task Of_a_shared_subscription_one_gets_it_at_its_own_QoS_and_no_retained_message()
    {
        await using var listener = await StartAsync();
        await listener.Hub.PublishAsync("c", "r"u8.ToArray(), 1, true, Stop);
        var members = new List<PipeListener.Connection>();
        for (var i = 0; i < 3; i++)
        {
            members.Add(await ConnectAsync(listener, V5, $"m{i}"));
            Assert.Equal([1], await SubscribeAsync(members[i], V5, ("$share/g/c", 1)));
        }
        var alone = await ConnectAsync(listener, V5, "alone");
        await SubscribeAsync(alone, V5, ("$share/other/c", 2));
        for (byte i = 0; i < 9; i++) await listener.Hub.PublishAsync("c", new[] { i }, 2, cancellationToken: Stop);
        var heard = new List<byte>();
        foreach (var member in members)
            for (var i = 0; i < 3; i++)
            {
                var publish = await member.ReceiveAsync();
                Assert.Equal(0x32, publish[0]);
                heard.Add(publish[^1]);
            }
        Assert.Equal(Enumerable.Range(0, 9), heard.Order().Select(one => (int)one));
        for (byte i = 0; i < 9; i++) Assert.Equal((0x34, i), (await alone.ReceiveAsync() is var publish ? publish[0] : 0, publish[^1]));
    }

    [Fact]
    public async Task A_shared_QoS_2_delivery_that_has_begun_stays_with_its_member()
    {
        await using var listener = await StartAsync();
        var first = await ConnectAsync(listener, V5, "m1", isKept: true);
        await SubscribeAsync(first, V5, ("$share/g/c", 2));
        await listener.Hub.PublishAsync("c", "x"u8.ToArray(), 2, cancellationToken: Stop);
        var sent = await first.ReceiveAsync();
        var other = await ConnectAsync(listener, V5, "m2", isKept: true);
        await SubscribeAsync(other, V5, ("$share/g/c", 2));
        await BreakAsync(first);
        await HearsNothingAsync(other);
        first = await ConnectAsync(listener, V5, "m1", isKept: true);
        var again = await first.ReceiveAsync();
        Assert.Equal((IdOf(sent), 0x3C), (IdOf(again), again[0]));
        await BreakAsync(first);
        await ConnectAsync(listener, V5, "m1"); // its session ends: the message with it
        await HearsNothingAsync(other);
    }

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "A/b", false)]
    [InlineData("a/b", "a/b/", false)]
    [InlineData("#", "a/b/c", true)]
    [InlineData("#", "/", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("+", "a", true)]
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("/+", "/a", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("a/+/c", "a/b/b/c", false)]
    [InlineData("+/b/#", "a/b", true)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("$SYS/+", "$SYS/a", true)]
    [InlineData("caf\u00E9", "cafe\u0301", false)]
    public void A_filter_matches(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, RetainedMessages.Matches(filter, topic));
        var tree = new SubscriptionTree();
        tree.Add(new Subscription(new Session(1, "a", null), filter, 0, 0));
        var found = new List<Subscription>();
        tree.Match(topic, found);
        Assert.Equal(matches, found.Count == 1);
    }

    [Theory]
    [InlineData("a/#/b", false)]
    [InlineData("a#", false)]
    [InlineData("a+", false)]
    [InlineData("+a/b", false)]
    [InlineData("a/+b", false)]
    [InlineData("#/a", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g+/a", false)]
    [InlineData("$share/g#/a", false)]
    [InlineData("$share/g/", false)]
    [InlineData("$share/g/a/#", true)]
    [InlineData("+/#", true)]
    [InlineData("/", true)]
    public async Task A_filter_is_valid(string filter, bool isValid)
    {
        await using var listener = await StartAsync();
        var connection = await ConnectAsync(listener, V5, "c");
        Assert.Equal(isValid ? (byte)0 : MqttReason.TopicFilterInvalid, Assert.Single(await SubscribeAsync(connection, V5, (filter, 0))));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_message_goes_into_the_session_of_a_client_that_is_away(byte version)
    {
        await using var listener = await StartAsync();
        var away = await ConnectAsync(listener, version, "k", isKept: true);
        await SubscribeAsync(away, version, ("c", 2));
        await BreakAsync(away);
        var publisher = await ConnectAsync(listener, version, "p");
        await PublishAsync(publisher, version, "c", "0", 0x30);
        await PublishAsync(publisher, version, "c", "1", 0x32);
        await PublishAsync(publisher, version, "c", "2", 0x34);
        away = await ConnectAsync(listener, version, "k", isKept: true);
        Assert.Equal((0x32, "1"), (await away.ReceiveAsync() is var one ? one[0] : 0, LastOf(one)));
        Assert.Equal((0x34, "2"), (await away.ReceiveAsync() is var two ? two[0] : 0, LastOf(two)));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task PUBREL_is_answered_and_the_id_is_new_afterwards(byte version)
    {
        await using var listener = await StartAsync();
        var publisher = await ConnectAsync(listener, version, "p");
        foreach (var payload in (string[])["1", "2"])
        {
            await publisher.SendAsync(Publish(version, "c", 5, payload, 0x34));
            var received = await publisher.ReceiveAsync();
            Assert.Equal((0x50, 5), (received[0], received[2] << 8 | received[3]));
            await publisher.SendAsync(Acknowledge(0x62, 5));
            Assert.Equal(Acknowledge(0x70, 5), await publisher.ReceiveAsync());
        }
        Assert.Equal(["1", "2"], listener.Payloads);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_refused_CONNECT_is_told_no_session_and_closed(byte version)
    {
        await using var listener = await StartAsync();
        await BreakAsync(await ConnectAsync(listener, version, "k", isKept: true));
        var refused = listener.Open();
        await refused.SendAsync(Connect(version, "k", flags: 0x80, rest: Text("stranger")), Publish(version));
        var answer = Assert.Single(await refused.ReceiveAllAsync());
        Assert.Equal((0x20, 0, version == V5 ? 0x86 : 4), (answer[0], answer[2], answer[3]));
        await refused.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Empty(listener.Payloads);
    }

    [Fact]
    public async Task A_user_property_of_bad_text_is_malformed()
    {
        await using var listener = await StartAsync();
        byte[] bad = [0, 1, 0xFF], good = Text("k");
        foreach (var properties in (byte[][])[[0x26, .. bad, .. good], [0x26, .. good, .. bad], [0x08, .. bad], [0x03, .. bad]])
        {
            var connection = await ConnectAsync(listener, V5, "c");
            await connection.SendAsync(Publish(V5, properties: Properties(properties)));
            Assert.Equal((byte[])[0xE0, MqttReason.MalformedPacket], await connection.LastWordsAsync());
        }
        Assert.Empty(listener.Payloads);
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Acknowledgements_come_in_the_order_of_the_messages(byte version)
    {
        await using var listener = await StartAsync();
        var publisher = await ConnectAsync(listener, version, "p");
        await publisher.SendAsync([.. Enumerable.Range(1, 50).Select(id => Publish(version, "c", id, first: id % 2 == 0 ? (byte)0x34 : (byte)0x32))]);
        for (var id = 1; id <= 50; id++)
        {
            var answer = await publisher.ReceiveAsync();
            Assert.Equal((id % 2 == 0 ? 0x50 : 0x40, id), (answer[0], answer[2] << 8 | answer[3]));
        }
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Releases_come_in_the_order_of_PUBREC(byte version)
    {
        await using var listener = await StartAsync();
        var subscriber = await ConnectAsync(listener, version, "s");
        await SubscribeAsync(subscriber, version, ("c", 2));
        var ids = new List<int>();
        for (byte i = 0; i < 5; i++)
        {
            await listener.Hub.PublishAsync("c", new[] { i }, 2, cancellationToken: Stop);
            ids.Add(IdOf(await subscriber.ReceiveAsync()));
        }
        ids.Reverse();
        await subscriber.SendAsync([.. ids.Select(id => Acknowledge(0x50, id))]);
        foreach (var id in ids) Assert.Equal(Acknowledge(0x62, id), await subscriber.ReceiveAsync());
    }

    [Fact]
    public async Task A_DISCONNECT_of_the_server_carries_a_reason_and_nothing_else()
    {
        await using var listener = await StartAsync();
        var connection = await ConnectAsync(listener, V5, "c", isKept: true);
        await connection.SendAsync(Publish(V5, id: 0), Publish(V5, id: 1));
        var words = Assert.Single(await connection.ReceiveAllAsync());
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Equal((0xE0, MqttReason.ProtocolError, 0x1F), (words[0], words[2], words[4])); // a Reason String, and with it the properties end
        Assert.Equal(words.Length, 5 + 2 + (words[5] << 8 | words[6]));
        Assert.Empty(listener.Payloads);
    }

    [Fact]
    public async Task What_was_begun_does_not_expire()
    {
        await using var listener = await StartAsync();
        var first = await ConnectAsync(listener, V5, "k", isKept: true);
        await SubscribeAsync(first, V5, ("c", 2));
        var publisher = await ConnectAsync(listener, V5, "p");
        await PublishAsync(publisher, V5, "c", "x", 0x34, properties: Properties([2], Number32(5)));
        var id = IdOf(await first.ReceiveAsync());
        await BreakAsync(first);
        listener.Time.Advance(TimeSpan.FromSeconds(20));
        var second = await ConnectAsync(listener, V5, "k", isKept: true);
        var again = await second.ReceiveAsync();
        Assert.Equal((0x3C, id), (again[0], IdOf(again)));
        await second.SendAsync(Acknowledge(0x50, id));
        Assert.Equal(Acknowledge(0x62, id), await second.ReceiveAsync());
    }

    [Fact]
    public async Task What_a_member_refuses_goes_to_nobody_else()
    {
        await using var listener = await StartAsync();
        PipeListener.Connection[] members = [await ConnectAsync(listener, V5, "m1"), await ConnectAsync(listener, V5, "m2")];
        foreach (var member in members) await SubscribeAsync(member, V5, ("$share/g/c", 1));
        for (byte i = 0; i < 2; i++) await listener.Hub.PublishAsync("c", new[] { i }, 1, cancellationToken: Stop);
        foreach (var member in members) await member.SendAsync(Packet(0x40, Number(IdOf(await member.ReceiveAsync())), [0x80]));
        foreach (var member in members) await HearsNothingAsync(member);
    }
}
