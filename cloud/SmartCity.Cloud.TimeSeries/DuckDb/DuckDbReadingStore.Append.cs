using System.Text;
using DuckDB.NET.Data;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

public sealed partial class DuckDbReadingStore
{
    private readonly List<Suspect> _suspects = [];
    private readonly List<StoredSeries> _pending = [];
    private readonly List<CountRow> _countOf = [];

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            OpenIfStale();
            return nextOffset <= _nextOffset ? AppendResult.AllStored : Append(_writer!, batches, nextOffset);
        }
        catch (Exception error) when (error is DuckDBException or IOException)
        {
            _stale = true;
            throw new StoreUnavailableException($"The readings in {_options.Folder} cannot be written: {error.Message} Nothing of this append was kept; check the disk's room and health.", error);
        }
        catch
        {
            // Memory may be ahead of the database now.
            _stale = true;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    private AppendResult Append(DuckDBConnection writer, IReadOnlyList<StoreBatch> batches, long nextOffset)
    {
        _suspects.Clear();
        _pending.Clear();
        _countOf.Clear();
        _soiled.Clear();
        var hot = _sources.Hot[^1];
        List<RejectedReading>? rejected = null;
        List<StoredSeries>? added = null;
        List<StagedRepair>? repairs = null;
        long rows = 0, minTime = hot.MinTime, maxTime = hot.MaxTime, rolledTo = _rolledTo;

        using var transaction = writer.BeginTransaction();
        using (var appender = writer.CreateAppender(hot.Name))
        {
            for (var b = 0; b < batches.Count; b++)
            {
                var batch = batches[b];
                var count = CountOf(batch.Gateway, batch.Lane);
                _countOf.Add(count);
                if (batch.FirstOffset < _nextOffset) continue;
                var readings = batch.Readings;
                for (var i = 0; i < readings.Count; i++)
                {
                    var series = SeriesOf(readings.Series[i], batch.Names, ref added);
                    var time = readings.Time[i];
                    if (Refuse(series, readings.Kind[i], time) is { } reason)
                    {
                        (rejected ??= []).Add(new RejectedReading(batch.FirstOffset + i, batch.Gateway, batch.Lane,
                            new Reading(series.Entry.Key, time, readings.Received[i], readings.ValueAt(i), readings.Quality[i]), reason));
                        continue;
                    }
                    if (time > series.NewestTime) series.NewestTime = time;
                    else _suspects.Add(new Suspect(series.Id, time, batch.FirstOffset + i, b));
                    if (time == series.NewestTime)
                    {
                        if (series.PendingBatch < 0) _pending.Add(series);
                        (series.PendingBatch, series.PendingIndex) = (b, i);
                    }
                    if (time < rolledTo) Soil(series.Id, time, batch.FirstOffset + i);
                    if (time < minTime) minTime = time;
                    if (time > maxTime) maxTime = time;
                    rows++;
                    count.Stored++;
                    count.Touched = true;
                    appender.AppendRow(new Row(readings, i, series.Id, batch.FirstOffset + i), static (to, row) => row.WriteTo(to));
                }
                foreach (var repair in readings.TimeRepairs)
                    (repairs ??= []).Add(new StagedRepair(readings.Series[repair.Index], readings.Time[repair.Index], repair.DeviceTime, batch.FirstOffset + repair.Index));
            }
            appender.Close();
        }
        if (added is not null) WriteSeries(writer, added);
        if (repairs is not null) WriteRepairs(writer, repairs);
        if (rejected is not null) RejectedTable.Write(writer, rejected);
        var supersedes = _suspects.Count > 0 && CountSuperseded(writer);
        if (supersedes && !hot.Supersedes) writer.Run("UPDATE hot SET supersedes = true WHERE number = $1", hot.Number);
        WriteCounts(writer);
        WriteSoiled(writer);
        writer.Run("UPDATE meta SET next_offset = $1", nextOffset);
        // Set before the commit, so that no query sees the rows and not the flag or the bounds.
        hot.Supersedes |= supersedes;
        (hot.MinTime, hot.MaxTime) = (minTime, maxTime);
        transaction.Commit();

        _nextOffset = nextOffset;
        if (hot.Rows == 0 && rows > 0) hot.Began = UnixMicros.Now(_clock);
        hot.Rows += rows;
        PublishNewest(batches);
        if (hot.Rows >= _options.SealRows) WakeUpkeep();
        return rejected is null ? AppendResult.AllStored : new AppendResult(rejected);
    }

    private static string? Refuse(StoredSeries series, ValueKind kind, long time) =>
        kind != series.Entry.Kind ? $"kind: {series.Entry.Key} holds {series.Entry.Kind} values, this one is {kind}."
        : time < UnixMicros.Min || time > UnixMicros.Max ? $"time: {time} µs lies outside the years 1 to 9999."
        : null;

    /// <summary>The series of a catalogue number; a new one is written with this append.</summary>
    /// <exception cref="InvalidDataException">The store's folder belongs to another log.</exception>
    private StoredSeries SeriesOf(int id, ISeriesNames names, ref List<StoredSeries>? added)
    {
        if (id < _series.Length && _series[id] is { } known)
        {
            if (known.Checked) return known;
            var entry = names[id];
            if (entry != known.Entry)
                throw new InvalidDataException($"Series {id} is {known.Entry.Key} in {_options.Folder} and {entry.Key} in the log: they do not belong together. Name the folder of this log's readings, or an empty one.");
            known.Checked = true;
            return known;
        }
        var series = new StoredSeries(id, names[id]) { Checked = true };
        var table = _series;
        if (id >= table.Length)
        {
            Array.Resize(ref table, Math.Max(id + 1, table.Length * 2));
            _series = table;
        }
        table[id] = series;
        lock (_byKey) _byKey[series.Entry.Key] = series;
        (added ??= []).Add(series);
        return series;
    }

    private CountRow CountOf(string gateway, Lane lane)
    {
        if (!_counts.TryGetValue((gateway, lane), out var count)) _counts.Add((gateway, lane), count = new CountRow());
        return count;
    }

    /// <summary>
    /// Looks up the few readings that came at or before their series' newest: those whose time is taken already replace a reading.
    /// Everything sealed, and everything in an older hot table, came before them.
    /// </summary>
    private bool CountSuperseded(DuckDBConnection writer)
    {
        writer.Run("CREATE TEMP TABLE IF NOT EXISTS suspect (series INTEGER, time BIGINT, log_offset BIGINT, batch INTEGER); TRUNCATE suspect");
        long from = long.MaxValue, to = long.MinValue;
        int least = int.MaxValue, greatest = int.MinValue;
        using (var appender = writer.CreateAppender("temp", "main", "suspect"))
        {
            foreach (var suspect in _suspects)
            {
                (from, to) = (Math.Min(from, suspect.Time), Math.Max(to, suspect.Time));
                (least, greatest) = (Math.Min(least, suspect.Series), Math.Max(greatest, suspect.Series));
                appender.AppendRow(suspect, static (row, s) => row.AppendValue((int?)s.Series).AppendValue((long?)s.Time).AppendValue((long?)s.LogOffset).AppendValue((int?)s.Batch));
            }
            appender.Close();
        }
        var places = _sources.Hot.Where(hot => hot == _sources.Hot[^1] || (hot.MinTime <= to && hot.MaxTime >= from))
            .Select(hot => $"SELECT series, time, log_offset FROM {hot.Name} WHERE time BETWEEN {from} AND {to} AND series BETWEEN {least} AND {greatest}").ToList();
        var files = _sources.Files.Where(file => file.MinTime <= to && file.MaxTime >= from && file.MinSeries <= greatest && file.MaxSeries >= least).ToList();
        if (files.Count > 0)
        {
            places.Add("SELECT series, time, log_offset FROM (" + _sources.Unpack(files,
                $"second BETWEEN {ReadingSources.FloorSecond(from)} AND {ReadingSources.FloorSecond(to)} AND series BETWEEN {least} AND {greatest}") + ")");
        }
        var any = false;
        writer.Each($"""
            SELECT batch, count(DISTINCT s.log_offset) FROM suspect s JOIN ({string.Join(" UNION ALL ", places)}) r
            ON r.series = s.series AND r.time = s.time AND r.log_offset < s.log_offset GROUP BY batch
            """, row =>
        {
            var count = _countOf[row.GetInt32(0)];
            var superseded = row.GetInt64(1);
            count.Superseded += superseded;
            count.Stored -= superseded;
            any = true;
        });
        return any;
    }

    private static void WriteSeries(DuckDBConnection writer, List<StoredSeries> added)
    {
        using var appender = writer.CreateAppender("series");
        foreach (var series in added)
            appender.AppendRow(series, static (row, s) => row.AppendValue((int?)s.Id).AppendValue(s.Entry.Key.Device).AppendValue(s.Entry.Key.Metric).AppendValue((byte?)s.Entry.Kind));
        appender.Close();
    }

    private static void WriteRepairs(DuckDBConnection writer, List<StagedRepair> repairs)
    {
        using var appender = writer.CreateAppender("time_repairs");
        foreach (var repair in repairs)
            appender.AppendRow(repair, static (row, r) => row.AppendValue((int?)r.Series).AppendValue((long?)r.Time).AppendValue((long?)r.DeviceTime).AppendValue((long?)r.LogOffset));
        appender.Close();
    }

    private void WriteCounts(DuckDBConnection writer)
    {
        foreach (var ((gateway, lane), count) in _counts)
        {
            if (!count.Touched) continue;
            count.Touched = false;
            writer.Run("INSERT INTO count VALUES ($1, $2, $3, $4) ON CONFLICT DO UPDATE SET stored = excluded.stored, superseded = excluded.superseded",
                gateway, (byte)lane, count.Stored, count.Superseded);
        }
    }

    private void PublishNewest(IReadOnlyList<StoreBatch> batches)
    {
        foreach (var series in _pending)
        {
            var readings = batches[series.PendingBatch].Readings;
            var i = series.PendingIndex;
            series.Last = new StoredSeries.Newest(readings.Time[i], readings.ValueAt(i), readings.Quality[i]);
            series.PendingBatch = -1;
        }
    }

    /// <summary>A reading at or before its series' newest time: only such a one can replace another.</summary>
    private readonly record struct Suspect(int Series, long Time, long LogOffset, int Batch);

    private readonly record struct StagedRepair(int Series, long Time, long DeviceTime, long LogOffset);

    /// <summary>One reading of a batch on its way into the hot table.</summary>
    private readonly struct Row(ReadingBatch readings, int index, int series, long logOffset)
    {
        public void WriteTo(IDuckDBAppenderRow row)
        {
            row.AppendValue((int?)series).AppendValue((long?)readings.Time[index]).AppendValue((long?)logOffset).AppendValue((long?)readings.Received[index]);
            var bits = readings.Bits[index];
            switch (readings.Kind[index])
            {
                case ValueKind.Double:
                    row.AppendValue((double?)BitConverter.Int64BitsToDouble(bits)).AppendNullValue().AppendNullValue();
                    break;
                case ValueKind.Bool:
                    row.AppendValue((double?)bits).AppendNullValue().AppendNullValue();
                    break;
                case ValueKind.Int64:
                    row.AppendNullValue().AppendValue((long?)bits).AppendNullValue();
                    break;
                default:
                    row.AppendNullValue().AppendNullValue().AppendValue(Encoding.UTF8.GetString(readings.TextAt(index)));
                    break;
            }
            row.AppendValue((byte?)readings.Quality[index]);
        }
    }
}
