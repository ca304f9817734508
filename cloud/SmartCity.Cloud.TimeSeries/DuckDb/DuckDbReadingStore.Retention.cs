using System.Globalization;
using DuckDB.NET.Data;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <remarks>
/// Retention takes whole sealed files out of the catalogue, in one transaction, when all of their days are older than the rule, are rolled up and clean, and none
/// lies in a hold. From then on readings before <c>raw_from</c>, the begin of a local day, are refused: what a late one would soil could not be made anew.
/// </remarks>
public sealed partial class DuckDbReadingStore : IRetention
{
    /// <summary>Days that one sealed file may span: a quarter of what is kept, so that no reading stays much longer.</summary>
    private long DaysMax => _options.KeepRaw > TimeSpan.Zero ? Math.Max(1, (long)_options.KeepRaw.TotalDays / 4) : long.MaxValue;

    /// <summary>Readings before are refused, µs; guarded by the gate.</summary>
    private long _rawFrom = long.MinValue;

    /// <inheritdoc/>
    public async Task<RetentionState> RetentionAsync(CancellationToken cancellationToken)
    {
        RetentionState? state = null;
        await InGateAsync(writer =>
        {
            var holds = Holds(writer);
            writer.Each("SELECT raw_from, minutes_from, readings, files FROM retention", row => state = new RetentionState(Rule(_options.KeepRaw), Rule(_options.KeepMinutes),
                row.IsDBNull(0) ? null : row.GetInt64(0), row.IsDBNull(1) ? null : _cityClock.StartOfDay(row.GetInt64(1)), row.GetInt64(2), row.GetInt64(3), holds));
        }, cancellationToken).ConfigureAwait(false);
        return state!;

        static TimeSpan? Rule(TimeSpan keep) => keep > TimeSpan.Zero ? keep : null;
    }

    /// <inheritdoc/>
    public async Task<long> HoldAsync(long from, long to, string reason, string by, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        var number = 0L;
        await InGateAsync(writer =>
        {
            writer.Each("SELECT coalesce(max(number), 0) + 1 FROM hold", row => number = row.GetInt64(0));
            writer.Run("INSERT INTO hold VALUES ($1, $2, $3, $4, $5, $6, false)", number, from, to, reason, by, UnixMicros.Now(_clock));
        }, cancellationToken).ConfigureAwait(false);
        return number;
    }

    /// <inheritdoc/>
    public async Task<RetentionHold?> ReleaseAsync(long number, CancellationToken cancellationToken)
    {
        RetentionHold? hold = null;
        await InGateAsync(writer =>
        {
            hold = Holds(writer).FirstOrDefault(one => one.Number == number);
            // Its number is never given out again.
            if (hold is not null) writer.Run("UPDATE hold SET released = true WHERE number = $1", number);
        }, cancellationToken).ConfigureAwait(false);
        return hold;
    }

