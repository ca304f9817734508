using DuckDB.NET.Data;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>
/// What an engine cannot say: which (series, time) were stored before, and how far the log is stored. One transaction an append, after the engine has
/// kept the readings; a crash in between writes the same points again and counts them once. A small DuckDB database, about two bytes a reading.
/// Beside it may stand the readings that the engine cannot hold.
/// Not thread-safe; every error of the engine or disk comes as <see cref="StoreUnavailableException"/> and leaves the index closed.
/// </summary>
internal sealed class EngineIndex(string folder, bool keepsBeside) : IDisposable
{
    private const int Version = 1;

    private const string Create = RejectedTable.Create + """
        CREATE TABLE IF NOT EXISTS meta (version INTEGER, next_offset BIGINT, id VARCHAR, clean BOOLEAN);
        INSERT INTO meta SELECT 1, 0, uuid()::VARCHAR, true WHERE NOT EXISTS (FROM meta);
        CREATE TABLE IF NOT EXISTS series (id INTEGER, device VARCHAR, metric VARCHAR, kind UTINYINT);
        CREATE TABLE IF NOT EXISTS seen (series INTEGER, time BIGINT);
        CREATE TABLE IF NOT EXISTS count (gateway VARCHAR, lane UTINYINT, stored BIGINT, superseded BIGINT, PRIMARY KEY (gateway, lane));
        """;

    private const string CreateBeside = """
        CREATE TABLE IF NOT EXISTS beside (series INTEGER, time BIGINT, log_offset BIGINT, bits BIGINT, text VARCHAR, quality UTINYINT);
        CREATE TABLE IF NOT EXISTS newest (series INTEGER, time BIGINT, bits BIGINT, text VARCHAR, quality UTINYINT);
        """;

    /// <summary>Name of the database in the index's folder.</summary>
    public const string FileName = "index.duckdb";

    private readonly string _source = new DuckDBConnectionStringBuilder
    {
        DataSource = Path.Combine(folder, FileName), ["memory_limit"] = "128MB", ["threads"] = "1", ["temp_directory"] = Path.Combine(folder, "spill"),
        ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false", ["wal_autocheckpoint"] = "64MB",
    }.ToString();

    private readonly Lock _reading = new();
    private DuckDBConnection? _connection;
    private DuckDBConnection? _reader;

    /// <summary>Next log offset to store.</summary>
    public long NextOffset { get; private set; }
    /// <summary>Names this index; the database that belongs to it carries the same.</summary>
    public string Id { get; private set; } = "";
    /// <summary>Whether the process that used it last ended with every write answered.</summary>
    public bool WasClean { get; private set; }
    /// <summary>Counts by gateway and lane.</summary>
    public Dictionary<(string Gateway, Lane Lane), (long Stored, long Superseded)> Counts { get; } = [];

    public bool IsOpen => _connection is not null;

