using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>A row of the log without its columns.</summary>
/// <param name="FirstOffset">Offset of its first value.</param>
/// <param name="Count">Values.</param>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Received">When the log took it, µs since 1970 UTC.</param>
public readonly record struct LogRow(long FirstOffset, int Count, string Gateway, Lane Lane, long Received)
{
    /// <summary>First offset after it.</summary>
    public long NextOffset => FirstOffset + Count;
}

/// <summary>Takes a row; <paramref name="columns"/> are valid during the call only.</summary>
public delegate void LogRowHandler(in LogRow row, ReadOnlySpan<byte> columns);
