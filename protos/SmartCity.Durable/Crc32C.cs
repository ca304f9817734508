using System.Numerics;
using System.Runtime.InteropServices;

namespace SmartCity.Durable;

/// <summary>CRC-32C (Castagnoli), as in iSCSI (RFC 3720, appendix B.4); by the processor's own instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>; of the nine characters <c>123456789</c> it is 0xE3069283.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes)) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        foreach (var single in bytes[(bytes.Length & ~7)..]) crc = BitOperations.Crc32C(crc, single);
        return ~crc;
    }
}
