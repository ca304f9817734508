using System.Text.Unicode;

namespace SmartCity.Mqtt.Packets;

/// <summary>The packets that the listener writes itself.</summary>
internal static class PacketBytes
{
    public static ReadOnlySpan<byte> PingResponse => [0xD0, 0x00];

    /// <summary>Bytes of a variable byte integer.</summary>
    public static int VariableBytes(int value) => value switch { < 1 << 7 => 1, < 1 << 14 => 2, < 1 << 21 => 3, _ => 4 };

    /// <summary>CONNACK that refuses, in the client's version; empty for a 3.1.1 client whose fault has no return code and who is closed without a word.</summary>
    public static byte[] Refusal(byte level, byte reasonCode, string text)
    {
        if (level == 5) return WithReason(0x20, [0x00, reasonCode], text);
        byte code = reasonCode switch
        {
            MqttReason.UnsupportedProtocolVersion => 1,
            MqttReason.ClientIdentifierNotValid => 2,
            MqttReason.ServerUnavailable or MqttReason.QuotaExceeded or MqttReason.ServerBusy => 3,
            MqttReason.BadUserNameOrPassword => 4,
            MqttReason.NotAuthorized or MqttReason.BadAuthenticationMethod or MqttReason.TopicNameInvalid => 5,
            _ => 0,
        };
        return code == 0 ? [] : [0x20, 0x02, 0x00, code];
    }

    /// <summary>DISCONNECT of 5.0.</summary>
    public static byte[] Disconnect(byte reasonCode, string text) => WithReason(0xE0, [reasonCode], text);

    // The reason string is cut so that the packet stays under the 128 bytes for which one length byte is enough.
    private static byte[] WithReason(byte first, ReadOnlySpan<byte> head, string text)
    {
        Span<byte> reason = stackalloc byte[110];
        Utf8.FromUtf16(text, reason, out _, out var length);
        return [first, (byte)(head.Length + 4 + length), .. head, (byte)(3 + length), 0x1F, 0, (byte)length, .. reason[..length]];
    }
}
