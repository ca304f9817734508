namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Tables of the database, and how sealed files are written and read.</summary>
internal static class StoreSchema
{
    /// <summary>Raised when an older program could no longer read what this one writes.</summary>
    public const int Version = 1;

    public const string Create = RejectedTable.Create + """
        CREATE TABLE IF NOT EXISTS meta (version INTEGER, next_offset BIGINT, next_number BIGINT);
        INSERT INTO meta SELECT 1, 0, 1 WHERE NOT EXISTS (FROM meta);
        CREATE TABLE IF NOT EXISTS series (id INTEGER, device VARCHAR, metric VARCHAR, kind UTINYINT);
        CREATE TABLE IF NOT EXISTS newest (series INTEGER, time BIGINT, bits BIGINT, text VARCHAR, quality UTINYINT);
        CREATE TABLE IF NOT EXISTS count (gateway VARCHAR, lane UTINYINT, stored BIGINT, superseded BIGINT, PRIMARY KEY (gateway, lane));
        CREATE TABLE IF NOT EXISTS time_repairs (series INTEGER, time BIGINT, device_time BIGINT, log_offset BIGINT);
        CREATE TABLE IF NOT EXISTS hot (number BIGINT, sealed BOOLEAN, supersedes BOOLEAN);
        CREATE TABLE IF NOT EXISTS sealed (number BIGINT, merged BOOLEAN, first_day BIGINT, last_day BIGINT, min_time BIGINT, max_time BIGINT, min_series INTEGER, max_series INTEGER, rows BIGINT, bytes BIGINT, supersedes BOOLEAN);
        """;

    /// <summary>A hot table; text, integer and number stand in columns of their own, a truth value is a number.</summary>
    public static string CreateHot(long number) =>
        $"CREATE TABLE hot_{number} (series INTEGER, time BIGINT, log_offset BIGINT, received BIGINT, number DOUBLE, whole BIGINT, text VARCHAR, quality UTINYINT)";

    public const string Columns = "series, time, log_offset, received, number, whole, text, quality";

    /// <summary>
    /// How a sealed file spells a reading. Split so that each part packs into few bits: measured on 4,000 series at 10 s with 8 ms of jitter
    /// and 20 ms of delay, 1.8 bytes a reading against 3.0 with plain columns. <c>digits</c> is set where every number of the series
    /// in the file is a decimal of so many digits; the number is then <c>whole / 10^digits</c>, to the last bit.
    /// </summary>
    /// <param name="relation">Readings, each (series, time) once.</param>
    /// <param name="logOffset">What stands for the log offset: the greatest of a hot table for all of its readings, since only the order of places matters, or the column itself.</param>
    public static string Pack(string relation, string logOffset) => $"""
        WITH readings AS ({relation}),
        decimals AS (
          SELECT series AS of_series, CASE {string.Join(' ', Enumerable.Range(0, Digits + 1).Select(d => $"WHEN bool_and({IsDecimal(d)}) THEN {d}"))} END AS digits
          FROM readings WHERE number IS NOT NULL GROUP BY series)
        SELECT series,
          {FloorDiv("time", 1000)} AS ms, {FloorMod("time", 1000)}::SMALLINT AS us,
          (received - time - {FloorMod("(received - time)", 256)}) // 256 AS lag_high, {FloorMod("(received - time)", 256)}::UTINYINT AS lag_low,
          CASE WHEN digits IS NULL THEN number END AS number,
          CASE digits {string.Join(' ', Enumerable.Range(0, Digits + 1).Select(d => $"WHEN {d} THEN round(number * 1e{d})::BIGINT"))} ELSE whole END AS whole,
          digits::UTINYINT AS digits, text, quality, {logOffset}::BIGINT AS log_offset
        FROM readings LEFT JOIN decimals ON series = of_series
        ORDER BY series, time
        """;

    /// <summary>The readings of sealed files as the hot tables have them.</summary>
    public static string Unpack(string files, string where) => $"""
        SELECT series, ms * 1000 + us AS time, log_offset, ms * 1000 + us + lag_high * 256 + lag_low AS received,
          CASE digits {string.Join(' ', Enumerable.Range(0, Digits + 1).Select(d => $"WHEN {d} THEN whole / 1e{d}"))} ELSE number END AS number,
          CASE WHEN digits IS NULL THEN whole END AS whole, text, quality
        FROM read_parquet([{files}]) WHERE {where}
        """;

    /// <summary>The row groups of a file hold ~120,000 rows and repeat values only where that is shorter than packing them.</summary>
    public static string Copy(string select, string file) =>
        $"COPY ({select}) TO '{Quote(file)}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 1000)";

    public static string Quote(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    /// <summary>Most decimal digits that are packed.</summary>
    private const int Digits = 4;

    /// <summary>Below 9e14 a product with 10^digits that is rounded is exact, and so is the way back. Minus zero would lose its sign.</summary>
    private static string IsDecimal(int digits) =>
        $"abs(number) < 9e{15 - 1 - digits} AND round(number * 1e{digits}) / 1e{digits} = number AND NOT (number = 0 AND signbit(number))";

    /// <summary>Towards the past, also before 1970.</summary>
    private static string FloorDiv(string value, int divisor) => $"(({value} - {FloorMod(value, divisor)}) // {divisor})";

    private static string FloorMod(string value, int divisor) => $"((({value} % {divisor}) + {divisor}) % {divisor})";
}
