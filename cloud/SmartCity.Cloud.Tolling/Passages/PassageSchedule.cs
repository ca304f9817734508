namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>When dirty windows are correlated.</summary>
public sealed record PassageSchedule
{
    /// <summary>A window is correlated once nothing has come for it for this long: reads of a vehicle follow each other. Default 2 s.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>Longest that a window waits, however much comes. Default 10 s.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Windows that wait at most; one more, and the one that is due first goes at once. Default 10,000.</summary>
    public int WindowsMax { get; init; } = 10_000;
}

/// <summary>A window of a toll point in which something came.</summary>
/// <param name="TollPoint">The toll point.</param>
/// <param name="Window">The cell.</param>
public readonly record struct DirtyWindow(string TollPoint, TimeWindow Window);

/// <summary>Events that came for a toll point.</summary>
/// <param name="TollPoint">The toll point.</param>
/// <param name="Times">Their times, see <see cref="EventClock.TimesOf"/>.</param>
public sealed record TollArrivals(string TollPoint, IReadOnlyCollection<long> Times);
