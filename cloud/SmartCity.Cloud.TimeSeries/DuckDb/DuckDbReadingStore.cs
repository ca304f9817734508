using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>
/// The embedded store of readings: a hot table that readings are appended to, and sealed Parquet files of whole days.
/// Guarantee: rows, new series, counts and the log offset are committed in one transaction.
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ─► hot table ──(2.5 M rows or an hour)──► sealed files ──(many small, or the day is over)──► merged files
///      │             └──────────────── queries: one SELECT over what a lease on the sources names ─────────┘
///      └► dirty (series, local day) ──(the day is over, or a minute later)──► rollups of minutes, hours, days ─► buckets
/// </code>
/// One writer under a gate, one connection for upkeep, a few for queries; all of one process. A second process is refused by DuckDB's own lock.
/// </remarks>
public sealed partial class DuckDbReadingStore : IReadingStore
{
    private readonly DuckDbOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly TimeZoneInfo _cityZone;
    private readonly LocalClock _cityClock;
    private readonly string _sealedFolder;
    private readonly string _connectionString;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _queries;
    private readonly Lock _connections = new();
    private readonly Stack<DuckDBConnection> _idle = [];
    private readonly Lock _sourcesLock = new();

    private DuckDBConnection? _writer;
    private ReadingSources _sources;
    private bool _stale = true;
    private long _nextOffset;
    private long _nextNumber;
    private volatile StoredSeries?[] _series = new StoredSeries?[1024];
    private Dictionary<SeriesKey, StoredSeries> _byKey = [];
    private Dictionary<(string Gateway, Lane Lane), CountRow> _counts = [];
    private bool _disposed;

