using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using SmartCity.FirmwareSim.Mqtt;

namespace SmartCity.Tests.FirmwareSim;

/// <summary>The simulator's own MQTT client against a peer that answers as the test says; real brokers stand in ReplayTests and CityTests.</summary>
public sealed class DeviceLinkTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<int> _acknowledged = [];
    private readonly List<int> _dropped = [];
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public DeviceLinkTests() => _listener.Start();

    [Fact]
    public async Task What_was_not_acknowledged_is_sent_again_in_order_with_DUP_and_its_id()
    {
        using var link = Link(new LinkOptions { WindowMax = 4, RetryMin = TimeSpan.FromMilliseconds(1) });
        for (var i = 1; i <= 6; i++) link.Offer(Message(i));
        var running = link.RunAsync(_stop.Token);

        using (var broker = await AcceptAsync())
        {
            Assert.Equal([(1, 1, false), (2, 2, false), (3, 3, false), (4, 4, false)], await broker.PublishesAsync(4));
            await broker.AcknowledgeAsync(1);
            await broker.AcknowledgeAsync(3);
            Assert.Equal([(5, 5, false), (6, 6, false)], await broker.PublishesAsync(2));
            await Eventually.HoldsAsync("two are acknowledged", () => { lock (_acknowledged) return _acknowledged.Count == 2; });
        }
        using (var broker = await AcceptAsync())
        {
            Assert.Equal([(2, 2, true), (4, 4, true), (5, 5, true), (6, 6, true)], await broker.PublishesAsync(4));
            link.Offer(Message(7));
            foreach (var id in new[] { 2, 4, 5, 6 }) await broker.AcknowledgeAsync(id);
            Assert.Equal([(7, 7, false)], await broker.PublishesAsync(1));
            await broker.AcknowledgeAsync(7);
            await link.DrainAsync(_stop.Token);
            await _stop.CancelAsync();
            await running;
            Assert.Equal(0xE0, (await broker.PacketAsync()).First);
        }
        Assert.Equal([1, 3, 2, 4, 5, 6, 7], _acknowledged);
        Assert.Equal((2, 4L), (link.Connections, link.Resent));
    }

    [Fact]
    public async Task Beyond_the_backlog_the_oldest_goes_and_is_counted()
    {
        using var link = Link(new LinkOptions { BacklogMax = 3 });
        for (var i = 1; i <= 5; i++) link.Offer(Message(i));
        Assert.Equal([1, 2], _dropped);
        Assert.False(link.WaitForRoomAsync(_stop.Token).IsCompleted);
        var running = link.RunAsync(_stop.Token);
        using var broker = await AcceptAsync();
        Assert.Equal([(3, 1, false), (4, 2, false), (5, 3, false)], await broker.PublishesAsync(3));
        await link.WaitForRoomAsync(_stop.Token);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_link_that_goes_dark_says_no_goodbye_and_comes_back_with_what_it_has()
    {
        using var link = Link(new LinkOptions { TellsStatus = true });
        var running = link.RunAsync(_stop.Token);
        using (var broker = await AcceptAsync(will: true))
        {
            Assert.Equal("city/v1/d1/status=online retained", await broker.StatusAsync());
            link.GoDark();
            link.Offer(Message(1));
            await Assert.ThrowsAnyAsync<IOException>(broker.PacketAsync);
        }
        Assert.False(_listener.Pending());
        link.ComeBack();
        using (var broker = await AcceptAsync(will: true))
        {
            Assert.Equal("city/v1/d1/status=online retained", await broker.StatusAsync());
            // It may have been written into the dying connection already; then it comes with DUP.
            Assert.Equal((1, 1), (await broker.PublishesAsync(1)) is [var only] ? (only.Number, only.Id) : default);
            await _stop.CancelAsync();
            await running;
            Assert.Equal("city/v1/d1/status=offline retained", await broker.StatusAsync());
            Assert.Equal(0xE0, (await broker.PacketAsync()).First);
        }
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(3, false)]
    public async Task A_refusal_for_good_ends_the_link_and_one_for_now_does_not(byte code, bool isFinal)
    {
        using var link = Link(new LinkOptions { RetryMin = TimeSpan.FromMilliseconds(1) });
        var running = link.RunAsync(_stop.Token);
        using (var broker = await AcceptAsync(code))
        {
            if (isFinal)
            {
                await Assert.ThrowsAsync<BrokerRefusedException>(() => running);
                return;
            }
        }
        using var again = await AcceptAsync();
        await _stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData("mqtt://h", "h", 1883, false, null, null)]
    [InlineData("mqtts://h", "h", 8883, true, null, null)]
    [InlineData("mqtt://127.0.0.1:99/", "127.0.0.1", 99, false, null, null)]
    [InlineData("mqtt://u%40x:p%3Aq:r@[::1]:9", "[::1]", 9, false, "u@x", "p:q:r")]
    [InlineData("mqtts://%7Bdevice%7D:p@h", "h", 8883, true, "{device}", "p")]
    public void An_address_is_read(string text, string host, int port, bool tls, string? user, string? password)
    {
        Assert.Null(BrokerAddress.TryParse(text, out var address));
        Assert.Equal(new BrokerAddress(host, port, tls, user, password), address! with { Host = address.Host == "::1" ? "[::1]" : address.Host });
        Assert.DoesNotContain("p", address.ToString().Replace("mqtt", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("h:1883")]
    [InlineData("http://h")]
    [InlineData("mqtt://")]
    [InlineData("mqtt://h:70000")]
    [InlineData("mqtt://h/topic")]
    [InlineData("mqtt://h?x=1")]
    public void What_is_no_address_is_refused_with_an_example(string text) => Assert.Contains("mqtt://host:1883", BrokerAddress.TryParse(text, out _), StringComparison.Ordinal);

    public void Dispose()
    {
        _listener.Dispose();
        _stop.Dispose();
    }

    private DeviceLink Link(LinkOptions options) =>
        new("d1", new BrokerAddress("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, false, null, null), options, TimeProvider.System, new Random(1))
        {
            Acknowledged = message => { lock (_acknowledged) _acknowledged.Add(message.Values); },
            Dropped = message => _dropped.Add(message.Values),
        };

    /// <summary>A message whose payload and count of values are its number.</summary>
    private static OutboundMessage Message(int number) => new("city/v1/d1/telemetry", [(byte)number], number);

    private async Task<Broker> AcceptAsync(byte code = 0, bool will = false)
    {
        var broker = new Broker(await _listener.AcceptTcpClientAsync(_stop.Token));
        var (first, body) = await broker.PacketAsync();
        Assert.Equal(0x10, first);
        // Protocol name, level 4, the session kept; a retained Will at QoS 1 where there is one.
        Assert.Equal([0, 4, .. "MQTT"u8.ToArray(), 4, (byte)(will ? 0x2C : 0)], body[..8]);
        await broker.SendAsync([0x20, 2, 0, code]);
        return broker;
    }

    private sealed class Broker(TcpClient client) : IDisposable
    {
        private readonly NetworkStream _stream = client.GetStream();

        public ValueTask SendAsync(byte[] packet) => _stream.WriteAsync(packet, TestContext.Current.CancellationToken);

        public ValueTask AcknowledgeAsync(int id) => SendAsync([0x40, 2, (byte)(id >> 8), (byte)id]);

        public async Task<(byte First, byte[] Body)> PacketAsync()
        {
            var head = new byte[2];
            await _stream.ReadExactlyAsync(head, TestContext.Current.CancellationToken);
            var body = new byte[head[1]];
            await _stream.ReadExactlyAsync(body, TestContext.Current.CancellationToken);
            return (head[0], body);
        }

        /// <summary>The next PUBLISH packets: number, packet id, DUP.</summary>
        public async Task<List<(int Number, int Id, bool Duplicate)>> PublishesAsync(int count)
        {
            var read = new List<(int, int, bool)>();
            while (read.Count < count)
            {
                var (first, body) = await PacketAsync();
                Assert.Equal(0x32, first & 0xF7);
                var topic = BinaryPrimitives.ReadUInt16BigEndian(body);
                read.Add((body[^1], BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(2 + topic)), (first & 8) != 0));
            }
            return read;
        }

        public async Task<string> StatusAsync()
        {
            var (first, body) = await PacketAsync();
            var topic = BinaryPrimitives.ReadUInt16BigEndian(body);
            return $"{System.Text.Encoding.ASCII.GetString(body, 2, topic)}={System.Text.Encoding.ASCII.GetString(body, 2 + topic, body.Length - 2 - topic)}{((first & 1) != 0 ? " retained" : "")}";
        }

        public void Dispose() => client.Dispose();
    }
}
