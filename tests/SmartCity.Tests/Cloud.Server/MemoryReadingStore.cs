using System.Runtime.CompilerServices;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Tests.Cloud.Server;

/// <summary>A store that forgets with the test; it can be told to fail before or after it has kept a batch.</summary>
internal sealed class MemoryReadingStore : IReadingStore
{
    private readonly Dictionary<(SeriesKey, long), ReadingValue> _readings = [];
    private readonly Dictionary<(string, Lane), (long Stored, long Superseded)> _counts = [];
    private long _offset;

    public Task AdoptAsync(long nextOffset, IReadOnlyList<StoreCount> counts, CancellationToken cancellationToken) => throw new NotSupportedException();
    public string Name => "memory";
    public StoreCapabilities Capabilities => StoreCapabilities.DuckDb;
    public int FailBefore { get; set; }
    /// <summary>Appends wait for it.</summary>
    public Task Hang { get; set; } = Task.CompletedTask;
    public int FailAfter { get; set; }
    public int Count { get { lock (_readings) return _readings.Count; } }

    public Task<long> OpenAsync(CancellationToken cancellationToken) => Task.FromResult(_offset);

    public async Task<AppendResult> AppendAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        await Hang.WaitAsync(cancellationToken);
        if (FailBefore-- > 0) throw new StoreUnavailableException("down");
        lock (_readings)
        {
            foreach (var batch in batches)
            {
                if (batch.FirstOffset < _offset) continue;
                for (var i = 0; i < batch.Readings.Count; i++)
                {
                    var key = (batch.Names[batch.Readings.Series[i]].Key, batch.Readings.Time[i]);
                    var count = _counts.GetValueOrDefault((batch.Gateway, batch.Lane));
                    _counts[(batch.Gateway, batch.Lane)] = _readings.ContainsKey(key) ? (count.Stored, count.Superseded + 1) : (count.Stored + 1, count.Superseded);
                    _readings[key] = batch.Readings.ValueAt(i);
                }
            }
            _offset = nextOffset;
        }
        if (FailAfter-- > 0) throw new StoreUnavailableException("the answer was lost");
        return AppendResult.AllStored;
    }

    public Task<IReadOnlyList<RejectedReading>> RejectedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RejectedReading>>([]);
    public Task ForgetRejectedAsync(long logOffset, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken)
    {
        lock (_readings) return Task.FromResult<IReadOnlyList<StoreCount>>([.. _counts.Select(count => new StoreCount(count.Key.Item1, count.Key.Item2, count.Value.Stored, count.Value.Superseded))]);
    }

    public Task<IReadOnlyList<SeriesStatus>> SeriesAsync(SeriesFilter filter, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async IAsyncEnumerable<Reading> ReadingsAsync(RangeQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<IReadOnlyList<SeriesBuckets>> BucketsAsync(BucketQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IReadOnlyList<ReducedSeries>> ReduceAsync(ReduceQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
