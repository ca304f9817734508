using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Move;

/// <summary>A number over readings, the same in whatever order they come: the sum of a hash of each.</summary>
internal sealed class ReadingsChecksum
{
    private SeriesKey _series;
    private ulong _seed;
    private ulong _sum;

    /// <summary>Readings added.</summary>
    public long Count { get; private set; }

    public void Add(Reading reading)
    {
        AddHash(reading);
        Count++;
    }

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => _sum.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private void AddHash(in Reading reading)
    {
        // Hashes wrap around.
        unchecked
        {
            if (reading.Series != _series || Count == 0) (_series, _seed) = (reading.Series, XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{reading.Series.Device}\0{reading.Series.Metric}")));
            Span<byte> bytes = stackalloc byte[26];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, reading.Time);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], reading.Received);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], reading.Value.Text is { } text ? (long)XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text)) : reading.Value.Bits);
            (bytes[24], bytes[25]) = ((byte)reading.Value.Kind, (byte)reading.Quality);
            _sum += XxHash64.HashToUInt64(bytes, (long)_seed);
        }
    }
}
