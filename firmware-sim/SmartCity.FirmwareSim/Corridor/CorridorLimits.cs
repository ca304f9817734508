using System.Globalization;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Fits time, passages and vehicles to what lanes carry.</summary>
internal static class CorridorLimits
{
    /// <summary>With the hours of a day as they are, more would make queues longer than the day.</summary>
    private const int PassagesOfLaneMax = 15_000;
    private const double PassagesOfLaneSecondMax = 0.25;

    /// <summary>A day of so many passages.</summary>
    /// <exception cref="CommandException">The lanes do not carry them.</exception>
    public static CorridorOptions Day(CorridorOptions options, DateOnly day, int passages)
    {
        var lanes = LanesOf(options);
        if (passages > (long)lanes * PassagesOfLaneMax)
            throw Wrong($"--passages {passages}: {lanes} lanes carry at most {lanes * PassagesOfLaneMax:N0} a day; give more --points or --lanes.");
        var (from, to) = CorridorDay.SpanOf(day, options.Zone);
        return options with { From = from, To = to, Passages = passages };
    }

    /// <summary>From now on, so many a second.</summary>
    /// <exception cref="CommandException">The lanes do not carry them.</exception>
    public static CorridorOptions Live(CorridorOptions options, DateTimeOffset now, TimeSpan duration, double rate)
    {
        var lanes = LanesOf(options);
        if (rate > lanes * PassagesOfLaneSecondMax) throw Wrong($"--rate {rate}: {lanes} lanes carry at most {lanes * PassagesOfLaneSecondMax} a second; give more --points or --lanes.");
        var passages = Math.Max(1, rate * duration.TotalSeconds);
        if (passages > 10_000_000) throw Wrong($"--duration: at most 10,000,000 passages are played; at --rate {rate} that is {10_000_000 / rate / 86_400:N1} days.");
        var from = now.ToUnixTimeMilliseconds();
        return options with { From = from, To = from + (long)duration.TotalMilliseconds, Passages = (int)passages };
    }

    /// <summary>So many vehicles that none is back before it can have arrived; <paramref name="wanted"/> if given.</summary>
    /// <exception cref="CommandException">They are too few, or more than there are plates.</exception>
    public static CorridorOptions WithVehicles(CorridorOptions options, int? wanted)
    {
        var drives = Math.Max(1, options.IsClosed ? options.Passages / 2 : (int)(options.Passages * 2L / (options.Points + 1)));
        // In some hours none is back; a drive has one passage at least.
        var least = options.To - options.From < 8 * 3_600_000L ? options.Passages : Math.Max(1, drives / 8);
        var vehicles = wanted ?? Math.Min(Math.Max(drives / 2, least), PlateWorks.VehiclesMax);
        if (vehicles < least || vehicles > PlateWorks.VehiclesMax) throw Wrong($"--vehicles {vehicles}: {least:N0} to {PlateWorks.VehiclesMax:N0} are needed for {options.Passages:N0} passages, or one would be in two places.");
        return options with { Vehicles = vehicles };
    }

    private static int LanesOf(CorridorOptions options) => options switch
    {
        { IsClosed: false } => options.Points * options.Lanes * 2,
        { Points: > 1 } => options.Points * options.Lanes * 4,
        _ => throw Wrong($"--closed: at least 2 junctions are needed, --points {options.Points} is less."),
    };

    private static CommandException Wrong(FormattableString words) => new(ExitCode.WrongUse, words.ToString(CultureInfo.InvariantCulture));
}
