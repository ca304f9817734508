using System.Buffers;

namespace SmartCity.Mqtt.Packets;

/// <summary>Fixed header, section 2.1: type and flags, then the length of what follows.</summary>
/// <param name="First">Type in the upper half, flags in the lower.</param>
/// <param name="HeaderBytes">Bytes of the fixed header itself, 2–5.</param>
/// <param name="BodyBytes">Bytes that follow it.</param>
internal readonly record struct PacketHeader(byte First, int HeaderBytes, int BodyBytes)
{
    public PacketType Type => (PacketType)(First >> 4);
    public byte Flags => (byte)(First & 0x0F);
    public int TotalBytes => HeaderBytes + BodyBytes;

    /// <summary>Reads the header at the start of <paramref name="bytes"/> and judges it as soon as its bytes are there.</summary>
    /// <returns>Whether the header is whole and faultless; else look at <paramref name="fault"/>: none = more bytes are needed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int bodyBytesMax, out PacketHeader header, out Fault fault)
    {
        header = default;
        fault = default;
        if (bytes.IsEmpty) return false;
        var first = bytes[0];
        if ((PacketType)(first >> 4) is 0 or PacketType.ConnAck or PacketType.Auth || first is (byte)PacketType.SubAck << 4 or (byte)PacketType.UnsubAck << 4 or (byte)PacketType.PingResp << 4)
        {
            fault = Fault.Protocol($"a packet that begins with 0x{first:X2}: no client sends this type here");
            return false;
        }
        if (!FlagsAreValid(first))
        {
            fault = Fault.Malformed($"a packet that begins with 0x{first:X2}: no client sends this type with these flags");
            return false;
        }
        var length = 0;
        for (var i = 0; i < 4; i++)
        {
            if (bytes.Length < i + 2) return false;
            var next = bytes[i + 1];
            length |= (next & 0x7F) << (7 * i);
            if ((next & 0x80) != 0) continue;
            if (next == 0 && i > 0)
            {
                fault = Fault.Malformed("a remaining length of more bytes than it needs");
                return false;
            }
            if (length > bodyBytesMax)
            {
                fault = new Fault(MqttReason.PacketTooLarge, $"a packet of {length} bytes; at most {bodyBytesMax} are taken");
                return false;
            }
            header = new PacketHeader(first, i + 2, length);
            return true;
        }
        fault = Fault.Malformed("a remaining length of more than four bytes");
        return false;
    }

    /// <summary>The same over segments.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> bytes, int bodyBytesMax, out PacketHeader header, out Fault fault)
    {
        if (bytes.IsSingleSegment || bytes.FirstSpan.Length >= 5) return TryRead(bytes.FirstSpan, bodyBytesMax, out header, out fault);
        Span<byte> start = stackalloc byte[(int)Math.Min(5, bytes.Length)];
        bytes.Slice(0, start.Length).CopyTo(start);
        return TryRead(start, bodyBytesMax, out header, out fault);
    }

    private static bool FlagsAreValid(byte first) => (PacketType)(first >> 4) switch
    {
        PacketType.Publish => (first & 0x06) != 0x06 && (first & 0x0E) != 0x08, // QoS 3, and DUP at QoS 0 [MQTT-3.3.1-2, -4]
        PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => (first & 0x0F) == 0x02,
        PacketType.Connect or PacketType.PubAck or PacketType.PubRec or PacketType.PubComp
            or PacketType.PingReq or PacketType.Disconnect => (first & 0x0F) == 0,
        _ => false,
    };
}
