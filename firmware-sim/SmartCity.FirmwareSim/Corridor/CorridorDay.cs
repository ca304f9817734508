using System.CommandLine;
using System.Globalization;
using SmartCity.FirmwareSim.Replay;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>The day that is played: a date of the corridor's zone, Gregorian or Jalali.</summary>
internal static class CorridorDay
{
    /// <summary>A Sunday, 1 Azar 1405. A day of its own would make files differ from run to run.</summary>
    public static readonly DateOnly Usual = new(2026, 11, 22);

    private static readonly PersianCalendar _persian = new();

    /// <summary>Reads a date; a year before 1700 is Jalali.</summary>
    public static DateOnly? Parse(string text)
    {
        var parts = text.Split('-', '/');
        if (parts is not [{ Length: 4 } first, var second, var third] || !Number(first, out var year) || !Number(second, out var month) || !Number(third, out var day) || year < 1_300 || month is < 1 or > 12 || day < 1) return null;
        if (year < 1_700) return day <= _persian.GetDaysInMonth(year, month) ? DateOnly.FromDateTime(_persian.ToDateTime(year, month, day, 0, 0, 0, 0)) : null;
        return year is >= 2000 and < 9_999 && day <= DateTime.DaysInMonth(year, month) ? new DateOnly(year, month, day) : null;

        static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>First instant of a day and the one after its last, ms since 1970 UTC.</summary>
    public static (long From, long To) SpanOf(DateOnly day, TimeZoneInfo zone)
    {
        var times = new LocalTimes(zone);
        return (Begin(day), Begin(day.AddDays(1)));

        // Where the clocks jump at midnight, the day begins after the jump.
        long Begin(DateOnly date)
        {
            var local = date.ToDateTime(TimeOnly.MinValue);
            while (true)
            {
                if (times.Resolve(local) is { } instants) return instants.First / 1_000;
                local = local.AddMinutes(15);
            }
        }
    }

    /// <summary>The option <c>--day</c>.</summary>
    public static Option<DateOnly?> Option() => new("--day")
    {
        Description = FormattableString.Invariant($"The day, in the corridor's zone; Gregorian or Jalali; left out, {Usual:yyyy-MM-dd}."),
        HelpName = "2026-11-22|1405-09-01",
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Parse(text) is { } day) return day;
            result.AddError($"--day {text}: a date is needed, e.g. 2026-11-22 or 1405-09-01.");
            return null;
        },
    };
}