    private static List<RetentionHold> Holds(DuckDBConnection writer)
    {
        var holds = new List<RetentionHold>();
        writer.Each("SELECT number, begins, ends, reason, by_whom, set_at FROM hold WHERE NOT released ORDER BY number", row =>
            holds.Add(new RetentionHold(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4), row.GetInt64(5))));
        return holds;
    }

    private void LoadRetention(DuckDBConnection writer) =>
        writer.Each("SELECT raw_from FROM retention", row => _rawFrom = row.IsDBNull(0) ? long.MinValue : row.GetInt64(0));

    private string? RefuseExpired(long time) => time >= _rawFrom ? null
        : $"retention: readings before {UnixMicros.ToTime(_rawFrom).ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture)} have gone (Cloud:DuckDb:KeepRaw), so a late one has no place.";

    /// <summary>Lets go of what the rules say.</summary>
    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        if (_options.KeepRaw > TimeSpan.Zero) await InGateAsync(ExpireRaw, cancellationToken).ConfigureAwait(false);
        if (_options.KeepMinutes > TimeSpan.Zero) await InGateAsync(ExpireMinutes, cancellationToken).ConfigureAwait(false);
    }

    private void ExpireRaw(DuckDBConnection writer)
    {
        // Days that are wholly older than the rule, and rolled up.
        var end = UnixMicros.From(_clock.GetUtcNow() - _options.KeepRaw);
        writer.Each("SELECT least(open_day, coalesce((SELECT min(day) FROM dirty), open_day)) FROM rollup_state", row => end = Math.Min(end, _cityClock.StartOfDay(row.GetInt64(0))));
        var holds = Holds(writer);
        var expired = _sources.Files.Where(file => StartOf(file.LastDay + 1) <= end && !holds.Any(hold => hold.From < StartOf(file.LastDay + 1) && hold.To > StartOf(file.FirstDay))).ToList();
        if (expired.Count == 0) return;
        var from = _cityClock.StartOfDay(_cityClock.DayHolding(StartOf(expired.Max(file => file.LastDay) + 1) - 1) + 1);
        if (from > end) return;
        // Minutes of what reports seldom were not worth keeping while its readings were there.
        var soiled = string.Create(CultureInfo.InvariantCulture, $"FROM rollup_1d WHERE NOT minutes AND day < {_cityClock.DayHolding(from)} AND day >= coalesce((SELECT minutes_from FROM retention), -9223372036854775808) AND start >= {Math.Max(_rawFrom, -9_223_372_036_854_775_807)}");
        var seldom = 0L;
        writer.Each($"SELECT count(*) {soiled}", row => seldom = row.GetInt64(0));
        if (seldom > 0)
        {
            // They are made anew first; then this comes again.
            writer.Run($"INSERT INTO dirty SELECT series, day, -1 {soiled}");
            return;
        }
        using (var transaction = writer.BeginTransaction())
        {
            foreach (var file in expired) writer.Run("DELETE FROM sealed WHERE number = $1", file.Number);
            writer.Run("UPDATE retention SET raw_from = greatest(coalesce(raw_from, $1), $1), readings = readings + $2, files = files + $3", from, expired.Sum(file => file.Rows), (long)expired.Count);
            // A program that knows no retention would roll up anew what cannot be.
            writer.Run("UPDATE meta SET version = greatest(version, $1)", StoreSchema.VersionWithRetention);
            AtStep?.Invoke("expiring");
            transaction.Commit();
        }
        _rawFrom = Math.Max(_rawFrom, from);
        Publish(_sources.Hot, [.. _sources.Files.Except(expired)]);
        RemoveRetired();
        _logger.Expired(expired.Count, expired.Sum(file => file.Rows), UnixMicros.ToTime(from));
    }

    private void ExpireMinutes(DuckDBConnection writer)
    {
        var day = _cityClock.DayHolding(UnixMicros.From(_clock.GetUtcNow() - _options.KeepMinutes));
        writer.Each("SELECT least(open_day, coalesce((SELECT min(day) FROM dirty), open_day)) FROM rollup_state", row => day = Math.Min(day, row.GetInt64(0)));
        foreach (var hold in Holds(writer)) day = Math.Min(day, _cityClock.DayHolding(hold.From));
        long? before = null;
        writer.Each("SELECT minutes_from FROM retention", row => before = row.IsDBNull(0) ? null : row.GetInt64(0));
        if (before >= day) return;
        var any = false;
        writer.Each(string.Create(CultureInfo.InvariantCulture, $"SELECT 1 FROM rollup_1m WHERE day < {day} LIMIT 1"), _ => any = true);
        if (!any) return;
        using var transaction = writer.BeginTransaction();
        // Days as a whole; the table is sorted by them.
        writer.Run("DELETE FROM rollup_1m WHERE day < $1", day);
        writer.Run("UPDATE rollup_1d SET minutes = false WHERE day < $1 AND minutes", day);
        writer.Run("UPDATE retention SET minutes_from = $1", day);
        transaction.Commit();
    }
}
