using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries;

/// <summary>
/// A store of readings behind the log. At most one writer; queries from any thread.
/// The offset is saved with the rows (embedded) or after them (idempotent engines), so appending the same batches again changes nothing.
/// </summary>
public interface IReadingStore : IReadingQueries, IAsyncDisposable
{
    /// <summary><c>duckdb</c>, <c>influx</c> or <c>victoria</c></summary>
    string Name { get; }

    /// <summary>What it gives back of a reading.</summary>
    StoreCapabilities Capabilities { get; }

    /// <summary>Opens or creates the store, repairs what a crash left, and returns the saved offset: the next log offset to append, 0 for a new store.</summary>
    Task<long> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Appends batches in log order and returns when they are durable and queryable. Batches below the saved offset are skipped.</summary>
    /// <param name="batches">Consecutive batches of the log.</param>
    /// <param name="nextOffset">Offset to save: the first one not in <paramref name="batches"/>.</param>
    /// <param name="cancellationToken">Gives up; what was not committed is appended again later.</param>
    /// <exception cref="StoreUnavailableException">The engine cannot be reached or refuses for now; append the same again later.</exception>
    Task<AppendResult> AppendAsync(IReadOnlyList<StoreBatch> batches, long nextOffset, CancellationToken cancellationToken);

    /// <summary>Values refused for good and not yet forgotten, in log order; kept durably, in the transaction that saves the offset.</summary>
    Task<IReadOnlyList<RejectedReading>> RejectedAsync(CancellationToken cancellationToken);

    /// <summary>Forgets refused values up to and with <paramref name="logOffset"/>: they stand in the dead letters.</summary>
    Task ForgetRejectedAsync(long logOffset, CancellationToken cancellationToken);

    /// <summary>What was stored and superseded so far, by gateway and lane; exact, and consistent with the saved offset.</summary>
    Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken);

    /// <summary>Takes over offset and counts of another store of the same log, when all of that one's readings are here.</summary>
    /// <param name="nextOffset">The other's offset, at or above this one's.</param>
    /// <param name="counts">The other's counts, in place of this one's.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task AdoptAsync(long nextOffset, IReadOnlyList<StoreCount> counts, CancellationToken cancellationToken);
}

/// <summary>A batch of the log with its place and names.</summary>
/// <param name="FirstOffset">Log offset of its first reading; its readings have consecutive offsets.</param>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Readings">The readings; series numbers are those of the log's catalogue.</param>
/// <param name="Names">What the series numbers stand for.</param>
public sealed record StoreBatch(long FirstOffset, string Gateway, Lane Lane, ReadingBatch Readings, ISeriesNames Names);

/// <summary>Resolves series numbers of the cloud's catalogue.</summary>
public interface ISeriesNames
{
    /// <summary>What <paramref name="series"/> stands for.</summary>
    /// <exception cref="KeyNotFoundException">The number was never given out.</exception>
    SeriesEntry this[int series] { get; }
}

/// <summary>What an append refused for good, value by value; the rest is stored.</summary>
/// <param name="Rejected">Values that the engine can never take; they stand in <see cref="IReadingStore.RejectedAsync"/> until they are forgotten.</param>
public sealed record AppendResult(IReadOnlyList<RejectedReading> Rejected)
{
    /// <summary>Everything was taken.</summary>
    public static AppendResult AllStored { get; } = new([]);
}

/// <summary>A value that an engine refused for good.</summary>
/// <param name="LogOffset">Its offset in the log.</param>
/// <param name="Gateway">Gateway it came by.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Reading">The value.</param>
/// <param name="Reason">The engine's own words, with our code.</param>
public sealed record RejectedReading(long LogOffset, string Gateway, Lane Lane, Reading Reading, string Reason);

/// <summary>Counts of one gateway and lane.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="Lane">Lane.</param>
/// <param name="Stored">Distinct (series, time) it brought.</param>
/// <param name="Superseded">Values that replaced an earlier one of the same series and time.</param>
public sealed record StoreCount(string Gateway, Lane Lane, long Stored, long Superseded);

/// <summary>The engine cannot be reached or refuses for now. The message says which, where and what to do.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Creates it without words.</summary>
    public StoreUnavailableException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public StoreUnavailableException(string message) : base(message) { }
    /// <summary>Creates it around the engine's own error.</summary>
    public StoreUnavailableException(string message, Exception inner) : base(message, inner) { }
    /// <summary>How long the engine asked us to wait, where it said so.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
