using DuckDB.NET.Data;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>
/// A DuckDB database as one transaction saw it first, copied by the engine itself. The file is never read past the engine: closing it again would take
/// the engine's lock away, which belongs to the process and not to a handle.
/// </summary>
internal sealed class DatabaseCopy : IDisposable
{
    private const string Alias = "copied";
    private readonly DuckDBConnection _connection;
    private readonly DuckDBTransaction _transaction;

    /// <param name="connection">One of its own; disposed with this.</param>
    /// <param name="meta">A table; reading it fixes the moment.</param>
    public DatabaseCopy(DuckDBConnection connection, string meta)
    {
        _connection = connection;
        _transaction = connection.BeginTransaction();
        connection.Each($"SELECT next_offset FROM {meta}", row => NextOffset = row.GetInt64(0));
    }

    /// <summary>The offset that it holds.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Writes it into a new file; once.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read or written.</exception>
    public void WriteTo(string file, CancellationToken cancellationToken)
    {
        try
        {
            using var cancel = cancellationToken.Register(() => _connection.NativeConnection.Interrupt());
            var name = "";
            _connection.Each("SELECT current_database()", row => name = row.GetString(0));
            _connection.Run($"ATTACH '{StoreSchema.Quote(file)}' AS {Alias}");
            _connection.Run($"COPY FROM DATABASE \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\" TO {Alias}");
            _transaction.Commit();
            // Writes its own log into the file, so that the file alone is the database.
            _connection.Run($"CHECKPOINT {Alias}");
            _connection.Run($"DETACH {Alias}");
        }
        catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (error is DuckDBException or IOException)
        {
            throw new StoreUnavailableException($"The database of the readings cannot be copied to {file}: {error.Message} Check the room and the health of both disks.", error);
        }
    }

    public void Dispose()
    {
        try
        {
            _transaction.Dispose();
        }
        catch (Exception error) when (error is DuckDBException or InvalidOperationException)
        {
            // An interrupted transaction is gone already.
        }
        _connection.Dispose();
    }
}
