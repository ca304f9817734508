using System.Collections.Concurrent;
using System.Globalization;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>Calendar that dates are written in and months are counted by.</summary>
public enum DateSystem
{
    /// <summary>Gregorian.</summary>
    Gregorian = 0,
    /// <summary>Persian (Jalali).</summary>
    Persian = 1,
}

/// <summary>Dates and wall-clock times as configuration writes them: <c>2024-10-24</c>, <c>1403-08-03</c>, <c>1403-08-03T00:00</c>, <c>…T00:00:00</c>. ASCII digits only.</summary>
public static class LocalDates
{
    /// <summary>A century of days; times are seldom spread wider, and a wrong clock must not fill the memory.</summary>
    private const int DaysMax = 36_525;

    private static readonly PersianCalendar _persian = new();
    // .NET finds the Persian year by the sun: 27 µs measured, ten times what all rules of a tariff take.
    private static readonly ConcurrentDictionary<DateOnly, (int, int, int)?> _persianDays = new();

    /// <summary>Reads a date, or a date and a time of day.</summary>
    /// <returns>Whether it is one. Never throws.</returns>
    public static bool TryParse(string text, DateSystem system, out DateTime local)
    {
        local = default;
        var parts = text.Split('T');
        if (parts.Length > 2 || parts[0] is not [_, _, _, _, '-', _, _, '-', _, _] date || !Number(date.AsSpan(0, 4), out var year) || !Number(date.AsSpan(5, 2), out var month) || !Number(date.AsSpan(8, 2), out var day)) return false;
        if (!TryDay(system, year, month, day, out var found)) return false;
        var time = TimeOnly.MinValue;
        if (parts.Length == 2 && !TryTime(parts[1], out time)) return false;
        local = found.ToDateTime(time);
        return true;
    }

    /// <summary>Reads <c>07:30</c> or <c>07:30:00</c>.</summary>
    public static bool TryTime(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time) && text.All(c => char.IsAsciiDigit(c) || c == ':');

    /// <summary>Reads <c>01-13</c>, a date of every year.</summary>
    public static bool TryYearly(string text, DateSystem system, out YearlyDate date)
    {
        date = new YearlyDate(system, 0, 0);
        if (text is not [_, _, '-', _, _] || !Number(text.AsSpan(0, 2), out var month) || !Number(text.AsSpan(3, 2), out var day)) return false;
        // Of the years 2024 and 1403 both are leap years.
        if (!TryDay(system, system == DateSystem.Persian ? 1403 : 2024, month, day, out _)) return false;
        date = new YearlyDate(system, month, day);
        return true;
    }

    /// <summary>Year, month and day in the Persian calendar; null before its first year.</summary>
    public static (int Year, int Month, int Day)? TryPersian(DateOnly day)
    {
        if (_persianDays.TryGetValue(day, out var known)) return known;
        var date = day.ToDateTime(TimeOnly.MinValue);
        (int, int, int)? found = date < _persian.MinSupportedDateTime ? null : (_persian.GetYear(date), _persian.GetMonth(date), _persian.GetDayOfMonth(date));
        if (_persianDays.Count >= DaysMax) _persianDays.Clear();
        return _persianDays[day] = found;
    }

    /// <summary>A number for the month of a day: equal for days of the same month, greater for later ones.</summary>
    public static int MonthOf(DateOnly day, DateSystem system) =>
        system == DateSystem.Persian && TryPersian(day) is { } persian ? (persian.Year * 12) + persian.Month : (day.Year * 12) + day.Month;

    /// <summary>So many months later; the day is cut to the length of the month.</summary>
    /// <returns>Null beyond the calendar's end.</returns>
    public static DateOnly? AddMonths(DateOnly day, int months, DateSystem system)
    {
        try
        {
            Calendar calendar = system == DateSystem.Persian ? _persian : CultureInfo.InvariantCulture.Calendar;
            return DateOnly.FromDateTime(calendar.AddMonths(day.ToDateTime(TimeOnly.MinValue), months));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool TryDay(DateSystem system, int year, int month, int day, out DateOnly date)
    {
        date = default;
        if (year < 1 || month is < 1 or > 12 || day < 1) return false;
        if (system == DateSystem.Persian)
        {
            if (year > 9377 || day > _persian.GetDaysInMonth(year, month)) return false;
            date = DateOnly.FromDateTime(_persian.ToDateTime(year, month, day, 0, 0, 0, 0));
            return true;
        }
        if (day > DateTime.DaysInMonth(year, month)) return false;
        date = new DateOnly(year, month, day);
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
