using Microsoft.Data.Sqlite;
using SmartCity.Durable;

namespace SmartCity.Cloud.Log;

/// <summary>The tables of the log. Epochs are unsigned in the contracts and lie here as the signed integer of the same bits.</summary>
internal static class LogSchema
{
    private const long Version = 3;

    private const string Tables = """
        CREATE TABLE gateway(ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seal INTEGER);
        CREATE TABLE row(
          first_offset INTEGER PRIMARY KEY, count INTEGER NOT NULL, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, epoch INTEGER NOT NULL,
          first_sequence INTEGER NOT NULL, sequences INTEGER NOT NULL, received INTEGER NOT NULL, wire_crc INTEGER NOT NULL, crc INTEGER NOT NULL,
          seal INTEGER, columns BLOB NOT NULL);
        CREATE TABLE position(
          gateway INTEGER, epoch INTEGER, lane INTEGER, through INTEGER NOT NULL, names INTEGER NOT NULL, received INTEGER NOT NULL, since INTEGER NOT NULL,
          seal INTEGER, PRIMARY KEY(gateway, epoch, lane)) WITHOUT ROWID;
        CREATE TABLE name(gateway INTEGER, epoch INTEGER, lane INTEGER, id INTEGER, series INTEGER NOT NULL, seal INTEGER, PRIMARY KEY(gateway, epoch, lane, id)) WITHOUT ROWID;
        CREATE TABLE series(id INTEGER PRIMARY KEY, device TEXT NOT NULL, metric TEXT NOT NULL, kind INTEGER NOT NULL, seal INTEGER, UNIQUE(device, metric));
        CREATE TABLE gap(gateway INTEGER NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
          reason INTEGER NOT NULL, recorded INTEGER NOT NULL, seal INTEGER);
        CREATE INDEX gap_place ON gap(gateway, epoch, lane, first);
        CREATE TABLE counter(gateway INTEGER, lane INTEGER, accepted INTEGER NOT NULL, dead_lettered INTEGER NOT NULL, expired INTEGER NOT NULL,
          seal INTEGER, PRIMARY KEY(gateway, lane)) WITHOUT ROWID;
        CREATE TABLE sender(gateway INTEGER, place INTEGER, incarnation INTEGER NOT NULL, state INTEGER NOT NULL, seal INTEGER, PRIMARY KEY(gateway, place)) WITHOUT ROWID;
        CREATE TABLE consumer(name TEXT PRIMARY KEY, next_offset INTEGER NOT NULL, seal INTEGER) WITHOUT ROWID;
        CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), end INTEGER NOT NULL, bytes INTEGER NOT NULL, seal INTEGER);
        CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL, seal INTEGER) WITHOUT ROWID;
        INSERT INTO state VALUES(1, 0, 0, NULL);
        """;

    // The index knows all numbers of a row, so that they can be told when the row's own record is lost.
    private const string RowPlace = "CREATE INDEX row_place ON row(gateway, epoch, lane, first_sequence, sequences, count);";

    // A number of a letter is never given out twice, not even after it was discarded.
    private const string Letters = """
        CREATE TABLE dead_letter(id INTEGER PRIMARY KEY AUTOINCREMENT, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL,
          kind INTEGER NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL, recorded INTEGER NOT NULL,
          log_offset INTEGER UNIQUE, seal INTEGER);
        """;

    // Since version 3: what came of a lane within one hour of the server's clock, with the hash over its rows in order.
    private const string Hours = "CREATE TABLE hour(gateway INTEGER, hour INTEGER, lane INTEGER, epoch INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL, " +
        "rows INTEGER NOT NULL, root BLOB NOT NULL, seal INTEGER NOT NULL, PRIMARY KEY(gateway, hour, lane, epoch)) WITHOUT ROWID;";

    // Rows are not sealed afterwards: that would write gigabytes anew. Whatever is written from here on is.
    private static readonly string _fromVersion1 =
        string.Concat(new[] { "gateway", "row", "position", "name", "series", "gap", "counter", "sender", "consumer", "state" }.Select(table => $"ALTER TABLE {table} ADD COLUMN seal INTEGER;")) +
        "ALTER TABLE dead_letter RENAME TO former_letter;" + Letters +
        "INSERT INTO dead_letter SELECT id, gateway, lane, device, metric, kind, time, received, value, reason, recorded, log_offset, NULL FROM former_letter;" +
        "DROP TABLE former_letter; CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL, seal INTEGER) WITHOUT ROWID; DROP INDEX row_place;" + RowPlace;

    /// <summary>Makes the tables of a new database, or checks those of an old one and brings them to this version.</summary>
    /// <exception cref="InvalidDataException">A newer program wrote it.</exception>
    /// <exception cref="SqliteException">The version or the tables are not what was written (SQLITE_CORRUPT).</exception>
    public static void Ensure(SqliteConnection connection, string file)
    {
        var found = DatabaseHeader.VersionOf(connection, unmarked: 1);
        if (found > Version) throw new InvalidDataException($"{file} has log version {found}; this program knows up to {Version}. Start the newer program again.");
        if (found < Version) DatabaseHeader.Migrate(connection, (found == 0 ? Tables + Letters + RowPlace : found == 1 ? _fromVersion1 : "") + Hours, Version);
    }

    /// <summary>Takes the index of rows away, within a transaction.</summary>
    public static void DropRowPlace(SqliteConnection connection) => DatabaseHeader.Execute(connection, "DROP INDEX row_place;");

    /// <summary>Builds the index of rows anew, within the same transaction.</summary>
    public static void MakeRowPlace(SqliteConnection connection)
    {
        DatabaseHeader.Execute(connection, RowPlace);
        DatabaseHeader.Mark(connection, Version);
    }
}
