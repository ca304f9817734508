using System.Globalization;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.Calendars;

/// <summary>
/// Where buckets of local time begin and end, in UTC. Pure; every store joins these edges, so that all engines cut at the same places.
/// </summary>
/// <remarks>
/// One rule for all units: a bucket begins at the first instant at which the zone's clock shows its local start, or has jumped over it.
/// So a day has 23 to 25 hours; an hour that the clock repeats gives two buckets; a day that begins at 01:00, because midnight was
/// skipped, begins there; a day that the zone left out (Samoa, 30 December 2011) has no bucket. Where the clock goes back over midnight
/// (Newfoundland, 00:01 → 23:01) the repeated evening belongs to the new day.
/// </remarks>
public static class BucketEdges
{
    /// <summary>Most buckets of one answer; a query that asks for more is refused.</summary>
    public const int BucketsMax = 200_000;

    private static readonly PersianCalendar _persian = new();

    /// <summary>Edges of the buckets that touch a range: ascending, the first at or before <paramref name="from"/>, the last at or after <paramref name="to"/>.</summary>
    /// <param name="from">First µs of the range, UTC; years 1 to 9999.</param>
    /// <param name="to">First µs after it.</param>
    /// <param name="width">Width; seconds must divide a day.</param>
    /// <param name="zone">Zone whose clock the buckets follow.</param>
    /// <param name="calendar">Calendar of weeks and months. Time before the Persian calendar's first day (0622-03-22) is one month.</param>
    /// <returns>At least two edges for a range that is not empty, none for an empty one. Bucket i is [edge i, edge i+1).</returns>
    /// <exception cref="ArgumentException">The width is not one, or there would be more than <see cref="BucketsMax"/> buckets.</exception>
    public static long[] Compute(long from, long to, BucketWidth width, TimeZoneInfo zone, BucketCalendar calendar)
    {
        ArgumentNullException.ThrowIfNull(zone);
        Check(width);
        from = Math.Clamp(from, UnixMicros.Min, UnixMicros.Max);
        to = Math.Clamp(to, UnixMicros.Min, UnixMicros.Max);
        if (from >= to) return [];

        var clock = new LocalClock(zone);
        var edges = new EdgeList(from, to);
        var unit = width.Unit;
        // Local dates run a day beyond both ends of .NET's calendar; those are cut to it.
        for (var day = FirstDay(clock.DayOf(from), unit, calendar); ; day = NextDay(day, unit, calendar))
        {
            var start = clock.StartOfDay(day);
            edges.Add(start);
            if (start >= to || day > LocalClock.LastDay) break;
            if (unit == BucketUnit.Second) clock.AddInside(edges, start, clock.StartOfDay(day + 1), width.Count * UnixMicros.PerSecond);
        }
        return edges.Finish();
    }

    private static void Check(BucketWidth width)
    {
        if (width.Unit == BucketUnit.Second ? width.Count is < 1 or > 86_400 || 86_400 % width.Count != 0 : width.Count != 1)
            throw new ArgumentException($"A bucket of {width.Count} × {width.Unit} is not possible: a number of seconds that divides 86,400, or one day, week or month.", nameof(width));
    }

    /// <summary>The first day of the unit that holds <paramref name="day"/>; days count from 1970-01-01.</summary>
    private static long FirstDay(long day, BucketUnit unit, BucketCalendar calendar)
    {
        switch (unit)
        {
            case BucketUnit.Week:
                // 1970-01-01 was a Thursday: three days after a Monday, five after a Saturday.
                return day - FloorMod(day + (calendar == BucketCalendar.Persian ? 5 : 3), 7);
            case BucketUnit.Month:
                if (day < LocalClock.FirstDay) return LocalClock.FirstDay;
                var date = LocalClock.DateOf(Math.Min(day, LocalClock.LastDay));
                if (calendar == BucketCalendar.Gregorian) return LocalClock.DayOf(new DateTime(date.Year, date.Month, 1));
                return date < _persian.MinSupportedDateTime ? LocalClock.FirstDay
                    : LocalClock.DayOf(_persian.ToDateTime(_persian.GetYear(date), _persian.GetMonth(date), 1, 0, 0, 0, 0));
            default:
                return day;
        }
    }

    private static long NextDay(long day, BucketUnit unit, BucketCalendar calendar)
    {
        if (unit == BucketUnit.Week) return day + 7;
        if (unit != BucketUnit.Month) return day + 1;
        var date = LocalClock.DateOf(day);
        if (calendar == BucketCalendar.Gregorian) return day + DateTime.DaysInMonth(date.Year, date.Month);
        return date < _persian.MinSupportedDateTime ? LocalClock.DayOf(_persian.MinSupportedDateTime) : day + _persian.GetDaysInMonth(_persian.GetYear(date), _persian.GetMonth(date));
    }

    private static long FloorMod(long value, long divisor) => (value % divisor + divisor) % divisor;
}