    /// <summary>Creates the store; nothing is opened yet.</summary>
    /// <exception cref="TimeZoneNotFoundException">The city's zone is not known.</exception>
    public DuckDbReadingStore(DuckDbOptions options, TimeProvider clock, ILogger<DuckDbReadingStore> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _clock, _logger) = (options, clock, logger);
        _cityZone = TimeZoneInfo.FindSystemTimeZoneById(options.CityZone);
        _cityClock = new LocalClock(_cityZone);
        _queries = new SemaphoreSlim(options.QueriesMax, options.QueriesMax);
        var folder = Path.GetFullPath(options.Folder);
        _sealedFolder = Path.Combine(folder, "sealed");
        _sources = new ReadingSources(_sealedFolder, [], []);
        _connectionString = new DuckDBConnectionStringBuilder
        {
            DataSource = Path.Combine(folder, "readings.duckdb"),
            ["memory_limit"] = $"{options.MemoryMegabytes}MB",
            // A statement runs on the thread that asks; appending, sealing and queries share the cores by the system's scheduler.
            ["threads"] = "1",
            ["temp_directory"] = Path.Combine(folder, "spill"),
            // Nothing is fetched from the net at run time.
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
            ["wal_autocheckpoint"] = "64MB",
        }.ToString();
    }

    /// <inheritdoc/>
    public string Name => "duckdb";

    /// <inheritdoc/>
    public StoreCapabilities Capabilities => StoreCapabilities.DuckDb;

    /// <inheritdoc/>
    public async Task<long> OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            OpenIfStale();
            StartUpkeep();
            return _nextOffset;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            OpenIfStale();
            return [.. _counts.Select(count => new StoreCount(count.Key.Gateway, count.Key.Lane, count.Value.Stored, count.Value.Superseded))];
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public Task AdoptAsync(long nextOffset, IReadOnlyList<StoreCount> counts, CancellationToken cancellationToken) => InGateAsync(writer =>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nextOffset, _nextOffset);
        using (var transaction = writer.BeginTransaction())
        {
            CountsTable.Replace(writer, counts);
            writer.Run("UPDATE meta SET next_offset = $1", nextOffset);
            transaction.Commit();
        }
        _nextOffset = nextOffset;
        _counts = counts.ToDictionary(count => (count.Gateway, count.Lane), count => new CountRow { Stored = count.Stored, Superseded = count.Superseded });
    }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RejectedReading>> RejectedAsync(CancellationToken cancellationToken)
    {
        List<RejectedReading> rejected = [];
        await InGateAsync(writer => rejected = RejectedTable.Read(writer), cancellationToken).ConfigureAwait(false);
        return rejected;
    }

    /// <inheritdoc/>
    public Task ForgetRejectedAsync(long logOffset, CancellationToken cancellationToken) => InGateAsync(writer => RejectedTable.Forget(writer, logOffset), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        await StopUpkeepAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        // Queries on their way finish first: the engine closes with its last connection.
        for (var i = 0; i < _options.QueriesMax; i++) await _queries.WaitAsync().ConfigureAwait(false);
        RemoveRetired();
        CloseConnections();
        _gate.Dispose();
        _queries.Dispose();
    }

    /// <summary>Brings memory to what is committed: at opening, and after an append that failed.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be opened.</exception>
    private void OpenIfStale()
    {
        if (!_stale) return;
        try
        {
            CloseConnections();
            Directory.CreateDirectory(_sealedFolder);
            _writer = new DuckDBConnection(_connectionString);
            _writer.Open();
            _writer.Run("SET GLOBAL parquet_metadata_cache = true");
            // DuckDB 1.5.6 fails in it, with an internal error, on row_number() over a union with sealed files.
            _writer.Run("SET GLOBAL disabled_optimizers = 'top_n_window_elimination'");
            _writer.Run(StoreSchema.Create);
            Load(_writer);
            _stale = false;
        }
        catch (Exception error) when (error is DuckDBException or IOException or UnauthorizedAccessException)
        {
            CloseConnections();
            throw new StoreUnavailableException(
                $"The readings in {_options.Folder} cannot be opened: {error.Message} Check that no other process uses the folder, that it may be written, and that the disk has room.", error);
        }
    }

    private void Load(DuckDBConnection writer)
    {
        var version = 0;
        writer.Each("SELECT version, next_offset, next_number FROM meta", row => (version, _nextOffset, _nextNumber) = (row.GetInt32(0), row.GetInt64(1), row.GetInt64(2)));
        if (version > StoreSchema.Version)
            throw new InvalidDataException($"The readings in {_options.Folder} were written by a newer program (format {version}, this one reads {StoreSchema.Version}). Install that program.");

        _counts = [];
        writer.Each("SELECT gateway, lane, stored, superseded FROM count", row =>
            _counts.Add((row.GetString(0), (Lane)row.GetByte(1)), new CountRow { Stored = row.GetInt64(2), Superseded = row.GetInt64(3) }));
        LoadSeries(writer);

        var hot = new List<HotTable>();
        var finished = new List<long>();
        writer.Each("SELECT number, sealed, supersedes FROM hot ORDER BY number", row =>
        {
            if (row.GetBoolean(1)) finished.Add(row.GetInt64(0));
            else hot.Add(new HotTable(row.GetInt64(0)) { Supersedes = row.GetBoolean(2) });
        });
        foreach (var number in finished) Drop(writer, number);
        foreach (var table in hot) LoadHot(writer, table);
        var files = new List<SealedFile>();
        writer.Each("SELECT number, merged, first_day, last_day, min_time, max_time, min_series, max_series, rows, bytes, supersedes FROM sealed ORDER BY number", row => files.Add(new SealedFile(
            row.GetInt64(0), row.GetBoolean(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt32(6), row.GetInt32(7), row.GetInt64(8), row.GetInt64(9), row.GetBoolean(10))));
        foreach (var file in files)
            if (!File.Exists(_sources.PathOf(file))) throw new IOException($"{_sources.PathOf(file)} is missing; restore the folder from a backup.");
        RemoveOrphans(files);

        lock (_sourcesLock)
        {
            _retired.Clear();
            _sources = new ReadingSources(_sealedFolder, hot, files);
        }
        if (hot.Count == 0) Rotate(writer);
        LoadRollups(writer);
    }

    private void LoadSeries(DuckDBConnection writer)
    {
        var byKey = new Dictionary<SeriesKey, StoredSeries>();
        var series = new StoredSeries?[1024];
        writer.Each("SELECT id, device, metric, kind FROM series", row =>
        {
            var one = new StoredSeries(row.GetInt32(0), new SeriesEntry(new SeriesKey(row.GetString(1), row.GetString(2)), (ValueKind)row.GetByte(3)));
            if (one.Id >= series.Length) Array.Resize(ref series, Math.Max(one.Id + 1, series.Length * 2));
            series[one.Id] = one;
            byKey[one.Entry.Key] = one;
        });
        writer.Each("SELECT series, time, bits, text, quality FROM newest", row =>
        {
            var one = series[row.GetInt32(0)]!;
            one.NewestTime = row.GetInt64(1);
            one.Last = new StoredSeries.Newest(one.NewestTime, row.IsDBNull(3) ? ReadingValue.FromBits(one.Entry.Kind, row.GetInt64(2)) : ReadingValue.Of(row.GetString(3)), (ReadingQuality)row.GetByte(4));
        });
        (_series, _byKey) = (series, byKey);
    }

    /// <summary>The bounds of a hot table, and the readings in it that are newer than those remembered at the last sealing.</summary>
    private void LoadHot(DuckDBConnection writer, HotTable table)
    {
        table.Began = UnixMicros.Now(_clock);
        writer.Each($"SELECT count(*), min(time), max(time) FROM {table.Name}", row =>
        {
            table.Rows = row.GetInt64(0);
            if (table.Rows > 0) (table.MinTime, table.MaxTime) = (row.GetInt64(1), row.GetInt64(2));
        });
        writer.Each($"""
            SELECT h.series, h.time, h.number, h.whole, h.text, h.quality FROM {table.Name} h
            JOIN (SELECT series, max(time) AS time FROM {table.Name} GROUP BY series) n ON h.series = n.series AND h.time = n.time
            QUALIFY row_number() OVER (PARTITION BY h.series ORDER BY h.log_offset DESC) = 1
            """, row =>
        {
            var one = _series[row.GetInt32(0)]!;
            var time = row.GetInt64(1);
            if (time < one.NewestTime) return;
            one.NewestTime = time;
            one.Last = new StoredSeries.Newest(time, ValueIn(row, 2, one.Entry.Kind), (ReadingQuality)row.GetByte(5));
        });
    }

    /// <summary>The value in the columns number, whole and text, from <paramref name="column"/> on.</summary>
    private static ReadingValue ValueIn(DuckDBDataReader row, int column, ValueKind kind) => kind switch
    {
        ValueKind.Text => ReadingValue.Of(row.GetString(column + 2)),
        ValueKind.Int64 => ReadingValue.Of(row.GetInt64(column + 1)),
        ValueKind.Bool => ReadingValue.Of(row.GetDouble(column) != 0),
        _ => ReadingValue.Of(row.GetDouble(column)),
    };

    private void RemoveOrphans(List<SealedFile> files)
    {
        var known = files.Select(file => file.Name).ToHashSet();
        var orphans = Directory.EnumerateFiles(_sealedFolder).Where(file => !known.Contains(Path.GetFileName(file))).ToList();
        foreach (var orphan in orphans) File.Delete(orphan);
        if (orphans.Count > 0) _logger.OrphansRemoved(orphans.Count);
    }

    private void CloseConnections()
    {
        _writer?.Dispose();
        _writer = null;
        lock (_connections)
            while (_idle.TryPop(out var connection)) connection.Dispose();
    }

    private sealed class CountRow
    {
        public long Stored, Superseded;
        public bool Touched;
    }
}
