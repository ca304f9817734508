namespace SmartCity.FirmwareSim.City;

/// <summary>An instant as the city lives it: Tehran's clock (UTC+3:30 all year), a weekend of Thursday and Friday.</summary>
/// <param name="Seconds">Seconds since 1970 UTC.</param>
internal readonly record struct Moment(double Seconds)
{
    private const double OffsetSeconds = 3.5 * 3_600;

    /// <summary>Hour of the local day, 0 to 24.</summary>
    public double Hour => (Seconds + OffsetSeconds) % 86_400 / 3_600;

    /// <summary>Local days since 1970, with their fraction.</summary>
    public double Days => (Seconds + OffsetSeconds) / 86_400;

    /// <summary>Whether it is Thursday or Friday; 1970-01-01 was a Thursday.</summary>
    public bool IsWeekend => (long)Math.Floor(Days) % 7 is 0 or 1;

    /// <summary>Share of the day's greatest traffic, 0 to 1: the two rushes, or the weekend's single swell.</summary>
    public double Traffic
    {
        get
        {
            var day = 0.12 + 0.5 * Bell(Hour, 13, 5);
            return Math.Min(1, IsWeekend ? day + 0.25 * Bell(Hour, 19, 2.5) : day + 0.55 * Bell(Hour, 8, 1.4) + 0.5 * Bell(Hour, 18, 2));
        }
    }

    /// <summary>Warmth of the day, -1 at dawn to 1 in the afternoon.</summary>
    public double Warmth => Math.Cos((Hour - 15) / 24 * 2 * Math.PI);

    /// <summary>Season, -1 in mid-January to 1 in mid-July.</summary>
    public double Season => -Math.Cos((Days - 15) / 365.2425 * 2 * Math.PI);

    /// <summary>Whether street lights burn.</summary>
    public bool IsDark => Hour is < 6 or >= 18;

    /// <summary>Dark seconds since 1970, for counters of energy.</summary>
    public double DarkSeconds
    {
        get
        {
            var day = Math.Floor(Days);
            var hour = Hour;
            return (day * 12 + Math.Min(hour, 6) + Math.Max(0, hour - 18)) * 3_600;
        }
    }

    private static double Bell(double at, double middle, double width) => Math.Exp(-(at - middle) * (at - middle) / (2 * width * width));
}
