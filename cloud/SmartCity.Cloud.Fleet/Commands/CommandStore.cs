using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Fleet.Commands;

/// <summary>Commands to devices in SQLite: what a method has done is on the disk when it returns. Thread-safe.</summary>
public sealed class CommandStore : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS command(device TEXT NOT NULL, request TEXT NOT NULL, gateway TEXT NOT NULL, giver TEXT NOT NULL, payload BLOB NOT NULL, made INTEGER NOT NULL,
            timeout_ms INTEGER NOT NULL, state INTEGER NOT NULL, changed INTEGER NOT NULL, answer BLOB, PRIMARY KEY(device, request)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS command_by_time ON command(device, made DESC, request DESC);
        CREATE INDEX IF NOT EXISTS command_open ON command(gateway, made) WHERE state < 3;
        CREATE INDEX IF NOT EXISTS command_age ON command(made);
        """;
    private const string Columns = "device, request, gateway, giver, payload, made, timeout_ms, state, changed, answer";

    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    /// <summary>Opens or creates it.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public CommandStore(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        using var tables = Statement(Tables);
        tables.ExecuteNonQuery();
    }

    /// <summary>Enters a command, or finds the one that stands under its device and request id.</summary>
    /// <returns>What stands there now, and whether it is new.</returns>
    /// <exception cref="SqliteException">It cannot be kept.</exception>
    public (DeviceCommand Command, bool IsNew) Add(DeviceCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        lock (_gate)
        {
            using var insert = Statement($"INSERT INTO command({Columns}) VALUES($device, $request, $gateway, $giver, $payload, $made, $timeout, $state, $changed, $answer) ON CONFLICT DO NOTHING",
                ("$device", command.Device), ("$request", command.Request), ("$gateway", command.Gateway), ("$giver", command.By), ("$payload", command.Payload), ("$made", command.Made),
                ("$timeout", (long)command.Timeout.TotalMilliseconds), ("$state", (int)command.State), ("$changed", command.Changed), ("$answer", (object?)command.Answer ?? DBNull.Value));
            return insert.ExecuteNonQuery() == 1 ? (command, true) : (FindOne(command.Device, command.Request)!, false);
        }
    }

    /// <summary>A command; null where there is none.</summary>
    public DeviceCommand? Find(string device, string request)
    {
        lock (_gate) return FindOne(device, request);
    }

    /// <summary>Commands of a device, the newest first.</summary>
    /// <param name="device">Device id.</param>
    /// <param name="before">Only those before this one; null from the newest on.</param>
    /// <param name="limit">Most to return.</param>
    public IReadOnlyList<DeviceCommand> List(string device, (long Made, string Request)? before, int limit)
    {
        lock (_gate)
        {
            using var list = Statement($"SELECT {Columns} FROM command WHERE device=$device AND ($made IS NULL OR (made, request) < ($made, $request)) ORDER BY made DESC, request DESC LIMIT $limit",
                ("$device", device), ("$made", before is { } place ? place.Made : DBNull.Value), ("$request", before?.Request ?? ""), ("$limit", limit));
            return Read(list);
        }
    }

    /// <summary>Commands of which something may still become, of one gateway or all, the oldest first.</summary>
    public IReadOnlyList<DeviceCommand> Open(string? gateway = null)
    {
        lock (_gate)
        {
            using var open = Statement($"SELECT {Columns} FROM command WHERE state < 3 AND ($gateway IS NULL OR gateway=$gateway) ORDER BY made, request", ("$gateway", (object?)gateway ?? DBNull.Value));
            return Read(open);
        }
    }

    /// <summary>How many of a gateway's commands something may still become of.</summary>
    public int OpenCount(string gateway)
    {
        lock (_gate)
        {
            using var count = Statement("SELECT count(*) FROM command WHERE state < 3 AND gateway=$gateway", ("$gateway", gateway));
            return (int)(long)count.ExecuteScalar()!;
        }
    }

    /// <summary>Moves a command on, never back: an answer, once there, stands, and comes in place of anything else.</summary>
    /// <param name="device">Device id.</param>
    /// <param name="request">Request id.</param>
    /// <param name="gateway">Only one that goes by this gateway; null = any.</param>
    /// <param name="state">What became of it.</param>
    /// <param name="changed">When, µs since 1970 UTC.</param>
    /// <param name="answer">What was said; null = nothing.</param>
    /// <returns>It as it is then; null where there is none.</returns>
    /// <exception cref="SqliteException">It cannot be kept.</exception>
    public DeviceCommand? Change(string device, string request, string? gateway, CommandState state, long changed, byte[]? answer)
    {
        lock (_gate)
        {
            using var change = Statement("""
                UPDATE command SET state=$state, changed=$changed, answer=$answer
                WHERE device=$device AND request=$request AND ($gateway IS NULL OR gateway=$gateway) AND (($state < 3 AND state < $state) OR ($state > 3 AND state < 3) OR ($state = 3 AND state <> 3))
                """, ("$device", device), ("$request", request), ("$gateway", (object?)gateway ?? DBNull.Value), ("$state", (int)state), ("$changed", changed), ("$answer", (object?)answer ?? DBNull.Value));
            change.ExecuteNonQuery();
            return FindOne(device, request) is { } now && (gateway is null || now.Gateway == gateway) ? now : null;
        }
    }

    /// <summary>Deletes commands that were given before a time and those beyond a number, the oldest first; open ones stay.</summary>
    public int Prune(long before, int most)
    {
        lock (_gate)
        {
            using var prune = Statement("""
                DELETE FROM command WHERE state >= 3 AND (made < $before OR (device, request) IN (
                  SELECT device, request FROM command WHERE state >= 3 ORDER BY made, request LIMIT max(0, (SELECT count(*) FROM command) - $most)))
                """, ("$before", before), ("$most", most));
            return prune.ExecuteNonQuery();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private DeviceCommand? FindOne(string device, string request)
    {
        using var find = Statement($"SELECT {Columns} FROM command WHERE device=$device AND request=$request", ("$device", device), ("$request", request));
        return Read(find) is [var command] ? command : null;
    }

    private static List<DeviceCommand> Read(SqliteCommand query)
    {
        using var rows = query.ExecuteReader();
        var commands = new List<DeviceCommand>();
        while (rows.Read())
            commands.Add(new DeviceCommand(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetFieldValue<byte[]>(4), rows.GetInt64(5), TimeSpan.FromMilliseconds(rows.GetInt64(6)),
                (CommandState)rows.GetInt32(7), rows.GetInt64(8), rows.IsDBNull(9) ? null : rows.GetFieldValue<byte[]>(9)));
        return commands;
    }

    private SqliteCommand Statement(string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var statement = _connection.CreateCommand();
        // Constants of this class alone; what comes from outside is a parameter.
#pragma warning disable CA2100
        statement.CommandText = text;
#pragma warning restore CA2100
        foreach (var (name, value) in values) statement.Parameters.AddWithValue(name, value);
        return statement;
    }
}
