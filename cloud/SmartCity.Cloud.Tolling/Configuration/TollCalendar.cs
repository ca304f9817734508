namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>What a day counts as: the first of these that fits, from the last to the first.</summary>
public enum DayKind
{
    /// <summary>None of the others.</summary>
    Working = 1,
    /// <summary>The day before a holiday.</summary>
    Eve = 2,
    /// <summary>A weekday of the weekend.</summary>
    Weekend = 3,
    /// <summary>A listed date.</summary>
    Holiday = 4,
    /// <summary>A day of an excluded month.</summary>
    ExcludedMonth = 5,
}

/// <summary>Gives a band to a part of some days.</summary>
/// <param name="Band">Name of the band.</param>
/// <param name="From">First moment.</param>
/// <param name="To">First moment after it; 00:00 = the end of the day.</param>
/// <param name="Days">Kinds of day it is for.</param>
public sealed record CalendarBand(string Band, TimeOnly From, TimeOnly To, IReadOnlyList<DayKind> Days)
{
    /// <summary>Whether it holds at a time of a day.</summary>
    public bool Holds(DayKind kind, TimeOnly time) => Days.Contains(kind) && time >= From && (To == TimeOnly.MinValue || time < To);
}

/// <summary>A date that comes every year.</summary>
/// <param name="Calendar">Calendar it is of.</param>
/// <param name="Month">1–12.</param>
/// <param name="Day">1–31.</param>
public sealed record YearlyDate(DateSystem Calendar, int Month, int Day);

/// <summary>Maps a wall-clock time to a price band.</summary>
public sealed record TollCalendar : ConfigVersion
{
    private readonly HashSet<DateOnly> _holidays = [];
    private readonly HashSet<YearlyDate> _yearly = [];

    /// <summary>Weekdays of the weekend; any, also none.</summary>
    public IReadOnlyList<DayOfWeek> Weekend { get; init; } = [];
    /// <summary>Holidays of one year, whichever calendar they were written in.</summary>
    public IReadOnlyCollection<DateOnly> Holidays { get => _holidays; init => _holidays = [.. value]; }
    /// <summary>Holidays of every year.</summary>
    public IReadOnlyCollection<YearlyDate> YearlyHolidays { get => _yearly; init => _yearly = [.. value]; }
    /// <summary>Gregorian months 1–12 that are a kind of day of their own.</summary>
    public IReadOnlyList<int> ExcludedMonths { get; init; } = [];
    /// <summary>Rules; the first that holds wins.</summary>
    public IReadOnlyList<CalendarBand> Bands { get; init; } = [];
    /// <summary>Band where no rule holds.</summary>
    public required string DefaultBand { get; init; }

    /// <summary>Every band that it can give.</summary>
    public IEnumerable<string> BandNames => Bands.Select(rule => rule.Band).Append(DefaultBand).Distinct(StringComparer.Ordinal);

    /// <summary>What a day counts as.</summary>
    public DayKind KindOf(DateOnly day) =>
        ExcludedMonths.Contains(day.Month) ? DayKind.ExcludedMonth
        : IsHoliday(day) ? DayKind.Holiday
        : Weekend.Contains(day.DayOfWeek) ? DayKind.Weekend
        : day < DateOnly.MaxValue && IsHoliday(day.AddDays(1)) ? DayKind.Eve
        : DayKind.Working;

    /// <summary>The band at a wall-clock time of the corridor.</summary>
    public string BandAt(DateTime local)
    {
        var (kind, time) = (KindOf(DateOnly.FromDateTime(local)), TimeOnly.FromDateTime(local));
        foreach (var rule in Bands)
            if (rule.Holds(kind, time)) return rule.Band;
        return DefaultBand;
    }

    private bool IsHoliday(DateOnly day)
    {
        if (_holidays.Contains(day)) return true;
        if (_yearly.Count == 0) return false;
        return _yearly.Contains(new YearlyDate(DateSystem.Gregorian, day.Month, day.Day))
            || (LocalDates.TryPersian(day) is { } persian && _yearly.Contains(new YearlyDate(DateSystem.Persian, persian.Month, persian.Day)));
    }
}
