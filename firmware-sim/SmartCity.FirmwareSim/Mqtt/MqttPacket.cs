using System.Buffers.Binary;
using System.Text;

namespace SmartCity.FirmwareSim.Mqtt;

/// <summary>Packets of MQTT 3.1.1 as a device writes them (OASIS, sections 2 and 3).</summary>
internal static class MqttPacket
{
    public const byte ConnAck = 0x20, Publish = 0x30, PubAck = 0x40, PubRec = 0x50, PubRel = 0x62, PubComp = 0x70, SubAck = 0x90, PingResp = 0xD0;
    /// <summary>Bit of a PUBLISH that is sent again.</summary>
    public const byte Duplicate = 0x08;

    public static ReadOnlyMemory<byte> PingReq { get; } = new byte[] { 0xC0, 0 };
    public static ReadOnlyMemory<byte> Disconnect { get; } = new byte[] { 0xE0, 0 };

    /// <summary>A CONNECT that keeps its session, so that what was in flight may be sent again.</summary>
    public static byte[] Connect(string clientId, int keepAliveSeconds, string? user, string? password, string? willTopic = null, string? willPayload = null, bool cleanSession = false)
    {
        var body = new List<byte>();
        Text(body, "MQTT");
        body.Add(4);
        body.Add((byte)((user is null ? 0 : 0x80) | (password is null ? 0 : 0x40) | (willTopic is null ? 0 : 0x20 | 0x08 | 0x04) | (cleanSession ? 0x02 : 0)));
        body.Add((byte)(keepAliveSeconds >> 8));
        body.Add((byte)keepAliveSeconds);
        Text(body, clientId);
        if (willTopic is not null)
        {
            Text(body, willTopic);
            Text(body, willPayload ?? "");
        }
        if (user is not null) Text(body, user);
        if (password is not null) Text(body, password);
        return Framed(0x10, body);
    }

    /// <summary>A SUBSCRIBE to one filter at QoS 1.</summary>
    public static byte[] Subscribe(ushort id, string filter)
    {
        var body = new List<byte> { (byte)(id >> 8), (byte)id };
        Text(body, filter);
        body.Add(1);
        return Framed(0x82, body);
    }

    /// <summary>A PUBLISH, with room for its packet id at <paramref name="idOffset"/> (0 at QoS 0).</summary>
    public static byte[] PublishOf(string topic, ReadOnlySpan<byte> payload, int qos, bool retain, out int idOffset)
    {
        var topicBytes = Encoding.UTF8.GetByteCount(topic);
        var length = 2 + topicBytes + (qos > 0 ? 2 : 0) + payload.Length;
        Span<byte> lengthBytes = stackalloc byte[4];
        var head = 1 + WriteLength(lengthBytes, length);
        var packet = new byte[head + length];
        packet[0] = (byte)(Publish | qos << 1 | (retain ? 1 : 0));
        lengthBytes[..(head - 1)].CopyTo(packet.AsSpan(1));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(head), (ushort)topicBytes);
        Encoding.UTF8.GetBytes(topic, packet.AsSpan(head + 2));
        idOffset = qos > 0 ? head + 2 + topicBytes : 0;
        payload.CopyTo(packet.AsSpan(packet.Length - payload.Length));
        return packet;
    }

    /// <summary>Writes a remaining length and returns its bytes, 1–4.</summary>
    public static int WriteLength(Span<byte> target, int length)
    {
        var count = 0;
        do
        {
            var digit = (byte)(length & 0x7F);
            length >>= 7;
            target[count++] = length > 0 ? (byte)(digit | 0x80) : digit;
        }
        while (length > 0);
        return count;
    }

    /// <summary>Takes the next packet off the front of <paramref name="received"/>.</summary>
    /// <returns>False where it is not whole yet.</returns>
    /// <exception cref="InvalidDataException">What came is not MQTT.</exception>
    public static bool TryTake(ref ReadOnlySpan<byte> received, out byte first, out ReadOnlySpan<byte> body)
    {
        first = 0;
        body = default;
        if (received.Length < 2) return false;
        var length = 0;
        var at = 1;
        for (var shift = 0; ; shift += 7)
        {
            if (at == received.Length) return false;
            var digit = received[at++];
            length |= (digit & 0x7F) << shift;
            if ((digit & 0x80) == 0) break;
            if (shift == 21) throw new InvalidDataException("The broker sent a remaining length of more than four bytes.");
        }
        if (received.Length - at < length) return false;
        first = received[0];
        body = received.Slice(at, length);
        received = received[(at + length)..];
        return true;
    }

    /// <summary>What a CONNACK's code means (3.1.1 table 3.1).</summary>
    public static string MeaningOf(byte code) => code switch
    {
        0 => "accepted",
        1 => "unacceptable protocol version",
        2 => "client id rejected",
        3 => "server unavailable (it may have no room)",
        4 => "bad user name or password",
        5 => "not authorised",
        _ => $"code {code}",
    };

    private static byte[] Framed(byte first, List<byte> body)
    {
        Span<byte> lengthBytes = stackalloc byte[4];
        return [first, .. lengthBytes[..WriteLength(lengthBytes, body.Count)], .. body];
    }

    private static void Text(List<byte> body, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        body.Add((byte)(bytes.Length >> 8));
        body.Add((byte)bytes.Length);
        body.AddRange(bytes);
    }
}
