using SmartCity.Model;

namespace SmartCity.Cloud.Pipelines.Alarms;

/// <summary>Hours of a week by a zone's clock, e.g. a shift.</summary>
public sealed record AlarmSchedule
{
    /// <summary>Id.</summary>
    public string Id { get; init; } = "";
    /// <summary>What people call it; null = its id.</summary>
    public string? Name { get; init; }
    /// <summary>Days; null = every day. A span over midnight belongs to the day on which it begins.</summary>
    public IReadOnlyList<DayOfWeek>? Days { get; init; }
    /// <summary>Begin, local time.</summary>
    public TimeOnly From { get; init; }
    /// <summary>End, local time; at or before <see cref="From"/> it is the next day's.</summary>
    public TimeOnly To { get; init; }
    /// <summary>IANA zone; null = the city's.</summary>
    public string? Zone { get; init; }
    /// <summary>Whether it is a shift of the control room: its end is offered for shelving, and it has a report.</summary>
    public bool IsShift { get; init; }

    /// <summary>Whether a moment lies in it.</summary>
    /// <param name="at">µs since 1970 UTC.</param>
    /// <param name="city">Zone where none is given.</param>
    public bool Holds(long at, TimeZoneInfo city)
    {
        ArgumentNullException.ThrowIfNull(city);
        var local = TimeZoneInfo.ConvertTime(UnixMicros.ToTime(at), ZoneOf(city));
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (From < To) return time >= From && time < To && IsOn(local.DayOfWeek);
        return (time >= From && IsOn(local.DayOfWeek)) || (time < To && IsOn((DayOfWeek)(((int)local.DayOfWeek + 6) % 7)));
    }

    /// <summary>The first whole minute after a moment at which <see cref="Holds"/> changes; null where it does not within eight days.</summary>
    public long? NextChange(long at, TimeZoneInfo city)
    {
        var (holds, zone) = (Holds(at, city), ZoneOf(city));
        // Only where the local clock shows From or To, or is put forward or back, can it change.
        var midnight = TimeZoneInfo.ConvertTime(UnixMicros.ToTime(at), zone).Date;
        long? first = null;
        for (var day = -1; day <= 8; day++)
        {
            foreach (var edge in (ReadOnlySpan<TimeOnly>)[From, To]) Consider(midnight.AddDays(day) + edge.ToTimeSpan());
            var start = InstantOf(midnight.AddDays(day));
            if (zone.GetUtcOffset(start) != zone.GetUtcOffset(start.AddDays(1))) Take(ShiftBetween(start, start.AddDays(1)));
        }
        return first;

        void Consider(DateTime wall)
        {
            // An hour that is left out ends where the next one begins; one that comes twice is meant twice.
            if (zone.IsInvalidTime(wall)) return;
            if (zone.IsAmbiguousTime(wall)) foreach (var offset in zone.GetAmbiguousTimeOffsets(wall)) Take(new DateTimeOffset(wall, offset));
            else Take(InstantOf(wall));
        }

        void Take(DateTimeOffset instant)
        {
            var micros = UnixMicros.From(instant);
            if (micros > at && (first is null || micros < first) && Holds(micros, city) != holds) first = micros;
        }

        DateTimeOffset InstantOf(DateTime wall)
        {
            while (zone.IsInvalidTime(wall)) wall = wall.AddMinutes(1);
            return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
        }

        DateTimeOffset ShiftBetween(DateTimeOffset before, DateTimeOffset after)
        {
            while (after - before > TimeSpan.FromMinutes(1))
            {
                var middle = before.AddMinutes(Math.Floor((after - before).TotalMinutes / 2));
                if (zone.GetUtcOffset(middle) == zone.GetUtcOffset(before)) before = middle;
                else after = middle;
            }
            return after;
        }
    }

    private TimeZoneInfo ZoneOf(TimeZoneInfo city) => Zone is null ? city : TimeZoneInfo.FindSystemTimeZoneById(Zone);

    private bool IsOn(DayOfWeek day) => Days is null || Days.Contains(day);
}
