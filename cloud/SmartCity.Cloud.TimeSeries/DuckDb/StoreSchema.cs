namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Tables of the database, and how sealed files are written and read.</summary>
internal static class StoreSchema
{
    /// <summary>Raised when an older program could no longer read what this one writes.</summary>
    public const int Version = 1;

    public const string Create = RejectedTable.Create + RollupSql.Create + """
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

    /// <summary>How a sealed file spells a reading.</summary>
    /// <remarks>
    /// <para>Measured on 5 M readings of a city (four metrics a message, 10 s, 8 ms of jitter, 20 ± 5 ms of delay to the µs): 1.5 bytes a reading against 5 with plain columns.</para>
    /// <para><c>second</c> packs as deltas. <c>micro</c> (of the second) and <c>lag</c> (received − time) are floats, though whole numbers: floats are written
    /// byte by byte (BYTE_STREAM_SPLIT), and there zstd finds that the metrics of one message have the same times, which it does not among packed bits. Both are
    /// exact up to 2^24; a longer lag stands as <c>received</c>.</para>
    /// <para><c>digits</c> is set where the number is a decimal of so many digits, chosen by series; the number is then <c>whole / 10^digits</c>, to the last bit.
    /// The few numbers of such a series that are no such decimal stand in <c>number</c>.</para>
    /// </remarks>
    /// <param name="relation">Readings, each (series, time) once.</param>
    /// <param name="logOffset">What stands for the log offset: the greatest of a hot table for all of its readings, since only the order of places matters, or the column itself.</param>
    public static string Pack(string relation, string logOffset) => $"""
        WITH readings AS ({relation}),
        misses AS (
          SELECT series AS of_series, count(*) AS numbers, [{Each(d => $"count(*) FILTER (NOT ({IsDecimal(d)}))", ", ")}] AS missed
          FROM readings WHERE number IS NOT NULL GROUP BY series),
        decimals AS (SELECT of_series, list_position(missed, list_min(missed)) - 1 AS series_digits FROM misses WHERE list_min(missed) * 20 <= numbers),
        chosen AS (
          SELECT readings.*, CASE series_digits {Each(d => $"WHEN {d} THEN CASE WHEN {IsDecimal(d)} THEN {d} END")} END AS digits
          FROM readings LEFT JOIN decimals ON series = of_series)
        SELECT series,
          {FloorDiv("time", 1_000_000)} AS second, {FloorMod("time", 1_000_000)}::FLOAT AS micro,
          CASE WHEN abs(received - time) < {LagMax} THEN (received - time)::FLOAT END AS lag, CASE WHEN abs(received - time) >= {LagMax} THEN received END AS received,
          CASE WHEN digits IS NULL THEN number END AS number,
          CASE digits {Each(d => $"WHEN {d} THEN round(number * 1e{d})::BIGINT")} ELSE whole END AS whole,
          digits::UTINYINT AS digits, text, quality, {logOffset}::BIGINT AS log_offset
        FROM chosen ORDER BY series, time
        """;

    /// <summary>The event time in a sealed file.</summary>
    public const string Time = "(second * 1000000 + micro::BIGINT)";

    /// <summary>The readings of sealed files as the hot tables have them.</summary>
    public static string Unpack(string files, string where) => $"""
        SELECT series, {Time} AS time, log_offset, coalesce(received, {Time} + lag::BIGINT) AS received,
          CASE digits {Each(d => $"WHEN {d} THEN whole / 1e{d}")} ELSE number END AS number,
          CASE WHEN digits IS NULL THEN whole END AS whole, text, quality
        FROM read_parquet([{files}]) WHERE {where}
        """;

    /// <summary>Row groups hold ~120,000 rows: some 14 series of a day at 10 s. Only flags and states repeat their values through a dictionary, since its packed places hide repeats from zstd.</summary>
    public static string Copy(string select, string file) =>
        $"COPY ({select}) TO '{Quote(file)}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 16)";

    public static string Quote(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    /// <summary>Most decimal digits that are packed.</summary>
    private const int Digits = 4;

    /// <summary>Whole numbers below are exact in a float.</summary>
    private const int LagMax = 1 << 24;

    /// <summary>Below 9e14 a product with 10^digits that is rounded is exact, and so is the way back. Minus zero would lose its sign.</summary>
    private static string IsDecimal(int digits) =>
        $"abs(number) < 9e{15 - 1 - digits} AND round(number * 1e{digits}) / 1e{digits} = number AND NOT (number = 0 AND signbit(number))";

    private static string Each(Func<int, string> ofDigits, string separator = " ") => string.Join(separator, Enumerable.Range(0, Digits + 1).Select(ofDigits));

    /// <summary>Towards the past, also before 1970.</summary>
    private static string FloorDiv(string value, int divisor) => $"(({value} - {FloorMod(value, divisor)}) // {divisor})";

    private static string FloorMod(string value, int divisor) => $"((({value} % {divisor}) + {divisor}) % {divisor})";
}