    /// <summary>Opens or makes it and tells each series with its newest time, and its newest reading where that is kept here.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    public void Open(Action<int, SeriesEntry, long, EngineSeries.Newest?> series) => Run(() =>
    {
        Directory.CreateDirectory(folder);
        _connection = new DuckDBConnection(_source);
        _connection.Open();
        _connection.Run(Create);
        if (keepsBeside) _connection.Run(CreateBeside);
        var version = 0;
        _connection.Each("SELECT version, next_offset, id, clean FROM meta", row => (version, NextOffset, Id, WasClean) = (row.GetInt32(0), row.GetInt64(1), row.GetString(2), row.GetBoolean(3)));
        if (version > Version) throw new InvalidDataException($"The index in {folder} was written by a newer program (format {version}, this one reads {Version}). Install that program.");
        Counts.Clear();
        _connection.Each("SELECT gateway, lane, stored, superseded FROM count", row => Counts.Add((row.GetString(0), (Lane)row.GetByte(1)), (row.GetInt64(2), row.GetInt64(3))));
        var newest = new Dictionary<int, (long Time, long Bits, string? Text, ReadingQuality Quality)>();
        if (keepsBeside)
            _connection.Each("SELECT series, time, bits, text, quality FROM newest", row => newest[row.GetInt32(0)] = (row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3), (ReadingQuality)row.GetByte(4)));
        _connection.Each("SELECT s.id, device, metric, kind, coalesce(newest, -9223372036854775808) FROM series s LEFT JOIN (SELECT series, max(time) AS newest FROM seen GROUP BY series) ON series = id", row =>
        {
            var (id, kind) = (row.GetInt32(0), (ValueKind)row.GetByte(3));
            var last = newest.TryGetValue(id, out var one) ? new EngineSeries.Newest(one.Time, ValueOf(kind, one.Bits, one.Text), one.Quality) : null;
            series(id, new SeriesEntry(new SeriesKey(row.GetString(1), row.GetString(2)), kind), row.GetInt64(4), last);
        });
        _connection.Run("UPDATE meta SET clean = false");
    });

    /// <summary>Keeps what an append brought, in one transaction.</summary>
    /// <param name="added">New series.</param>
    /// <param name="arrivals">What the engine has kept, in log order.</param>
    /// <param name="rejected">What was refused.</param>
    /// <param name="nextOffset">Offset to save.</param>
    public void Commit(IReadOnlyList<EngineSeries> added, IReadOnlyList<Arrival> arrivals, IReadOnlyList<RejectedReading> rejected, long nextOffset) => Run(() =>
    {
        var counts = new Dictionary<(string, Lane), (long Stored, long Superseded)>();
        var beside = new List<Arrival>();
        using (var transaction = _connection!.BeginTransaction())
        {
            WriteSeries(added);
            using (var seen = _connection.CreateAppender("seen"))
            {
                foreach (var arrival in arrivals)
                    if (!arrival.IsSuspect) Add(seen, arrival);
                seen.Close();
            }
            var known = Known(arrivals);
            using (var seen = _connection.CreateAppender("seen"))
            {
                foreach (var arrival in arrivals)
                {
                    // A suspect whose time nobody has taken is a late first one.
                    var isNew = !arrival.IsSuspect || known.Add((arrival.Series, arrival.Time));
                    if (isNew && arrival.IsSuspect) Add(seen, arrival);
                    if (keepsBeside && (arrival.IsBeside || !isNew)) beside.Add(arrival);
                    var count = counts.GetValueOrDefault((arrival.Gateway, arrival.Lane));
                    counts[(arrival.Gateway, arrival.Lane)] = isNew ? (count.Stored + 1, count.Superseded) : (count.Stored, count.Superseded + 1);
                }
                seen.Close();
            }
            foreach (var ((gateway, lane), count) in counts)
            {
                _connection.Run("INSERT INTO count VALUES ($1, $2, $3, $4) ON CONFLICT DO UPDATE SET stored = stored + excluded.stored, superseded = superseded + excluded.superseded",
                    gateway, (byte)lane, count.Stored, count.Superseded);
            }
            if (keepsBeside) WriteBeside(beside, arrivals);
            if (rejected.Count > 0) RejectedTable.Write(_connection, rejected);
            _connection.Run("UPDATE meta SET next_offset = $1", nextOffset);
            transaction.Commit();
        }
        NextOffset = nextOffset;
        foreach (var (key, count) in counts)
        {
            var before = Counts.GetValueOrDefault(key);
            Counts[key] = (before.Stored + count.Stored, before.Superseded + count.Superseded);
        }
    });

    /// <summary>The readings of a series that stand here and not in the engine, or in place of the engine's, by time. From any thread.</summary>
    public List<(long Time, ReadingValue Value, ReadingQuality Quality)> Beside(EngineSeries series, long from, long to)
    {
        var found = new List<(long, ReadingValue, ReadingQuality)>();
        lock (_reading)
        {
            try
            {
                if (_reader is null)
                {
                    _reader = new DuckDBConnection(_source);
                    _reader.Open();
                }
                _reader.Each($"SELECT time, arg_max(bits, log_offset), arg_max(coalesce(text, ''), log_offset), arg_max(quality, log_offset) FROM beside WHERE series = {series.Id} AND time >= {from} AND time < {to} GROUP BY time ORDER BY time", row =>
                    found.Add((row.GetInt64(0), ValueOf(series.Entry.Kind, row.GetInt64(1), row.GetString(2)), (ReadingQuality)row.GetByte(3))));
                return found;
            }
            catch (DuckDBException error)
            {
                _reader?.Dispose();
                _reader = null;
                throw new StoreUnavailableException($"The index in {folder} cannot be read: {error.Message}", error);
            }
        }
    }

    /// <summary>Takes over offset and counts of another store of the same log.</summary>
    public void Adopt(long nextOffset, IReadOnlyList<StoreCount> counts) => Run(() =>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nextOffset, NextOffset);
        using (var transaction = _connection!.BeginTransaction())
        {
            CountsTable.Replace(_connection, counts);
            _connection.Run("UPDATE meta SET next_offset = $1", nextOffset);
            transaction.Commit();
        }
        NextOffset = nextOffset;
        Counts.Clear();
        foreach (var count in counts) Counts[(count.Gateway, count.Lane)] = (count.Stored, count.Superseded);
    });

    public List<RejectedReading> Rejected()
    {
        List<RejectedReading> rejected = [];
        Run(() => rejected = RejectedTable.Read(_connection!));
        return rejected;
    }

    public void ForgetRejected(long logOffset) => Run(() => RejectedTable.Forget(_connection!, logOffset));

    /// <summary>Holds the index as it is, to be copied while it goes on.</summary>
    public DatabaseCopy Snapshot()
    {
        DatabaseCopy? copy = null;
        Run(() =>
        {
            var connection = new DuckDBConnection(_source);
            connection.Open();
            copy = new DatabaseCopy(connection, "meta");
        });
        return copy!;
    }

    /// <summary>Says that no write is on its way any more; the next one to open may trust that.</summary>
    public void MarkClean() => Run(() => _connection!.Run("UPDATE meta SET clean = true"));

    public void Dispose()
    {
        lock (_reading)
        {
            _reader?.Dispose();
            _reader = null;
        }
        _connection?.Dispose();
        _connection = null;
    }

    private static ReadingValue ValueOf(ValueKind kind, long bits, string? text) => kind == ValueKind.Text ? ReadingValue.Of(text ?? "") : ReadingValue.FromBits(kind, bits);

    /// <summary>What the engine cannot hold or cannot replace, and of each series the newest reading, which need not be asked for then.</summary>
    private void WriteBeside(List<Arrival> beside, IReadOnlyList<Arrival> arrivals)
    {
        if (beside.Count > 0)
        {
            using var appender = _connection!.CreateAppender("beside");
            foreach (var arrival in beside)
            {
                appender.AppendRow(arrival, static (row, a) =>
                {
                    row.AppendValue((int?)a.Series).AppendValue((long?)a.Time).AppendValue((long?)a.LogOffset).AppendValue((long?)a.Value.Bits);
                    if (a.Value.Text is { } text) row.AppendValue(text);
                    else row.AppendNullValue();
                    row.AppendValue((byte?)a.Quality);
                });
            }
            appender.Close();
        }
        var newest = new Dictionary<int, Arrival>();
        foreach (var arrival in arrivals)
            if (arrival.IsNewest) newest[arrival.Series] = arrival;
        if (newest.Count == 0) return;
        _connection!.Run($"DELETE FROM newest WHERE series IN ({string.Join(',', newest.Keys)})");
        using var kept = _connection!.CreateAppender("newest");
        foreach (var arrival in newest.Values)
        {
            kept.AppendRow(arrival, static (row, a) =>
            {
                row.AppendValue((int?)a.Series).AppendValue((long?)a.Time).AppendValue((long?)a.Value.Bits);
                if (a.Value.Text is { } text) row.AppendValue(text);
                else row.AppendNullValue();
                row.AppendValue((byte?)a.Quality);
            });
        }
        kept.Close();
    }

    private void WriteSeries(IReadOnlyList<EngineSeries> added)
    {
        if (added.Count == 0) return;
        using var appender = _connection!.CreateAppender("series");
        foreach (var series in added)
            appender.AppendRow(series, static (row, s) => row.AppendValue((int?)s.Id).AppendValue(s.Entry.Key.Device).AppendValue(s.Entry.Key.Metric).AppendValue((byte?)s.Entry.Kind));
        appender.Close();
    }

    /// <summary>Which of the suspects' (series, time) are taken, by this append or before it.</summary>
    private HashSet<(int Series, long Time)> Known(IReadOnlyList<Arrival> arrivals)
    {
        var known = new HashSet<(int, long)>();
        if (!arrivals.Any(arrival => arrival.IsSuspect)) return known;
        long from = long.MaxValue, to = long.MinValue;
        int least = int.MaxValue, greatest = int.MinValue;
        _connection!.Run("CREATE TEMP TABLE IF NOT EXISTS suspect (series INTEGER, time BIGINT); TRUNCATE suspect");
        using (var appender = _connection!.CreateAppender("temp", "main", "suspect"))
        {
            foreach (var arrival in arrivals)
            {
                if (!arrival.IsSuspect) continue;
                (from, to) = (Math.Min(from, arrival.Time), Math.Max(to, arrival.Time));
                (least, greatest) = (Math.Min(least, arrival.Series), Math.Max(greatest, arrival.Series));
                Add(appender, arrival);
            }
            appender.Close();
        }
        _connection!.Each($"""
            SELECT DISTINCT s.series, s.time FROM suspect s
            JOIN (SELECT series, time FROM seen WHERE time BETWEEN {from} AND {to} AND series BETWEEN {least} AND {greatest}) r ON r.series = s.series AND r.time = s.time
            """, row => known.Add((row.GetInt32(0), row.GetInt64(1))));
        return known;
    }

    private static void Add(DuckDBAppender appender, in Arrival arrival) =>
        appender.AppendRow((arrival.Series, arrival.Time), static (row, key) => row.AppendValue((int?)key.Series).AppendValue((long?)key.Time));

    private void Run(Action work)
    {
        try
        {
            work();
        }
        catch (Exception error) when (error is DuckDBException or IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new StoreUnavailableException($"The index in {folder} cannot be used: {error.Message} Nothing of this append was counted; check the disk's room and health.", error);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A reading that the engine has kept, or that is kept here.</summary>
    /// <param name="Series">Series number.</param>
    /// <param name="Time">Event time, µs.</param>
    /// <param name="IsSuspect">Whether it came at or before the newest time of its series, so that it may replace another.</param>
    /// <param name="Gateway">Gateway it came by.</param>
    /// <param name="Lane">Lane.</param>
    internal readonly record struct Arrival(int Series, long Time, bool IsSuspect, string Gateway, Lane Lane)
    {
        public long LogOffset { get; init; }
        /// <summary>Its value, where readings are kept here too.</summary>
        public ReadingValue Value { get; init; }
        public ReadingQuality Quality { get; init; }
        /// <summary>Whether the engine cannot hold it.</summary>
        public bool IsBeside { get; init; }
        /// <summary>Whether no reading of its series is later.</summary>
        public bool IsNewest { get; init; }
    }
}
