using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>What came of one (gateway, lane, epoch) within one hour of the server's clock.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Hour">Begin of the hour, µs since 1970 UTC.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Epoch">Epoch.</param>
/// <param name="First">First number accounted for in it.</param>
/// <param name="Last">Last number.</param>
/// <param name="Received">Numbers that came with a value.</param>
/// <param name="Rows">Rows over which <paramref name="Root"/> was made.</param>
/// <param name="Root">32 bytes: <c>root = SHA-256(1 ‖ root ‖ leaf)</c> for each row in order, from 32 zeros on; <see cref="HourHash"/> says what a leaf is.</param>
/// <param name="Missing">Numbers that became known in it as never to come.</param>
public sealed record LaneHour(string Gateway, long Hour, Lane Lane, ulong Epoch, long First, long Last, long Received, long Rows, byte[] Root, IReadOnlyList<MissingRange> Missing);
