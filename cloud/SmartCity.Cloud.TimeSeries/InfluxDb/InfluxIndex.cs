using DuckDB.NET.Data;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>
/// What InfluxDB cannot say: which (series, time) were stored before, and how far the log is stored. One transaction an append, after InfluxDB has
/// kept the readings; a crash in between writes the same points again and counts them once. A small DuckDB database, about two bytes a reading.
/// Not thread-safe; every error of the engine or disk comes as <see cref="StoreUnavailableException"/> and leaves the index closed.
/// </summary>
internal sealed class InfluxIndex(string folder) : IDisposable
{
    private const int Version = 1;

    private const string Create = RejectedTable.Create + """
        CREATE TABLE IF NOT EXISTS meta (version INTEGER, next_offset BIGINT, id VARCHAR, clean BOOLEAN);
        INSERT INTO meta SELECT 1, 0, uuid()::VARCHAR, true WHERE NOT EXISTS (FROM meta);
        CREATE TABLE IF NOT EXISTS series (id INTEGER, device VARCHAR, metric VARCHAR, kind UTINYINT);
        CREATE TABLE IF NOT EXISTS seen (series INTEGER, time BIGINT);
        CREATE TABLE IF NOT EXISTS count (gateway VARCHAR, lane UTINYINT, stored BIGINT, superseded BIGINT, PRIMARY KEY (gateway, lane));
        """;

    private DuckDBConnection? _connection;

    /// <summary>Next log offset to store.</summary>
    public long NextOffset { get; private set; }
    /// <summary>Names this index; the database that belongs to it carries the same.</summary>
    public string Id { get; private set; } = "";
    /// <summary>Whether the process that used it last ended with every write answered.</summary>
    public bool WasClean { get; private set; }
    /// <summary>Counts by gateway and lane.</summary>
    public Dictionary<(string Gateway, Lane Lane), (long Stored, long Superseded)> Counts { get; } = [];

    public bool IsOpen => _connection is not null;

    /// <summary>Opens or makes it and tells each series with its newest time.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    public void Open(Action<int, SeriesEntry, long> series) => Run(() =>
    {
        Directory.CreateDirectory(folder);
        _connection = new DuckDBConnection(new DuckDBConnectionStringBuilder
        {
            DataSource = Path.Combine(folder, "index.duckdb"), ["memory_limit"] = "128MB", ["threads"] = "1", ["temp_directory"] = Path.Combine(folder, "spill"),
            ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false", ["wal_autocheckpoint"] = "64MB",
        }.ToString());
        _connection.Open();
        _connection.Run(Create);
        var version = 0;
        _connection.Each("SELECT version, next_offset, id, clean FROM meta", row => (version, NextOffset, Id, WasClean) = (row.GetInt32(0), row.GetInt64(1), row.GetString(2), row.GetBoolean(3)));
        if (version > Version) throw new InvalidDataException($"The index in {folder} was written by a newer program (format {version}, this one reads {Version}). Install that program.");
        Counts.Clear();
        _connection.Each("SELECT gateway, lane, stored, superseded FROM count", row => Counts.Add((row.GetString(0), (Lane)row.GetByte(1)), (row.GetInt64(2), row.GetInt64(3))));
        _connection.Each("SELECT s.id, device, metric, kind, coalesce(newest, -9223372036854775808) FROM series s LEFT JOIN (SELECT series, max(time) AS newest FROM seen GROUP BY series) ON series = id", row =>
            series(row.GetInt32(0), new SeriesEntry(new SeriesKey(row.GetString(1), row.GetString(2)), (ValueKind)row.GetByte(3)), row.GetInt64(4)));
        _connection.Run("UPDATE meta SET clean = false");
    });

    /// <summary>Keeps what an append brought, in one transaction.</summary>
    /// <param name="added">New series.</param>
    /// <param name="arrivals">What InfluxDB has kept, in log order.</param>
    /// <param name="rejected">What was refused.</param>
    /// <param name="nextOffset">Offset to save.</param>
    public void Commit(IReadOnlyList<InfluxSeries> added, IReadOnlyList<Arrival> arrivals, IReadOnlyList<RejectedReading> rejected, long nextOffset) => Run(() =>
    {
        var counts = new Dictionary<(string, Lane), (long Stored, long Superseded)>();
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

    public List<RejectedReading> Rejected()
    {
        List<RejectedReading> rejected = [];
        Run(() => rejected = RejectedTable.Read(_connection!));
        return rejected;
    }

    public void ForgetRejected(long logOffset) => Run(() => RejectedTable.Forget(_connection!, logOffset));

    /// <summary>Says that no write is on its way any more; the next one to open may trust that.</summary>
    public void MarkClean() => Run(() => _connection!.Run("UPDATE meta SET clean = true"));

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void WriteSeries(IReadOnlyList<InfluxSeries> added)
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

    /// <summary>A reading that InfluxDB has kept.</summary>
    /// <param name="Series">Series number.</param>
    /// <param name="Time">Event time, µs.</param>
    /// <param name="IsSuspect">Whether it came at or before the newest time of its series, so that it may replace another.</param>
    /// <param name="Gateway">Gateway it came by.</param>
    /// <param name="Lane">Lane.</param>
    internal readonly record struct Arrival(int Series, long Time, bool IsSuspect, string Gateway, Lane Lane);
}
