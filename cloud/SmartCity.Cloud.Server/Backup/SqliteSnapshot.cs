using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>
/// A SQLite database as it is at one moment, copied by SQLite's own backup while others write on. In WAL mode a reader keeps nobody waiting; elsewhere it
/// does, so such a database is to be copied at once.
/// </summary>
/// <remarks>The file is never opened past SQLite: closing it again would take the locks away that this process holds on it.</remarks>
internal sealed class SqliteSnapshot : IDisposable
{
    private const int PagesAtOnce = 1024;
    private readonly SqliteConnection _source;

    /// <exception cref="BackupException">It is no database, or cannot be read.</exception>
    public SqliteSnapshot(string file)
    {
        File = file;
        _source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 10, Mode = SqliteOpenMode.ReadWrite }.ToString());
        try
        {
            _source.Open();
            KeepsOthersWaiting = !"wal".Equals(Ask("PRAGMA query_only=1; PRAGMA journal_mode") as string, StringComparison.OrdinalIgnoreCase);
            Ask("BEGIN; SELECT count(*) FROM sqlite_schema");
        }
        catch (SqliteException error)
        {
            _source.Dispose();
            throw Cannot(error.Message, error);
        }
    }

    public string File { get; }

    /// <summary>Whether writers wait until it is copied.</summary>
    public bool KeepsOthersWaiting { get; }

    /// <summary>Writes it into a new file, which is not durable yet.</summary>
    /// <param name="file">The copy.</param>
    /// <param name="copied">Told the bytes since the last call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BackupException">It cannot be read or written.</exception>
    public void CopyTo(string file, Action<long> copied, CancellationToken cancellationToken)
    {
        try
        {
            using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            target.Open();
            var pageBytes = Convert.ToInt64(Ask("PRAGMA page_size"), System.Globalization.CultureInfo.InvariantCulture);
            // Who called makes the whole file durable.
            using (var command = target.CreateCommand())
            {
                command.CommandText = "PRAGMA synchronous=OFF";
                command.ExecuteNonQuery();
            }
            using var backup = raw.sqlite3_backup_init(target.Handle!, "main", _source.Handle!, "main");
            if (backup.IsInvalid) throw Cannot(raw.sqlite3_errmsg(target.Handle!).utf8_to_string(), null);
            for (long left = -1; ;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var code = raw.sqlite3_backup_step(backup, PagesAtOnce);
                if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE)) throw Cannot(raw.sqlite3_errstr(code).utf8_to_string(), null);
                var remaining = raw.sqlite3_backup_remaining(backup);
                copied(((left < 0 ? raw.sqlite3_backup_pagecount(backup) : left) - remaining) * pageBytes);
                left = remaining;
                if (code == raw.SQLITE_DONE) return;
            }
        }
        catch (SqliteException error)
        {
            throw Cannot(error.Message, error);
        }
    }

    /// <summary>What SQLite finds wrong with a database; null where nothing.</summary>
    public static string? Damage(string file)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA query_only=1; PRAGMA quick_check(1)";
            return command.ExecuteScalar() is string and not "ok" and var words ? words : null;
        }
        catch (SqliteException error)
        {
            return error.Message;
        }
    }

    /// <summary>One value of it.</summary>
    public object? Ask(string sql)
    {
        using var command = _source.CreateCommand();
#pragma warning disable CA2100 // Written in this project.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    public void Dispose() => _source.Dispose();

    private BackupException Cannot(string why, Exception? inner) => new($"The database {File} cannot be copied: {why}. Check its disk and that of the backup.", inner!);
}
