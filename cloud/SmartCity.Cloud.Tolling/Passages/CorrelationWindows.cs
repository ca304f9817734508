using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>
/// Cuts time into fixed cells, aligned at 1970. A cell is always correlated as a whole and with the same context on either side, so that its
/// result depends on the stored events alone: not on which window was asked for, nor on when. A vehicle belongs to the cell of its classifier's
/// time and its reads follow it, so a boundary splits none.
/// </summary>
public static class CorrelationWindows
{
    /// <summary>The cells whose result an event at one of these times may change, in order of time.</summary>
    /// <param name="times">
    /// Times of new events, see <see cref="EventClock.TimesOf"/>; of a key that has got a second content also those of the first. One outside the
    /// years 1 to 9999 counts as the nearest within.
    /// </param>
    /// <param name="options">Length of a cell and what its margin is made of.</param>
    public static IReadOnlyList<TimeWindow> Dirty(IEnumerable<long> times, CorrelationOptions options)
    {
        var cell = Micros(options.Cell);
        var margin = Micros(options.ContextMargin);
        var starts = new SortedSet<long>();
        foreach (var time in times.Select(time => Math.Clamp(time, UnixMicros.Min, UnixMicros.Max)))
            for (var start = Floor(time - margin, cell); start <= time + margin; start += cell) starts.Add(start);
        return [.. starts.Select(start => new TimeWindow(start, start + cell))];
    }

    /// <summary>
    /// The events that decide about a window have their device's or their gateway's time in this span; more do no harm. Of a key that stands
    /// with several contents, all are to be handed in.
    /// </summary>
    public static TimeWindow ContextOf(TimeWindow window, CorrelationOptions options) => window.Widen(Micros(options.ContextMargin));

    /// <summary>Start of the cell that a time lies in.</summary>
    public static long CellOf(long time, CorrelationOptions options) => Floor(time, Micros(options.Cell));

    internal static long Micros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private static long Floor(long time, long cell) => time - (time % cell + cell) % cell;
}
