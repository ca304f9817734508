using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>The tables of raw toll events, and the cells of time that are to be correlated again.</summary>
internal static class TollEventSchema
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS toll_event(
          device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, gateway TEXT NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL,
          clock INTEGER NOT NULL, lane TEXT NOT NULL, kind INTEGER NOT NULL, quality INTEGER NOT NULL, json BLOB NOT NULL, conflict INTEGER NOT NULL, at INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY(device, boot, seq, hash)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_count(gateway TEXT PRIMARY KEY, stored INTEGER NOT NULL, superseded INTEGER NOT NULL, conflicts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_state(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_clock(id INTEGER PRIMARY KEY CHECK (id = 1), rules TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_dirty(lane TEXT NOT NULL, start INTEGER NOT NULL, PRIMARY KEY(lane, start)) WITHOUT ROWID;
        INSERT OR IGNORE INTO toll_state VALUES(1, 0);
        """;

    private const string Indexes = """
        CREATE INDEX IF NOT EXISTS toll_event_at ON toll_event(lane, at);
        CREATE INDEX IF NOT EXISTS toll_event_conflict ON toll_event(device, boot, seq) WHERE conflict = 1;
        """;

    /// <summary>
    /// Makes the tables, or brings them up to date. The believed time stands beside each event; where the rules of clocks have changed since, all times
    /// are judged anew and everything is to be correlated again.
    /// </summary>
    public static void Ensure(SqliteConnection connection, CorrelationOptions options)
    {
        if (options.Cell < options.ContextMargin) throw new ArgumentException($"A cell of {options.Cell} is shorter than its context of {options.ContextMargin}.", nameof(options));
        Run(connection, null, Tables);
        using var transaction = connection.BeginTransaction();
        if ((long)Ask(connection, transaction, "SELECT count(*) FROM pragma_table_info('toll_event') WHERE name = 'at'")! == 0)
            Run(connection, transaction, "ALTER TABLE toll_event ADD COLUMN at INTEGER NOT NULL DEFAULT 0");
        var rules = FormattableString.Invariant($"{options.ClockDriftMax} {options.ClockSuspectFrom} {options.Cell} {options.ContextMargin}");
        if (Ask(connection, transaction, "SELECT rules FROM toll_clock") as string != rules) Judge(connection, transaction, options, rules);
        Run(connection, transaction, Indexes);
        transaction.Commit();
    }

    private static void Judge(SqliteConnection connection, SqliteTransaction transaction, CorrelationOptions options, string rules)
    {
        connection.CreateFunction("believed", (long time, long received, long clock, long quality) => EventClock.TimeOf(
            new TollEvent("", 0, 0, time, received, (TollClock)clock, "", TollEventKind.Avc, (ReadingQuality)quality, default), options), isDeterministic: true);
        Run(connection, transaction, "UPDATE toll_event SET at = believed(time, received, clock, quality)");
        Run(connection, transaction, "DELETE FROM toll_dirty");
        MarkAll(connection, transaction, options);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "INSERT OR REPLACE INTO toll_clock VALUES(1, $rules)";
        command.Parameters.AddWithValue("$rules", rules);
        command.ExecuteNonQuery();
    }

    /// <summary>Asks that all events are correlated again.</summary>
    public static void MarkAll(SqliteConnection connection, SqliteTransaction? transaction, CorrelationOptions options)
    {
        connection.CreateFunction("cell", (long time) => CorrelationWindows.CellOf(time, options), isDeterministic: true);
        var margin = CorrelationWindows.Micros(options.ContextMargin);
        Run(connection, transaction, $"INSERT OR IGNORE INTO toll_dirty SELECT DISTINCT lane, cell(at + m) FROM toll_event, (SELECT -{margin} AS m UNION SELECT 0 UNION SELECT {margin})");
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
