namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>SQL that makes buckets of readings or of finer buckets.</summary>
internal static class RollupSql
{
    /// <summary>A reading as the bucket of itself.</summary>
    public static string OfReadings(string readings) => $"""
        SELECT series, time AS start, 1::BIGINT AS readings, coalesce(number, whole::DOUBLE) AS total, coalesce(number, whole::DOUBLE) AS least, coalesce(number, whole::DOUBLE) AS greatest,
          time AS last_time, number AS last_number, whole AS last_whole, text AS last_text, CASE WHEN quality = 0 THEN 0 ELSE 1 END::BIGINT AS flagged
        FROM ({readings})
        """;

    /// <summary>
    /// Buckets between the edges that come as the one parameter, a list without the last one; parts lie within one bucket each and within the range.
    /// Columns: series, number of the edge from 1, readings, total, least, greatest, last_number, last_whole, last_text, flagged, last_time.
    /// </summary>
    public static string Gather(string parts) => $"""
        SELECT series, edge, sum(readings)::BIGINT AS readings, fsum(total) AS total, min(least) AS least, max(greatest) AS greatest,
          arg_max(last_number, last_time) AS last_number, arg_max(last_whole, last_time) AS last_whole, arg_max(last_text, last_time) AS last_text, sum(flagged)::BIGINT AS flagged, max(last_time) AS last_time
        FROM ({parts}) p
        ASOF JOIN (SELECT unnest($1) AS edge_start, generate_subscripts($1, 1) AS edge) e ON p.start >= e.edge_start
        GROUP BY series, edge ORDER BY series, edge
        """;
}
