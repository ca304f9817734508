using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Identity;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>What people do with alarms and rules: in their areas, under their names, each in the audit log before it is done.</summary>
internal sealed class AlarmDesk(AlarmConsumer consumer, AlarmQueries queries, SilenceConsumer silence, AuditLog audit, TimeProvider clock)
{
    /// <summary>Alarms of one order at most.</summary>
    public const int OrderMax = 200;
    public static readonly TimeSpan ShelveMax = new AlarmOptions().ShelveMax;
    private const string GatewayPrefix = "gateway/";

    /// <summary>Which sources a caller sees.</summary>
    public async Task<Func<string, bool>> ShowsAsync(HttpContext context)
    {
        var view = context.OwnView();
        if (view.IsWhole) return _ => true;
        var gateways = await view.GatewaysAsync(silence);
        return source => source.StartsWith(GatewayPrefix, StringComparison.Ordinal) ? gateways(source[GatewayPrefix.Length..]) : view.Shows(source);
    }

    /// <summary>Whether one of them is there, and lies in the caller's areas.</summary>
    public async Task<bool> SeesAnyAsync(HttpContext context, IReadOnlyList<(string Rule, string Source, long Alarm)> targets)
    {
        var shows = await ShowsAsync(context);
        return targets.Any(target => shows(target.Source));
    }

    /// <summary>Does something to alarms of the caller's areas.</summary>
    /// <param name="context">The request.</param>
    /// <param name="targets">Rule, source, and the number of the alarm that is meant, 0 = whichever.</param>
    /// <param name="action">What.</param>
    /// <param name="note">Reason or comment.</param>
    /// <param name="until">End of shelving, µs since 1970 UTC; 0 = with the alarm.</param>
    /// <returns>How many it was done to; the others were so already, or are not the caller's.</returns>
    public async Task<int> DoAsync(HttpContext context, IReadOnlyList<(string Rule, string Source, long Alarm)> targets, AlarmAction action, string? note, long until = 0)
    {
        var shows = await ShowsAsync(context);
        var mine = targets.Where(target => shows(target.Source)).ToList();
        if (mine.Count == 0) return 0;
        var (now, actor) = (UnixMicros.Now(clock), context.ActorOf());
        audit.Write(actor, $"alarm.{AlarmWords.Of(action)}", mine.Count == 1 ? $"{mine[0].Rule} {mine[0].Source}" : string.Create(CultureInfo.InvariantCulture, $"{mine.Count} alarms"), null,
            JsonSerializer.Serialize(new { alarms = mine.Select(one => $"{one.Rule} {one.Source} #{one.Alarm}"), note, until = until == 0 ? (DateTimeOffset?)null : UnixMicros.ToTime(until) }, JsonSerializerOptions.Web));
        var said = await consumer.DoAsync([.. mine.Select(one => new AlarmCommand(one.Rule, one.Source, action, actor.Name, now, note, until, one.Alarm))]);
        var change = action switch
        {
            AlarmAction.Acknowledge => AlarmChange.Acknowledged, AlarmAction.Shelve => AlarmChange.Shelved, AlarmAction.Unshelve => AlarmChange.Unshelved,
            AlarmAction.RemoveFromService => AlarmChange.RemovedFromService, AlarmAction.ReturnToService => AlarmChange.ReturnedToService, _ => AlarmChange.Commented,
        };
        return said.OfType<AlarmTransition>().Count(one => one.Change == change && one.By == actor.Name);
    }

    /// <summary>The alarms of some numbers, as targets.</summary>
    public IReadOnlyList<(string Rule, string Source, long Alarm)> TargetsOf(IEnumerable<long> alarms) =>
        [.. alarms.Distinct().Select(queries.Find).OfType<AlarmRow>().Select(row => (row.Rule, row.Source, row.Id))];

    /// <summary>Takes entries in the place of those of their ids, all or none.</summary>
    /// <exception cref="AlarmRulesException">They cannot be.</exception>
    public Task<SettingsResult> ImportAsync(Actor actor, AlarmSettings file, string place, bool isDryRun) =>
        ChangeAsync(actor, present => AlarmSettingsFile.Merge(present, file), place, isDryRun, file);

    /// <summary>Takes one entry away.</summary>
    /// <exception cref="AlarmRulesException">Something else needs it.</exception>
    public Task<SettingsResult> RemoveAsync(Actor actor, string kind, string id) => ChangeAsync(actor, present => present with
    {
        Rules = kind == "rule" ? [.. present.Rules.Where(one => one.Id != id)] : present.Rules,
        Schedules = kind == "schedule" ? [.. present.Schedules.Where(one => one.Id != id)] : present.Schedules,
        Channels = kind == "channel" ? [.. present.Channels.Where(one => one.Id != id)] : present.Channels,
    }, "what would be left", false);

    private async Task<SettingsResult> ChangeAsync(Actor actor, Func<AlarmSettings, AlarmSettings> change, string place, bool isDryRun, AlarmSettings? file = null)
    {
        // Read and checked here, so that the consumer's thread is not held up; it is done again there in the rare case that somebody else was faster.
        var present = consumer.Settings;
        var plan = AlarmPlan.Of(change(present), place, file);
        var changes = AlarmSettingsFile.Changes(present, plan.Settings);
        HashSet<(string, string)> known = [.. present.Rules.Select(one => ("rule", one.Id)), .. present.Schedules.Select(one => ("schedule", one.Id)), .. present.Channels.Select(one => ("channel", one.Id))];
        var (added, gone) = (changes.Count(one => one.Json is not null && !known.Contains((one.Kind, one.Id))), changes.Count(one => one.Json is null));
        var result = new SettingsResult(added, changes.Count - added - gone, gone, Count(plan.Settings) - changes.Count(one => one.Json is not null));
        if (isDryRun || changes.Count == 0) return result;
        audit.Write(actor, "alarm.rules", changes.Count == 1 ? $"{changes[0].Kind} {changes[0].Id}" : string.Create(CultureInfo.InvariantCulture, $"{changes.Count} entries"),
            JsonSerializer.Serialize(changes.Take(OrderMax).Select(one => JsonOf(present, one.Kind, one.Id))), JsonSerializer.Serialize(changes.Take(OrderMax).Select(one => one.Json)));
        await consumer.SetAsync(now =>
        {
            if (ReferenceEquals(now, present)) return (plan, changes);
            var again = AlarmPlan.Of(change(now), place, file);
            return (again, AlarmSettingsFile.Changes(now, again.Settings));
        }, actor.Name);
        return result;
    }

    private static int Count(AlarmSettings settings) => settings.Rules.Count + settings.Schedules.Count + settings.Channels.Count;

    private static string? JsonOf(AlarmSettings settings, string kind, string id) => kind switch
    {
        "rule" => settings.Rules.FirstOrDefault(one => one.Id == id) is { } rule ? AlarmSettingsFile.Json(rule) : null,
        "schedule" => settings.Schedules.FirstOrDefault(one => one.Id == id) is { } schedule ? AlarmSettingsFile.Json(schedule) : null,
        _ => settings.Channels.FirstOrDefault(one => one.Id == id) is { } channel ? AlarmSettingsFile.Json(channel) : null,
    };
}

/// <summary>What a change of rules did, or would do.</summary>
/// <param name="Added">Entries that were not there.</param>
/// <param name="Changed">Entries that were other.</param>
/// <param name="Removed">Entries that are gone.</param>
/// <param name="Unchanged">Entries that stood so already.</param>
internal sealed record SettingsResult(int Added, int Changed, int Removed, int Unchanged);
