using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Says which time of an event is to be believed.</summary>
public static class EventClock
{
    /// <summary>The time by which an event is sorted, µs since 1970 UTC, and what is known of it, by what it says itself.</summary>
    /// <remarks>
    /// Near the gateway's clock the device's time stands; further off the gateway's; far off neither is believed. Where the gateway's own clock was
    /// not trusted it is no witness: a device locked to a reference then stands by itself, any other is suspect once they differ.
    /// </remarks>
    public static (long Time, ClockVerdict Verdict) Judge(TollEvent e, CorrelationOptions options)
    {
        if (e.Quality.HasFlag(ReadingQuality.TimeReplaced)) return (e.Received, ClockVerdict.Suspect);
        var apart = Apart(e.Time, e.Received);
        if (apart <= CorrelationWindows.Micros(e.Clock == TollClock.Locked ? options.ClockDriftMax : options.UnlockedDriftMax)) return (e.Time, ClockVerdict.Device);
        if (e.Quality.HasFlag(ReadingQuality.ClockNotTrusted))
            return e.Clock == TollClock.Locked ? (e.Time, ClockVerdict.Device) : (e.Received, ClockVerdict.Suspect);
        return (e.Received, apart > CorrelationWindows.Micros(options.ClockSuspectFrom) ? ClockVerdict.Suspect : ClockVerdict.Gateway);
    }

    /// <summary>
    /// Whether <see cref="Judge"/> blames the clock for what the road may have done: a device that is locked to a reference and behind the gateway
    /// may have had to wait for its line.
    /// </summary>
    public static bool MayHaveWaited(TollEvent e, CorrelationOptions options) =>
        e.Clock == TollClock.Locked && e.Time < e.Received && !e.Quality.HasFlag(ReadingQuality.TimeReplaced) && Judge(e, options).Verdict != ClockVerdict.Device;

    /// <summary>
    /// Whether two events of one start of a device waited on their way: they came at once, though the device stamped them in turn and seconds apart.
    /// A wrong clock does not do that.
    /// </summary>
    internal static bool WaitedTogether(ulong sequence, long time, long received, ulong otherSequence, long otherTime, long otherReceived, CorrelationOptions options)
    {
        var apart = Apart(time, otherTime);
        return Apart(received, otherReceived) <= CorrelationWindows.Micros(options.AtOnce)
            && apart > CorrelationWindows.Micros(options.ClockDriftMax) && apart <= CorrelationWindows.Micros(options.WaitWithin)
            && sequence < otherSequence == time < otherTime;
    }

    /// <summary>The times by which an event may be sorted, depending on what came with it: those of <see cref="CorrelationWindows.Dirty"/>.</summary>
    public static IEnumerable<long> TimesOf(TollEvent e, CorrelationOptions options) =>
        MayHaveWaited(e, options) ? [e.Time, e.Received] : [Judge(e, options).Time];

    /// <summary>How far two times are apart, µs; more than 64 bits hold where one is nonsense.</summary>
    internal static Int128 Apart(long a, long b) => Int128.Abs((Int128)a - b);
}
