using DuckDB.NET.Data;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Refused values that wait to be set aside, as a table beside the offset.</summary>
internal static class RejectedTable
{
    public const string Create = """
        CREATE TABLE IF NOT EXISTS rejected (log_offset BIGINT, gateway VARCHAR, lane UTINYINT, device VARCHAR, metric VARCHAR, kind UTINYINT, time BIGINT, received BIGINT,
          bits BIGINT, text VARCHAR, quality UTINYINT, reason VARCHAR);
        """;

    public static void Write(DuckDBConnection connection, IReadOnlyList<RejectedReading> rejected)
    {
        using var appender = connection.CreateAppender("rejected");
        foreach (var one in rejected)
        {
            appender.AppendRow(one, static (row, r) =>
            {
                var reading = r.Reading;
                row.AppendValue((long?)r.LogOffset).AppendValue(r.Gateway).AppendValue((byte?)r.Lane).AppendValue(reading.Series.Device).AppendValue(reading.Series.Metric)
                    .AppendValue((byte?)reading.Value.Kind).AppendValue((long?)reading.Time).AppendValue((long?)reading.Received).AppendValue((long?)reading.Value.Bits);
                if (reading.Value.Text is { } text) row.AppendValue(text);
                else row.AppendNullValue();
                row.AppendValue((byte?)reading.Quality).AppendValue(r.Reason);
            });
        }
        appender.Close();
    }

    public static List<RejectedReading> Read(DuckDBConnection connection)
    {
        var rejected = new List<RejectedReading>();
        connection.Each("SELECT log_offset, gateway, lane, device, metric, kind, time, received, bits, text, quality, reason FROM rejected ORDER BY log_offset", row =>
        {
            var kind = (ValueKind)row.GetByte(5);
            rejected.Add(new RejectedReading(row.GetInt64(0), row.GetString(1), (Lane)row.GetByte(2), new Reading(
                new SeriesKey(row.GetString(3), row.GetString(4)), row.GetInt64(6), row.GetInt64(7),
                kind == ValueKind.Text ? ReadingValue.Of(row.GetString(9)) : ReadingValue.FromBits(kind, row.GetInt64(8)), (ReadingQuality)row.GetByte(10)), row.GetString(11)));
        });
        return rejected;
    }

    public static void Forget(DuckDBConnection connection, long logOffset) => connection.Run("DELETE FROM rejected WHERE log_offset <= $1", logOffset);
}
