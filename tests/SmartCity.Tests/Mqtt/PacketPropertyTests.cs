using CsCheck;
using SmartCity.Mqtt;
using SmartCity.Mqtt.Packets;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Mqtt;

/// <summary>Any bytes, in any pieces: the listener neither fails nor hangs, and takes nothing after a violation.</summary>
public sealed class PacketPropertyTests
{
    // What a conversation is made of after its CONNECT; each is valid whatever came before it. The payload of a PUBLISH is its place.
    private static readonly Gen<(byte Kind, int Size)[]> _talk = Gen.Select(Gen.Byte[0, 7], Gen.Frequency((9, Gen.Int[0, 60]), (1, Gen.Int[3_000, 40_000]))).Array[0, 20];

    private static readonly byte[][] _violations =
    [
        [0x00, 0], [0x20, 2, 0, 0], [0xF1, 0], [0x30, 0x80, 0x80, 0x80, 0x80, 1], [0x30, 0xFF, 0xFF, 0xFF, 0x7F], [0x36, 3, 0, 1, 0x74], [0x30, 3, 0, 1, (byte)'#'], [0x30, 3, 0, 1, 0],
        [0x32, 5, 0, 1, 0x74, 0, 0], [0x82, 2, 0, 1], [0xC0, 1, 0], [0x10, 0], [0x40, 2, 0, 9],
    ];

    private static byte[] Build(byte version, (byte Kind, int Size) piece, int place, List<string> payloads)
    {
        var payload = $"{place}{new string('.', piece.Size)}";
        if (piece.Kind < 5) payloads.Add(payload);
        return piece.Kind switch
        {
            0 => Publish(version, "a", first: 0x30, payload: payload),
            1 => Publish(version, "city/v1/d/telemetry", 1000 + place, payload),
            2 => Publish(version, "b", 1000 + place, payload, first: 0x34),
            3 when version == V5 => Publish(version, "aliased", 1000 + place, payload, properties: Properties([0x23, 0, 3], [0x26], Text("k"), Text("v"))),
            3 or 4 => Publish(version, "ß/温度", 1000 + place, payload, first: 0x33),
            5 => Ping,
            6 => Subscribe(version, 1 + place, null, ("a/+", 1)),
            _ => Acknowledge(0x62, 1 + place),
        };
    }

    // Sends in the given pieces, with a chance for the read loop in between.
    private static async Task SendAsync(PipeListener.Connection connection, byte[] bytes, int[] cuts)
    {
        var at = 0;
        foreach (var cut in cuts.Select(cut => cut % (bytes.Length + 1)).Append(bytes.Length).Order())
        {
            if (cut == at) continue;
            await connection.SendAsync(bytes[at..cut]);
            await Task.Yield();
            at = cut;
        }
    }

