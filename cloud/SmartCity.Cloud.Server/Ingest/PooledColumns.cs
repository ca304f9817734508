using System.Buffers;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>Bytes written into an array of the shared pool, given back on <see cref="Dispose"/>.</summary>
internal sealed class PooledColumns : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = [];
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _length + Math.Max(1, sizeHint);
        if (needed > _bytes.Length)
        {
            var grown = ArrayPool<byte>.Shared.Rent(needed);
            Written.CopyTo(grown);
            Return();
            _bytes = grown;
        }
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        Return();
        _bytes = [];
        _length = 0;
    }

    private void Return()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
    }
}
