using System.Globalization;
using System.Text.RegularExpressions;

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

    [GeneratedRegex(@"^(?<year>[0-9]{4}) ?(?:(?<mark>[-/.]) ?(?<month>[0-9]{1,2}) ?\k<mark> ?(?<day>[0-9]{1,2})|(?<month>[0-9]{2})(?<day>[0-9]{2}))$", RegexOptions.CultureInvariant)]
    private static partial Regex Written();
}
