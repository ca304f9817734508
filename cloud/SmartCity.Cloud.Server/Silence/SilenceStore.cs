using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Pipelines.Silence;

namespace SmartCity.Cloud.Server.Silence;

/// <summary>State, offset and events of the silence pipeline, changed in one transaction. One user at a time.</summary>
internal sealed class SilenceStore : IDisposable
{
    /// <summary>Events kept; the oldest go first.</summary>
    private const int EventsMax = 100_000;

    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS silence_event(id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, device TEXT, silent INTEGER NOT NULL, last_heard INTEGER NOT NULL, at INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS silence_state(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL, state BLOB NOT NULL);
        """;

    private readonly SqliteConnection _connection;

    public SilenceStore(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        using var command = Command(Tables);
        command.ExecuteNonQuery();
    }

    /// <summary>What was saved last; offset 0 and no state for a new store.</summary>
    public (long NextOffset, byte[] State) Load()
    {
        using var command = Command("SELECT next_offset, state FROM silence_state");
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : (0, []);
    }

    /// <summary>Saves all three; durable when it returns.</summary>
    public void Save(long nextOffset, byte[] state, IReadOnlyList<SilenceEvent> events)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var e in events)
        {
            using var insert = Command("INSERT INTO silence_event(gateway, device, silent, last_heard, at) VALUES($gateway, $device, $silent, $heard, $at)", transaction,
                ("$gateway", e.Gateway), ("$device", (object?)e.Device ?? DBNull.Value), ("$silent", e.IsSilent), ("$heard", e.LastHeard), ("$at", e.At));
            insert.ExecuteNonQuery();
        }
        if (events.Count > 0)
        {
            using var trim = Command($"DELETE FROM silence_event WHERE id <= (SELECT max(id) FROM silence_event) - {EventsMax}", transaction);
            trim.ExecuteNonQuery();
        }
        using var save = Command("INSERT INTO silence_state VALUES(1, $offset, $state) ON CONFLICT(id) DO UPDATE SET next_offset=$offset, state=$state", transaction,
            ("$offset", nextOffset), ("$state", state));
        save.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>The newest events first.</summary>
    public IReadOnlyList<SilenceEvent> Events(int limit)
    {
        using var command = Command("SELECT gateway, device, silent, last_heard, at FROM silence_event ORDER BY id DESC LIMIT $limit", null, ("$limit", limit));
        using var reader = command.ExecuteReader();
        var events = new List<SilenceEvent>();
        while (reader.Read())
            events.Add(new SilenceEvent(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetBoolean(2), reader.GetInt64(3), reader.GetInt64(4)));
        return events;
    }

    public void Dispose() => _connection.Dispose();

    private SqliteCommand Command(string sql, SqliteTransaction? transaction = null, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this class come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }
}
