namespace SmartCity.Cloud.TimeSeries;

/// <summary>A store's files as they were at one moment: a database, and files that are never changed once they are there. Not thread-safe.</summary>
public abstract class StoreSnapshot : IAsyncDisposable
{
    /// <summary>The offset that the database holds: the first one of the log that is not in it.</summary>
    public abstract long NextOffset { get; }

    /// <summary>Path of the database in the store's folder.</summary>
    public abstract string Database { get; }

    /// <summary>Paths in the store's folder of the files that never change. They stay there until the snapshot is disposed.</summary>
    public abstract IReadOnlyList<string> Sealed { get; }

    /// <summary>Writes the database into a new file. Not durable yet: who called makes it so.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read or written.</exception>
    public abstract Task CopyDatabaseAsync(string file, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
