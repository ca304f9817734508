using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <remarks>
/// <para>Rollups are kept of local days that are over: all of them before <c>open_day</c>. A reading that comes for such a day soils its (series, day) in the transaction
/// that appends it, and upkeep makes the rollups of that pair anew from its readings, and clean, in a transaction of its own. A query reads <c>open_day</c> and
/// the dirty pairs in the snapshot in which it reads readings and rollups, and takes readings wherever a rollup is not there or not clean: so it is right at all times.</para>
/// <para>On the way of a reading that is not late this costs one comparison.</para>
/// </remarks>
public sealed partial class DuckDbReadingStore
{
    /// <summary>A day is over so long after its midnight, so that what is a little late does not soil all of its series.</summary>
    private static readonly TimeSpan _dayGrace = TimeSpan.FromMinutes(15);
    /// <summary>Readings rolled up in one transaction; their groups fit the engine's memory.</summary>
    private const long RollRows = 3_000_000;
    /// <summary>Series of one day made anew in one transaction.</summary>
    private const int RollSeries = 1_000;
    /// <summary>Runs of dirty days that one query takes from readings one by one; with more it takes all of its readings.</summary>
    private const int DirtyRunsMax = 64;
    private const int SoiledKnownMax = 200_000;

    private readonly List<Soiled> _soiled = [];
    /// <summary>Pairs known to be dirty in the database, with the offset that soiled them; spares writing them for each late reading.</summary>
    private readonly Dictionary<(int Series, long Day), long> _soiledKnown = [];
    /// <summary>First µs that no rollup covers or is about to; guarded by the gate.</summary>
    private long _rolledTo;
    /// <summary>Pairs soiled by offsets below may be clean soon, so later readings soil them again; guarded by the gate.</summary>
    private long _cleanedBelow;
    /// <summary>How often memory was brought to what is committed; guarded by the gate.</summary>
    private int _loads;
    private (long Day, long Start, long End) _soilDay = (0, 0, 0);

    private void LoadRollups(DuckDBConnection writer)
    {
        // Rules of a zone change; days that were cut by others are cut anew.
        var zone = string.Create(CultureInfo.InvariantCulture, $"{_cityZone.Id} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_cityZone.ToSerializedString())).AsSpan(0, 8))}");
        long? openDay = null;
        writer.Each("SELECT open_day, zone FROM rollup_state", row => openDay = row.GetString(1) == zone ? row.GetInt64(0) : null);
        if (openDay is null)
        {
            openDay = _sources.NextTime(long.MinValue) is { } first ? _cityClock.DayHolding(first) : Today();
            using var transaction = writer.BeginTransaction();
            foreach (var table in RollupSql.Tables.Append("dirty").Append("rollup_state")) writer.Run($"DELETE FROM {table}");
            writer.Run("INSERT INTO rollup_state VALUES ($1, $2)", openDay.Value, zone);
            transaction.Commit();
        }
        _rolledTo = _cityClock.StartOfDay(openDay.Value);
        _soiledKnown.Clear();
        _loads++;
    }

    /// <summary>The local day that is not over.</summary>
    private long Today() => _cityClock.DayHolding(UnixMicros.From(_clock.GetUtcNow() - _dayGrace));

    /// <summary>Marks the pair of a reading that comes for a day with rollups.</summary>
    private void Soil(int series, long time, long logOffset)
    {
        if (time < _soilDay.Start || time >= _soilDay.End)
        {
            var day = _cityClock.DayHolding(time);
            _soilDay = (day, _cityClock.StartOfDay(day), _cityClock.StartOfDay(day + 1));
        }
        var pair = (series, _soilDay.Day);
        if (_soiledKnown.TryGetValue(pair, out var since) && since >= _cleanedBelow) return;
        if (_soiledKnown.Count >= SoiledKnownMax) _soiledKnown.Clear();
        _soiledKnown[pair] = logOffset;
        _soiled.Add(new Soiled(series, _soilDay.Day, logOffset));
    }

    private void WriteSoiled(DuckDBConnection writer)
    {
        if (_soiled.Count == 0) return;
        using var appender = writer.CreateAppender("dirty");
        foreach (var one in _soiled) appender.AppendRow(one, static (row, pair) => row.AppendValue((int?)pair.Series).AppendValue((long?)pair.Day).AppendValue((long?)pair.LogOffset));
        appender.Close();
    }

