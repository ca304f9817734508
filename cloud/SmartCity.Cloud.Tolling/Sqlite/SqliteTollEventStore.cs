using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>
/// Raw toll events in SQLite. The key (device, boot, seq) exists once: the same event again is superseded; the same key with other
/// content is kept beside the first and counted as a key conflict. The log offset, and which cells of time are to be correlated again, are saved in the
/// same transaction. One writer of events.
/// </summary>
public sealed class SqliteTollEventStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly CorrelationOptions _options;

    /// <summary>Opens or creates the store.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteTollEventStore(string file, CorrelationOptions options)
    {
        _options = options;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        TollEventSchema.Ensure(_connection, options);
    }

    /// <summary>The saved offset: the next log offset to append.</summary>
    public long NextOffset
    {
        get
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT next_offset FROM toll_state";
            return (long)command.ExecuteScalar()!;
        }
    }

    /// <summary>Appends events and the offset after them; durable when it returns.</summary>
    /// <exception cref="SqliteException">Nothing of it was kept.</exception>
    public void Append(IReadOnlyList<(string Gateway, TollEvent Event)> events, long nextOffset)
    {
        using var transaction = _connection.BeginTransaction();
        var counts = new Dictionary<string, TollCount>(StringComparer.Ordinal);
        var dirty = new HashSet<(string Lane, long Start)>();
        using (var insert = Insert(transaction))
        {
            foreach (var (gateway, e) in events)
            {
                var before = counts.GetValueOrDefault(gateway) ?? new TollCount(gateway, 0, 0, 0);
                var written = Write(insert, gateway, e);
                if (written != Written.Repeated) Mark(dirty, e);
                if (written == Written.Conflicting) MarkOthers(transaction, dirty, e);
                counts[gateway] = written switch
                {
                    Written.Repeated => before with { Superseded = before.Superseded + 1 },
                    Written.Conflicting => before with { Stored = before.Stored + 1, KeyConflicts = before.KeyConflicts + 1 },
                    _ => before with { Stored = before.Stored + 1 },
                };
            }
        }
        foreach (var count in counts.Values)
            Run(transaction, "INSERT INTO toll_count VALUES($g,$a,$b,$c) ON CONFLICT DO UPDATE SET stored=stored+$a, superseded=superseded+$b, conflicts=conflicts+$c",
                ("$g", count.Gateway), ("$a", count.Stored), ("$b", count.Superseded), ("$c", count.KeyConflicts));
        foreach (var (lane, start) in dirty)
            Run(transaction, "INSERT OR IGNORE INTO toll_dirty VALUES($l,$s)", ("$l", lane), ("$s", start));
        Run(transaction, "UPDATE toll_state SET next_offset=$a", ("$a", nextOffset));
        transaction.Commit();
    }

    /// <summary>Counts by gateway, as of the saved offset.</summary>
    public IReadOnlyList<TollCount> Counts()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT gateway, stored, superseded, conflicts FROM toll_count ORDER BY gateway";
        using var reader = command.ExecuteReader();
        var counts = new List<TollCount>();
        while (reader.Read()) counts.Add(new TollCount(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        return counts;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private SqliteCommand Insert(SqliteTransaction transaction)
    {
        var insert = _connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT OR IGNORE INTO toll_event VALUES($device,$boot,$seq,$hash,$gateway,$time,$received,$clock,$lane,$kind,$quality,$json," +
            "EXISTS(SELECT 1 FROM toll_event WHERE device=$device AND boot=$boot AND seq=$seq)) RETURNING conflict";
        foreach (var name in new[] { "$device", "$boot", "$seq", "$hash", "$gateway", "$time", "$received", "$clock", "$lane", "$kind", "$quality", "$json" })
            insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        return insert;
    }

    private void Mark(HashSet<(string, long)> dirty, TollEvent e)
    {
        foreach (var window in CorrelationWindows.Dirty(EventClock.TimesOf(e, _options), _options)) dirty.Add((e.Lane, window.From));
    }

    /// <summary>The events that stand under the same key take no part from now on, wherever they are.</summary>
    private void MarkOthers(SqliteTransaction transaction, HashSet<(string, long)> dirty, TollEvent e)
    {
        using var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT lane, time, received FROM toll_event WHERE device=$device AND boot=$boot AND seq=$seq";
        command.Parameters.AddWithValue("$device", e.Device);
        command.Parameters.AddWithValue("$boot", unchecked((long)e.Boot));
        command.Parameters.AddWithValue("$seq", unchecked((long)e.Sequence));
        using var reader = command.ExecuteReader();
        while (reader.Read())
            foreach (var window in CorrelationWindows.Dirty([reader.GetInt64(1), reader.GetInt64(2)], _options)) dirty.Add((reader.GetString(0), window.From));
    }

    private static Written Write(SqliteCommand insert, string gateway, TollEvent e)
    {
        var parameters = insert.Parameters;
        parameters["$device"].Value = e.Device;
        parameters["$boot"].Value = unchecked((long)e.Boot);
        parameters["$seq"].Value = unchecked((long)e.Sequence);
        parameters["$hash"].Value = SHA256.HashData(e.Json.Span);
        parameters["$gateway"].Value = gateway;
        parameters["$time"].Value = e.Time;
        parameters["$received"].Value = e.Received;
        parameters["$clock"].Value = (long)e.Clock;
        parameters["$lane"].Value = e.Lane;
        parameters["$kind"].Value = (long)e.Kind;
        parameters["$quality"].Value = (long)e.Quality;
        parameters["$json"].Value = e.Json.ToArray();
        return insert.ExecuteScalar() switch { null => Written.Repeated, 0L => Written.First, _ => Written.Conflicting };
    }

    private void Run(SqliteTransaction transaction, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private enum Written { First, Repeated, Conflicting }
}
