using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.Calendars;

/// <summary>The clock of a zone, in µs since 1970. Days count from 1970-01-01 of the local calendar.</summary>
internal sealed class LocalClock(TimeZoneInfo zone)
{
    /// <summary>0001-01-01.</summary>
    public static readonly long FirstDay = DayOf(DateTime.MinValue);
    /// <summary>9999-12-31.</summary>
    public static readonly long LastDay = DayOf(DateTime.MaxValue);

    public static long DayOf(DateTime date) => (date.Date - DateTime.UnixEpoch).Days;

    public static DateTime DateOf(long day) => DateTime.UnixEpoch.AddDays(day);

    /// <summary>The local date at an instant.</summary>
    public long DayOf(long instant) => FloorDiv(instant + OffsetAt(instant), UnixMicros.PerDay);

    /// <summary>The local day that an instant is counted to: the one between whose starts it lies. Where the clock goes back over midnight that is not the date it shows.</summary>
    public long DayHolding(long instant)
    {
        var day = DayOf(instant);
        while (instant >= StartOfDay(day + 1)) day++;
        while (instant < StartOfDay(day)) day--;
        return day;
    }

    /// <summary>The first instant at which the clock shows <paramref name="day"/>, or has jumped over its midnight.</summary>
    public long StartOfDay(long day)
    {
        var midnight = day * UnixMicros.PerDay;
        // No zone is a day or more away from UTC, so these two instants lie before and after the midnight wanted.
        var (before, after) = (midnight - UnixMicros.PerDay, midnight + UnixMicros.PerDay);
        var (old, young) = (OffsetAt(before), OffsetAt(after));
        if (old == young) return midnight - old;
        var change = ChangeBetween(before, after);
        return midnight - old < change ? midnight - old : Math.Max(change, midnight - young);
    }

    /// <summary>Adds the instants after <paramref name="start"/> and before <paramref name="end"/>, both of one local day, at which the clock shows or skips a multiple of <paramref name="width"/>.</summary>
    public void AddInside(EdgeList edges, long start, long end, long width)
    {
        while (start < end)
        {
            var offset = OffsetAt(start);
            var change = OffsetAt(end - 1) == offset ? end : ChangeBetween(start, end - 1);
            for (var edge = FloorDiv(start + offset, width) * width + width - offset; edge < change; edge += width) edges.Add(edge);
            if (change < end)
            {
                var (shown, next) = (change + offset, change + OffsetAt(change));
                var multiple = FloorDiv(next, width) * width;
                // Forward: a multiple was skipped or is shown just now. Back: only one that is shown just now.
                if (multiple == next || (next > shown && multiple >= shown)) edges.Add(change);
            }
            start = change;
        }
    }

    private long OffsetAt(long instant)
    {
        var time = new DateTime(DateTime.UnixEpoch.Ticks + Math.Clamp(instant, UnixMicros.Min, UnixMicros.Max) * 10, DateTimeKind.Utc);
        return zone.GetUtcOffset(time).Ticks / 10;
    }

    /// <summary>The instant in (before, after] from which on the offset is no longer that of <paramref name="before"/>.</summary>
    private long ChangeBetween(long before, long after)
    {
        var old = OffsetAt(before);
        while (after - before > 1)
        {
            var middle = before + (after - before) / 2;
            if (OffsetAt(middle) == old) before = middle;
            else after = middle;
        }
        return after;
    }

    private static long FloorDiv(long value, long divisor)
    {
        var quotient = value / divisor;
        return value % divisor < 0 ? quotient - 1 : quotient;
    }
}
