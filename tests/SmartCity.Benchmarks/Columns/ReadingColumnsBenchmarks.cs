using System.Buffers;
using BenchmarkDotNet.Attributes;
using SmartCity.Model;
using SmartCity.Model.Columns;
using ZstdSharp;

namespace SmartCity.Benchmarks.Columns;

/// <summary>Encodes and decodes a batch as the gateway makes it: 250 messages of 1,000 devices with 4 metrics each.</summary>
[MemoryDiagnoser]
public class ReadingColumnsBenchmarks : IDisposable
{
    private const int Readings = 1_000;
    private readonly ReadingBatch _batch = new(Readings);
    private readonly ReadingBatch _decoded = new(Readings);
    private readonly ArrayBufferWriter<byte> _columns = new(1 << 18);
    private readonly ArrayBufferWriter<byte> _output = new(1 << 18);
    private readonly byte[] _compressed = new byte[1 << 18];
    private readonly Compressor _compressor = new(1);

    /// <summary>Fills the batch.</summary>
    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        for (var message = 0; message < Readings / 4; message++)
        {
            var device = random.Next(1_000);
            var time = 1_795_485_689_980_000 + (message * 1_000L);
            for (var metric = 0; metric < 4; metric++)
                _batch.Add((device * 4) + metric, time, time + random.Next(20_000), Math.Round(random.NextDouble() * 100, 1), ReadingQuality.Good);
        }
        ReadingColumns.Encode(_batch, _columns);
    }

    /// <summary>The spool's row.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public int Encode()
    {
        _output.ResetWrittenCount();
        return ReadingColumns.Encode(_batch, _output);
    }

    /// <summary>The uplink's compression on top.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public int Compress() => _compressor.Wrap(_columns.WrittenSpan, _compressed);

    /// <summary>What ingest and each consumer do.</summary>
    [Benchmark(OperationsPerInvoke = Readings)]
    public ColumnsError Decode() => ReadingColumns.TryDecode(_columns.WrittenSpan, _decoded);

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        GC.SuppressFinalize(this);
    }
}
