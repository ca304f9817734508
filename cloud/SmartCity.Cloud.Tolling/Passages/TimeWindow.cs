namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>A span of time, half open.</summary>
/// <param name="From">Its first instant, µs since 1970 UTC.</param>
/// <param name="To">The instant after its last.</param>
public readonly record struct TimeWindow(long From, long To)
{
    /// <summary>Whether <paramref name="time"/> lies within.</summary>
    public bool Contains(long time) => time >= From && time < To;

    /// <summary>The same with <paramref name="margin"/> µs more at either end.</summary>
    public TimeWindow Widen(long margin) => new(From - margin, To + margin);
}
