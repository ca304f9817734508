using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>What came of one (gateway, epoch, lane).</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Epoch">Epoch.</param>
/// <param name="First">First number, 1 unless nothing came.</param>
/// <param name="Last">Last number accounted for.</param>
/// <param name="Received">Numbers that came with a value.</param>
/// <param name="Since">When the first came, µs since 1970 UTC.</param>
/// <param name="Missing">Ranges that will never come, ordered by first number.</param>
public sealed record Completeness(string Gateway, Lane Lane, ulong Epoch, long First, long Last, long Received, long Since, IReadOnlyList<MissingRange> Missing);

/// <summary>Numbers that will never come.</summary>
/// <param name="First">First number.</param>
/// <param name="Last">Last number.</param>
/// <param name="Reason">Why.</param>
/// <param name="Recorded">When that became known, µs since 1970 UTC.</param>
public sealed record MissingRange(long First, long Last, GapReason Reason, long Recorded);
