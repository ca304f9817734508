using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Log;

// What a backup asks of a log that goes on.
public sealed partial class DurableLog
{
    private int _holds;

    /// <summary>Keeps every row until it is disposed, whatever consumers have passed: a copy of a store, older than the copy of the log, still finds what follows it.</summary>
    public IDisposable HoldRows()
    {
        Interlocked.Increment(ref _holds);
        return new RowsHeld(this);
    }

    /// <summary>
    /// Copies the file beside the log into a new file. It may know more than a copy of the log that was taken before, never less: so the log takes what it was
    /// promised. Not durable yet: who called makes it so.
    /// </summary>
    /// <exception cref="IOException">The copy cannot be written; the log is well.</exception>
    public async Task CopySideAsync(string file, CancellationToken cancellationToken)
    {
        SqliteException? failure = null;
        await RunAsync(() =>
        {
            try
            {
                _side.CopyTo(file);
            }
            catch (SqliteException error)
            {
                // The copy's disk is not the log's.
                failure = error;
            }
        }, cancellationToken).ConfigureAwait(false);
        if (failure is not null) throw new IOException($"{file} cannot be written: {failure.Message}.", failure);
    }

    private sealed class RowsHeld(DurableLog log) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) Interlocked.Decrement(ref log._holds);
        }
    }
}
