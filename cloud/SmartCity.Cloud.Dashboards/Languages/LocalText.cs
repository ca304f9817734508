using System.Globalization;
using SmartCity.Model;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>
/// Numbers, times and ages as people read them. Put together from parts: the patterns that cultures bring give Persian with Latin digits and the
/// weekday last. <c>web/src/local-text.ts</c> does the same in the browser; one golden file holds both to it.
/// </summary>
/// <param name="language">Digits, words and calendar.</param>
/// <param name="zone">Zone of times.</param>
/// <param name="digits">Digits of numbers and times.</param>
public sealed class LocalText(Language language, TimeZoneInfo zone, Digits digits = Digits.OfLanguage)
{
    private static readonly PersianCalendar _persian = new();

    private bool IsPersian => language == Language.Persian;

    /// <summary>Whether numbers are written with Persian digits and separators.</summary>
    public bool HasPersianDigits { get; } = digits == Languages.Digits.Persian || (digits == Languages.Digits.OfLanguage && language == Language.Persian);

    /// <summary>Latin digits of a text in the language's own; nothing else changes.</summary>
    public string Digits(string text) => HasPersianDigits ? string.Create(text.Length, text, (output, input) =>
    {
        for (var i = 0; i < input.Length; i++) output[i] = char.IsAsciiDigit(input[i]) ? (char)('۰' + input[i] - '0') : input[i];
    }) : text;

    /// <summary>A whole number.</summary>
    public string Whole(long value) => Separated(value.ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>A measured number with about three figures after the first, trailing zeros left out; the greater, the fewer decimals.</summary>
    public string Number(double value)
    {
        if (!double.IsFinite(value)) return "–";
        var size = Math.Abs(value);
        var text = value.ToString(size >= 1_000 ? "N0" : size >= 100 ? "N1" : size >= 1 ? "N2" : "N3", CultureInfo.InvariantCulture);
        if (text.Contains('.', StringComparison.Ordinal)) text = text.TrimEnd('0').TrimEnd('.');
        return Separated(text is "-0" ? "0" : text);
    }

    /// <summary>A value as it was kept, such as <c>12.5</c>, to its last digit; what is no number stays as it is, digits too, since it may be a name.</summary>
    public string? Value(string? kept) => double.TryParse(kept, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? Separated(kept) : kept;

    /// <summary>Hours, minutes and seconds of µs since 1970 UTC.</summary>
    public string Time(long micros) => Digits(Local(micros).ToString("HH:mm:ss", CultureInfo.InvariantCulture));

    /// <summary>Weekday, date and time of µs since 1970 UTC.</summary>
    public string DateAndTime(long micros)
    {
        var date = Local(micros).DateTime;
        var (day, month, year) = IsPersian ? (_persian.GetDayOfMonth(date), _persian.GetMonth(date), _persian.GetYear(date)) : (date.Day, date.Month, date.Year);
        var words = language.Words;
        return Digits(words["date", words[$"weekday.{(int)date.DayOfWeek}"], Plain(day), words[$"month.{month}"], Plain(year), date.ToString("HH:mm:ss", CultureInfo.InvariantCulture)]);

        static string Plain(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The date of µs since 1970 UTC as it is sorted and typed: 1405-09-03 or 2026-11-24.</summary>
    public string Date(long micros) => Date(ZonedDates.Of(micros, zone));

    /// <summary>A date as it is sorted and typed: 1405-09-03 or 2026-11-24; one before the Solar Hijri calendar in the Gregorian.</summary>
    public string Date(DateOnly day)
    {
        var date = day.ToDateTime(TimeOnly.MinValue);
        var (year, month, number) = IsPersian && date >= _persian.MinSupportedDateTime ? (_persian.GetYear(date), _persian.GetMonth(date), _persian.GetDayOfMonth(date)) : (date.Year, date.Month, date.Day);
        return Digits(string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{number:00}"));
    }

    /// <summary>How long ago something was, in the largest unit that fits once.</summary>
    public string Age(TimeSpan age)
    {
        var words = language.Words;
        return age.TotalSeconds < 1 ? words["age.now"]
            : age.TotalMinutes < 1 ? words["age.seconds", Whole((long)age.TotalSeconds)]
            : age.TotalHours < 1 ? words["age.minutes", Whole((long)age.TotalMinutes)]
            : age.TotalDays < 1 ? words["age.hours", Whole((long)age.TotalHours)]
            : words["age.days", Whole((long)age.TotalDays)];
    }

    private DateTimeOffset Local(long micros) => TimeZoneInfo.ConvertTime(UnixMicros.ToTime(micros), zone);

    private string Separated(string number) => HasPersianDigits ? Digits(number.Replace(',', '٬').Replace('.', '٫')) : number;
}
