using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>An alarm as it is kept. Times are µs since 1970 UTC.</summary>
internal sealed record AlarmRow(
    long Id, string Rule, string Source, AlarmPriority Priority, bool IsAlarm, AlarmState State, long Raised, long? Returned, long? Acknowledged, string? AcknowledgedBy, long? Closed, long Times, bool IsUnstable, string? Value,
    string? Gateway, string? Area)
{
    public const string Columns = "id, rule, source, priority, is_alarm, state, raised, returned, acknowledged, acknowledged_by, closed, times, unstable, value, gateway, area";
    private const string GatewayPrefix = "gateway/";

    /// <summary>The device; null where it is of a gateway.</summary>
    public string? Device => Source.StartsWith(GatewayPrefix, StringComparison.Ordinal) ? null : Source;

    /// <summary>The gateway that it is of; null where it is of a device.</summary>
    public string? OfGateway => Device is null ? Source[GatewayPrefix.Length..] : null;

    public static AlarmRow Read(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2), (AlarmPriority)row.GetInt32(3), row.GetBoolean(4), (AlarmState)row.GetInt32(5), row.GetInt64(6),
        Number(row, 7), Number(row, 8), Text(row, 9), Number(row, 10), row.GetInt64(11), row.GetBoolean(12), Text(row, 13), Text(row, 14), Text(row, 15));

    public static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}

/// <summary>A row of the history.</summary>
internal sealed record ChangeRow(long Id, long At, long Recorded, long Alarm, string Rule, string Source, AlarmChange Change, AlarmState State, AlarmPriority Priority, bool IsAnnounced, string? By, string? Note, string? Value, long Until, string? Area)
{
    public const string Columns = "id, at, recorded, alarm, rule, source, change, state, priority, announced, by_whom, note, value, until, area";

    public static ChangeRow Read(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetString(4), row.GetString(5), (AlarmChange)row.GetInt32(6), (AlarmState)row.GetInt32(7),
        (AlarmPriority)row.GetInt32(8), row.GetBoolean(9), AlarmRow.Text(row, 10), AlarmRow.Text(row, 11), AlarmRow.Text(row, 12), row.GetInt64(13), AlarmRow.Text(row, 14));
}

/// <summary>A message that waits, or what became of it.</summary>
internal sealed record NoticeRow(long Id, long At, long Created, string Channel, string? Rule, string? Source, long Alarm, AlarmPriority Priority, int Step, int Held, int Attempts, long NextAt, long? Done, string? Outcome, string? Trouble)
{
    public const string Columns = "id, at, created, channel, rule, source, alarm, priority, step, held, attempts, next_at, done, outcome, trouble";

    public static NoticeRow Read(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), AlarmRow.Text(row, 4), AlarmRow.Text(row, 5), row.GetInt64(6), (AlarmPriority)row.GetInt32(7),
        row.GetInt32(8), row.GetInt32(9), row.GetInt32(10), row.GetInt64(11), AlarmRow.Number(row, 12), AlarmRow.Text(row, 13), AlarmRow.Text(row, 14));
}
