using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>How alarms were in a time, and what one shift hands over to the next.</summary>
internal sealed class AlarmStatistics(AlarmQueries queries, AlarmBoard board, AlarmConsumer consumer)
{
    private const long TenMinutes = 600 * UnixMicros.PerSecond, Hour = 3_600 * UnixMicros.PerSecond, Minute = 60 * UnixMicros.PerSecond;
    private const int TenMinutesMax = 10, HourMax = 30, ChatterTimes = 3, TopMax = 10;
    private const string NoArea = "–";

    /// <summary>Looks at a time.</summary>
    public async Task<AlarmStatisticsView> LookAsync(long from, long to, Func<string, bool> shows, string language, CancellationToken cancellationToken)
    {
        var changes = queries.ChangesBetween(from, to).Where(change => shows(change.Source)).ToList();
        var announced = changes.Where(change => change.IsAnnounced).ToList();
        var (periods, hours) = (PartsOf(from, to, TenMinutes), PartsOf(from, to, Hour));
        var byTen = announced.CountBy(change => (change.At - from) / TenMinutes).ToDictionary();
        var byHour = announced.CountBy(change => (change.At - from) / Hour).ToDictionary();
        var floods = queries.Floods(from, to);
        var inFlood = floods.Sum(flood => Math.Min(flood.Ended ?? to, to) - Math.Max(flood.Began, from));
        var actors = announced.CountBy(change => (change.Rule, change.Source)).OrderByDescending(one => one.Value).ThenBy(one => one.Key).ToList();
        var top = actors.Take(TopMax).Select(one => new AlarmActor(one.Key.Rule, one.Key.Source, one.Value, Share(one.Value, announced.Count))).ToList();
        var chattering = changes.Where(change => change.Change is AlarmChange.Raised or AlarmChange.Reactivated).GroupBy(change => (change.Rule, change.Source)).Where(group => Chatters([.. group.Select(change => change.At)]))
            .Select(group => new AlarmActor(group.Key.Rule, group.Key.Source, group.Count(), Share(group.Count(), announced.Count))).OrderByDescending(one => one.Alarms).ToList();
        var (open, _) = await board.LookAsync(cancellationToken);
        var stale = open.Where(row => shows(row.Source) && row.Returned is null && row.Raised < to - UnixMicros.PerDay).Select(row => board.EntryOf(row, language)).ToList();
        var rules = consumer.Settings.Rules.ToDictionary(rule => rule.Id, StringComparer.Ordinal);
        var waits = Waits(changes);
        var late = waits.Count(wait => rules.GetValueOrDefault(wait.Rule)?.RespondWithin is { } within && (wait.Acknowledged ?? to) - wait.Announced > within.TotalMicroseconds);
        var seconds = waits.Where(wait => wait.Acknowledged is not null).Select(wait => (wait.Acknowledged!.Value - wait.Announced) / (double)UnixMicros.PerSecond).Order().ToList();
        return new AlarmStatisticsView(UnixMicros.ToTime(from), UnixMicros.ToTime(to), announced.Count, announced.Count / Math.Max(1e-9, (to - from) / (double)Hour), byTen.Values.DefaultIfEmpty().Max(),
            Share(byTen.Values.Count(count => count > TenMinutesMax), periods), Share(byHour.Values.Count(count => count > HourMax), hours), floods.Count, Math.Clamp(inFlood / (double)Math.Max(1, to - from), 0, 1),
            AlarmBoard.Count(announced.Select(change => change.Priority)), AlarmBoard.Count(consumer.Settings.Rules.Where(rule => rule.IsAlarm() && !rule.IsDisabled).Select(rule => rule.Priority)),
            [.. announced.CountBy(change => change.Area?.Split('/')[0] ?? NoArea).OrderByDescending(one => one.Value).Select(one => new AlarmActor(null, one.Key, one.Value, Share(one.Value, announced.Count)))],
            top, top.Sum(one => one.Share), chattering, stale, seconds.Count == 0 ? null : seconds[seconds.Count / 2], late);
    }

    /// <summary>What a shift hands over.</summary>
    public async Task<ShiftReportView> ReportAsync(long from, long to, Func<string, bool> shows, string language, CancellationToken cancellationToken)
    {
        var statistics = await LookAsync(from, to, shows, language, cancellationToken);
        var (open, views) = await board.LookAsync(cancellationToken);
        return new ShiftReportView(statistics, [.. open.Where(row => shows(row.Source) && row.Raised < to).Select(row => board.EntryOf(row, language))],
            [.. views.Where(view => shows(view.Source) && view.State is AlarmState.Shelved or AlarmState.OutOfService).Select(AlarmBoard.AsideOf)],
            [.. queries.ChangesBetween(from, to).Where(change => change.By is not null && shows(change.Source)).Select(AlarmBoard.EntryOf)],
            [.. queries.SettingChanges(from, to).Select(change => new AlarmRuleChange(UnixMicros.ToTime(change.At), change.By, change.Kind, change.Id, change.IsNew ? "added" : change.IsGone ? "removed" : "changed"))]);
    }

    /// <summary>From when an alarm asked for an operator until somebody took note, or it was over.</summary>
    private static List<(string Rule, long Announced, long? Acknowledged)> Waits(List<ChangeRow> changes)
    {
        var (waiting, waits) = (new Dictionary<long, ChangeRow>(), new List<(string, long, long?)>());
        foreach (var change in changes)
        {
            if (change.IsAnnounced) waiting.TryAdd(change.Alarm, change);
            else if (change.Change == AlarmChange.Acknowledged && waiting.Remove(change.Alarm, out var announced)) waits.Add((change.Rule, announced.At, Math.Max(change.At, announced.At)));
        }
        waits.AddRange(waiting.Values.Select(one => (one.Rule, one.At, (long?)null)));
        return waits;
    }

    private static bool Chatters(List<long> times)
    {
        for (var i = ChatterTimes - 1; i < times.Count; i++) if (times[i] - times[i - ChatterTimes + 1] <= Minute) return true;
        return false;
    }

    private static long PartsOf(long from, long to, long length) => Math.Max(1, (to - from + length - 1) / length);

    private static double Share(long part, long whole) => whole == 0 ? 0 : part / (double)whole;
}
