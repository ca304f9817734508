using SmartCity.Cloud.TimeSeries.Calendars;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>What buckets are put together from.</summary>
internal enum RollupLevel
{
    /// <summary>Readings.</summary>
    Raw,
    /// <summary>UTC minutes.</summary>
    Minute,
    /// <summary>Hours of the city's clock.</summary>
    Hour,
    /// <summary>Days of the city's clock.</summary>
    Day,
}

/// <summary>Which part of a range can be put together from rollups, and of which level: the widest whose buckets no edge of the question cuts.</summary>
/// <param name="Level">The level.</param>
/// <param name="From">First µs of the part; a bucket of the level begins there.</param>
/// <param name="To">First µs after it; before and after it readings are needed.</param>
internal readonly record struct RollupPlan(RollupLevel Level, long From, long To)
{
    private const long Minute = 60 * UnixMicros.PerSecond;
    private static readonly BucketWidth _hour = new(BucketUnit.Second, 3_600);

    /// <summary>Name of the level in answers.</summary>
    public string Name => Level switch { RollupLevel.Minute => "1m", RollupLevel.Hour => "1h", RollupLevel.Day => "1d", _ => "raw" };

    /// <summary>Chooses.</summary>
    /// <param name="edges">Edges of the buckets asked for.</param>
    /// <param name="from">First µs of the question.</param>
    /// <param name="to">First µs after it.</param>
    /// <param name="zone">The city's zone.</param>
    /// <param name="rolledTo">First µs that no rollup covers: a local midnight.</param>
    public static RollupPlan Choose(ReadOnlySpan<long> edges, long from, long to, TimeZoneInfo zone, long rolledTo)
    {
        to = Math.Min(to, rolledTo);
        if (from < to)
        {
            var clock = new LocalClock(zone);
            foreach (var level in (ReadOnlySpan<RollupLevel>)[RollupLevel.Day, RollupLevel.Hour, RollupLevel.Minute])
            {
                if (!Fits(level, edges, from, to, clock, zone)) continue;
                var plan = new RollupPlan(level, Ceiling(level, from, clock, zone), Floor(level, to, clock, zone));
                if (plan.From < plan.To) return plan;
            }
        }
        return new RollupPlan(RollupLevel.Raw, from, from);
    }

    /// <summary>Where the hours of a local day begin, and its end.</summary>
    public static long[] HoursOf(long day, LocalClock clock, TimeZoneInfo zone)
    {
        var (start, end) = (clock.StartOfDay(day), clock.StartOfDay(day + 1));
        return start < end ? BucketEdges.Compute(start, end, _hour, zone, BucketCalendar.Gregorian) : [];
    }

    private static bool Fits(RollupLevel level, ReadOnlySpan<long> edges, long from, long to, LocalClock clock, TimeZoneInfo zone)
    {
        var (day, hours) = (long.MinValue, Array.Empty<long>());
        foreach (var edge in edges)
        {
            if (edge <= from || edge >= to) continue;
            switch (level)
            {
                case RollupLevel.Minute:
                    if (edge % Minute != 0) return false;
                    break;
                case RollupLevel.Day:
                    if (clock.StartOfDay(clock.DayHolding(edge)) != edge) return false;
                    break;
                default:
                    if (day != clock.DayHolding(edge)) (day, hours) = (clock.DayHolding(edge), HoursOf(clock.DayHolding(edge), clock, zone));
                    if (Array.BinarySearch(hours, edge) < 0) return false;
                    break;
            }
        }
        return true;
    }

    private static long Floor(RollupLevel level, long time, LocalClock clock, TimeZoneInfo zone) => level switch
    {
        RollupLevel.Minute => time - ((time % Minute) + Minute) % Minute,
        RollupLevel.Day => clock.StartOfDay(clock.DayHolding(time)),
        _ => HoursOf(clock.DayHolding(time), clock, zone).Last(hour => hour <= time),
    };

    private static long Ceiling(RollupLevel level, long time, LocalClock clock, TimeZoneInfo zone)
    {
        var floor = Floor(level, time, clock, zone);
        if (floor == time) return time;
        return level switch
        {
            RollupLevel.Minute => floor + Minute,
            RollupLevel.Day => clock.StartOfDay(clock.DayHolding(time) + 1),
            _ => HoursOf(clock.DayHolding(time), clock, zone).First(hour => hour >= time),
        };
    }
}
