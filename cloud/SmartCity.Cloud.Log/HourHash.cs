using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>The hash over the rows of an hour, made row by row as they come, so that it costs one small SHA-256 a row beside that of its columns.</summary>
public static class HourHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    /// <summary>
    /// The leaf of a row: <c>SHA-256(0 ‖ gateway UTF-8 ‖ 0 ‖ lane u8 ‖ epoch u64 ‖ first u64 ‖ numbers u32 ‖ values u32 ‖ SHA-256(columns))</c>, big-endian.
    /// A row of which all values were set aside has no values and empty columns.
    /// </summary>
    public static byte[] Leaf(string gateway, Lane lane, ulong epoch, long first, int sequences, int count, ReadOnlySpan<byte> columnsHash)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        var name = Encoding.UTF8.GetByteCount(gateway);
        Span<byte> bytes = name <= 256 ? stackalloc byte[512] : new byte[name + 256];
        bytes[0] = 0;
        Encoding.UTF8.GetBytes(gateway, bytes[1..]);
        bytes[1 + name] = 0;
        var at = name + 2;
        bytes[at] = (byte)lane;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(at + 1)..], epoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[(at + 9)..], first);
        BinaryPrimitives.WriteInt32BigEndian(bytes[(at + 17)..], sequences);
        BinaryPrimitives.WriteInt32BigEndian(bytes[(at + 21)..], count);
        columnsHash.CopyTo(bytes[(at + 25)..]);
        return SHA256.HashData(bytes[..(at + 25 + columnsHash.Length)]);
    }

    /// <summary>The root with one leaf more.</summary>
    public static byte[] Add(ReadOnlySpan<byte> root, ReadOnlySpan<byte> leaf)
    {
        Span<byte> bytes = stackalloc byte[1 + 2 * Length];
        bytes[0] = 1;
        root.CopyTo(bytes[1..]);
        leaf.CopyTo(bytes[(1 + Length)..]);
        return SHA256.HashData(bytes);
    }
}
