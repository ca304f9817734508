using System.Collections.Concurrent;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>Batches used again and again, so that the trunk allocates nothing per reading. Holds 64 at most; very large ones are let go.</summary>
internal static class ReadingBatchPool
{
    private const int KeptMax = 64;
    private const int ReadingsMax = 65_536;

    private static readonly ConcurrentQueue<ReadingBatch> _idle = new();

    public static ReadingBatch Rent() => _idle.TryDequeue(out var batch) ? batch : new ReadingBatch();

    public static void Return(ReadingBatch batch)
    {
        if (_idle.Count >= KeptMax || batch.Series.Length > ReadingsMax) return;
        batch.Clear();
        _idle.Enqueue(batch);
    }
}