    /// <summary>Rolls up days that are over, then what late readings have soiled, until it is done or the time is up.</summary>
    private async Task RollUpAsync(DuckDBConnection connection, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < atMost && await RollDayAsync(connection, cancellationToken).ConfigureAwait(false)) { }
        while (Stopwatch.GetElapsedTime(began) < atMost && await RollDirtyAsync(connection, cancellationToken).ConfigureAwait(false)) { }
    }

    /// <summary>Rolls up the next day that is over.</summary>
    /// <returns>False where there is none.</returns>
    private async Task<bool> RollDayAsync(DuckDBConnection connection, CancellationToken cancellationToken)
    {
        var (began, openDay, today) = (Stopwatch.GetTimestamp(), 0L, Today());
        connection.Each("SELECT open_day FROM rollup_state", row => openDay = row.GetInt64(0));
        if (openDay >= today) return false;
        var loads = -1;
        // Days without readings need nothing.
        var day = _sources.NextTime(_cityClock.StartOfDay(openDay)) is { } next ? Math.Min(_cityClock.DayHolding(next), today) : today;
        if (day < today)
        {
            var (start, end) = (_cityClock.StartOfDay(day), _cityClock.StartOfDay(day + 1));
            // From here on what comes for this day soils it; what came before is seen by the transactions that follow.
            await InGateAsync(_ => (_rolledTo, loads) = (end, _loads), cancellationToken).ConfigureAwait(false);
            AtStep?.Invoke("rolling");
            var rows = 0L;
            foreach (var (least, greatest, count) in RollRanges(connection, start, end))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var series = string.Create(CultureInfo.InvariantCulture, $"series BETWEEN {least} AND {greatest}");
                using var transaction = connection.BeginTransaction();
                Roll(connection, day, series, _sources.Select(least, greatest, start, end));
                transaction.Commit();
                rows += count;
            }
            _logger.RolledUp(rows, day, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            day++;
        }
        AtStep?.Invoke("rolled");
        await InGateAsync(writer =>
        {
            // After an append that failed, memory has forgotten that this day was to be soiled: it is rolled up again.
            if (loads >= 0 && loads != _loads) return;
            writer.Run("UPDATE rollup_state SET open_day = $1", day);
            _rolledTo = Math.Max(_rolledTo, _cityClock.StartOfDay(day));
        }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Makes the rollups of dirty pairs of one day anew, and clean.</summary>
    /// <returns>False where none is dirty.</returns>
    private async Task<bool> RollDirtyAsync(DuckDBConnection connection, CancellationToken cancellationToken)
    {
        var below = 0L;
        await InGateAsync(_ => below = _cleanedBelow = _nextOffset, cancellationToken).ConfigureAwait(false);
        var (day, series) = (0L, new List<int>());
        using (var transaction = connection.BeginTransaction())
        {
            connection.Each(string.Create(CultureInfo.InvariantCulture, $"""
                WITH due AS (SELECT series, day FROM dirty WHERE log_offset < {below} AND day < (SELECT open_day FROM rollup_state))
                SELECT DISTINCT day, series FROM due WHERE day = (SELECT min(day) FROM due) ORDER BY series LIMIT {RollSeries}
                """), row =>
            {
                day = row.GetInt64(0);
                series.Add(row.GetInt32(1));
            });
            if (series.Count == 0) return false;
            cancellationToken.ThrowIfCancellationRequested();
            var filter = ReadingSources.Filter(series);
            Roll(connection, day, filter, _sources.Select(series, _cityClock.StartOfDay(day), _cityClock.StartOfDay(day + 1)));
            // Those soiled since stay dirty, though this may have seen why.
            connection.Run(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM dirty WHERE day = {day} AND {filter} AND log_offset < {below}"));
            AtStep?.Invoke("cleaned");
            transaction.Commit();
        }
        return true;
    }

    private void Roll(DuckDBConnection connection, long day, string series, string? readings)
    {
        foreach (var table in RollupSql.Tables) connection.Run(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM {table} WHERE day = {day} AND {series}"));
        if (readings is null) return;
        foreach (var statement in RollupSql.Roll(readings, day, RollupPlan.HoursOf(day, _cityClock, _cityZone)[..^1])) connection.Run(statement);
    }

    /// <summary>Ranges of series with about <see cref="RollRows"/> readings each.</summary>
    private List<(int Least, int Greatest, long Rows)> RollRanges(DuckDBConnection connection, long start, long end)
    {
        var ranges = new List<(int, int, long)>();
        if (_sources.Select(0, int.MaxValue, start, end, withReplaced: true) is not { } readings) return ranges;
        var (least, greatest, rows) = (-1, 0, 0L);
        connection.Each($"SELECT series, count(*) FROM ({readings}) GROUP BY series ORDER BY series", row =>
        {
            if (least < 0) least = row.GetInt32(0);
            greatest = row.GetInt32(0);
            rows += row.GetInt64(1);
            if (rows < RollRows) return;
            ranges.Add((least, greatest, rows));
            (least, rows) = (-1, 0);
        });
        if (least >= 0) ranges.Add((least, greatest, rows));
        return ranges;
    }

    /// <summary>What a question for buckets is put together from: rollups where they are there and clean, readings elsewhere.</summary>
    /// <returns>The parts, and the level of the rollups among them.</returns>
    private (List<string> Parts, string Level) PartsOf(Look look, Dictionary<int, StoredSeries> known, BucketQuery query, long[] edges)
    {
        var parts = new List<string>();
        var all = known.Keys.ToList();
        var openDay = long.MinValue;
        look.Connection.Each("SELECT open_day FROM rollup_state", row => openDay = row.GetInt64(0));
        var plan = RollupPlan.Choose(edges, query.From, query.To, _cityZone, _cityClock.StartOfDay(openDay));
        var rolled = plan.Level == RollupLevel.Raw ? [] : all;
        if (plan.Level == RollupLevel.Minute) rolled = [.. rolled.Except(WithoutMinutes(look, rolled, plan))];
        var dirty = rolled.Count == 0 ? [] : DirtyRuns(look, rolled, plan);
        if (dirty.Count > DirtyRunsMax) rolled = [];

        if (rolled.Count < all.Count) Readings([.. all.Except(rolled)], query.From, query.To);
        if (rolled.Count == 0) return (parts, plan.Name);
        Readings(rolled, query.From, plan.From);
        Readings(rolled, plan.To, query.To);
        var clean = string.Concat(dirty.Select(run => string.Create(CultureInfo.InvariantCulture, $" AND NOT (series = {run.Series} AND day BETWEEN {run.First} AND {run.Last})")));
        parts.Add(RollupSql.OfLevel(plan.Level, ReadingSources.Filter(rolled) + clean, plan.From, plan.To));
        foreach (var run in dirty) Readings([run.Series], Math.Max(plan.From, _cityClock.StartOfDay(run.First)), Math.Min(plan.To, _cityClock.StartOfDay(run.Last + 1)));
        return (parts, plan.Name);

        void Readings(IReadOnlyList<int> series, long from, long to)
        {
            if (from < to && look.Sources.Select(series, from, to) is { } readings) parts.Add(RollupSql.OfReadings(readings));
        }
    }

    /// <summary>Series of which some day has no minutes, since its readings are hardly more.</summary>
    private List<int> WithoutMinutes(Look look, List<int> series, RollupPlan plan)
    {
        var without = new List<int>();
        look.Connection.Each(string.Create(CultureInfo.InvariantCulture,
            $"SELECT DISTINCT series FROM rollup_1d WHERE {ReadingSources.Filter(series)} AND day BETWEEN {_cityClock.DayHolding(plan.From)} AND {_cityClock.DayHolding(plan.To)} AND NOT minutes"), row => without.Add(row.GetInt32(0)));
        return without;
    }

    private List<(int Series, long First, long Last)> DirtyRuns(Look look, List<int> series, RollupPlan plan)
    {
        var runs = new List<(int Series, long First, long Last)>();
        look.Connection.Each(string.Create(CultureInfo.InvariantCulture,
            $"SELECT DISTINCT series, day FROM dirty WHERE {ReadingSources.Filter(series)} AND day BETWEEN {_cityClock.DayHolding(plan.From)} AND {_cityClock.DayHolding(plan.To)} ORDER BY series, day"), row =>
        {
            var (one, day) = (row.GetInt32(0), row.GetInt64(1));
            if (runs.Count > 0 && runs[^1].Series == one && runs[^1].Last == day - 1) runs[^1] = runs[^1] with { Last = day };
            else runs.Add((one, day, day));
        });
        return runs;
    }

    /// <summary>A (series, local day) whose rollups a reading made wrong.</summary>
    private readonly record struct Soiled(int Series, long Day, long LogOffset);
}
