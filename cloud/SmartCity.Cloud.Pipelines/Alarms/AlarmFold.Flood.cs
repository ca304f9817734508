using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Floods: more alarms than a person can take in.</summary>
public sealed partial class AlarmFold
{
    private const long FloodWindow = 600 * UnixMicros.PerSecond;
    /// <summary>What is known of the last ten minutes does not grow beyond it.</summary>
    private const int RecentMax = 10_000;

    private Flood _flood = new();

    /// <summary>Whether there is a flood.</summary>
    public bool IsFlood => _flood.IsOn;

    /// <summary>An alarm asks for an operator.</summary>
    internal void Announced(AlarmPoint point, long now)
    {
        _flood.Recent.RemoveAll(at => at <= now - FloodWindow);
        if (_flood.Recent.Count < RecentMax) _flood.Recent.Add(now);
        if (_flood.First == 0 || _flood.Recent.Count == 1) _flood.First = point.State.Alarm;
        if (_flood.IsOn)
        {
            _flood.Alarms++;
            _flood.EndsAt = QuietAt();
            return;
        }
        if (_flood.Recent.Count <= _options.FloodBegins) return;
        (_flood.IsOn, _flood.Alarms, _flood.EndsAt) = (true, _flood.Recent.Count, QuietAt());
        Say(new AlarmFlood(now, true, _flood.Alarms, _flood.First));
    }

    /// <summary>In a flood only what is urgent is told one by one; the rest is told together at its end.</summary>
    internal bool HoldsInFlood(AlarmPriority priority, string channel)
    {
        if (!_flood.IsOn || priority >= AlarmPriority.High) return false;
        _flood.Held[channel] = _flood.Held.GetValueOrDefault(channel) + 1;
        return true;
    }

    /// <summary>When fewer are left of the last ten minutes than a flood has, if nothing more comes.</summary>
    private long QuietAt() => _flood.Recent[_flood.Recent.Count - Math.Min(_flood.Recent.Count, _options.FloodEnds)] + FloodWindow;

    private void QuietFlood()
    {
        _flood.Recent.RemoveAll(at => at <= Now - FloodWindow);
        Say(new AlarmFlood(Now, false, _flood.Alarms, _flood.First));
        foreach (var (channel, held) in _flood.Held) Say(new AlarmNotice(Now, channel, null, null, 0, AlarmPriority.Medium, 0, held));
        _flood.Held.Clear();
        (_flood.IsOn, _flood.Alarms, _flood.EndsAt, _flood.First) = (false, 0, null, 0);
    }

    private sealed class Flood
    {
        public bool IsOn { get; set; }
        public int Alarms { get; set; }
        public long First { get; set; }
        public long? EndsAt { get; set; }
        public List<long> Recent { get; set; } = [];
        public SortedDictionary<string, int> Held { get; set; } = new(StringComparer.Ordinal);
    }
}
