namespace SmartCity.Model.Columns;

/// <summary>Writes numbers into a span that is known to be long enough. Little-endian base-128 varints, zigzag for signed ones.</summary>
internal ref struct ColumnWriter(Span<byte> buffer)
{
    /// <summary>Bytes of the longest varint: 64 bits in groups of 7.</summary>
    public const int VarintBytesMax = 10;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public void Byte(byte value) => _buffer[Length++] = value;

    public void Varint(ulong value)
    {
        unchecked
        {
            while (value >= 0x80)
            {
                _buffer[Length++] = (byte)(value | 0x80);
                value >>= 7;
            }
            _buffer[Length++] = (byte)value;
        }
    }

    public void Zigzag(long value) => Varint(unchecked((ulong)((value << 1) ^ (value >> 63))));

    public void Fixed64(long value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(_buffer[Length..], value);
        Length += 8;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_buffer[Length..]);
        Length += value.Length;
    }

    /// <summary>Takes the next <paramref name="count"/> bytes to be filled later.</summary>
    public Span<byte> Reserve(int count)
    {
        var reserved = _buffer.Slice(Length, count);
        Length += count;
        return reserved;
    }
}
