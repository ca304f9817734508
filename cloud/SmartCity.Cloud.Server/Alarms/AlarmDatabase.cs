using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>A connection to the file of the alarms. One user at a time.</summary>
internal sealed class AlarmDatabase : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS state(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL, head BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS memory(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL, memory BLOB NOT NULL, quality BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS point(rule TEXT NOT NULL, source TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY(rule, source)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS alarm(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, source TEXT NOT NULL, priority INTEGER NOT NULL, is_alarm INTEGER NOT NULL, state INTEGER NOT NULL, raised INTEGER NOT NULL,
            returned INTEGER, acknowledged INTEGER, acknowledged_by TEXT, closed INTEGER, times INTEGER NOT NULL, unstable INTEGER NOT NULL DEFAULT 0, value TEXT, gateway TEXT, area TEXT);
        CREATE INDEX IF NOT EXISTS alarm_open ON alarm(id) WHERE closed IS NULL;
        CREATE INDEX IF NOT EXISTS alarm_raised ON alarm(raised);
        CREATE TABLE IF NOT EXISTS change(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, recorded INTEGER NOT NULL, alarm INTEGER NOT NULL, rule TEXT NOT NULL, source TEXT NOT NULL, change INTEGER NOT NULL,
            state INTEGER NOT NULL, priority INTEGER NOT NULL, announced INTEGER NOT NULL, by_whom TEXT, note TEXT, value TEXT, until INTEGER NOT NULL, area TEXT);
        CREATE INDEX IF NOT EXISTS change_alarm ON change(alarm);
        CREATE INDEX IF NOT EXISTS change_at ON change(at);
        CREATE TABLE IF NOT EXISTS flood(id INTEGER PRIMARY KEY AUTOINCREMENT, began INTEGER NOT NULL, ended INTEGER, alarms INTEGER NOT NULL, first INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS notice(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, created INTEGER NOT NULL, channel TEXT NOT NULL, rule TEXT, source TEXT, alarm INTEGER NOT NULL, priority INTEGER NOT NULL,
            step INTEGER NOT NULL, held INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, done INTEGER, outcome TEXT, trouble TEXT);
        CREATE INDEX IF NOT EXISTS notice_waiting ON notice(id) WHERE done IS NULL;
        CREATE TABLE IF NOT EXISTS setting(kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS setting_change(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by_whom TEXT NOT NULL, kind TEXT NOT NULL, setting TEXT NOT NULL, before TEXT, after TEXT);
        """;

    private readonly SqliteConnection _connection;

    public AlarmDatabase(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 10 }.ToString());
        _connection.Open();
        Run(Tables);
    }

    /// <summary>All of it or nothing; durable when it returns.</summary>
    public void Change(Action step)
    {
        using var transaction = _connection.BeginTransaction();
        Transaction = transaction;
        try
        {
            step();
            transaction.Commit();
        }
        finally
        {
            Transaction = null;
        }
    }

    private SqliteTransaction? Transaction { get; set; }

    public int Run(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    public List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    public void Dispose() => _connection.Dispose();

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this folder come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = Transaction;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
