namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Dirty windows that wait for quiet. None is lost and none stands twice; time is what the caller says.</summary>
internal sealed class WaitingWindows(PassageSchedule schedule)
{
    private readonly Dictionary<DirtyWindow, (TimeSpan First, TimeSpan Due)> _waiting = [];
    private readonly SortedSet<(TimeSpan Due, DirtyWindow Window)> _byDue = new(Comparer<(TimeSpan Due, DirtyWindow Window)>.Create((a, b) =>
    {
        var order = a.Due.CompareTo(b.Due);
        if (order == 0) order = a.Window.Window.From.CompareTo(b.Window.Window.From);
        return order != 0 ? order : string.CompareOrdinal(a.Window.TollPoint, b.Window.TollPoint);
    }));

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Count;
    /// <summary>When the next one is due; null where none waits.</summary>
    public TimeSpan? NextDue => _byDue.Count > 0 ? _byDue.Min.Due : null;

    /// <summary>Something came for a window.</summary>
    public void Note(DirtyWindow window, TimeSpan now)
    {
        var first = now;
        if (_waiting.TryGetValue(window, out var before))
        {
            first = before.First;
            _byDue.Remove((before.Due, window));
        }
        var due = now + schedule.Quiet < first + schedule.DelayMax ? now + schedule.Quiet : first + schedule.DelayMax;
        _waiting[window] = (first, due);
        _byDue.Add((due, window));
    }

    /// <summary>Takes the one that is due first, if it is due or too many wait.</summary>
    public bool TryTake(TimeSpan now, out DirtyWindow window, out bool isEarly)
    {
        (window, isEarly) = (default, false);
        if (_byDue.Count == 0) return false;
        (var due, window) = _byDue.Min;
        isEarly = due > now;
        if (isEarly && Count <= schedule.WindowsMax) return false;
        _byDue.Remove((due, window));
        return _waiting.Remove(window);
    }
}
