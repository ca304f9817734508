using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace SmartCity.Mqtt.Packets;

/// <summary>Reads the data types of section 1.5 from a packet's body. Every method returns false, without moving, when the body is too short or the text no text.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Position { get; private set; }
    public readonly int Left => _body.Length - Position;
    public readonly ReadOnlySpan<byte> Rest => _body[Position..];

    public bool TryByte(out byte value)
    {
        if (Left < 1) { value = 0; return false; }
        value = _body[Position++];
        return true;
    }

    public bool TryUInt16(out ushort value)
    {
        if (Left < 2) { value = 0; return false; }
        value = BinaryPrimitives.ReadUInt16BigEndian(_body[Position..]);
        Position += 2;
        return true;
    }

    public bool TryUInt32(out uint value)
    {
        if (Left < 4) { value = 0; return false; }
        value = BinaryPrimitives.ReadUInt32BigEndian(_body[Position..]);
        Position += 4;
        return true;
    }

    /// <summary>Variable byte integer: at most four bytes, and no longer than it needs to be [MQTT-1.5.5-1].</summary>
    public bool TryVariable(out uint value)
    {
        value = 0;
        for (var i = 0; i < 4 && i < Left; i++)
        {
            var next = _body[Position + i];
            value |= (uint)(next & 0x7F) << (7 * i);
            if ((next & 0x80) != 0) continue;
            if (next == 0 && i > 0) return false;
            Position += i + 1;
            return true;
        }
        return false;
    }

    public bool TryBinary(out ReadOnlySpan<byte> value)
    {
        if (Left >= 2 && BinaryPrimitives.ReadUInt16BigEndian(_body[Position..]) is var length && Left - 2 >= length)
        {
            value = _body.Slice(Position + 2, length);
            Position += 2 + length;
            return true;
        }
        value = default;
        return false;
    }

    /// <summary>UTF-8 string: well formed, without surrogates and without U+0000 [MQTT-1.5.4-1, -2].</summary>
    public bool TryText(out ReadOnlySpan<byte> value)
    {
        var start = Position;
        if (TryBinary(out value) && !value.Contains((byte)0) && Utf8.IsValid(value)) return true;
        Position = start;
        value = default;
        return false;
    }

    /// <summary>
    /// A topic name or filter: text without control characters and non-characters, which section 1.5.4 leaves to the receiver to take or not.
    /// Nobody means them in a topic, and they would stand in logs and tables.
    /// </summary>
    public bool TryTopic(out ReadOnlySpan<byte> value)
    {
        var start = Position;
        if (TryBinary(out value) && (!value.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E) || IsTopicText(value))) return true;
        Position = start;
        value = default;
        return false;
    }

    private static bool IsTopicText(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(value, out var rune, out var used) != OperationStatus.Done || Rune.IsControl(rune)
                || rune.Value is >= 0xFDD0 and <= 0xFDEF || (rune.Value & 0xFFFE) == 0xFFFE) return false;
            value = value[used..];
        }
        return true;
    }

    public bool TrySlice(uint length, out ReadOnlySpan<byte> value)
    {
        if (length > (uint)Left) { value = default; return false; }
        value = _body.Slice(Position, (int)length);
        Position += (int)length;
        return true;
    }
}
