using System.Runtime.CompilerServices;
using DuckDB.NET.Data;
using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

public sealed partial class DuckDbReadingStore
{
    /// <summary>Series of one query at most.</summary>
    private const int SeriesMax = 1_000;

    /// <summary>Raw readings are sorted by parts of the range with so many readings of all series, which bounds the memory of a query over years.</summary>
    private const long RowsAtOnce = 50_000_000;

    /// <inheritdoc/>
    public Task<IReadOnlyList<SeriesStatus>> SeriesAsync(SeriesFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        IReadOnlyList<SeriesStatus> found = [.. _series
            .Where(series => series is not null && (filter.Device ?? series.Entry.Key.Device) == series.Entry.Key.Device && (filter.Metric ?? series.Entry.Key.Metric) == series.Entry.Key.Metric)
            .Select(series => series!.Status)
            .Where(status => status.LastTime is not null)
            .OrderBy(status => status.Series.Device, StringComparer.Ordinal).ThenBy(status => status.Series.Metric, StringComparer.Ordinal)];
        return Task.FromResult(found);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Reading> ReadingsAsync(RangeQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        var left = query.Limit ?? long.MaxValue;
        var from = query.After is { } after ? Math.Max(query.From, after + 1) : query.From;
        if (from >= query.To || left <= 0) yield break;
        using var look = await LookAsync(cancellationToken).ConfigureAwait(false);
        foreach (var key in query.Series)
        {
            if (Find(key) is not { } series) continue;
            foreach (var (start, end) in look.Sources.Windows(series.Id, from, query.To, RowsAtOnce))
            {
                if (look.Sources.Select([series.Id], start, end) is not { } readings) continue;
                var limit = left == long.MaxValue ? "" : $" LIMIT {left}";
                using var command = look.Connection.Make($"SELECT time, received, number, whole, text, quality FROM ({readings}) ORDER BY time{limit}", []);
                command.UseStreamingMode = true;
                using var reader = look.Execute(command);
                while (look.Read(reader))
                {
                    yield return new Reading(key, reader.GetInt64(0), reader.GetInt64(1), ValueIn(reader, 2, series.Entry.Kind), (ReadingQuality)reader.GetByte(5));
                    if (--left == 0) yield break;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesBuckets>> BucketsAsync(BucketQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        var edges = BucketEdges.Compute(query.From, query.To, query.Bucket, query.Zone, query.Calendar);
        var buckets = query.Series.Distinct().ToDictionary(key => key, _ => new List<Bucket>());
        var known = buckets.Keys.Select(Find).OfType<StoredSeries>().ToDictionary(series => series.Id);
        var levels = new Dictionary<SeriesKey, string>();
        if (known.Count > 0 && edges.Length > 1)
        {
            using var look = await LookAsync(cancellationToken).ConfigureAwait(false);
            var (parts, level) = PartsOf(look, known, query, edges);
            if (parts.Count > 0)
            {
                using var command = look.Connection.Make(RollupSql.Gather(string.Join(" UNION ALL ", parts)), [edges[..^1].ToList()]);
                command.UseStreamingMode = true;
                using var reader = look.Execute(command);
                while (look.Read(reader))
                {
                    var series = known[reader.GetInt32(0)];
                    var i = (int)reader.GetInt64(1) - 1;
                    if (reader.GetBoolean(10)) levels[series.Entry.Key] = level;
                    buckets[series.Entry.Key].Add(BucketIn(reader, series, query, edges[i], edges[i + 1]));
                }
            }
        }
        return [.. query.Series.Select(key => new SeriesBuckets(key, levels.GetValueOrDefault(key, "raw"), buckets[key]))];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReducedSeries>> ReduceAsync(ReduceQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Series);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Points, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Points, 20_000);
        using var look = await LookAsync(cancellationToken).ConfigureAwait(false);
        var reduced = new List<ReducedSeries>();
        foreach (var key in query.Series) reduced.Add(Reduce(look, key, query));
        return reduced;
    }

    private ReducedSeries Reduce(Look look, SeriesKey key, ReduceQuery query)
    {
        if (Find(key) is not { } series || query.From >= query.To || look.Sources.Select([series.Id], query.From, query.To) is not { } readings) return new ReducedSeries(key, 0, [], []);
        var value = series.Entry.Kind == ValueKind.Int64 ? "CAST(whole AS DOUBLE)" : "number";
        var slices = query.Points / 2;
        // A range that is short or has few readings is not cut finer than a microsecond.
        var width = Math.Max(1, (query.To - query.From - 1) / slices + 1);
        var points = new SortedDictionary<long, double>();
        var original = 0L;
        (long Time, double Value) first = (long.MaxValue, 0), last = (long.MinValue, 0);
        using var command = look.Connection.Make($"""
            SELECT count(*), min(time), arg_min(v, time), max(time), arg_max(v, time), arg_min(time, v), min(v), arg_max(time, v), max(v)
            FROM (SELECT time, {value} AS v FROM ({readings})) GROUP BY (time - {query.From}) // {width}
            """, []);
        using var reader = look.Execute(command);
        while (look.Read(reader))
        {
            original += reader.GetInt64(0);
            if (reader.IsDBNull(6)) continue;
            if (reader.GetInt64(1) < first.Time) first = (reader.GetInt64(1), reader.GetDouble(2));
            if (reader.GetInt64(3) > last.Time) last = (reader.GetInt64(3), reader.GetDouble(4));
            points[reader.GetInt64(5)] = reader.GetDouble(6);
            points[reader.GetInt64(7)] = reader.GetDouble(8);
        }
        if (points.Count > 0)
        {
            points[first.Time] = first.Value;
            points[last.Time] = last.Value;
        }
        if (original > points.Count && original <= query.Points && points.Count > 0) return Whole(look, key, original, $"SELECT time, {value} AS v FROM ({readings}) ORDER BY time");
        return new ReducedSeries(key, original, [.. points.Keys], [.. points.Values]);
    }

    private static ReducedSeries Whole(Look look, SeriesKey key, long original, string sql)
    {
        var (times, values) = (new List<long>((int)original), new List<double>((int)original));
        using var command = look.Connection.Make(sql, []);
        using var reader = look.Execute(command);
        while (look.Read(reader))
        {
            times.Add(reader.GetInt64(0));
            values.Add(reader.GetDouble(1));
        }
        return new ReducedSeries(key, original, times, values);
    }

    private static Bucket BucketIn(DuckDBDataReader row, StoredSeries series, BucketQuery query, long start, long end)
    {
        var count = row.GetInt64(2);
        double? coverage = null;
        if (query.ExpectedInterval?.Invoke(series.Entry.Key) is { } interval && interval > TimeSpan.Zero)
        {
            var asked = Math.Min(end, query.To) - Math.Max(start, query.From);
            coverage = Math.Min(1, count * interval.TotalMicroseconds / asked);
        }
        return new Bucket(start, end, count, NumberOrNull(3), NumberOrNull(4), NumberOrNull(5), ValueIn(row, 6, series.Entry.Kind), coverage, row.GetInt64(9) / (double)count);

        double? NumberOrNull(int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
    }

    private StoredSeries? Find(SeriesKey key)
    {
        lock (_byKey) return _byKey.GetValueOrDefault(key);
    }

    private static void Check(IReadOnlyList<SeriesKey> series)
    {
        if (series.Count > SeriesMax) throw new ArgumentException($"A query names at most {SeriesMax:N0} series, this one {series.Count:N0}. Ask in parts.", nameof(series));
    }

    /// <summary>Waits for a free place, then looks at the store as it is at this moment.</summary>
    private async Task<Look> LookAsync(CancellationToken cancellationToken)
    {
        await _queries.WaitAsync(cancellationToken).ConfigureAwait(false);
        ReadingSources? sources = null;
        DuckDBConnection? connection = null;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_stale) await InGateAsync(_ => { }, cancellationToken).ConfigureAwait(false);
            lock (_sourcesLock)
            {
                sources = _sources;
                sources.Leases++;
            }
            lock (_connections) _idle.TryPop(out connection);
            if (connection is null)
            {
                connection = new DuckDBConnection(_connectionString);
                connection.Open();
            }
            return new Look(this, connection, sources, cancellationToken);
        }
        catch
        {
            connection?.Dispose();
            EndLook(null, sources);
            throw;
        }
    }

    private void EndLook(DuckDBConnection? connection, ReadingSources? sources)
    {
        if (sources is not null)
            lock (_sourcesLock) sources.Leases--;
        if (connection is not null)
            lock (_connections) _idle.Push(connection);
        _queries.Release();
    }

    /// <summary>
    /// A connection and the sources of one moment. The transaction begins before any bound or flag of a source is read, so a reading that it
    /// sees is never outside the bounds, nor replaces another without the flag.
    /// </summary>
    private sealed class Look : IDisposable
    {
        private readonly DuckDbReadingStore _store;
        private readonly DuckDBTransaction _transaction;
        private readonly CancellationTokenRegistration _cancel;
        private readonly CancellationToken _cancellationToken;
        private DuckDBCommand? _running;

        public Look(DuckDbReadingStore store, DuckDBConnection connection, ReadingSources sources, CancellationToken cancellationToken)
        {
            (_store, Connection, Sources, _cancellationToken) = (store, connection, sources, cancellationToken);
            _transaction = connection.BeginTransaction();
            connection.Each("SELECT next_offset FROM meta", static _ => { });
            _cancel = cancellationToken.Register(() => Volatile.Read(ref _running)?.Cancel());
        }

        public DuckDBConnection Connection { get; }
        public ReadingSources Sources { get; }

        public DuckDBDataReader Execute(DuckDBCommand command)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            Volatile.Write(ref _running, command);
            return Cancellable(command.ExecuteReader);
        }

        public bool Read(DuckDBDataReader reader)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            return Cancellable(reader.Read);
        }

        public void Dispose()
        {
            _cancel.Dispose();
            var healthy = true;
            try
            {
                _transaction.Rollback();
                _transaction.Dispose();
            }
            catch (Exception error) when (error is DuckDBException or InvalidOperationException)
            {
                healthy = false;
                Connection.Dispose();
            }
            _store.EndLook(healthy ? Connection : null, Sources);
        }

        private T Cancellable<T>(Func<T> run)
        {
            try
            {
                return run();
            }
            catch (DuckDBException) when (_cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(_cancellationToken);
            }
        }
    }
}
