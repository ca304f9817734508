using System.Text.Json;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>
/// State and offset of the alarms, what they said, what is to be told, and the rules: what belongs together is changed in one transaction. Used by the
/// consumer's thread alone; <see cref="AlarmQueries"/> reads beside it.
/// </summary>
internal sealed class AlarmStore(AlarmDatabase database, AlarmServerOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>A message about something older than this helps nobody any more.</summary>
    private const long NoticeAgeMax = 15 * 60 * UnixMicros.PerSecond;
    private const int TextMax = 1_000;

    private Dictionary<string, bool> _isAlarm = new(StringComparer.Ordinal);

    /// <summary>Messages given up because too many waited.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Offset and head; null for a new store.</summary>
    public (long NextOffset, byte[] Head)? LoadState() =>
        database.Rows("SELECT next_offset, head FROM state", row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1))) is [var state] ? state : null;

    /// <summary>The memory of readings with its own offset, at or before the other; null where there is none yet.</summary>
    public (long NextOffset, byte[] Memory, byte[] Quality)? LoadMemory() =>
        database.Rows("SELECT next_offset, memory, quality FROM memory", row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2))) is [var memory] ? memory : null;

    public List<(string Rule, string Source, byte[] State)> LoadPoints() =>
        database.Rows("SELECT rule, source, state FROM point", row => (row.GetString(0), row.GetString(1), row.GetFieldValue<byte[]>(2)));

    /// <summary>The rules, schedules and channels.</summary>
    public AlarmSettings LoadSettings()
    {
        var rows = database.Rows("SELECT kind, json FROM setting ORDER BY kind, id", row => (Kind: row.GetString(0), Json: row.GetString(1)));
        var settings = new AlarmSettings { Rules = All<AlarmRule>("rule"), Schedules = All<AlarmSchedule>("schedule"), Channels = All<AlarmChannel>("channel") };
        Know(settings);
        return settings;

        List<T> All<T>(string kind) => [.. rows.Where(row => row.Kind == kind).Select(row => JsonSerializer.Deserialize<T>(row.Json, RegistryJson.Options)!)];
    }

    /// <summary>Whether rules were ever kept, be it none.</summary>
    public bool HasSettings => database.Rows("SELECT 1 FROM setting_change LIMIT 1", _ => 1).Count > 0;

    /// <summary>Number of the last alarm; 0 before the first.</summary>
    public long LastAlarm => database.Rows("SELECT coalesce(max(id), 0) FROM alarm", row => row.GetInt64(0))[0];

    /// <summary>Writes what has changed.</summary>
    /// <param name="settings">All that holds now.</param>
    /// <param name="changes">Kind, id, and the entry as JSON, null where it is taken away.</param>
    /// <param name="by">Who.</param>
    public void SaveSettings(AlarmSettings settings, IReadOnlyList<(string Kind, string Id, string? Json)> changes, string by) => database.Change(() =>
    {
        var now = UnixMicros.Now(clock);
        foreach (var (kind, id, json) in changes)
        {
            var before = database.Rows("SELECT json FROM setting WHERE kind = $kind AND id = $id", row => row.GetString(0), ("$kind", kind), ("$id", id)).FirstOrDefault();
            if (json is null) database.Run("DELETE FROM setting WHERE kind = $kind AND id = $id", ("$kind", kind), ("$id", id));
            else database.Run("INSERT INTO setting VALUES($kind, $id, $json, 1) ON CONFLICT DO UPDATE SET json = $json, version = version + 1", ("$kind", kind), ("$id", id), ("$json", json));
            database.Run("INSERT INTO setting_change(at, by_whom, kind, setting, before, after) VALUES($at, $by, $kind, $id, $before, $after)",
                ("$at", now), ("$by", by), ("$kind", kind), ("$id", id), ("$before", before), ("$after", json));
        }
        Know(settings);
    });

    /// <summary>Saves what the fold said, with its state and offset; durable when it returns.</summary>
    public void Save(long nextOffset, byte[] head, IReadOnlyList<(string Rule, string Source, byte[]? State)> points, IReadOnlyList<AlarmOutput> outputs, (byte[] Memory, byte[] Quality)? memory) => database.Change(() =>
    {
        var now = UnixMicros.Now(clock);
        foreach (var output in outputs)
        {
            switch (output)
            {
                case AlarmTransition transition: Keep(transition, now); break;
                case AlarmNotice notice: Keep(notice, now); break;
                case AlarmFlood { Begins: true } flood:
                    database.Run("INSERT INTO flood(began, alarms, first) VALUES($at, $alarms, $first)", ("$at", flood.At), ("$alarms", flood.Alarms), ("$first", flood.First));
                    break;
                case AlarmFlood flood:
                    database.Run("UPDATE flood SET ended = $at, alarms = $alarms WHERE ended IS NULL", ("$at", flood.At), ("$alarms", flood.Alarms));
                    break;
            }
        }
        if (outputs.Any(output => output is AlarmNotice)) Bound(now);
        foreach (var (rule, source, state) in points)
        {
            if (state is null) database.Run("DELETE FROM point WHERE rule = $rule AND source = $source", ("$rule", rule), ("$source", source));
            else database.Run("INSERT INTO point VALUES($rule, $source, $state) ON CONFLICT DO UPDATE SET state = $state", ("$rule", rule), ("$source", source), ("$state", state));
        }
        if (memory is { } remembered)
            database.Run("INSERT INTO memory VALUES(1, $offset, $memory, $quality) ON CONFLICT DO UPDATE SET next_offset = $offset, memory = $memory, quality = $quality", ("$offset", nextOffset), ("$memory", remembered.Memory), ("$quality", remembered.Quality));
        database.Run("INSERT INTO state VALUES(1, $offset, $head) ON CONFLICT DO UPDATE SET next_offset = $offset, head = $head", ("$offset", nextOffset), ("$head", head));
    });

    /// <summary>Messages that are due, the oldest first.</summary>
    public List<NoticeRow> DueNotices(long now, int limit) =>
        database.Rows($"SELECT {NoticeRow.Columns} FROM notice WHERE done IS NULL AND next_at <= $now ORDER BY id LIMIT $limit", NoticeRow.Read, ("$now", now), ("$limit", limit));

    /// <summary>What became of an attempt.</summary>
    public void Attempted(long id, int attempts, long nextAt, long? done, string? outcome, string? trouble) =>
        database.Run("UPDATE notice SET attempts = $attempts, next_at = $next, done = $done, outcome = $outcome, trouble = $trouble WHERE id = $id",
            ("$id", id), ("$attempts", attempts), ("$next", nextAt), ("$done", done), ("$outcome", outcome), ("$trouble", trouble));

    /// <summary>Deletes what is older than it is kept.</summary>
    public void Trim()
    {
        var before = UnixMicros.Now(clock) - (options.KeepDays * UnixMicros.PerDay);
        database.Change(() =>
        {
            database.Run("DELETE FROM change WHERE at < $before AND alarm NOT IN (SELECT id FROM alarm WHERE closed IS NULL)", ("$before", before));
            database.Run("DELETE FROM alarm WHERE closed < $before", ("$before", before));
            database.Run("DELETE FROM notice WHERE done < $before", ("$before", before));
            database.Run("DELETE FROM flood WHERE ended < $before", ("$before", before));
        });
    }

    public void Dispose() => database.Dispose();

    private void Know(AlarmSettings settings) => _isAlarm = settings.Rules.ToDictionary(rule => rule.Id, rule => rule.IsAlarm(), StringComparer.Ordinal);

    private void Keep(AlarmTransition said, long now)
    {
        database.Run("INSERT INTO change(at, recorded, alarm, rule, source, change, state, priority, announced, by_whom, note, value, until, area) VALUES($at, $recorded, $alarm, $rule, $source, $change, $state, $priority, $announced, $by, $note, $value, $until, $area)",
            ("$at", said.At), ("$recorded", now), ("$alarm", said.Alarm), ("$rule", said.Rule), ("$source", said.Source), ("$change", (int)said.Change), ("$state", (int)said.State), ("$priority", (int)said.Priority),
            ("$announced", said.IsAnnounced), ("$by", said.By), ("$note", Cut(said.Note)), ("$value", Cut(said.Value)), ("$until", said.Until), ("$area", said.Area));
        if (said.Alarm == 0) return;
        switch (said.Change)
        {
            case AlarmChange.Raised:
                database.Run("INSERT INTO alarm(id, rule, source, priority, is_alarm, state, raised, times, value, gateway, area) VALUES($id, $rule, $source, $priority, $is, $state, $at, 1, $value, $gateway, $area)",
                    ("$id", said.Alarm), ("$rule", said.Rule), ("$source", said.Source), ("$priority", (int)said.Priority), ("$is", _isAlarm.GetValueOrDefault(said.Rule, true)), ("$state", (int)said.State), ("$at", said.At),
                    ("$value", Cut(said.Value)), ("$gateway", said.Gateway), ("$area", said.Area));
                return;
            case AlarmChange.Reactivated:
                Set("returned = NULL, times = times + 1, value = $value", ("$value", Cut(said.Value)));
                return;
            case AlarmChange.Returned:
                Set("returned = $at");
                return;
            case AlarmChange.Acknowledged:
                Set("acknowledged = $at, acknowledged_by = $by", ("$by", said.By));
                return;
            case AlarmChange.Closed or AlarmChange.RuleRemoved:
                Set("closed = $at, returned = coalesce(returned, $at)");
                return;
            case AlarmChange.Unstable:
                Set("unstable = 1");
                return;
            case AlarmChange.Stable:
                Set("unstable = 0");
                return;
            default:
                Set("id = id");
                return;
        }

        void Set(string what, params ReadOnlySpan<(string, object?)> parameters) =>
            database.Run($"UPDATE alarm SET state = $state, {what} WHERE id = $id", [("$id", said.Alarm), ("$state", (int)said.State), ("$at", said.At), .. parameters]);
    }

    private void Keep(AlarmNotice notice, long now)
    {
        var isOld = notice.At < now - NoticeAgeMax;
        database.Run("INSERT INTO notice(at, created, channel, rule, source, alarm, priority, step, held, done, outcome) VALUES($at, $created, $channel, $rule, $source, $alarm, $priority, $step, $held, $done, $outcome)",
            ("$at", notice.At), ("$created", now), ("$channel", notice.Channel), ("$rule", notice.Rule), ("$source", notice.Source), ("$alarm", notice.Alarm), ("$priority", (int)notice.Priority), ("$step", notice.Step), ("$held", notice.Held),
            ("$done", isOld ? now : null), ("$outcome", isOld ? "late" : null));
    }

    /// <summary>The oldest give way.</summary>
    private void Bound(long now)
    {
        GivenUp += database.Run("UPDATE notice SET done = $now, outcome = 'given up', trouble = 'too many wait' WHERE done IS NULL AND id <= (SELECT id FROM notice WHERE done IS NULL ORDER BY id DESC LIMIT 1 OFFSET $max)",
            ("$now", now), ("$max", options.WaitingMax));
    }

    private static string? Cut(string? text) => text?.Length > TextMax ? text[..TextMax] + "…" : text;
}
