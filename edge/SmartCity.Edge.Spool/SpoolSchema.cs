using Microsoft.Data.Sqlite;
using SmartCity.Durable;

namespace SmartCity.Edge.Spool;

/// <summary>The tables of the spool's database and their version.</summary>
internal static class SpoolSchema
{
    /// <summary>Version that this code writes; an older one is migrated, a newer one refused.</summary>
    public const int Version = 3;

    // A row's place stands in an index of its own together with what the audit counts, so that opening a spool of many gigabytes
    // sums it up without touching the columns. "epoch" is the ordinal of table epoch everywhere: it sorts as the epochs began.
    // "seal" is the checksum of a record's fields; records of versions 1 and 2 have none.
    private const string Tables = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER) WITHOUT ROWID;
        CREATE TABLE epoch(ordinal INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL UNIQUE, began INTEGER NOT NULL, seal INTEGER);
        CREATE TABLE position(epoch INTEGER, lane INTEGER, next INTEGER NOT NULL, released INTEGER NOT NULL, names INTEGER NOT NULL,
          seal INTEGER, PRIMARY KEY(epoch, lane)) WITHOUT ROWID;
        CREATE TABLE row(id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
          bytes INTEGER NOT NULL, names_through INTEGER NOT NULL, crc32c INTEGER NOT NULL, seal INTEGER, columns BLOB NOT NULL);
        CREATE UNIQUE INDEX row_place ON row(epoch, lane, first, count, bytes);
        CREATE TABLE name(epoch INTEGER, lane INTEGER, id INTEGER, blob BLOB NOT NULL, seal INTEGER, PRIMARY KEY(epoch, lane, id)) WITHOUT ROWID;
        CREATE TABLE gap(epoch INTEGER, lane INTEGER, first INTEGER, last INTEGER NOT NULL, reason INTEGER NOT NULL,
          seal INTEGER, PRIMARY KEY(epoch, lane, first)) WITHOUT ROWID;
        CREATE TABLE dead_letter(id INTEGER PRIMARY KEY AUTOINCREMENT, bytes INTEGER NOT NULL, lane INTEGER NOT NULL, time INTEGER NOT NULL,
          qos INTEGER NOT NULL, "values" INTEGER NOT NULL, topic BLOB NOT NULL, reason TEXT NOT NULL, seal INTEGER, payload BLOB NOT NULL);
        CREATE TABLE mark(key BLOB PRIMARY KEY, value BLOB NOT NULL, touched INTEGER NOT NULL, seal INTEGER) WITHOUT ROWID;
        CREATE TABLE counter(lane INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, stored INTEGER NOT NULL, superseded INTEGER NOT NULL,
          dead_lettered INTEGER NOT NULL, expired INTEGER NOT NULL, seal INTEGER);
        """;

    // Since version 2.
    private const string Kept = "CREATE TABLE kept(key BLOB PRIMARY KEY, value BLOB NOT NULL, crc32c INTEGER NOT NULL) WITHOUT ROWID;";

    // Since version 3. Rows are not sealed afterwards: that would write gigabytes anew. Whatever is written from here on is.
    private static readonly string _seals = string.Concat(
        new[] { "meta", "epoch", "position", "row", "name", "gap", "dead_letter", "mark", "counter" }.Select(table => $"ALTER TABLE {table} ADD COLUMN seal INTEGER;"));

    /// <summary>Makes the tables of a new file, or checks those of an old one and brings them to this version.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer version.</exception>
    /// <exception cref="SqliteException">The file's version or tables are not what was written (SQLITE_CORRUPT).</exception>
    public static void Ensure(SqliteConnection connection, string file)
    {
        var found = DatabaseHeader.VersionOf(connection, unmarked: 2);
        if (found > Version) throw new InvalidDataException($"{file} has spool version {found}; this program knows up to {Version}. Start the newer program again, or let it drain first.");
        if (found < Version) DatabaseHeader.Migrate(connection, found == 0 ? Tables + Kept : found == 1 ? Kept + _seals : _seals, Version);
    }

    /// <summary>Takes the index of rows away, within a transaction.</summary>
    public static void DropRowPlace(SqliteConnection connection) => DatabaseHeader.Execute(connection, "DROP INDEX row_place;");

    /// <summary>Builds the index of rows anew, within the same transaction.</summary>
    public static void MakeRowPlace(SqliteConnection connection)
    {
        DatabaseHeader.Execute(connection, "CREATE UNIQUE INDEX row_place ON row(epoch, lane, first, count, bytes);");
        DatabaseHeader.Mark(connection, Version);
    }
}
