using System.Globalization;
using System.Text.RegularExpressions;
using SmartCity.Model;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>
/// Dates as people type them: in the Solar Hijri or the Gregorian calendar, with digits of any of three alphabets. The year says which calendar is meant,
/// since no year is possible in both. <c>web/src/dates.ts</c> does the same in the browser; one golden file holds both to it.
/// </summary>
public static partial class CityDates
{
    /// <summary>1300-01-01 of the Solar Hijri calendar, the first date that can be typed or picked.</summary>
    public static readonly DateOnly Min = new(1921, 3, 21);
    /// <summary>1500-12-29, the last one.</summary>
    public static readonly DateOnly Max = new(2122, 3, 20);
    private static readonly PersianCalendar _persian = new();

    /// <summary>The date of a text such as 1405-09-03, ۱۴۰۵/۹/۳, 14050903 or 2026-11-24; null where it is none.</summary>
    public static DateOnly? Parse(string? text)
    {
        if (text is null || Written().Match(SearchText.Fold(text)) is not { Success: true } match) return null;
        var (year, month, day) = (Part("year"), Part("month"), Part("day"));
        if (month is < 1 or > 12 || day < 1) return null;
        if (year is >= 1300 and <= 1500) return day <= _persian.GetDaysInMonth(year, month) ? DateOnly.FromDateTime(_persian.ToDateTime(year, month, day, 0, 0, 0, 0)) : null;
        if (year < Min.Year || year > Max.Year || day > DateTime.DaysInMonth(year, month)) return null;
        var date = new DateOnly(year, month, day);
        return date >= Min && date <= Max ? date : null;

        int Part(string name) => int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>The date that the clock of a zone shows at µs since 1970 UTC.</summary>
    public static DateOnly Of(long micros, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(UnixMicros.ToTime(micros), zone).DateTime);

    /// <summary>The first instant, µs since 1970 UTC, at which the clock of a zone shows a date or has jumped over its midnight.</summary>
    public static long StartOf(DateOnly date, TimeZoneInfo zone)
    {
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

        long OffsetAt(long instant) => zone.GetUtcOffset(UnixMicros.ToTime(instant)).Ticks / TimeSpan.TicksPerMicrosecond;
    }

    [GeneratedRegex(@"^(?<year>[0-9]{4}) ?(?:(?<mark>[-/.]) ?(?<month>[0-9]{1,2}) ?\k<mark> ?(?<day>[0-9]{1,2})|(?<month>[0-9]{2})(?<day>[0-9]{2}))$", RegexOptions.CultureInvariant)]
    private static partial Regex Written();
}
