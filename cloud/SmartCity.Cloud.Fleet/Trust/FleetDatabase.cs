using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Fleet.Trust;

/// <summary>One SQLite file of keys, certificates and secrets of gateways; each change is durable when it returns. Its owner holds a lock around every use.</summary>
internal sealed class FleetDatabase : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS gateway(id TEXT PRIMARY KEY, revoked INTEGER, reason TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS gateway_key(hash BLOB PRIMARY KEY, gateway TEXT NOT NULL, since INTEGER NOT NULL, ended INTEGER, reason TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS certificate(serial TEXT PRIMARY KEY, gateway TEXT NOT NULL, key BLOB NOT NULL, issued INTEGER NOT NULL, ends INTEGER NOT NULL, how TEXT NOT NULL, chain TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS key_of_gateway ON gateway_key(gateway);
        CREATE INDEX IF NOT EXISTS certificate_of_key ON certificate(key, issued);
        CREATE INDEX IF NOT EXISTS certificate_of_gateway ON certificate(gateway, issued);
        CREATE TABLE IF NOT EXISTS secret(hash BLOB PRIMARY KEY, gateway TEXT NOT NULL, kind TEXT NOT NULL, made INTEGER NOT NULL, maker TEXT NOT NULL, expires INTEGER,
            vouched INTEGER, voucher TEXT, used INTEGER, used_by BLOB, withdrawn INTEGER) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS secret_of_gateway ON secret(gateway);
        """;

    private readonly SqliteConnection _connection;

    /// <summary>Opens or creates it, for its owner alone.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public FleetDatabase(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        Run(null, Tables);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public SqliteTransaction Begin() => _connection.BeginTransaction();

    /// <returns>Rows changed.</returns>
    public int Run(SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Make(transaction, sql, parameters);
        return command.ExecuteNonQuery();
    }

    public List<T> Rows<T>(SqliteTransaction? transaction, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Make(transaction, sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    public void Dispose() => _connection.Dispose();

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
