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
        const long Minute = 60 * UnixMicros.PerSecond;
        var holds = Holds(at, city);
        var zone = ZoneOf(city);
        // Only where the local clock shows From or To can it change; every zone of today moves by whole minutes.
        var local = TimeZoneInfo.ConvertTime(UnixMicros.ToTime(at), zone).DateTime;
        long? first = null;
        for (var day = -1; day <= 8; day++)
        {
            foreach (var edge in (ReadOnlySpan<TimeOnly>)[From, To])
            {
                var wall = DateTime.SpecifyKind(local.Date.AddDays(day) + edge.ToTimeSpan(), DateTimeKind.Unspecified);
                // An hour that a clock change leaves out ends where the next one begins.
                while (zone.IsInvalidTime(wall)) wall = wall.AddMinutes(1);
                var micros = UnixMicros.From(new DateTimeOffset(wall, zone.GetUtcOffset(wall)));
                foreach (var candidate in (ReadOnlySpan<long>)[micros, micros + 60 * Minute])
                    if (candidate > at && (first is null || candidate < first) && Holds(candidate, city) != holds) first = candidate;
            }
        }
        return first;
    }

    private TimeZoneInfo ZoneOf(TimeZoneInfo city) => Zone is null ? city : TimeZoneInfo.FindSystemTimeZoneById(Zone);

    private bool IsOn(DayOfWeek day) => Days is null || Days.Contains(day);
}
