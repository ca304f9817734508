using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>
/// Readings in an engine that runs beside the server. Guarantee: at least once into the engine, and exactly once in the counts, which stand with the offset
/// in an index of our own (see <c>cloud/adr/0004</c>).
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► stage (of repeats only the latest is written) ─► the engine writes ─► index: seen, counts, refused, offset ─► newest
/// </code>
/// One writer under a gate; queries go to the engine at once.
/// </remarks>
public abstract partial class EngineReadingStore : IReadingStore, ISnapshotSource
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<SeriesKey, EngineSeries> _byKey = [];
    private readonly bool _keepsBeside;
    private EngineSeries?[] _series = new EngineSeries?[1024];
    private bool _disposed;

    private protected EngineReadingStore(string folder, bool keepsBeside, TimeProvider clock)
    {
        (Folder, _keepsBeside, Clock) = (Path.GetFullPath(folder), keepsBeside, clock);
        Index = new EngineIndex(Folder, keepsBeside);
    }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract StoreCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public string Folder { get; }

    private protected EngineIndex Index { get; }
    private protected TimeProvider Clock { get; }

    /// <summary>Whether every write was answered, so that the next start has nothing to wait for.</summary>
    private protected virtual bool IsClean => true;

    /// <summary>Opens the index; the engine itself is asked for with the first append or query, so that counts are known while it is down.</summary>
    public Task<long> OpenAsync(CancellationToken cancellationToken) => InGateAsync(() => Task.FromResult(Index.NextOffset), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken) => InGateAsync<IReadOnlyList<StoreCount>>(() =>
        Task.FromResult<IReadOnlyList<StoreCount>>([.. Index.Counts.Select(count => new StoreCount(count.Key.Gateway, count.Key.Lane, count.Value.Stored, count.Value.Superseded))]), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RejectedReading>> RejectedAsync(CancellationToken cancellationToken) =>
        InGateAsync<IReadOnlyList<RejectedReading>>(() => Task.FromResult<IReadOnlyList<RejectedReading>>(Index.Rejected()), cancellationToken);

    /// <inheritdoc/>
    public Task ForgetRejectedAsync(long logOffset, CancellationToken cancellationToken) => InGateAsync(() =>
    {
        Index.ForgetRejected(logOffset);
        return Task.FromResult(true);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task AdoptAsync(long nextOffset, IReadOnlyList<StoreCount> counts, CancellationToken cancellationToken) => InGateAsync(() =>
    {
        Index.Adopt(nextOffset, counts);
        return Task.FromResult(true);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<StoreSnapshot> SnapshotAsync(CancellationToken cancellationToken) => InGateAsync<StoreSnapshot>(() => Task.FromResult<StoreSnapshot>(new IndexSnapshot(Index.Snapshot())), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        await _gate.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        try
        {
            if (Index.IsOpen && IsClean) Index.MarkClean();
        }
        catch (StoreUnavailableException)
        {
            // Then the next start waits a little before it replaces anything, no more.
        }
        Index.Dispose();
        DisposeEngine();
        _gate.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what leads to the engine.</summary>
    private protected abstract void DisposeEngine();

    /// <summary>Called when the index was opened, at the start or after it failed.</summary>
    private protected virtual void Opened() { }

    private protected async Task<T> InGateAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            OpenIndex();
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Brings memory to what the index holds: at opening, and after it failed.</summary>
    private void OpenIndex()
    {
        if (Index.IsOpen) return;
        lock (_byKey)
        {
            foreach (var series in _byKey.Values) (series.NewestTime, series.IsKept) = (long.MinValue, false);
        }
        Index.Open((id, entry, newest, last) =>
        {
            var series = Learn(id, entry);
            (series.NewestTime, series.IsKept) = (newest, true);
            if (last is not null) series.Last = last;
        });
        Opened();
    }

    private EngineSeries Learn(int id, SeriesEntry entry)
    {
        var table = _series;
        if (id >= table.Length)
        {
            Array.Resize(ref table, Math.Max(id + 1, table.Length * 2));
            _series = table;
        }
        if (table[id] is { } known && known.Entry == entry) return known;
        var series = new EngineSeries(id, entry);
        lock (_byKey) _byKey[entry.Key] = series;
        return table[id] = series;
    }

    private protected EngineSeries? Find(SeriesKey key)
    {
        lock (_byKey) return _byKey.GetValueOrDefault(key);
    }
}