    private static async Task EndsAsync(PipeListener.Connection connection)
    {
        var reading = connection.ReceiveAllAsync();
        connection.Complete();
        await reading.WaitAsync(TimeSpan.FromSeconds(20));
        await connection.Ended.WaitAsync(TimeSpan.FromSeconds(20)); // rethrows what failed
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Everything_before_a_violation_is_taken_and_nothing_after_it(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        await Gen.Select(_talk, Gen.Int[0, _violations.Length - 1], _talk, Gen.Int[0, 1_000_000].Array[0, 12]).SampleAsync(async (before, violation, after, cuts) =>
        {
            listener.Payloads.Clear();
            var closed = listener.Hub.Counters.ClosedByReason().Sum(reason => reason.Count);
            var (expected, ignored) = (new List<string>(), new List<string>());
            byte[] bytes = [.. Connect(version), .. before.SelectMany((piece, i) => Build(version, piece, i, expected)), .. _violations[violation],
                .. after.SelectMany((piece, i) => Build(version, piece, 100 + i, ignored))];
            var connection = listener.Open();
            await SendAsync(connection, bytes, cuts);
            await EndsAsync(connection);
            Assert.Equal(expected, listener.Payloads);
            Assert.Equal(closed + 1, listener.Hub.Counters.ClosedByReason().Sum(reason => reason.Count));
        }, iter: 300, threads: 1);
        Assert.Equal(0, listener.Hub.Counters.Closed(MqttReason.ImplementationError));
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Split_anywhere_a_conversation_is_the_same(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        await Gen.Select(_talk, Gen.Int[0, 1_000_000].Array[0, 40]).SampleAsync(async (talk, cuts) =>
        {
            listener.Payloads.Clear();
            var expected = new List<string>();
            var connection = listener.Open();
            await SendAsync(connection, [.. Connect(version), .. talk.SelectMany((piece, i) => Build(version, piece, i, expected))], cuts);
            await EndsAsync(connection);
            Assert.Equal(expected, listener.Payloads);
        }, iter: 300, threads: 1);
        Assert.Empty(listener.Hub.Counters.ClosedByReason());
    }

    [Fact]
    public async Task Byte_by_byte_a_conversation_is_the_same()
    {
        await using var listener = await PipeListener.StartAsync();
        foreach (var version in new[] { V31, V311, V5 })
        {
            listener.Payloads.Clear();
            var expected = new List<string>();
            byte[] bytes = [.. Connect(version), .. Enumerable.Range(0, 8).SelectMany(i => Build(version, ((byte)i, 300), i, expected))];
            var connection = listener.Open();
            foreach (var one in bytes) await connection.SendAsync([one]);
            await EndsAsync(connection);
            Assert.Equal(expected, listener.Payloads);
        }
    }

    [Theory, InlineData(V311), InlineData(V5)]
    public async Task Mutated_conversations_neither_fail_nor_hang(byte version)
    {
        await using var listener = await PipeListener.StartAsync();
        var change = Gen.Select(Gen.Int[0, 1_000_000], Gen.Byte, Gen.Int[0, 3]);
        await Gen.Select(_talk, change.Array[1, 6], Gen.Int[0, 1_000_000].Array[0, 12]).SampleAsync(async (talk, changes, cuts) =>
        {
            var bytes = new List<byte>([.. Connect(version), .. talk.SelectMany((piece, i) => Build(version, piece, i, []))]);
            foreach (var (place, value, how) in changes)
            {
                var at = place % bytes.Count;
                if (how == 0) bytes[at] = value;
                else if (how == 1) bytes[at] ^= (byte)(1 << (value & 7));
                else if (how == 2) bytes.Insert(at, value);
                else if (bytes.Count > 1) bytes.RemoveAt(at);
            }
            var connection = listener.Open();
            await SendAsync(connection, [.. bytes], cuts);
            await EndsAsync(connection);
        }, iter: 500, threads: 1);
        Assert.Equal((0, 0), (listener.Hub.Counters.Closed(MqttReason.ImplementationError), listener.Hub.ConnectionCount));
    }

    [Fact]
    public async Task Random_bytes_neither_fail_nor_hang()
    {
        await using var listener = await PipeListener.StartAsync();
        await Gen.Select(Gen.Byte.Array[0, 200], Gen.Bool, Gen.Byte[3, 5], Gen.Int[0, 1_000_000].Array[0, 6]).SampleAsync(async (bytes, connected, version, cuts) =>
        {
            var connection = listener.Open();
            await SendAsync(connection, connected ? [.. Connect(version), .. bytes] : bytes, cuts);
            await EndsAsync(connection);
        }, iter: 500, threads: 1);
        Assert.Equal((0, 0), (listener.Hub.Counters.Closed(MqttReason.ImplementationError), listener.Hub.ConnectionCount));
    }

    [Fact]
    public void Decoders_take_any_bytes() => Gen.Select(Gen.Byte.Array[0, 120], Gen.Byte, Gen.Bool).Sample((bytes, flags, version5) =>
    {
        PacketHeader.TryRead(bytes, 1000, out _, out _);
        PublishBody.Read((byte)(flags & 0x0F), bytes, version5, out _);
        ConnectBody.Read(bytes, 512, 16, out _);
        foreach (var type in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp }) ControlBody.ReadAcknowledgement(type, bytes, version5, out _, out _);
        ControlBody.ReadSubscribe(bytes, version5, out _, out _, out _);
        ControlBody.ReadUnsubscribe(bytes, version5, out _, out _);
        ControlBody.ReadDisconnect(bytes, version5, 1, out _, out _);
    }, iter: 20_000);
}
