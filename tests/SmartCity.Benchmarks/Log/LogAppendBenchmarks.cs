using BenchmarkDotNet.Attributes;
using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Benchmarks.Log;

/// <summary>Appends to the cloud's log with fsync: one at a time, and as many at once as ingest has on the way.</summary>
[MemoryDiagnoser]
public class LogAppendBenchmarks
{
    private const int Readings = 1_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-bench-").FullName;
    private readonly byte[] _columns = new byte[8 * Readings];
    private DurableLog _log = null!;
    private long _next = 1;

    /// <summary>Appends that wait together.</summary>
    [Params(1, 64)]
    public int AtOnce { get; set; }

    /// <summary>Opens a new log.</summary>
    [GlobalSetup]
    public void Open()
    {
        Random.Shared.NextBytes(_columns);
        _log = DurableLog.Open(new DurableLogOptions { Folder = _folder, QuotaBytes = 64L << 30 }, TimeProvider.System);
    }

    /// <summary>Batches of 1,000 readings, 8 KB each.</summary>
    [Benchmark]
    public async Task Append()
    {
        var waiting = new Task<AppendOutcome>[AtOnce];
        for (var i = 0; i < AtOnce; i++, _next += Readings)
            waiting[i] = await _log.EnqueueAsync(
                new LogAppend { Gateway = "g", Epoch = 1, Lane = Lane.Telemetry, FirstSequence = _next, Sequences = Readings, Count = Readings, Columns = _columns }, CancellationToken.None);
        await Task.WhenAll(waiting);
    }

    /// <summary>Closes it and deletes its files.</summary>
    [GlobalCleanup]
    public void Close()
    {
        _log.Dispose();
        Directory.Delete(_folder, true);
    }
}
