using Microsoft.Extensions.Time.Testing;
using SmartCity.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt.Store;

/// <summary>What the listener promises over the death of its process, against any store.</summary>
public abstract class MqttStoreSuite
{
    private const long Plenty = 1 << 24;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly MqttListenerOptions _options = new();
    private DurableStore _store = null!;
    private PipeListener _listener = null!;

    private protected abstract DurableStore Create(long quotaBytes);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private async Task StartAsync(long quotaBytes = Plenty)
    {
        _store = Create(quotaBytes);
        await ListenAsync();
    }

    private async Task ListenAsync()
    {
        _listener = await PipeListener.StartAsync(_options, _store.Open(), _time);
        _listener.OnPublish = static _ => PublishResult.Forward;
    }

    // The listener before is left as it is: nobody tells a process that it is going to be killed.
    private async Task KillAsync()
    {
        await _store.KillAsync();
        await ListenAsync();
    }

    private async Task<PipeListener.Connection> OpenAsync(string id, bool isPresent, byte version = V5, uint expiry = 3600, byte[]? connect = null)
    {
        var connection = _listener.Open();
        await connection.SendAsync(connect ?? Connect(version, id, flags: 0, properties: version == V5 ? Properties([0x11], Number32(expiry)) : null));
        var answer = await connection.ReceiveAsync();
        Assert.Equal([0x20, (byte)(isPresent ? 1 : 0), 0], [answer[0], answer[2], answer[3]]);
        return connection;
    }

    private static async Task SubscribeAsync(PipeListener.Connection connection, string filter, byte options = 2, byte version = V5, byte code = 2)
    {
        await connection.SendAsync(Subscribe(version, 9, null, (filter, options)));
        Assert.Equal(code, (await connection.ReceiveAsync())[^1]);
    }

    private static async Task PublishAsync(PipeListener.Connection connection, byte[] publish, byte answer)
    {
        await connection.SendAsync(publish);
        var packet = await connection.ReceiveAsync();
        Assert.Equal(answer, packet[0]);
        Assert.True(packet.Length == 4 || packet[4] < 0x80, $"refused with 0x{packet[^1]:X2}");
    }

