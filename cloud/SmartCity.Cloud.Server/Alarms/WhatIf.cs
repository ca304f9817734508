using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Pipelines.Alarms.Conditions;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>
/// Runs a rule over readings of the past before it is switched on: the same fold as live, fed from the store of readings. What differs from live is what came
/// later than live waits for, and what was imported or corrected since.
/// </summary>
internal sealed class WhatIf(IReadingQueries readings, IDeviceRegistry registry, AlarmQueries queries, AlarmBoard board, AlarmConsumer consumer, ServerOptions options)
{
    /// <summary>Longest time to look at.</summary>
    public static readonly TimeSpan SpanMax = TimeSpan.FromDays(92);
    /// <summary>Readings looked at in one question; a longer time is looked at in parts.</summary>
    public const long ReadingsMax = 20_000_000;
    private const int AlarmsMax = 10_000, SeriesOfQuery = 500;
    /// <summary>Alarms of both are the same where they were raised so close together.</summary>
    private const long SameWithin = 60 * UnixMicros.PerSecond;
    private const long Chunk = 3_600 * UnixMicros.PerSecond;
    /// <summary>Delays and windows that began before are known of this long.</summary>
    private const long WarmUp = 2 * 3_600 * UnixMicros.PerSecond;

    /// <summary>Looks.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="from">Begin, µs since 1970 UTC.</param>
    /// <param name="to">End.</param>
    /// <param name="language">Language of names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AlarmRulesException">It cannot be.</exception>
    public async Task<WhatIfView> RunAsync(AlarmRule rule, long from, long to, string language, CancellationToken cancellationToken)
    {
        var present = consumer.Settings;
        var plan = AlarmPlan.Of(present with { Rules = [rule with { IsDisabled = false }] }, "the rule");
        var conditions = new[] { rule.When, rule.Clear, rule.SuppressWhen }.OfType<string>().Select(Condition.Parse).ToList();
        if (conditions.Exists(condition => condition.AsksSilence)) throw new AlarmRulesException("the rule: silent() is known of now alone; nodata(metric, span) can be asked of the past.");
        var named = conditions.SelectMany(condition => condition.Series).Distinct().ToList();
        var about = conditions.Exists(condition => condition.AsksNeighbours) ? new[] { DeviceMetrics.Kind, DeviceMetrics.Latitude, DeviceMetrics.Longitude } : [DeviceMetrics.Kind];
        var series = (await readings.SeriesAsync(new SeriesFilter(), cancellationToken)).Select(status => status.Series)
            .Where(key => named.Exists(one => one.Metric == key.Metric && (one.Device is null || one.Device == key.Device)) || about.Contains(key.Metric)).ToList();
        var fold = new AlarmFold(new AlarmOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone), FloodBegins = int.MaxValue - 1 }, registry, number => series[number]);
        var said = new List<AlarmOutput>();
        var (taken, at) = (0L, from - WarmUp);
        fold.Advance(at, said);
        fold.SetPlan(plan, said);
        for (; at < to && taken < ReadingsMax; at = Math.Min(to, at + Chunk))
        {
            var batch = new ReadingBatch();
            for (var first = 0; first < series.Count; first += SeriesOfQuery)
            {
                var some = series.GetRange(first, Math.Min(SeriesOfQuery, series.Count - first));
                var number = first;
                await foreach (var reading in readings.ReadingsAsync(new RangeQuery(some, at, Math.Min(to, at + Chunk)), cancellationToken))
                {
                    // They come in the order of the series.
                    while (series[number] != reading.Series) number++;
                    if (reading.Value.Text is { } text) batch.AddText(number, reading.Time, reading.Received, System.Text.Encoding.UTF8.GetBytes(text), reading.Quality);
                    else batch.Add(number, reading.Time, reading.Received, reading.Value.Kind, reading.Value.Bits, reading.Quality);
                }
            }
            taken += batch.Count;
            fold.Apply(new AlarmHistory(batch), said);
            fold.Advance(Math.Min(to, at + Chunk), said);
        }
        // What waits for earlier readings is judged too.
        if (at >= to) fold.Advance(to + UnixMicros.PerSecond, said);
        return Compare(rule, from, to, at, taken, fold, said, language);
    }

    private WhatIfView Compare(AlarmRule rule, long from, long to, long through, long taken, AlarmFold fold, List<AlarmOutput> said, string language)
    {
        var transitions = said.OfType<AlarmTransition>().ToList();
        var ends = transitions.Where(one => one.Change is AlarmChange.Returned or AlarmChange.Closed).ToLookup(one => one.Source);
        var live = queries.RaisedBy(rule.Id, from, Math.Min(to, through)).GroupBy(row => row.Source).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var alarms = new List<WhatIfAlarm>();
        foreach (var raised in transitions.Where(one => one.Change is AlarmChange.Raised or AlarmChange.Reactivated && one.At >= from && one.At < to).Take(AlarmsMax))
        {
            var same = live.GetValueOrDefault(raised.Source)?.Where(row => Math.Abs(row.Raised - raised.At) <= SameWithin).MinBy(row => Math.Abs(row.Raised - raised.At));
            if (same is not null) live[raised.Source].Remove(same);
            var ended = ends[raised.Source].FirstOrDefault(end => end.At >= raised.At)?.At;
            alarms.Add(new WhatIfAlarm(raised.Source, UnixMicros.ToTime(raised.At), ended is { } end ? UnixMicros.ToTime(end) : null, raised.Value, same?.Id));
        }
        return new WhatIfView(UnixMicros.ToTime(from), UnixMicros.ToTime(to), UnixMicros.ToTime(Math.Min(to, through)), taken, fold.Points, alarms, said.OfType<AlarmNotice>().Count(notice => notice.At >= from),
            [.. live.Values.SelectMany(rows => rows).OrderBy(row => row.Id).Select(row => board.EntryOf(row, language))]);
    }
}
