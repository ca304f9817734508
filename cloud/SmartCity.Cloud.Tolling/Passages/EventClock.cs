using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Passages;

/// <summary>Says which time of an event is to be believed.</summary>
public static class EventClock
{
    /// <summary>The time by which an event is sorted, µs since 1970 UTC, and what is known of it.</summary>
    /// <remarks>
    /// Near the gateway's clock the device's time stands; further off the gateway's; far off neither is believed. Where the gateway's own clock was
    /// not trusted it is no witness: a device locked to a reference then stands by itself, any other is suspect once they differ.
    /// </remarks>
    public static (long Time, ClockVerdict Verdict) Judge(TollEvent e, CorrelationOptions options)
    {
        if (e.Quality.HasFlag(ReadingQuality.TimeReplaced)) return (e.Received, ClockVerdict.Suspect);
        var apart = UInt128.CreateSaturating(Int128.Abs((Int128)e.Time - e.Received));
        if (apart <= (ulong)CorrelationWindows.Micros(options.ClockDriftMax)) return (e.Time, ClockVerdict.Device);
        if (e.Quality.HasFlag(ReadingQuality.ClockNotTrusted))
            return e.Clock == TollClock.Locked ? (e.Time, ClockVerdict.Device) : (e.Received, ClockVerdict.Suspect);
        return (e.Received, apart > (ulong)CorrelationWindows.Micros(options.ClockSuspectFrom) ? ClockVerdict.Suspect : ClockVerdict.Gateway);
    }

    /// <summary>The time by which an event is sorted, µs since 1970 UTC.</summary>
    public static long TimeOf(TollEvent e, CorrelationOptions options) => Judge(e, options).Time;
}
