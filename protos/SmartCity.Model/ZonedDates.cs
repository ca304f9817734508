namespace SmartCity.Model;

/// <summary>Dates as the clocks of a zone show them. Never throws for any date or time.</summary>
public static class ZonedDates
{
    /// <summary>The date that the clock of a zone shows at µs since 1970 UTC; what lies outside of the years 1–9999 counts as their first or last instant.</summary>
    public static DateOnly Of(long micros, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        // Converting stays within the years that there are.
        return DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Within(micros), zone).DateTime);
    }

    /// <summary>The first instant, µs since 1970 UTC, at which the clock of a zone shows a date or has jumped over its midnight.</summary>
    public static long StartOf(DateOnly date, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var midnight = (date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * UnixMicros.PerDay;
        // No zone is a day or more away from UTC, so these two instants lie before and after the midnight wanted.
        var (before, after) = (midnight - UnixMicros.PerDay, midnight + UnixMicros.PerDay);
        var (old, young) = (OffsetAt(before), OffsetAt(after));
        if (old == young) return midnight - old;
        while (after - before > 1)
        {
            var middle = before + (after - before) / 2;
            if (OffsetAt(middle) == old) before = middle;
            else after = middle;
        }
        return midnight - old < after ? midnight - old : Math.Max(after, midnight - young);

        long OffsetAt(long instant) => zone.GetUtcOffset(Within(instant)).Ticks / TimeSpan.TicksPerMicrosecond;
    }

    /// <summary>The instant after the last of a date, µs since 1970 UTC.</summary>
    public static long EndOf(DateOnly date, TimeZoneInfo zone) => date == DateOnly.MaxValue ? UnixMicros.Max + UnixMicros.PerDay : StartOf(date.AddDays(1), zone);

    private static DateTimeOffset Within(long micros) => UnixMicros.ToTime(Math.Clamp(micros, UnixMicros.Min, UnixMicros.Max));
}
