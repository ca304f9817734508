using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>The tables of raw toll events, and the cells of time that are to be correlated again.</summary>
internal static class TollEventSchema
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS toll_event(
          device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, gateway TEXT NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL,
          clock INTEGER NOT NULL, lane TEXT NOT NULL, kind INTEGER NOT NULL, quality INTEGER NOT NULL, json BLOB NOT NULL, conflict INTEGER NOT NULL,
          PRIMARY KEY(device, boot, seq, hash)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_count(gateway TEXT PRIMARY KEY, stored INTEGER NOT NULL, superseded INTEGER NOT NULL, conflicts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_state(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_clock(id INTEGER PRIMARY KEY CHECK (id = 1), rules TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_dirty(lane TEXT NOT NULL, start INTEGER NOT NULL, PRIMARY KEY(start, lane)) WITHOUT ROWID;
        INSERT OR IGNORE INTO toll_state VALUES(1, 0);
        CREATE INDEX IF NOT EXISTS toll_event_time ON toll_event(lane, time);
        CREATE INDEX IF NOT EXISTS toll_event_received ON toll_event(lane, received);
        CREATE INDEX IF NOT EXISTS toll_event_conflict ON toll_event(device, boot, seq) WHERE conflict = 1;
        """;

    /// <summary>Makes the tables, or brings them up to date; where time is cut in another way than before, everything is to be correlated again.</summary>
    public static void Ensure(SqliteConnection connection, CorrelationOptions options)
    {
        if (options.Cell < options.ContextMargin) throw new ArgumentException($"A cell of {options.Cell} is shorter than its context of {options.ContextMargin}.", nameof(options));
        Run(connection, null, Tables);
        using var transaction = connection.BeginTransaction();
        var rules = FormattableString.Invariant($"{options.Cell} {options.ContextMargin}");
        if (Ask(connection, transaction, "SELECT rules FROM toll_clock") as string != rules)
        {
            Run(connection, transaction, "DELETE FROM toll_dirty");
            MarkAll(connection, transaction, options, long.MinValue);
            Run(connection, transaction, $"INSERT OR REPLACE INTO toll_clock VALUES(1, '{rules}')");
        }
        transaction.Commit();
    }

    /// <summary>Asks that all events from a moment on are correlated again.</summary>
    public static void MarkAll(SqliteConnection connection, SqliteTransaction? transaction, CorrelationOptions options, long from)
    {
        connection.CreateFunction("cell", (long time) => CorrelationWindows.CellOf(time, options), isDeterministic: true);
        var margin = CorrelationWindows.Micros(options.ContextMargin);
        Run(connection, transaction, $"INSERT OR IGNORE INTO toll_dirty SELECT DISTINCT lane, cell(t + m) FROM (SELECT lane, time AS t FROM toll_event UNION SELECT lane, received FROM toll_event), (SELECT -{margin} AS m UNION SELECT 0 UNION SELECT {margin}) WHERE t >= {from}");
    }

    private static object? Ask(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Run(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
