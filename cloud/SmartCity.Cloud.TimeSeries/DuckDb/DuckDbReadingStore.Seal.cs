using System.Diagnostics;
using DuckDB.NET.Data;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

public sealed partial class DuckDbReadingStore
{
    /// <summary>Tests stop the clock here: called with the name of each step of sealing.</summary>
    internal Action<string>? AtStep { get; set; }

    /// <summary>Writes a hot table that gets no more readings into files of whole days, then lets them take its place in one transaction.</summary>
    private async Task SealAsync(DuckDBConnection connection, HotTable hot, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var days = new List<DayCount>();
        var rank = 0L;
        connection.Each($"SELECT CAST(floor(time / {UnixMicros.PerDay}.0) AS BIGINT) AS day, count(*), max(log_offset) FROM {hot.Name} GROUP BY day ORDER BY day", row =>
        {
            days.Add(new DayCount(row.GetInt64(0), row.GetInt64(1)));
            rank = Math.Max(rank, row.GetInt64(2));
        });
        var files = new List<SealedFile>();
        foreach (var (first, last) in Chunks(days))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var readings = $"SELECT {StoreSchema.Columns} FROM {hot.Name} WHERE time >= {StartOf(first)} AND time < {StartOf(last + 1)}";
            if (hot.Supersedes) readings = ReadingSources.Newest(readings);
            await WriteAsync(connection, StoreSchema.Pack(readings, $"{rank}"), false, first, last, hot.Supersedes, files, cancellationToken).ConfigureAwait(false);
        }
        await TakePlaceAsync(files, [], hot, cancellationToken).ConfigureAwait(false);
        _logger.Sealed(files.Sum(file => file.Rows), files.Count, files.Sum(file => file.Bytes), (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task MergeAsync(DuckDBConnection connection, IReadOnlyList<SealedFile> inputs, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var days = new List<DayCount>();
        connection.Each($"SELECT CAST(floor(second / 86400.0) AS BIGINT) AS day, count(*) FROM ({_sources.Raw(inputs)}) GROUP BY day ORDER BY day", row => days.Add(new DayCount(row.GetInt64(0), row.GetInt64(1))));
        // Where an input may replace readings of a file that stays outside, so may the outcome.
        var supersedesOthers = inputs.Any(input => input.Supersedes) && _sources.Files.Except(inputs).Any(other => inputs.Any(other.Overlaps));
        var repeats = inputs.Any(input => input.Supersedes);
        var files = new List<SealedFile>();
        foreach (var (first, last) in Chunks(days))
        {
            var inside = $"second >= {first * 86_400} AND second < {(last + 1) * 86_400}";
            foreach (var (from, to) in SeriesRanges(connection, inputs, inside))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var readings = _sources.Unpack(inputs, $"{inside} AND series BETWEEN {from} AND {to}");
                if (repeats) readings = ReadingSources.Newest(readings);
                await WriteAsync(connection, StoreSchema.Pack(readings, "log_offset"), true, first, last, supersedesOthers, files, cancellationToken).ConfigureAwait(false);
            }
        }
        await TakePlaceAsync(files, inputs, null, cancellationToken).ConfigureAwait(false);
        _logger.Merged(inputs.Count, files.Count, files.Sum(file => file.Rows), files.Sum(file => file.Bytes), (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    /// <summary>Writes one file under its last name, durable, but in no catalogue yet.</summary>
    private async Task WriteAsync(DuckDBConnection connection, string select, bool merged, long firstDay, long lastDay, bool supersedes, List<SealedFile> files, CancellationToken cancellationToken)
    {
        var number = 0L;
        await InGateAsync(_ => number = _nextNumber++, cancellationToken).ConfigureAwait(false);
        var file = new SealedFile(number, merged, firstDay, lastDay, 0, 0, 0, 0, 0, 0, supersedes);
        var (path, temporary) = (_sources.PathOf(file), _sources.PathOf(file) + ".new");
        connection.Run(StoreSchema.Copy(select, temporary));
        AtStep?.Invoke("copied");
        DurableFile.Sync(temporary);
        File.Move(temporary, path);
        AtStep?.Invoke("renamed");
        connection.Each($"SELECT count(*), min({StoreSchema.Time}), max({StoreSchema.Time}), min(series), max(series) FROM read_parquet('{StoreSchema.Quote(path)}')", row =>
            file = file with { Rows = row.GetInt64(0), MinTime = row.GetInt64(1), MaxTime = row.GetInt64(2), MinSeries = row.GetInt32(3), MaxSeries = row.GetInt32(4), Bytes = new FileInfo(path).Length });
        files.Add(file);
    }

    /// <summary>One transaction: the new files in, what they replace out.</summary>
    private async Task TakePlaceAsync(List<SealedFile> files, IReadOnlyList<SealedFile> replaced, HotTable? hot, CancellationToken cancellationToken)
    {
        DurableFile.SyncFolder(_sealedFolder);
        await InGateAsync(writer =>
        {
            using (var transaction = writer.BeginTransaction())
            {
                foreach (var file in files)
                {
                    writer.Run("INSERT INTO sealed VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", file.Number, file.Merged, file.FirstDay, file.LastDay,
                        file.MinTime, file.MaxTime, file.MinSeries, file.MaxSeries, file.Rows, file.Bytes, file.Supersedes);
                }
                foreach (var file in replaced) writer.Run("DELETE FROM sealed WHERE number = $1", file.Number);
                if (hot is not null)
                {
                    writer.Run("UPDATE hot SET sealed = true WHERE number = $1", hot.Number);
                    WriteNewest(writer);
                }
                writer.Run("UPDATE meta SET next_number = $1", _nextNumber);
                AtStep?.Invoke("before commit");
                transaction.Commit();
            }
            AtStep?.Invoke("committed");
            Publish([.. _sources.Hot.Where(table => table != hot)], [.. _sources.Files.Except(replaced), .. files]);
            RemoveRetired();
            AtStep?.Invoke("removed");
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest reading of each series, which at the next opening need not be looked for in the sealed files.</summary>
    private void WriteNewest(DuckDBConnection writer)
    {
        writer.Run("DELETE FROM newest");
        using var appender = writer.CreateAppender("newest");
        foreach (var series in _series)
        {
            if (series?.Last is not { } last) continue;
            appender.AppendRow((series.Id, last), static (row, one) =>
            {
                row.AppendValue((int?)one.Id).AppendValue((long?)one.last.Time).AppendValue((long?)one.last.Value.Bits);
                if (one.last.Value.Text is { } text) row.AppendValue(text);
                else row.AppendNullValue();
                row.AppendValue((byte?)one.last.Quality);
            });
        }
        appender.Close();
    }

    /// <summary>Days in a row that make a file which is not small. A day is never cut, and the day that goes on does not join those that are over.</summary>
    private IEnumerable<(long First, long Last)> Chunks(List<DayCount> days)
    {
        var today = ReadingSources.DayOf(UnixMicros.Now(_clock));
        for (var i = 0; i < days.Count;)
        {
            var (first, rows) = (i, 0L);
            while (i < days.Count && rows < SealedFilePlan.SmallRows && (i == first || days[i].Day < today)) rows += days[i++].Rows;
            yield return (days[first].Day, days[i - 1].Day);
        }
    }

    /// <summary>Ranges of series that are sorted at once.</summary>
    private List<(int From, int To)> SeriesRanges(DuckDBConnection connection, IReadOnlyList<SealedFile> inputs, string inside)
    {
        var ranges = new List<(int From, int To)>();
        var (from, to, rows) = (0, 0, 0L);
        connection.Each($"SELECT series, count(*) FROM ({_sources.Raw(inputs)}) WHERE {inside} GROUP BY series ORDER BY series", row =>
        {
            var count = row.GetInt64(1);
            if (rows > 0 && rows + count > SealedFilePlan.SortRows)
            {
                ranges.Add((from, to));
                rows = 0;
            }
            if (rows == 0) from = row.GetInt32(0);
            to = row.GetInt32(0);
            rows += count;
        });
        if (rows > 0) ranges.Add((from, to));
        return ranges;
    }

    private static long StartOf(long day) => day * UnixMicros.PerDay;

    private readonly record struct DayCount(long Day, long Rows);
}
