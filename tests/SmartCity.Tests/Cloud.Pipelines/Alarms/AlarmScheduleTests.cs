using CsCheck;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Pipelines.Alarms;

/// <summary>Hours of a week by a zone's clock.</summary>
public sealed class AlarmScheduleTests
{
    private const long Minute = 60 * UnixMicros.PerSecond;
    private static readonly TimeZoneInfo _tehran = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tehran");

    [Theory]
    [InlineData("2026-11-24T03:29:59Z", false)]
    [InlineData("2026-11-24T03:30:00Z", true)]
    [InlineData("2026-11-24T15:29:59Z", true)]
    [InlineData("2026-11-24T15:30:00Z", false)]
    public void A_day_shift_follows_the_city_s_clock(string at, bool holds) =>
        Assert.Equal(holds, new AlarmSchedule { Id = "day", From = new TimeOnly(7, 0), To = new TimeOnly(19, 0) }.Holds(UnixMicros.From(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)), _tehran));

    [Fact]
    public void A_night_belongs_to_the_day_on_which_it_begins()
    {
        var night = new AlarmSchedule { Id = "night", From = new TimeOnly(22, 0), To = new TimeOnly(6, 0), Days = [DayOfWeek.Thursday] };
        // Thursday 2026-11-26 22:00 in Tehran until Friday 06:00.
        var begin = UnixMicros.From(new DateTimeOffset(2026, 11, 26, 22, 0, 0, TimeSpan.FromHours(3.5)));
        Assert.False(night.Holds(begin - 1, _tehran));
        Assert.True(night.Holds(begin, _tehran));
        Assert.True(night.Holds(begin + (8 * 60 * Minute) - 1, _tehran));
        Assert.False(night.Holds(begin + (8 * 60 * Minute), _tehran));
        Assert.False(night.Holds(begin + (24 * 60 * Minute), _tehran));
        Assert.Equal(begin, night.NextChange(begin - (3 * 24 * 60 * Minute), _tehran));
        Assert.Equal(begin + (8 * 60 * Minute), night.NextChange(begin, _tehran));
    }

    [Fact]
    public void The_next_change_is_the_first_minute_that_is_other_across_clock_changes_too() => Gen.Select(
        Gen.Int[0, 1439], Gen.Int[0, 1439], Gen.Enum<DayOfWeek>().Array[1, 7], Gen.OneOf("Asia/Tehran", "Europe/Berlin", "America/St_Johns", "UTC"), Gen.Int[0, 366 * 24 * 60]).Sample((from, to, days, name, minute) =>
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var schedule = new AlarmSchedule { Id = "s", From = new TimeOnly(from / 60, from % 60), To = new TimeOnly(to / 60, to % 60), Days = days };
        var at = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)) + (minute * Minute);
        long? expected = null;
        for (var next = at + Minute; next <= at + (8 * 24 * 60 * Minute) && expected is null; next += Minute)
            if (schedule.Holds(next, zone) != schedule.Holds(at, zone)) expected = next;
        Assert.Equal(expected, schedule.NextChange(at, zone) is { } change && change <= at + (8 * 24 * 60 * Minute) ? change : null);
    }, iter: 150);
}
