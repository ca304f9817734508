using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Durable;

/// <summary>Reads what can be read of a damaged database: damage ends the table in which it is met, and what was read before it counts.</summary>
/// <param name="from">The damaged one.</param>
public sealed class Salvage(SqliteConnection from)
{
    private readonly List<string> _unread = [];

    /// <summary>Tables that could not be read to their end.</summary>
    public IReadOnlyList<string> Unread => _unread;

    /// <summary>Hands each record to <paramref name="take"/> as far as the table can be read.</summary>
    /// <returns>Whether it could be read to its end.</returns>
    public bool Each(string table, string sql, Action<Statement> take, params long[] parameters)
    {
        ArgumentNullException.ThrowIfNull(take);
        return Try(table, () =>
        {
            using var rows = new Statement(from, sql);
            rows.With(parameters);
            while (Step(rows)) take(rows);
        });
    }

    /// <summary>Reads something; false, and the table noted, where damage is met. A full or failing disk under the new database is thrown on.</summary>
    public bool Try(string table, Action read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            read();
            return true;
        }
        catch (Exception error) when (error is UnreadableException or SqliteException { SqliteErrorCode: not raw.SQLITE_FULL and not raw.SQLITE_IOERR } or OverflowException)
        {
            if (!_unread.Contains(table)) _unread.Add(table);
            return false;
        }
    }

    // Damage while reading the old file ends the table; an error of the new one must not be taken for it.
    private static bool Step(Statement rows)
    {
        try
        {
            return rows.Step();
        }
        catch (SqliteException error)
        {
            throw new UnreadableException(error.Message, error);
        }
    }

    private sealed class UnreadableException(string message, Exception inner) : Exception(message, inner);
}
