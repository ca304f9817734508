using SmartCity.Cloud.Pipelines.Alarms.Conditions;
using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>A rule as the fold uses it: its conditions read, and the series of all of them together.</summary>
internal sealed class CompiledRule
{
    private const double FreshHours = 1;

    private readonly List<SeriesRef> _series = [];
    private readonly List<long> _windows = [];

    private CompiledRule(AlarmRule rule)
    {
        Rule = rule;
        When = Condition.Parse(rule.When);
        WhenPlaces = Place(When);
        if (rule.Clear is not null) ClearPlaces = Place(Clear = Condition.Parse(rule.Clear));
        if (rule.SuppressWhen is not null) SuppressPlaces = Place(Suppress = Condition.Parse(rule.SuppressWhen));
        OwnMetrics = [.. _series.Where(series => series.Device is null).Select(series => series.Metric)];
        (OnDelay, OffDelay, MinHold) = (Micros(rule.OnDelay), Micros(rule.OffDelay), Micros(rule.MinHold));
        FreshFor = Micros(rule.FreshFor ?? TimeSpan.FromHours(FreshHours));
        (FlapTimes, FlapWithin) = (rule.Flap?.Times ?? 3, Micros(rule.Flap?.Within ?? TimeSpan.FromMinutes(1)));
        IsAlarm = rule.IsAlarm();
        NoData = [.. Spans(When, WhenPlaces), .. Spans(Clear, ClearPlaces), .. Spans(Suppress, SuppressPlaces)];
        AsksSilence = When.AsksSilence || Clear?.AsksSilence == true || Suppress?.AsksSilence == true;
        AsksNeighbours = When.AsksNeighbours || Clear?.AsksNeighbours == true || Suppress?.AsksNeighbours == true;
        Steps = [.. rule.Notify.OrderBy(step => step.After)];
    }

    public AlarmRule Rule { get; }
    public Condition When { get; }
    public Condition? Clear { get; }
    public Condition? Suppress { get; }
    public int[] WhenPlaces { get; }
    public int[] ClearPlaces { get; } = [];
    public int[] SuppressPlaces { get; } = [];
    /// <summary>The series of all conditions, each once.</summary>
    public IReadOnlyList<SeriesRef> Series => _series;
    /// <summary>How far they look back, µs.</summary>
    public IReadOnlyList<long> Windows => _windows;
    public IReadOnlyList<string> OwnMetrics { get; }
    public long OnDelay { get; }
    public long OffDelay { get; }
    public long MinHold { get; }
    public long FreshFor { get; }
    public int FlapTimes { get; }
    public long FlapWithin { get; }
    public bool IsAlarm { get; }
    /// <summary>Times without data that are asked for, by place in <see cref="Series"/>, µs.</summary>
    public IReadOnlyList<(int Series, long After)> NoData { get; }
    public bool AsksSilence { get; }
    public bool AsksNeighbours { get; }
    public IReadOnlyList<AlarmStep> Steps { get; }
    public AlarmSchedule? Schedule { get; private init; }
    public IReadOnlyDictionary<string, AlarmSchedule> StepSchedules { get; private init; } = new Dictionary<string, AlarmSchedule>();
    public int PerHourMax => Rule.NotifyPerHourMax ?? 6;

    /// <exception cref="ConditionException">A condition cannot be read.</exception>
    public static CompiledRule Of(AlarmRule rule, IReadOnlyDictionary<string, AlarmSchedule> schedules) =>
        new(rule) { Schedule = rule.During is null ? null : schedules.GetValueOrDefault(rule.During), StepSchedules = schedules };

    private int[] Place(Condition condition)
    {
        var places = new int[condition.Series.Count];
        for (var i = 0; i < places.Length; i++)
        {
            var place = _series.IndexOf(condition.Series[i]);
            if (place < 0)
            {
                place = _series.Count;
                _series.Add(condition.Series[i]);
                _windows.Add(0);
            }
            _windows[place] = Math.Max(_windows[place], condition.Windows[i]);
            places[i] = place;
        }
        return places;
    }

    private static IEnumerable<(int Series, long After)> Spans(Condition? condition, int[] places) => condition is null ? [] : condition.NoData.Select(one => (places[one.Series], one.After));

    private static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
