using SmartCity.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>What is accepted and what is not, packet by packet. A number is the reason code of MQTT 5.0 with which the connection was closed, whatever version it spoke.</summary>
public sealed class PacketTableTests
{
    private const int Accepted = 0;
    private const byte Both = 0;

    /// <summary>First packets of a connection.</summary>
    public static TheoryData<string, int, byte[]> First => new()
    {
        { "3.1", Accepted, Connect(V31) },
        { "3.1.1", Accepted, Connect(V311) },
        { "5.0", Accepted, Connect(V5) },
        { "no id, 3.1.1, clean", Accepted, Connect(V311, "") },
        { "no id, 5.0, not clean", Accepted, Connect(V5, "", flags: 0) },
        { "no id, 3.1.1, to be kept", 0x85, Connect(V311, "", flags: 0) },
        { "user name and password", Accepted, Connect(V311, flags: 0xC2, rest: [.. Text("u"), .. Text("p")]) },
        { "password alone, 5.0", Accepted, Connect(V5, flags: 0x42, rest: Text("p")) },
        { "password alone, 3.1.1", 0x81, Connect(V311, flags: 0x42, rest: Text("p")) },
        { "Will", Accepted, Connect(V311, flags: 0x2E, rest: [.. Text("w"), .. Text("gone")]) },
        { "Will, 5.0, with its properties", Accepted, Connect(V5, flags: 0x0E, rest: [.. Properties([0x18], Number32(5)), .. Text("w"), .. Text("gone")]) },
        { "stranger", 0x86, Connect(V5, flags: 0x82, rest: Text("stranger")) },
        { "stranger, 3.1.1", 0x86, Connect(V311, flags: 0x82, rest: Text("stranger")) },
        { "reserved flag", 0x81, Connect(V311, flags: 0x03) },
        { "Will of QoS 3", 0x81, Connect(V5, flags: 0x1E, rest: [0, .. Text("w"), .. Text("gone")]) },
        { "QoS of no Will", 0x81, Connect(V311, flags: 0x0A) },
        { "retain of no Will", 0x81, Connect(V5, flags: 0x22) },
        { "Will topic with a wildcard", 0x90, Connect(V5, flags: 0x06, rest: [0, .. Text("w/#"), .. Text("gone")]) },
        { "Will topic of the server", 0x90, Connect(V5, flags: 0x06, rest: [0, .. Text("$SYS/x"), .. Text("gone")]) },
        { "Will topic empty", 0x90, Connect(V311, flags: 0x06, rest: [.. Text(""), .. Text("gone")]) },
        { "Will missing", 0x81, Connect(V311, flags: 0x06) },
        { "bytes behind the end", 0x81, Connect(V311, rest: [1]) },
        { "user name missing", 0x81, Connect(V311, flags: 0x82) },
        { "level 6", 0x84, Packet(0x10, Text("MQTT"), [6, 2], Number(60), [0], Text("raw")) },
        { "level 3 of MQTT", 0x84, Packet(0x10, Text("MQTT"), [3, 2], Number(60), Text("raw")) },
        { "level 4 of a bridge", 0x84, Packet(0x10, Text("MQTT"), [0x84, 2], Number(60), Text("raw")) },
        { "another protocol", 0x81, Packet(0x10, Text("AMQP"), [4, 2], Number(60), Text("raw")) },
        { "id with U+0000", 0x85, Connect(V5, "a\0b") },
        { "id with a control character", 0x85, Connect(V5, "a\u0007b") },
        { "id with a surrogate", 0x85, Packet(0x10, Text("MQTT"), [5, 2], Number(60), [0], Binary([0xED, 0xA0, 0x80])) },
        { "id too long", 0x85, Connect(V5, new string('a', 513)) },
        { "user name with U+0000", 0x85, Connect(V311, flags: 0x82, rest: Text("a\0b")) },
        { "authentication method", 0x8C, Connect(V5, properties: Properties([0x15], Text("SCRAM"))) },
        { "authentication data without method", 0x82, Connect(V5, properties: Properties([0x16], Text("x"))) },
        { "property twice", 0x82, Connect(V5, properties: Properties([0x21, 0, 1], [0x21, 0, 1])) },
        { "receive maximum 0", 0x82, Connect(V5, properties: Properties([0x21, 0, 0])) },
        { "maximum packet size 0", 0x82, Connect(V5, properties: Properties([0x27, 0, 0, 0, 0])) },
        { "problem information 2", 0x82, Connect(V5, properties: Properties([0x17, 2])) },
        { "property of another packet", 0x82, Connect(V5, properties: Properties([0x23, 0, 1])) },
        { "property that does not exist", 0x81, Connect(V5, properties: Properties([0x3F])) },
        { "property cut off", 0x81, Connect(V5, properties: [3, 0x27, 0, 0]) },
        { "properties beyond the packet", 0x81, Connect(V5, properties: [0x7F]) },
        { "flags of the fixed header", 0x82, [0x12, .. Connect(V311)[1..]] },
        { "PUBLISH first", 0x82, Publish(V311) },
        { "PINGREQ first", 0x82, Ping },
        { "TLS", 0x82, [0x16, 3, 1, 0, 0xC8, 1] },
        { "HTTP", 0x82, "GET / HTTP/1.1\r\n\r\n"u8.ToArray() },
        { "remaining length of five bytes", 0x81, [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 1] },
        { "256 MB, then silence", 0x95, [0x10, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "CONNECT of 16 KiB and one byte", 0x95, [0x10, .. Variable(16 * 1024 + 1)] },
        { "remaining length longer than it needs", 0x81, [0x10, 0x80, 0x00] },
        { "CONNECT of nothing", 0x81, [0x10, 0] },
    };

    /// <summary>What comes after CONNACK; version 0 = the same in both.</summary>
    public static TheoryData<string, byte, int, byte[]> Later => new()
    {
        { "QoS 0", V311, Accepted, Publish(V311, first: 0x30) },
        { "QoS 1", V311, Accepted, Publish(V311) },
        { "QoS 2, repeated, released", V311, Accepted, [.. Publish(V311, first: 0x34), .. Publish(V311, first: 0x3C), .. Acknowledge(0x62, 1)] },
        { "QoS 2, released twice", V5, Accepted, [.. Publish(V5, first: 0x34), .. Acknowledge(0x62, 1), .. Acknowledge(0x62, 1)] },
        { "empty payload", V5, Accepted, Publish(V5, payload: "") },
        { "all properties", V5, Accepted, Publish(V5, properties: Properties([1, 1], [2, 0, 0, 0, 9], [0x23, 0, 1], [8], Text("r"), [9], Text("c"), [0x26], Text("k"), Text("v"), [0x26], Text("k"), Text("v"), [3], Text("json"))) },
        { "topic of 512 bytes", V311, Accepted, Publish(V311, new string('t', 512)) },
        { "topic of 16 levels", V311, Accepted, Publish(V311, string.Join('/', Enumerable.Repeat("l", 16))) },
        { "alias", V5, Accepted, [.. Publish(V5, "t", 1, properties: Properties([0x23, 0, 16])), .. Publish(V5, "", 2, properties: Properties([0x23, 0, 16]))] },
        { "subscribe", V311, Accepted, Subscribe(V311, 1, null, ("a/+/b", 0), ("#", 2)) },
        { "subscribe with all options", V5, Accepted, Subscribe(V5, 1, Properties([0x0B, 0x80, 1]), ("a", 0x2E)) },
        { "subscribe to no filter", V5, Accepted, Subscribe(V5, 1, null, ("a/#/b", 0)) },
        { "unsubscribe", V5, Accepted, Packet(0xA2, Number(1), [0], Text("a")) },
        { "acknowledgements with reason and properties", V5, Accepted, Packet(0x62, Number(1), [0x92, 0]) },

        { "QoS 3", Both, 0x81, Publish(V5, first: 0x36) },
        { "DUP at QoS 0", Both, 0x81, Publish(V5, first: 0x38) },
        { "packet id 0", Both, 0x82, Publish(V5, id: 0) },
        { "packet id missing", Both, 0x81, Packet(0x32, Text("t")) },
        { "topic beyond the packet", Both, 0x81, Packet(0x30, [0, 9, (byte)'t']) },
        { "topic with +", Both, 0x90, Publish(V5, "a/+") },
        { "topic with #", Both, 0x90, Publish(V5, "#") },
        { "topic with a control character", Both, 0x81, Publish(V5, "a\u0007b") },
        { "topic with a non-character", Both, 0x81, Publish(V5, "a\uFFFFb") },
        { "topic with U+0000", Both, 0x81, Publish(V5, "a\0b") },
        { "topic with bad UTF-8", Both, 0x81, Packet(0x30, Binary([(byte)'t', 0xFF]), [0]) },
        { "topic with a surrogate", Both, 0x81, Packet(0x30, Binary([0xED, 0xA0, 0x80]), [0]) },
        { "empty topic", V311, 0x90, Publish(V311, "") },
        { "neither topic nor alias", V5, 0x82, Publish(V5, "") },
        { "topic of 513 bytes, 3.1.1", V311, 0x90, Publish(V311, new string('t', 513)) },
        { "topic of 17 levels, 3.1.1", V311, 0x90, Publish(V311, string.Join('/', Enumerable.Repeat("l", 17))) },
        { "topic of the server, 3.1.1", V311, 0x90, Publish(V311, "$SYS/x") },
        { "topic of a share, 3.1.1", V311, 0x90, Publish(V311, "$share/g/t") },
        { "topic of 17 levels at QoS 0", V5, 0x90, Publish(V5, string.Join('/', Enumerable.Repeat("l", 17)), first: 0x30) },
        { "alias 0", V5, 0x94, Publish(V5, properties: Properties([0x23, 0, 0])) },
        { "alias beyond the maximum", V5, 0x94, Publish(V5, properties: Properties([0x23, 0, 17])) },
        { "alias never set", V5, 0x82, Publish(V5, "", properties: Properties([0x23, 0, 1])) },
        { "property twice", V5, 0x82, Publish(V5, properties: Properties([1, 1], [1, 1])) },
        { "subscription identifier of a client", V5, 0x82, Publish(V5, properties: Properties([0x0B, 1])) },
        { "property that does not exist", V5, 0x81, Publish(V5, properties: Properties([0x04, 1])) },
        { "property id of two bytes", V5, 0x81, Publish(V5, properties: Properties([0x80, 0x01])) },
        { "payload format 2", V5, 0x82, Publish(V5, properties: Properties([1, 2])) },
        { "response topic with a wildcard", V5, 0x82, Publish(V5, properties: Properties([8], Text("a/#"))) },
        { "properties missing", V5, 0x81, Packet(0x30, Text("t")) },
        { "properties beyond the packet", V5, 0x81, Packet(0x30, Text("t"), [5]) },

        { "second CONNECT", Both, 0x82, Connect(V5) },
        { "CONNACK", Both, 0x82, [0x20, 2, 0, 0] },
        { "SUBACK", Both, 0x82, [0x90, 3, 0, 1, 0] },
        { "PINGRESP", Both, 0x82, Pong },
        { "type 0", Both, 0x82, [0x00, 0] },
        { "AUTH", V5, 0x82, [0xF0, 0] },
        { "PINGREQ with a body", Both, 0x81, [0xC0, 1, 0] },
        { "PINGREQ with flags", Both, 0x81, [0xC1, 0] },
        { "PUBREL without its flag", Both, 0x81, Acknowledge(0x60, 1) },
        { "SUBSCRIBE without its flag", Both, 0x81, [0x80, .. Subscribe(V5, 1, null, ("a", 0))[1..]] },
        { "PUBREL of id 0", Both, 0x82, Acknowledge(0x62, 0) },
        { "PUBREL of one byte", Both, 0x81, [0x62, 1, 0] },
        { "PUBREL with more, 3.1.1", V311, 0x81, [0x62, 3, 0, 1, 0] },
        { "PUBREL with a reason it has not", V5, 0x82, [0x62, 3, 0, 1, 0x97] },
        { "PUBACK that nothing asked for", Both, 0x82, Acknowledge(0x40, 1) },
        { "SUBSCRIBE of id 0", Both, 0x82, Subscribe(V5, 0, null, ("a", 0)) },
        { "SUBSCRIBE of nothing", V5, 0x82, Subscribe(V5, 1) },
        { "SUBSCRIBE of nothing, 3.1.1", V311, 0x82, Subscribe(V311, 1) },
        { "SUBSCRIBE without options", V5, 0x81, Packet(0x82, Number(1), [0], Text("a")) },
        { "SUBSCRIBE of QoS 3", V5, 0x81, Subscribe(V5, 1, null, ("a", 3)) },
        { "SUBSCRIBE with reserved bits", V5, 0x81, Subscribe(V5, 1, null, ("a", 0x41)) },
        { "SUBSCRIBE with options of 5.0", V311, 0x81, Subscribe(V311, 1, null, ("a", 0x05)) },
        { "retain handling 3", V5, 0x82, Subscribe(V5, 1, null, ("a", 0x30)) },
        { "subscription identifier 0", V5, 0x82, Subscribe(V5, 1, Properties([0x0B, 0]), ("a", 0)) },
        { "shared and No Local", V5, 0x82, Subscribe(V5, 1, null, ("$share/g/a", 0x04)) },
        { "empty filter", Both, 0x81, Packet(0x82, Number(1), [0], Text(""), [0]) },
        { "filter with # in the middle, 3.1.1", V311, 0x81, Subscribe(V311, 1, null, ("a/#/b", 0)) },
        { "filter with U+0000", V5, 0x81, Subscribe(V5, 1, null, ("a\0", 0)) },
        { "UNSUBSCRIBE of nothing", V5, 0x82, Packet(0xA2, Number(1), [0]) },
        { "UNSUBSCRIBE of no filter", V5, 0x81, Packet(0xA2, Number(1), [0], Text("a+")) },
        { "DISCONNECT with a body, 3.1.1", V311, 0x81, [0xE0, 1, 0] },
        { "DISCONNECT with a property it has not", V5, 0x82, [0xE0, 5, 0, 3, 0x23, 0, 1] },
        { "goodbye with a reason it has not", V5, 0x82, [0xE0, 1, 0x8E] },
        { "DISCONNECT that keeps a session", V5, 0x82, [0xE0, 7, 0, 5, 0x11, 0, 0, 0, 9] },
        { "packet of 256 KiB and one byte", Both, 0x95, [0x30, .. Variable(256 * 1024 + 1)] },
        { "remaining length of five bytes", Both, 0x81, [0x30, 0xFF, 0xFF, 0xFF, 0xFF] },
    };

    [Theory, MemberData(nameof(First))]
    public async Task A_first_packet(string name, int code, byte[] packet)
    {
        await using var listener = await PipeListener.StartAsync();
        var connection = listener.Open();
        await connection.SendAsync(packet, Ping);
        if (code == Accepted)
        {
            var connAck = await connection.ReceiveAsync();
            Assert.True(connAck[0] == 0x20 && connAck[3] == 0, name);
            Assert.Equal(Pong, await connection.ReceiveAsync());
            Assert.Equal(1, listener.Hub.Counters.Connections);
        }
        else
        {
            var answers = await connection.ReceiveAllAsync();
            await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Equal([((byte)code, 1L)], listener.Hub.Counters.ClosedByReason());
            Assert.Equal(0, listener.Hub.Counters.Connections);
            Assert.DoesNotContain(answers, answer => answer[0] != 0x20 || answer[3] == 0);
            // Where the version of the client is known and has a word for it, it is told.
            var told = answers.Select(answer => answer[3]).ToArray();
            byte[] words = packet is not [0x10, _, 0, 4, (byte)'M', ..] ? []
                : packet[8] >= 5 && packet[8] < 0x80 || packet[8] == 0x84 ? [(byte)code]
                : code switch { 0x84 => [1], 0x85 => name.StartsWith("id with", StringComparison.Ordinal) || name.StartsWith("user name with", StringComparison.Ordinal) ? [] : [2], 0x86 => [4], 0x90 => [5], _ => [] };
            Assert.True(told.SequenceEqual(words) || packet[1] > 127, $"{name}: told {Convert.ToHexString(told)}");
        }
    }

    [Theory, MemberData(nameof(Later))]
    public async Task A_later_packet(string name, byte version, int code, byte[] packet)
    {
        foreach (var level in version == Both ? new[] { V311, V5 } : [version])
        {
            await using var listener = await PipeListener.StartAsync();
            var connection = await listener.ConnectAsync(level);
            // Packets written for 5.0 carry an empty property list, which 3.1.1 reads as payload: the fault lies elsewhere.
            await connection.SendAsync(packet, Ping);
            if (code == Accepted)
            {
                while (!(await connection.ReceiveAsync() is { Length: > 0 } answer && answer.SequenceEqual(Pong))) { }
                Assert.Empty(listener.Hub.Counters.ClosedByReason());
            }
            else
            {
                var answers = await connection.ReceiveAllAsync();
                await connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
                Assert.Equal([((byte)code, 1L)], listener.Hub.Counters.ClosedByReason());
                Assert.DoesNotContain(answers, answer => answer.SequenceEqual(Pong));
                Assert.Empty(listener.Payloads);
                // Whose DISCONNECT gives no reason that there is hears none either.
                Assert.Equal(level == V5 && !name.StartsWith("goodbye", StringComparison.Ordinal) ? new byte[][] { [0xE0, (byte)code] } : [], answers.Select(answer => new[] { answer[0], answer[2] }));
            }
            Assert.NotEmpty(name);
        }
    }
}
