using System.Buffers.Binary;
using System.IO.Compression;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>
/// Unpacks a gzip file and tells when its end is missing, over which the library's stream passes in silence: half a record would be taken for the whole.
/// </summary>
/// <remarks>RFC 1952 section 2.3.1: the last four bytes are the length of what was packed, modulo 2^32.</remarks>
internal sealed class WholeGzip : Stream
{
    /// <summary>Ten bytes of head, two of an empty body, eight of tail.</summary>
    private const int LengthMin = 20;

    private readonly FileStream _file;
    private readonly GZipStream _unpacked;
    private readonly uint _expected;
    private uint _length;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It is too short for any gzip file.</exception>
    public WholeGzip(FileStream file)
    {
        if (file.Length < LengthMin) throw new InvalidDataException("the gzip file is cut off.");
        Span<byte> tail = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(tail);
        file.Seek(0, SeekOrigin.Begin);
        _expected = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        _file = file;
        _unpacked = new GZipStream(file, CompressionMode.Decompress);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;
    /// <inheritdoc/>
    public override bool CanSeek => false;
    /// <inheritdoc/>
    public override bool CanWrite => false;
    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();
    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = _unpacked.Read(buffer);
        }
        catch (InvalidDataException)
        {
            throw new InvalidDataException($"the gzip file is damaged before byte {_file.Position}.");
        }
        _length = unchecked(_length + (uint)count);
        if (count == 0 && buffer.Length > 0 && _length != _expected)
            throw new InvalidDataException($"the gzip file is cut off, or packed in several parts: it holds {_length} bytes and says {_expected}. Fetch or pack it again.");
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();
    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }
}
