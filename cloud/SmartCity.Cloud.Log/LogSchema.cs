using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Log;

/// <summary>The tables of the log. Epochs are unsigned in the contracts and lie here as the signed integer of the same bits.</summary>
internal static class LogSchema
{
    private const long Version = 1;

    private const string Tables = """
        CREATE TABLE gateway(ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
        CREATE TABLE row(
          first_offset INTEGER PRIMARY KEY, count INTEGER NOT NULL, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, epoch INTEGER NOT NULL,
          first_sequence INTEGER NOT NULL, sequences INTEGER NOT NULL, received INTEGER NOT NULL, wire_crc INTEGER NOT NULL, crc INTEGER NOT NULL,
          columns BLOB NOT NULL);
        CREATE INDEX row_place ON row(gateway, epoch, lane, first_sequence);
        CREATE TABLE position(
          gateway INTEGER, epoch INTEGER, lane INTEGER, through INTEGER NOT NULL, names INTEGER NOT NULL, received INTEGER NOT NULL, since INTEGER NOT NULL,
          PRIMARY KEY(gateway, epoch, lane)) WITHOUT ROWID;
        CREATE TABLE name(gateway INTEGER, epoch INTEGER, lane INTEGER, id INTEGER, series INTEGER NOT NULL, PRIMARY KEY(gateway, epoch, lane, id)) WITHOUT ROWID;
        CREATE TABLE series(id INTEGER PRIMARY KEY, device TEXT NOT NULL, metric TEXT NOT NULL, kind INTEGER NOT NULL, UNIQUE(device, metric));
        CREATE TABLE gap(gateway INTEGER NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
          reason INTEGER NOT NULL, recorded INTEGER NOT NULL);
        CREATE INDEX gap_place ON gap(gateway, epoch, lane, first);
        CREATE TABLE dead_letter(id INTEGER PRIMARY KEY, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL,
          kind INTEGER NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL, recorded INTEGER NOT NULL,
          log_offset INTEGER UNIQUE);
        CREATE TABLE counter(gateway INTEGER, lane INTEGER, accepted INTEGER NOT NULL, dead_lettered INTEGER NOT NULL, expired INTEGER NOT NULL,
          PRIMARY KEY(gateway, lane)) WITHOUT ROWID;
        CREATE TABLE sender(gateway INTEGER, place INTEGER, incarnation INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY(gateway, place)) WITHOUT ROWID;
        CREATE TABLE consumer(name TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), end INTEGER NOT NULL, bytes INTEGER NOT NULL);
        INSERT INTO state VALUES(1, 0, 0);
        """;

    /// <summary>Makes the tables in a new database.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    public static void Ensure(SqliteConnection connection, string file)
    {
        using var version = new Statement(connection, "PRAGMA user_version");
        version.Step();
        var found = version.Long(0);
        version.Reset();
        if (found > Version) throw new InvalidDataException($"{file} has log version {found}; this program knows up to {Version}. Start the newer program again.");
        if (found < Version) Execute(connection, "BEGIN IMMEDIATE;" + Tables + $"PRAGMA user_version={Version};COMMIT;");
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
