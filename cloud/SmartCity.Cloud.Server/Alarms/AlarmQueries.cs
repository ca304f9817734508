using SmartCity.Cloud.Pipelines.Alarms;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>Reads what the alarms have kept, beside their consumer, from any thread.</summary>
internal sealed class AlarmQueries(AlarmDatabase database) : IDisposable
{
    /// <summary>Rows read at a time where some of them are not the caller's.</summary>
    private const int ReadMax = 1_000;

    private readonly Lock _gate = new();

    /// <summary>Alarms below a number, the newest first, that the caller may see.</summary>
    public List<AlarmRow> Alarms(AlarmFilter filter, long? before, int limit, Func<string, bool> shows) => Shown(before ?? long.MaxValue, limit, row => row.Id, row => shows(row.Source), below => Rows(
        $"""
        SELECT {AlarmRow.Columns} FROM alarm WHERE id < $before AND ($open IS NULL OR (closed IS NULL) = $open) AND ($state IS NULL OR state = $state) AND ($priority IS NULL OR priority = $priority) AND ($rule IS NULL OR rule = $rule)
        AND ($source IS NULL OR source = $source) AND ($from IS NULL OR raised >= $from) AND ($to IS NULL OR raised < $to) AND ($is IS NULL OR is_alarm = $is) ORDER BY id DESC LIMIT {ReadMax}
        """, AlarmRow.Read, ("$before", below), ("$open", filter.IsOpen), ("$state", (int?)filter.State), ("$priority", (int?)filter.Priority), ("$rule", filter.Rule), ("$source", filter.Source), ("$from", filter.From), ("$to", filter.To), ("$is", filter.IsAlarm)));

    /// <summary>All that are open; alarms, not events.</summary>
    public List<AlarmRow> Open() => Rows($"SELECT {AlarmRow.Columns} FROM alarm WHERE closed IS NULL AND is_alarm = 1 ORDER BY id DESC", AlarmRow.Read);

    /// <summary>One alarm; null where there is none.</summary>
    public AlarmRow? Find(long id) => Rows($"SELECT {AlarmRow.Columns} FROM alarm WHERE id = $id", AlarmRow.Read, ("$id", id)).FirstOrDefault();

    /// <summary>What has happened to one alarm, in order.</summary>
    public List<ChangeRow> ChangesOf(long alarm) => Rows($"SELECT {ChangeRow.Columns} FROM change WHERE alarm = $alarm ORDER BY id LIMIT 10000", ChangeRow.Read, ("$alarm", alarm));

    /// <summary>What has happened, the newest first.</summary>
    public List<ChangeRow> Changes(long? from, long? to, long? before, int limit, Func<string, bool> shows) => Shown(before ?? long.MaxValue, limit, row => row.Id, row => shows(row.Source), below =>
        Rows($"SELECT {ChangeRow.Columns} FROM change WHERE id < $before AND ($from IS NULL OR at >= $from) AND ($to IS NULL OR at < $to) ORDER BY id DESC LIMIT {ReadMax}", ChangeRow.Read, ("$before", below), ("$from", from), ("$to", to)));

    /// <summary>What has happened in a time, in order.</summary>
    public List<ChangeRow> ChangesBetween(long from, long to) => Rows($"SELECT {ChangeRow.Columns} FROM change WHERE at >= $from AND at < $to ORDER BY at, id LIMIT 1000000", ChangeRow.Read, ("$from", from), ("$to", to));

    /// <summary>Floods that touch a time: begin, end (null while it lasts), alarms.</summary>
    public List<(long Began, long? Ended, long Alarms, long First)> Floods(long from, long to) =>
        Rows("SELECT began, ended, alarms, first FROM flood WHERE began < $to AND coalesce(ended, $to) > $from ORDER BY began", row => (row.GetInt64(0), AlarmRow.Number(row, 1), row.GetInt64(2), row.GetInt64(3)), ("$from", from), ("$to", to));

    /// <summary>Messages, the newest first.</summary>
    public List<NoticeRow> Notices(int limit, long? alarm = null) => Rows($"SELECT {NoticeRow.Columns} FROM notice WHERE ($alarm IS NULL OR alarm = $alarm) ORDER BY id DESC LIMIT $limit", NoticeRow.Read, ("$limit", limit), ("$alarm", alarm));

    /// <summary>Messages that wait.</summary>
    public long Waiting() => Rows("SELECT count(*) FROM notice WHERE done IS NULL", row => row.GetInt64(0))[0];

    /// <summary>Version of a rule, schedule or channel; null where there is none.</summary>
    public long? VersionOf(string kind, string id) => Rows("SELECT version FROM setting WHERE kind = $kind AND id = $id", row => (long?)row.GetInt64(0), ("$kind", kind), ("$id", id)).FirstOrDefault();

    /// <summary>Changes of rules, schedules and channels in a time, in order.</summary>
    public List<(long At, string By, string Kind, string Id, bool IsNew, bool IsGone)> SettingChanges(long from, long to) =>
        Rows("SELECT at, by_whom, kind, setting, before IS NULL, after IS NULL FROM setting_change WHERE at >= $from AND at < $to ORDER BY id LIMIT 1000",
            row => (row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBoolean(4), row.GetBoolean(5)), ("$from", from), ("$to", to));

    /// <summary>Alarms raised by a rule in a time.</summary>
    public List<AlarmRow> RaisedBy(string rule, long from, long to) => Rows($"SELECT {AlarmRow.Columns} FROM alarm WHERE rule = $rule AND raised >= $from AND raised < $to ORDER BY id LIMIT 100000", AlarmRow.Read, ("$rule", rule), ("$from", from), ("$to", to));

    public void Dispose() => database.Dispose();

    private static List<T> Shown<T>(long before, int limit, Func<T, long> idOf, Func<T, bool> isShown, Func<long, List<T>> read)
    {
        var found = new List<T>();
        while (found.Count < limit && read(before) is [.., var last] some)
        {
            found.AddRange(some.Where(isShown).Take(limit - found.Count));
            before = idOf(last);
        }
        return found;
    }

    private List<T> Rows<T>(string sql, Func<Microsoft.Data.Sqlite.SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_gate) return database.Rows(sql, read, parameters);
    }
}
