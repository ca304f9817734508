using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Identity;

/// <summary>One SQLite file for accounts, sessions, tokens and the audit log, so that a change and its row in the log are one transaction. One user at a time.</summary>
public sealed class IdentityDatabase : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    /// <summary>Opens or creates it.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist, for its owner alone.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public IdentityDatabase(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        foreach (var tables in (ReadOnlySpan<string>)["PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", AuditLog.Tables, Accounts.Tables, AccessGrants.Tables, KnownBrowsers.Tables, KeptOptions.Tables, ExternalLogins.Tables, Passkeys.Tables]) Run(null, tables);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _connection.Dispose();
    }

    /// <summary>Runs a change in one transaction; where it throws, nothing of it is kept. Whether the log could be written is remembered in <paramref name="log"/>.</summary>
    internal void Change(Action<SqliteTransaction> change, AuditLog log)
    {
        lock (_gate)
        {
            try
            {
                using var transaction = _connection.BeginTransaction();
                change(transaction);
                transaction.Commit();
                log.Failed(null);
            }
            catch (SqliteException error)
            {
                log.Failed(error.Message);
                throw;
            }
        }
    }

    internal void Run(SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_gate)
        {
            using var command = Make(transaction, sql, parameters);
            command.ExecuteNonQuery();
        }
    }

    internal List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters) => Rows(null, sql, read, parameters);

    internal List<T> Rows<T>(SqliteTransaction? transaction, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        lock (_gate)
        {
            using var command = Make(transaction, sql, parameters);
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read()) rows.Add(read(reader));
            return rows;
        }
    }

    private SqliteCommand Make(SqliteTransaction? transaction, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this project come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
