using Microsoft.Data.Sqlite;

namespace SmartCity.Durable;

/// <summary>
/// Version and tables of a database, held by a checksum in its header (<c>application_id</c>), so that damage to either is not taken for another version.
/// </summary>
public static class DatabaseHeader
{
    /// <summary>The version that stands in the header; 0 in a new file.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="unmarked">Greatest version that was written without a checksum.</param>
    /// <exception cref="SqliteException">The version or the tables are not what was written (SQLITE_CORRUPT).</exception>
    public static long VersionOf(SqliteConnection connection, long unmarked)
    {
        var found = Read(connection, "PRAGMA user_version");
        var mark = Read(connection, "PRAGMA application_id");
        if ((mark != 0 || found > unmarked) && mark != MarkOf(connection, found))
            throw new SqliteException("the version or the tables are not those that were written", SQLitePCL.raw.SQLITE_CORRUPT);
        return found;
    }

    /// <summary>Brings a file to a version, all of it or nothing.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="steps">What makes the tables of that version.</param>
    /// <param name="version">The version.</param>
    public static void Migrate(SqliteConnection connection, string steps, long version)
    {
        Execute(connection, FormattableString.Invariant($"BEGIN IMMEDIATE;{steps}PRAGMA user_version={version};"));
        Mark(connection, version);
        Execute(connection, "COMMIT;");
    }

    /// <summary>Writes the checksum of a version and of the tables as they are into the header.</summary>
    public static void Mark(SqliteConnection connection, long version) => Execute(connection, FormattableString.Invariant($"PRAGMA application_id={MarkOf(connection, version)};"));

    /// <summary>Has SQLite look at the structure of all pages.</summary>
    /// <exception cref="SqliteException">It found damage (SQLITE_CORRUPT).</exception>
    public static void Check(SqliteConnection connection)
    {
        using var check = new Statement(connection, "PRAGMA quick_check(1)");
        if (check.Step() && check.Text(0) is var finding and not "ok") throw new SqliteException(finding, SQLitePCL.raw.SQLITE_CORRUPT);
    }

    /// <summary>Runs statements that give nothing back.</summary>
    public static void Execute(SqliteConnection connection, string sql)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var command = connection.CreateCommand();
        // Constants of spool and log alone.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>The checksum of a version and of all tables and indexes with the places where they begin, as SQLite keeps it: signed, and never 0.</summary>
    private static long MarkOf(SqliteConnection connection, long version)
    {
        var text = new System.Text.StringBuilder().Append(version);
        using var tables = new Statement(connection, "SELECT type, name, tbl_name, rootpage, coalesce(sql, '') FROM sqlite_schema ORDER BY rowid");
        while (tables.Step()) text.Append('\n').Append(tables.Text(0)).Append(' ').Append(tables.Text(1)).Append(' ').Append(tables.Text(2)).Append(' ').Append(tables.Long(3)).Append(' ').Append(tables.Text(4));
        var mark = unchecked((int)Crc32C.Of(System.Text.Encoding.UTF8.GetBytes(text.ToString())));
        return mark == 0 ? 1 : mark;
    }

    private static long Read(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        statement.Step();
        return statement.Long(0);
    }
}
