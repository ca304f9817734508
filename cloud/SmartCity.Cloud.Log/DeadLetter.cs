using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>A value set aside.</summary>
/// <param name="Id">Its number among the dead letters; 0 before it is kept.</param>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Series">Device and metric.</param>
/// <param name="Kind">Kind of the value.</param>
/// <param name="Time">Event time, µs since 1970 UTC.</param>
/// <param name="Received">Gateway time, µs.</param>
/// <param name="Value">The value as text.</param>
/// <param name="Reason">Why, with the code first.</param>
/// <param name="Recorded">When it was set aside, µs.</param>
public sealed record DeadLetter(
    long Id, string Gateway, Lane Lane, SeriesKey Series, ValueKind Kind, long Time, long Received, string Value, string Reason, long Recorded)
{
    /// <summary>Offset of a value that stood in the log before a store refused it; null for one that ingest set aside.</summary>
    public long? LogOffset { get; init; }
    /// <summary>Its checksum is wrong: what stands here is not what was set aside.</summary>
    public bool IsDamaged { get; init; }
}
