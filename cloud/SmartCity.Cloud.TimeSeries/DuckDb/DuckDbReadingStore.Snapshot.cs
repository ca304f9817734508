using DuckDB.NET.Data;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

public sealed partial class DuckDbReadingStore : ISnapshotSource
{
    /// <inheritdoc/>
    public string Folder => Path.GetDirectoryName(_sealedFolder)!;

    /// <inheritdoc/>
    public async Task<StoreSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        Snapshot? snapshot = null;
        // In the gate nothing is appended and no file takes another's place, so that the database and the list of files are of one moment.
        await InGateAsync(_ =>
        {
            var connection = new DuckDBConnection(_connectionString);
            try
            {
                connection.Open();
                snapshot = new Snapshot(this, _sources, new DatabaseCopy(connection, "meta"));
            }
            catch (DuckDBException error)
            {
                connection.Dispose();
                throw new StoreUnavailableException($"The readings in {_options.Folder} cannot be read: {error.Message}", error);
            }
        }, cancellationToken).ConfigureAwait(false);
        return snapshot!;
    }

    private sealed class Snapshot : StoreSnapshot
    {
        private readonly DuckDbReadingStore _store;
        private readonly ReadingSources _leased;
        private readonly DatabaseCopy _database;
        private bool _disposed;

        public Snapshot(DuckDbReadingStore store, ReadingSources sources, DatabaseCopy database)
        {
            (_store, _leased, _database) = (store, sources, database);
            lock (store._sourcesLock) sources.Leases++;
            Sealed = [.. sources.Files.Select(file => Path.Combine("sealed", file.Name))];
        }

        public override long NextOffset => _database.NextOffset;
        public override string Database => "readings.duckdb";
        public override IReadOnlyList<string> Sealed { get; }

        public override Task CopyDatabaseAsync(string file, CancellationToken cancellationToken) => Task.Run(() => _database.WriteTo(file, cancellationToken), cancellationToken);

        public override ValueTask DisposeAsync()
        {
            if (_disposed) return ValueTask.CompletedTask;
            _disposed = true;
            _database.Dispose();
            lock (_store._sourcesLock) _leased.Leases--;
            return ValueTask.CompletedTask;
        }
    }
}
