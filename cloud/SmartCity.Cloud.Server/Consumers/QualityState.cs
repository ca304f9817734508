using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using SmartCity.Cloud.TimeSeries.Quality;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>
/// The state of the quality fold with its offset, in a file that is replaced whole. It lies at or before the store's offset; what lies between is folded
/// again from the log at the start, so that a crash changes no flag.
/// </summary>
internal sealed class QualityState(string file)
{
    private const int HeadBytes = 16;

    /// <summary>Loads the state into <paramref name="fold"/>.</summary>
    /// <returns>Its offset; null where there is none, or it cannot be read: then everything is learned anew.</returns>
    public long? Load(QualityFold fold)
    {
        if (!File.Exists(file)) return null;
        var bytes = File.ReadAllBytes(file);
        if (bytes.Length <= HeadBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != XxHash64.HashToUInt64(bytes.AsSpan(8))) return null;
        try
        {
            fold.Load(bytes.AsSpan(HeadBytes));
            return BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Saves the state at an offset.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(QualityFold fold, long offset)
    {
        var output = new ArrayBufferWriter<byte>(1 << 16);
        output.GetSpan(HeadBytes)[..HeadBytes].Clear();
        output.Advance(HeadBytes);
        fold.Save(output);
        var bytes = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), offset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, XxHash64.HashToUInt64(bytes.AsSpan(8)));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        DurableFile.Replace(file, bytes);
    }
}
