namespace SmartCity.Model;

/// <summary>Times as the trunk carries them: signed microseconds since 1970-01-01T00:00:00Z, no leap seconds.</summary>
public static class UnixMicros
{
    /// <summary>Microseconds in a second.</summary>
    public const long PerSecond = 1_000_000;
    /// <summary>Microseconds in a day of 24 hours.</summary>
    public const long PerDay = 86_400 * PerSecond;
    /// <summary>0001-01-01T00:00:00Z, the least time that <see cref="DateTimeOffset"/> holds.</summary>
    public static readonly long Min = From(DateTimeOffset.MinValue);
    /// <summary>9999-12-31T23:59:59.999999Z, the greatest.</summary>
    public static readonly long Max = From(DateTimeOffset.MaxValue);

    /// <summary>Microseconds of a time; parts under 1 µs are cut towards the past.</summary>
    public static long From(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return ticks >= 0 ? ticks / 10 : -((-ticks + 9) / 10);
    }

    /// <summary>The UTC time of <paramref name="micros"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the years 1–9999.</exception>
    public static DateTimeOffset ToTime(long micros) =>
        micros >= Min && micros <= Max
            ? DateTimeOffset.UnixEpoch.AddTicks(checked(micros * 10))
            : throw new ArgumentOutOfRangeException(nameof(micros), micros, "A time lies in the years 1 to 9999.");

    /// <summary>Now, by <paramref name="clock"/>.</summary>
    public static long Now(TimeProvider clock) => From(clock.GetUtcNow());
}
