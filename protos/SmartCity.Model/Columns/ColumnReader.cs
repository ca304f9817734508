namespace SmartCity.Model.Columns;

/// <summary>Reads what <see cref="ColumnWriter"/> writes. Past the end it yields zeros and remembers it: check <see cref="Failed"/> after a column.</summary>
internal ref struct ColumnReader(ReadOnlySpan<byte> buffer)
{
    private readonly ReadOnlySpan<byte> _buffer = buffer;
    private int _position;

    /// <summary>Whether anything was read past the end or a varint was too long.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _buffer.Length - _position;

    public byte Byte()
    {
        if (_position < _buffer.Length) return _buffer[_position++];
        Failed = true;
        return 0;
    }

    public ulong Varint()
    {
        unchecked
        {
            ulong value = 0;
            for (var shift = 0; shift < 70; shift += 7)
            {
                if (_position >= _buffer.Length) break;
                var b = _buffer[_position++];
                if (shift == 63 && b > 1) break;
                value |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80) return value;
            }
        }
        Failed = true;
        return 0;
    }

    public long Zigzag()
    {
        var value = Varint();
        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    public long Fixed64()
    {
        var bytes = Bytes(8);
        return bytes.Length == 8 ? System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
    }

    /// <summary>A length or count that must fit what is left when each item takes at least one byte (or <paramref name="max"/>, where that is less).</summary>
    public int Count(int max)
    {
        var value = Varint();
        if (value <= (ulong)max) return (int)value;
        Failed = true;
        return 0;
    }

    /// <summary>The next <paramref name="count"/> bytes; empty where so many are not left.</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > Remaining)
        {
            Failed = true;
            return default;
        }
        var bytes = _buffer.Slice(_position, count);
        _position += count;
        return bytes;
    }
}