    private static string Payload(byte[] publish) => ((char)publish[^1]).ToString();

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_QoS_2_id_answered_with_PUBREC_is_known_until_its_PUBREL(byte version)
    {
        await StartAsync();
        await using var store = _store;
        var subscriber = await OpenAsync("subscriber", false);
        await SubscribeAsync(subscriber, "t");
        var device = await OpenAsync("device", false, version);
        await device.SendAsync(Publish(version, id: 7, first: 0x34));
        Assert.Equal(Acknowledge(0x50, 7), await device.ReceiveAsync());

        await KillAsync();
        device = await OpenAsync("device", true, version);
        await device.SendAsync(Publish(version, id: 7, first: 0x3C));
        Assert.Equal(Acknowledge(0x50, 7), await device.ReceiveAsync());
        Assert.Empty(_listener.Payloads);
        await device.SendAsync(Acknowledge(0x62, 7));
        Assert.Equal(Acknowledge(0x70, 7), await device.ReceiveAsync());

        await KillAsync();
        device = await OpenAsync("device", true, version);
        await device.SendAsync(Publish(version, id: 7, first: 0x34, payload: "n"));
        Assert.Equal(Acknowledge(0x50, 7), await device.ReceiveAsync());
        Assert.Equal(["n"], _listener.Payloads);
        subscriber = await OpenAsync("subscriber", true);
        Assert.Equal("x", Payload(await subscriber.ReceiveAsync()));
        Assert.Equal("n", Payload(await subscriber.ReceiveAsync()));
        await subscriber.SendAsync(Ping);
        Assert.Equal(Pong, await subscriber.ReceiveAsync());
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task A_session_has_its_subscriptions_and_its_queue_in_order(byte version)
    {
        await StartAsync();
        await using var store = _store;
        var away = await OpenAsync("away", false, version);
        await SubscribeAsync(away, "cmd/#", version: version);
        await SubscribeAsync(away, "gone", version: version);
        await away.SendAsync(Packet(0xA2, Number(3), version == V5 ? [0] : [], Text("gone")));
        Assert.Equal(0xB0, (await away.ReceiveAsync())[0]);
        away.Complete();
        await away.Ended;
        var publisher = await OpenAsync("publisher", false);
        foreach (var (payload, first) in new[] { ("1", (byte)0x32), ("2", (byte)0x34), ("3", (byte)0x32) }) await PublishAsync(publisher, Publish(V5, "cmd/a", payload[0], payload, first), first == 0x32 ? (byte)0x40 : (byte)0x50);
        await PublishAsync(publisher, Publish(V5, "gone", 9, "4"), 0x40);

        for (var kill = 0; kill < 2; kill++) await KillAsync();
        away = await OpenAsync("away", true, version);
        foreach (var (payload, qos) in new[] { ("1", 1), ("2", 2), ("3", 1) })
        {
            var publish = await away.ReceiveAsync();
            Assert.Equal((payload, qos), (Payload(publish), publish[0] >> 1 & 3));
        }
        publisher = await OpenAsync("publisher", true);
        await PublishAsync(publisher, Publish(V5, "cmd/b", 1, "5"), 0x40);
        Assert.Equal("5", Payload(await away.ReceiveAsync()));
    }

    [Fact]
    public async Task Subscription_options_identifiers_and_message_properties_are_kept()
    {
        await StartAsync();
        await using var store = _store;
        var away = await OpenAsync("away", false);
        await away.SendAsync(Subscribe(V5, 1, Properties([0x0B, 0x85, 0x01]), ("cmd", 0x09))); // identifier 133, Retain As Published
        await away.ReceiveAsync();
        await KillAsync();
        var publisher = await OpenAsync("publisher", false);
        await PublishAsync(publisher, Publish(V5, "cmd", 1, "p", 0x33, Properties([0x01, 1], [0x26, .. Text("k"), .. Text("v")])), 0x40);
        await KillAsync();
        away = await OpenAsync("away", true);
        Assert.Equal(Publish(V5, "cmd", 1, "p", 0x3B, Properties([0x01, 1], [0x26, .. Text("k"), .. Text("v")], [0x0B, 0x85, 0x01])), await away.ReceiveAsync());
    }

    [Fact]
    public async Task Time_goes_on_while_the_process_is_down()
    {
        await StartAsync();
        await using var store = _store;
        var away = await OpenAsync("away", false, expiry: 600);
        await SubscribeAsync(away, "cmd");
        var brief = await OpenAsync("brief", false, expiry: 60);
        foreach (var connection in (PipeListener.Connection[])[away, brief])
        {
            connection.Complete();
            await connection.Ended;
        }
        var publisher = await OpenAsync("publisher", false);
        await PublishAsync(publisher, Publish(V5, "cmd", 1, "s", 0x33, Properties([0x02], Number32(30))), 0x40);
        await PublishAsync(publisher, Publish(V5, "cmd", 2, "l", 0x32, Properties([0x02], Number32(300))), 0x40);
        await _store.KillAsync();
        _time.Advance(TimeSpan.FromSeconds(100));
        await ListenAsync();

        await OpenAsync("brief", false);
        away = await OpenAsync("away", true, expiry: 600);
        var publish = await away.ReceiveAsync();
        Assert.Equal("l", Payload(publish));
        Assert.Equal(200, publish[11..15].Aggregate(0, (value, one) => value << 8 | one), 2.0);
        await SubscribeAsync(away, "cmd");
        await away.SendAsync(Ping);
        Assert.Equal(Pong, await away.ReceiveAsync()); // the retained one has expired
    }

    [Fact]
    public async Task A_delivery_goes_on_where_it_was_PUBREL_in_place_of_PUBLISH()
    {
        await StartAsync();
        await using var store = _store;
        var device = await OpenAsync("device", false);
        await SubscribeAsync(device, "cmd");
        await _listener.Hub.PublishAsync("cmd", "a"u8.ToArray(), 2, cancellationToken: Stop);
        await _listener.Hub.PublishAsync("cmd", "b"u8.ToArray(), 2, cancellationToken: Stop);
        var first = await device.ReceiveAsync();
        var second = await device.ReceiveAsync();
        await device.SendAsync(Acknowledge(0x50, Id(first)));
        Assert.Equal(Acknowledge(0x62, Id(first)), await device.ReceiveAsync());
        await KillAsync();
        device = await OpenAsync("device", true);
        Assert.Equal(Acknowledge(0x62, Id(first)), await device.ReceiveAsync());
        var again = await device.ReceiveAsync();
        Assert.Equal((byte)(second[0] | 0x08), again[0]);
        Assert.Equal(second[1..], again[1..]);
        await device.SendAsync(Acknowledge(0x70, Id(first)), Acknowledge(0x50, Id(second)));
        Assert.Equal(Acknowledge(0x62, Id(second)), await device.ReceiveAsync());
        await device.SendAsync(Acknowledge(0x70, Id(second)));
        await Eventually.HoldsAsync("both are done with", () => _store.Count == 2); // the session and its subscription
        await KillAsync();
        device = await OpenAsync("device", true);
        await device.SendAsync(Ping);
        Assert.Equal(Pong, await device.ReceiveAsync());

        static int Id(byte[] publish) => publish[7] << 8 | publish[8];
    }

    [Fact]
    public async Task Retained_messages_are_there_until_they_are_cleared()
    {
        await StartAsync();
        await using var store = _store;
        var publisher = await OpenAsync("publisher", false, expiry: 0);
        await PublishAsync(publisher, Publish(V5, "a", 1, "1", 0x33), 0x40);
        await PublishAsync(publisher, Publish(V5, "b", 2, "2", 0x33), 0x40);
        await PublishAsync(publisher, Publish(V5, "a", 3, "3", 0x33), 0x40);
        await KillAsync();
        Assert.Equal(2, _listener.Hub.RetainedCount);
        publisher = await OpenAsync("publisher", false, expiry: 0);
        await PublishAsync(publisher, Publish(V5, "b", 4, "", 0x33), 0x40);
        await KillAsync();
        var subscriber = await OpenAsync("subscriber", false);
        await SubscribeAsync(subscriber, "+", options: 1, code: 1);
        var publish = await subscriber.ReceiveAsync();
        Assert.Equal(("3", 0x33), (Payload(publish), publish[0]));
        await subscriber.SendAsync(Ping);
        Assert.Equal(Pong, await subscriber.ReceiveAsync());
    }

    [Theory]
    [InlineData(0u, 3600u, false)]
    [InlineData(60u, 3600u, false)]
    [InlineData(60u, 3600u, true)]
    public async Task A_Will_is_published_when_it_is_due_unless_its_client_is_back(uint delay, uint expiry, bool isBack)
    {
        await StartAsync();
        await using var store = _store;
        var will = Connect(V5, "device", flags: 0x0C, properties: Properties([0x11], Number32(expiry)), rest: [.. Properties([0x18], Number32(delay)), .. Text("status"), .. Text("offline")]);
        await OpenAsync("device", false, connect: will);
        // Its records are written with the CONNECT, which waits for nothing.
        await Eventually.HoldsAsync("the Will is kept", () => _store.Count >= 2);
        await KillAsync();
        if (isBack) await OpenAsync("device", expiry > 0, expiry: expiry);
        var subscriber = await OpenAsync("subscriber", false);
        await SubscribeAsync(subscriber, "status");
        _time.Advance(TimeSpan.FromSeconds(delay / 2));
        await subscriber.SendAsync(Ping);
        Assert.Equal(Pong, await subscriber.ReceiveAsync());
        _time.Advance(TimeSpan.FromSeconds(delay / 2 + 1));
        if (isBack) await subscriber.SendAsync(Ping);
        Assert.Equal(isBack ? Pong[^1] : (byte)'e', (await subscriber.ReceiveAsync())[^1]);
    }

    [Fact]
    public async Task A_Will_without_a_session_is_published_when_its_process_is_back()
    {
        await StartAsync();
        await using var store = _store;
        await OpenAsync("device", false, connect: Connect(V5, "device", flags: 0x0E, rest: [.. Properties([0x18], Number32(60)), .. Text("status"), .. Text("offline")]));
        await Eventually.HoldsAsync("the Will is kept", () => _store.Count >= 2);
        await KillAsync();
        var subscriber = await OpenAsync("subscriber", false);
        await SubscribeAsync(subscriber, "status");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((byte)'e', (await subscriber.ReceiveAsync())[^1]);
        await Eventually.HoldsAsync("nothing of it is left", () => _store.Count == 3);
    }

    [Fact]
    public async Task A_clean_start_leaves_no_record()
    {
        await StartAsync();
        await using var store = _store;
        var device = await OpenAsync("device", false);
        await SubscribeAsync(device, "cmd");
        await device.SendAsync(Publish(V5, id: 7, first: 0x34));
        await device.ReceiveAsync();
        await _listener.Hub.PublishAsync("cmd", "a"u8.ToArray(), 1, cancellationToken: Stop);
        Assert.Equal(4, _store.Count);
        var anew = await OpenAsync("device", false, connect: Connect(V5, "device"));
        await Eventually.HoldsAsync("its records are gone", () => _store.Count == 0);
        await anew.SendAsync(Ping);
        Assert.Equal(Pong, await anew.ReceiveAsync());
    }

    [Fact]
    public async Task What_has_no_lasting_session_never_touches_the_store()
    {
        await StartAsync();
        await using var store = _store;
        var device = await OpenAsync("device", false, expiry: 0);
        await SubscribeAsync(device, "t");
        for (var id = 1; id <= 3; id++) await device.SendAsync(Publish(V5, id: id, first: (byte)(0x30 | (id - 1) << 1)));
        for (var answers = 0; answers < 5; answers++) await device.ReceiveAsync();
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task Without_room_what_is_new_is_refused_and_what_is_kept_stays()
    {
        await StartAsync(2_400);
        await using var store = _store;
        var device = await OpenAsync("device", false);
        await SubscribeAsync(device, "cmd");
        var large = new string('y', 300);
        var kept = 0;
        for (byte code = 0; code == 0; kept++)
        {
            await device.SendAsync(Publish(V5, $"r/{kept}", 1, large, 0x33));
            var answer = await device.ReceiveAsync();
            code = answer.Length > 4 && answer[4] >= 0x80 ? answer[4] : (byte)0;
            Assert.True(code is 0 or MqttReason.QuotaExceeded);
            Assert.True(kept < 10, "there is no end to the room");
        }
        kept--;
        Assert.InRange(kept, 2, 7);
        Assert.Equal(kept, _listener.Hub.RetainedCount); // what was refused takes no memory either
        await device.SendAsync(Publish(V5, "r/0", 1, large + large + large, 0x33));
        Assert.Equal(MqttReason.QuotaExceeded, (await device.ReceiveAsync())[4]);
        await KillAsync();
        Assert.Equal(kept, _listener.Hub.RetainedCount);
        device = await OpenAsync("device", true);
        await PublishAsync(device, Publish(V5, "r/0", 1, "", 0x33), 0x40); // removal needs no room and makes some
        await device.SendAsync(Publish(V5, "cmd", 2, "c"));
        byte[][] both = [await device.ReceiveAsync(), await device.ReceiveAsync()]; // in either order
        Assert.Contains(both, packet => packet[0] == 0x40 && packet.Length == 4);
        Assert.Equal("c", Payload(both.Single(packet => packet[0] == 0x32)));
    }

    [Fact]
    public async Task A_message_that_was_refused_for_want_of_room_is_in_no_queue()
    {
        await StartAsync(2_400);
        await using var store = _store;
        var away = await OpenAsync("away", false);
        await SubscribeAsync(away, "cmd");
        away.Complete();
        await away.Ended;
        var publisher = await OpenAsync("publisher", false, expiry: 0);
        var taken = 0;
        for (var isRefused = false; !isRefused; taken++)
        {
            await publisher.SendAsync(Publish(V5, "cmd", 1, new string((char)('0' + taken), 300)));
            var answer = await publisher.ReceiveAsync();
            isRefused = answer.Length > 4 && answer[4] == MqttReason.QuotaExceeded;
            Assert.True(taken < 10, "there is no end to the room");
        }
        taken--;
        Assert.InRange(taken, 2, 7);
        away = await OpenAsync("away", true);
        for (var i = 0; i < taken; i++)
        {
            var publish = await away.ReceiveAsync();
            Assert.Equal($"{i}", Payload(publish));
            await away.SendAsync(Acknowledge(0x40, publish[8] << 8 | publish[9])); // behind a remaining length of two bytes
        }
        await away.SendAsync(Ping);
        Assert.Equal(Pong, await away.ReceiveAsync());
        await Eventually.HoldsAsync("there is room again", () => _store.Count == 2);
        await publisher.SendAsync(Publish(V5, "cmd", 1, "z"));
        Assert.Equal(0x40, (await publisher.ReceiveAsync())[0]);
        Assert.Equal("z", Payload(await away.ReceiveAsync()));
    }

    [Fact]
    public async Task Of_an_older_state_only_retained_messages_are_believed()
    {
        await StartAsync();
        await using var store = _store;
        var device = await OpenAsync("device", false);
        await PublishAsync(device, Publish(V5, "status", 1, "r", 0x33), 0x40);
        await PublishAsync(device, Publish(V5, id: 7, first: 0x34), 0x50);
        _store.Save();
        await _store.RestoreAsync();
        await ListenAsync();
        Assert.Equal((0, 1), (_listener.Hub.KeptSessionCount, _listener.Hub.RetainedCount));
        device = await OpenAsync("device", false);
        await PublishAsync(device, Publish(V5, id: 7, first: 0x34, payload: "another"), 0x50);
        Assert.Equal(["another"], _listener.Payloads);
    }
}

public sealed class MemoryStoreTests : MqttStoreSuite
{
    private protected override DurableStore Create(long quotaBytes) => new MemoryStore(quotaBytes);
}

public sealed class SpoolStoreTests : MqttStoreSuite
{
    private protected override DurableStore Create(long quotaBytes) => new SpoolStore(quotaBytes);
}
