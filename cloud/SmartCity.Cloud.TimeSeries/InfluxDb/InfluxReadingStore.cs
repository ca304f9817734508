using System.Text;
using Microsoft.Extensions.Logging;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>
/// Readings in InfluxDB. Guarantee: at least once into InfluxDB, where a point is its series and time and the last write wins, and exactly once in the
/// counts, which stand with the offset in an index of our own (see <c>cloud/adr/0004</c>).
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► lines (of repeats only the latest) ─► gzip ─► POST /write ─(400: tried apart)─► index: seen, counts, refused, offset ─► newest
/// </code>
/// One writer under a gate; queries go to InfluxDB at once.
/// </remarks>
public sealed partial class InfluxReadingStore : IReadingStore
{
    private readonly InfluxOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly InfluxClient _client;
    private readonly InfluxIndex _index;
    private readonly LineBuffer _lines = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<SeriesKey, InfluxSeries> _byKey = [];
    private InfluxSeries?[] _series = new InfluxSeries?[1024];
    private bool _isOurs;
    private volatile bool _newestLoaded;
    private bool _disposed;

    /// <summary>Creates the store; nothing is opened yet.</summary>
    public InfluxReadingStore(InfluxOptions options, TimeProvider clock, ILogger<InfluxReadingStore> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _clock, _logger) = (options, clock, logger);
        _client = new InfluxClient(options, clock);
        _index = new InfluxIndex(Path.GetFullPath(options.Folder));
    }

    /// <inheritdoc/>
    public string Name => "influx";

    /// <summary>Opens the index; InfluxDB itself is asked for with the first append or query, so that counts are known while it is down.</summary>
    public Task<long> OpenAsync(CancellationToken cancellationToken) => InGateAsync(() => Task.FromResult(_index.NextOffset), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken) => InGateAsync<IReadOnlyList<StoreCount>>(() =>
        Task.FromResult<IReadOnlyList<StoreCount>>([.. _index.Counts.Select(count => new StoreCount(count.Key.Gateway, count.Key.Lane, count.Value.Stored, count.Value.Superseded))]), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RejectedReading>> RejectedAsync(CancellationToken cancellationToken) =>
        InGateAsync<IReadOnlyList<RejectedReading>>(() => Task.FromResult<IReadOnlyList<RejectedReading>>(_index.Rejected()), cancellationToken);

    /// <inheritdoc/>
    public Task ForgetRejectedAsync(long logOffset, CancellationToken cancellationToken) => InGateAsync(() =>
    {
        _index.ForgetRejected(logOffset);
        return Task.FromResult(true);
    }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        await _gate.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        try
        {
            if (_index.IsOpen && !_mayBeLate) _index.MarkClean();
        }
        catch (StoreUnavailableException)
        {
            // Then the next start waits a little before it replaces anything, no more.
        }
        _index.Dispose();
        _client.Dispose();
        _lines.Dispose();
        _gate.Dispose();
    }

    private async Task<T> InGateAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
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
        if (_index.IsOpen) return;
        lock (_byKey)
        {
            foreach (var series in _byKey.Values) (series.NewestTime, series.IsKept) = (long.MinValue, false);
        }
        _index.Open((id, entry, newest) =>
        {
            var series = Learn(id, entry);
            (series.NewestTime, series.IsKept) = (newest, true);
        });
        if (!_index.WasClean) ExpectLateWrites(through: 0);
    }

    private InfluxSeries Learn(int id, SeriesEntry entry)
    {
        var table = _series;
        if (id >= table.Length)
        {
            Array.Resize(ref table, Math.Max(id + 1, table.Length * 2));
            _series = table;
        }
        if (table[id] is { } known && known.Entry == entry) return known;
        var series = new InfluxSeries(id, entry);
        lock (_byKey) _byKey[entry.Key] = series;
        return table[id] = series;
    }

    /// <summary>Finds the engine, its database, whose it is, and the newest readings. Call in the gate.</summary>
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (await _client.ConnectAsync(cancellationToken).ConfigureAwait(false)) _isOurs = false;
        if (!_isOurs)
        {
            await OwnAsync(cancellationToken).ConfigureAwait(false);
            _isOurs = true;
            _logger.Connected(_client.Version!, _options.Address, _options.Database);
        }
        if (_newestLoaded) return;
        await LoadNewestAsync(cancellationToken).ConfigureAwait(false);
        _newestLoaded = true;
    }

    /// <summary>A database holds the readings of one log: offsets of two would decide wrongly which reading is the later one.</summary>
    private async Task OwnAsync(CancellationToken cancellationToken)
    {
        string? owner = null;
        await foreach (var chunk in _client.QueryAsync($"SELECT last(\"id\") FROM \"{InfluxNames.OwnerMeasurement}\"", cancellationToken).ConfigureAwait(false)) owner = chunk.Rows[0][1].GetString();
        if (owner == _index.Id) return;
        if (owner is not null)
        {
            throw new StoreUnavailableException($"Database {_options.Database} at {_options.Address} holds the readings of another server's log. Name another one in Cloud:Influx:Database, " +
                $"or, if that server is gone for good and this one shall write on in it, run there: DROP MEASUREMENT \"{InfluxNames.OwnerMeasurement}\"");
        }
        var refusal = await _client.WriteAsync(Encoding.UTF8.GetBytes($"{InfluxNames.OwnerMeasurement} id=\"{_index.Id}\" 0\n"), cancellationToken).ConfigureAwait(false);
        if (refusal is not null) throw new StoreUnavailableException($"Database {_options.Database} at {_options.Address} cannot be written: {refusal.Words}");
    }

    private async Task LoadNewestAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            var query = $"SELECT last(\"{InfluxNames.FieldOf(kind)}\"), \"quality\" FROM /.*/ GROUP BY \"device\"";
            await foreach (var chunk in _client.QueryAsync(query, cancellationToken).ConfigureAwait(false))
            {
                if (!chunk.Tags.TryGetProperty("device", out var device)) continue;
                if (Find(new SeriesKey(InfluxNames.Decode(device.GetString()!), InfluxNames.Decode(chunk.Name))) is not { } series || series.Entry.Kind != kind) continue;
                foreach (var row in chunk.Rows.EnumerateArray())
                {
                    var time = row[0].GetInt64();
                    if (series.Last is null || series.Last.Time <= time) series.Last = new InfluxSeries.Newest(time, InfluxRow.ValueIn(row[1], kind), InfluxRow.QualityIn(row[2]));
                }
            }
        }
    }

    private InfluxSeries? Find(SeriesKey key)
    {
        lock (_byKey) return _byKey.GetValueOrDefault(key);
    }
}
