using SmartCity.Model;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>Local times of one zone as instants: a local time is one instant, in autumn two, in spring none.</summary>
internal sealed class LocalTimes(TimeZoneInfo zone)
{
    /// <summary>The instants of a local time.</summary>
    /// <returns>First and second are the same but where the clocks go back; null where they jump over it.</returns>
    public (long First, long Second)? Resolve(DateTime local)
    {
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(local)) return null;
        if (!zone.IsAmbiguousTime(local))
        {
            var only = MicrosOf(local, zone.GetUtcOffset(local));
            return (only, only);
        }
        // The greater offset is the one before the clocks went back.
        var offsets = zone.GetAmbiguousTimeOffsets(local);
        return (MicrosOf(local, offsets.Max()), MicrosOf(local, offsets.Min()));
    }

    private static long MicrosOf(DateTime local, TimeSpan offset) => (local.Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) / 10 is var micros && micros >= UnixMicros.Min ? micros : UnixMicros.Min;
}
