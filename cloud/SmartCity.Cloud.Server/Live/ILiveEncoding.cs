namespace SmartCity.Cloud.Server.Live;

/// <summary>How live values are written for a kind of connection.</summary>
internal interface ILiveEncoding
{
    /// <summary>Writes values of the board.</summary>
    /// <param name="board">The values.</param>
    /// <param name="series">Which of them.</param>
    /// <param name="unnamed">Those of <paramref name="series"/> that the connections have not seen before.</param>
    /// <param name="isAll">Whether these are all that the connection asked for, and not only what changed.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    IReadOnlyList<LiveMessage> Encode(LiveBoard board, ReadOnlySpan<int> series, ReadOnlySpan<int> unnamed, bool isAll, long now);

    /// <summary>Writes a sign of life.</summary>
    LiveMessage Tick(long now);
}
