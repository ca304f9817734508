namespace SmartCity.Tests;

/// <summary>A clock that stands apart from the system's and may be set while others go by it; what waits on it waits in real time.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _ticks;

    /// <summary>How far it is ahead.</summary>
    public TimeSpan By
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
        set => Interlocked.Exchange(ref _ticks, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
}
