using System.Globalization;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>SQL that makes buckets of readings or of finer buckets. Buckets of all levels have the same columns.</summary>
/// <remarks>
/// The last value of a bucket is that of its last part, by the parts' starts: they do not overlap. So a bucket of a rollup need not keep the time of its last reading.
/// </remarks>
internal static class RollupSql
{
    /// <summary>Minutes of a series' day are kept where each holds so many readings on the average; of others the readings themselves are hardly more.</summary>
    /// <remarks>A minute costs about what six readings do, so it is kept for what reports more often than every five seconds or so.</remarks>
    public const int ReadingsPerMinuteMin = 10;

    public const string Create = $"""
        CREATE TABLE IF NOT EXISTS rollup_state (open_day BIGINT, zone VARCHAR);
        CREATE TABLE IF NOT EXISTS dirty (series INTEGER, day BIGINT, log_offset BIGINT);
        CREATE TABLE IF NOT EXISTS rollup_1m ({Table});
        CREATE TABLE IF NOT EXISTS rollup_1h ({Table});
        CREATE TABLE IF NOT EXISTS rollup_1d ({Table}, minutes BOOLEAN);
        """;

    public static readonly string[] Tables = ["rollup_1m", "rollup_1h", "rollup_1d"];

    private const string Table = "series INTEGER, day BIGINT, start BIGINT, readings BIGINT, total DOUBLE, least DOUBLE, greatest DOUBLE, last_number DOUBLE, last_whole BIGINT, last_text VARCHAR, flagged BIGINT";
    private const string Columns = "series, start, readings, total, least, greatest, last_number, last_whole, last_text, flagged";
    private const string Number = "coalesce(number, whole::DOUBLE)";
    private const string Sums = """
        sum(readings)::BIGINT AS readings, fsum(total) AS total, min(least) AS least, max(greatest) AS greatest,
          arg_max(last_number, start) AS last_number, arg_max(last_whole, start) AS last_whole, arg_max(last_text, start) AS last_text, sum(flagged)::BIGINT AS flagged
        """;

    /// <summary>A reading as the bucket of itself.</summary>
    public static string OfReadings(string readings) => $"""
        SELECT series, time AS start, 1::BIGINT AS readings, {Number} AS total, {Number} AS least, {Number} AS greatest,
          number AS last_number, whole AS last_whole, text AS last_text, CASE WHEN quality = 0 THEN 0 ELSE 1 END::BIGINT AS flagged, false AS rolled
        FROM ({readings})
        """;

    /// <summary>Buckets of a rollup.</summary>
    /// <param name="level">Which.</param>
    /// <param name="series">Condition on the series.</param>
    /// <param name="from">First start, µs.</param>
    /// <param name="to">First start after it.</param>
    public static string OfLevel(RollupLevel level, string series, long from, long to) =>
        string.Create(CultureInfo.InvariantCulture, $"SELECT {Columns}, true AS rolled FROM {TableOf(level)} WHERE {series} AND start >= {from} AND start < {to}");

    /// <summary>
    /// Buckets between the edges that come as the one parameter, a list without the last one; parts lie within one bucket each and within the range.
    /// Columns: series, number of the edge from 1, readings, total, least, greatest, last_number, last_whole, last_text, flagged, and whether a rollup is among the parts.
    /// </summary>
    public static string Gather(string parts) => $"""
        SELECT series, edge, {Sums}, bool_or(rolled) AS rolled FROM ({parts}) p
        ASOF JOIN (SELECT unnest($1) AS edge_start, generate_subscripts($1, 1) AS edge) e ON p.start >= e.edge_start
        GROUP BY series, edge ORDER BY series, edge
        """;

    /// <summary>Statements that make the rollups of one local day from its readings, after those of the same series and day were deleted.</summary>
    /// <param name="readings">All readings of the series on the day.</param>
    /// <param name="day">Number of the local day.</param>
    /// <param name="hours">Where its hours begin, µs.</param>
    public static IEnumerable<string> Roll(string readings, long day, IReadOnlyList<long> hours)
    {
        const long Minute = 60 * UnixMicros.PerSecond;
        yield return $"""
            CREATE OR REPLACE TEMP TABLE rolling_minute AS
            SELECT series, time - (time % {Minute} + {Minute}) % {Minute} AS start, count(*) AS readings, fsum({Number}) AS total, min({Number}) AS least, max({Number}) AS greatest,
              arg_max(number, time) AS last_number, arg_max(whole, time) AS last_whole, arg_max(text, time) AS last_text, count(*) FILTER (quality <> 0) AS flagged
            FROM ({readings}) GROUP BY ALL
            """;
        // Before the zones of today some clocks were seconds off the minute; then a minute may lie in two hours.
        var parts = hours.All(hour => hour % Minute == 0) ? "rolling_minute" : $"({OfReadings(readings)})";
        yield return $"""
            CREATE OR REPLACE TEMP TABLE rolling_hour AS
            SELECT series, edge_start, {Sums} FROM {parts} p
            ASOF JOIN (SELECT unnest([{string.Join(',', hours)}]::BIGINT[]) AS edge_start) e ON p.start >= e.edge_start GROUP BY series, edge_start
            """;
        yield return "CREATE OR REPLACE TEMP TABLE rolling_dense AS " + string.Create(CultureInfo.InvariantCulture, $"SELECT series FROM rolling_minute GROUP BY series HAVING sum(readings) >= {ReadingsPerMinuteMin} * count(*)");
        yield return $"INSERT INTO rollup_1m SELECT series, {day}, start, readings, total, least, greatest, last_number, last_whole, last_text, flagged FROM rolling_minute WHERE series IN (FROM rolling_dense) ORDER BY series, start";
        yield return $"INSERT INTO rollup_1h SELECT series, {day}, edge_start, readings, total, least, greatest, last_number, last_whole, last_text, flagged FROM rolling_hour ORDER BY series, edge_start";
        yield return $"INSERT INTO rollup_1d SELECT series, {day}, {hours[0]}, {Sums}, series IN (FROM rolling_dense) FROM (SELECT * EXCLUDE edge_start, edge_start AS start FROM rolling_hour) GROUP BY series ORDER BY series";
    }

    public static string TableOf(RollupLevel level) => level switch { RollupLevel.Minute => "rollup_1m", RollupLevel.Hour => "rollup_1h", _ => "rollup_1d" };
}
