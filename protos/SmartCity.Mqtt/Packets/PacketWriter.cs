using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Mqtt.Packets;

/// <summary>Writes the data types of section 1.5 into a buffer that is long enough.</summary>
internal ref struct PacketWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Position { get; private set; }

    public void Byte(byte value) => _buffer[Position++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Position..], value);
        Position += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer[Position..], value);
        Position += 4;
    }

    /// <summary>Variable byte integer, in as many bytes as it needs [MQTT-1.5.5-1].</summary>
    public void Variable(int value)
    {
        while (value > 0x7F)
        {
            Byte((byte)(value & 0x7F | 0x80));
            value >>= 7;
        }
        Byte((byte)value);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[Position..]);
        Position += bytes.Length;
    }

    /// <summary>The characters of a text without the length in front.</summary>
    public void Characters(string text) => Position += Encoding.UTF8.GetBytes(text, _buffer[Position..]);
}
