using Microsoft.Data.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Log;

/// <summary>
/// What must outlive the log's database, in a small one beside it: the series numbers and gateway numbers that stores and rows use, an offset above all that
/// were given out, and the ticket by which an older copy of the log is known. Written before the log's commit that needs it. Not thread-safe.
/// </summary>
internal sealed class SideFile : IDisposable
{
    /// <summary>Name of the file in the log's folder.</summary>
    public const string FileName = "log.side";

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS fact(key TEXT PRIMARY KEY, value INTEGER NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS gateway(ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL, seal INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, device TEXT NOT NULL, metric TEXT NOT NULL, kind INTEGER NOT NULL, seal INTEGER NOT NULL);
        """;

    /// <summary>Offsets promised at a time, so that the file is seldom written.</summary>
    private const long OffsetsStep = 1 << 24;

    private readonly SqliteConnection _connection;

    private SideFile(SqliteConnection connection) => _connection = connection;

    /// <summary>No offset at or above this was ever given out; 0 in a new file.</summary>
    public long Ceiling { get; private set; }

    /// <summary>Drawn at the log's last opening; null in a new file.</summary>
    public long? Ticket { get; private set; }

    /// <summary>Opens or makes it. One that is damaged is set aside and made anew by what the log knows.</summary>
    /// <param name="folder">The log's folder.</param>
    /// <param name="clock">Names the file that is set aside.</param>
    /// <param name="note">Gets a sentence for the operator where it was damaged.</param>
    public static SideFile Open(string folder, TimeProvider clock, Action<string> note)
    {
        try
        {
            return Connect(folder);
        }
        catch (SqliteException error) when (DamagedDatabase.Is(error))
        {
            var aside = new DamagedDatabase(folder, FileName, clock).SetAside();
            note($"The file beside the log was damaged ({error.Message}) and is set aside as {aside}; a new one is made by what the log knows. Nothing is lost by it. Check the disk.");
            return Connect(folder);
        }
    }

    /// <summary>Series by number and gateways by number.</summary>
    /// <exception cref="SqliteException">A record is not what was written (SQLITE_CORRUPT).</exception>
    public (IReadOnlyList<SeriesEntry> Series, IReadOnlyDictionary<string, long> Gateways) Load()
    {
        var entries = new List<SeriesEntry>();
        using (var series = new Statement(_connection, "SELECT id, device, metric, kind, seal FROM series ORDER BY id"))
            while (series.Step())
            {
                if (series.Long(0) != entries.Count + 1 || series.Long(4) != DurableLog.SealOf((int)series.Long(0), series.Text(1), series.Text(2), series.Long(3))) throw Wrong("series");
                entries.Add(new SeriesEntry(new SeriesKey(series.Text(1), series.Text(2)), (ValueKind)series.Long(3)));
            }
        var ordinals = new Dictionary<string, long>(StringComparer.Ordinal);
        using var gateways = new Statement(_connection, "SELECT ordinal, id, seal FROM gateway");
        while (gateways.Step())
        {
            if (gateways.Long(2) != DurableLog.SealOf(gateways.Long(0), gateways.Text(1))) throw Wrong("gateway");
            ordinals.Add(gateways.Text(1), gateways.Long(0));
        }
        return (entries, ordinals);
    }

    /// <summary>Whether a commit of the log must wait for <see cref="Keep"/>.</summary>
    public bool Lacks(long end, int newSeries, int newGateways) => end > Ceiling || newSeries > 0 || newGateways > 0;

    /// <summary>Makes durable what the log's next commit needs.</summary>
    public void Keep(long end, IEnumerable<(int Number, SeriesEntry Entry)> series, IEnumerable<(long Ordinal, string Id)> gateways)
    {
        DatabaseHeader.Execute(_connection, "BEGIN IMMEDIATE");
        try
        {
            using (var insert = new Statement(_connection, "INSERT OR REPLACE INTO series VALUES(?,?,?,?,?)"))
                foreach (var (number, entry) in series)
                    insert.Bind(1, number).Bind(2, entry.Key.Device).Bind(3, entry.Key.Metric).Bind(4, (long)entry.Kind)
                        .Bind(5, DurableLog.SealOf(number, entry.Key.Device, entry.Key.Metric, (long)entry.Kind)).Run();
            using (var insert = new Statement(_connection, "INSERT OR REPLACE INTO gateway VALUES(?,?,?)"))
                foreach (var (ordinal, id) in gateways) insert.Bind(1, ordinal).Bind(2, id).Bind(3, DurableLog.SealOf(ordinal, id)).Run();
            var ceiling = end > Ceiling ? end + OffsetsStep : Ceiling;
            Write("ceiling", ceiling);
            DatabaseHeader.Execute(_connection, "COMMIT");
            Ceiling = ceiling;
        }
        catch
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle!) == 0) DatabaseHeader.Execute(_connection, "ROLLBACK");
            throw;
        }
    }

    /// <summary>Keeps the ticket of this opening; the log has it already.</summary>
    public void Draw(long ticket)
    {
        Write("ticket", ticket);
        Ticket = ticket;
    }

    /// <summary>Copies it into a new file.</summary>
    public void CopyTo(string file)
    {
        using var copy = new Statement(_connection, "VACUUM INTO ?1");
        copy.Bind(1, file).Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static SideFile Connect(string folder)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, FileName), Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            DatabaseHeader.Execute(connection, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;" + Tables);
            DatabaseHeader.Check(connection);
            var side = new SideFile(connection);
            side.Ceiling = side.Read("ceiling") ?? 0;
            side.Ticket = side.Read("ticket");
            side.Load();
            return side;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private long? Read(string key)
    {
        using var statement = new Statement(_connection, "SELECT value, seal FROM fact WHERE key=?1");
        if (!statement.Bind(1, key).Step()) return null;
        return statement.Long(1) == DurableLog.SealOf(key, statement.Long(0)) ? statement.Long(0) : throw Wrong("fact");
    }

    private void Write(string key, long value)
    {
        using var statement = new Statement(_connection, "INSERT OR REPLACE INTO fact VALUES(?1,?2,?3)");
        statement.Bind(1, key).Bind(2, value).Bind(3, DurableLog.SealOf(key, value)).Run();
    }

    private static SqliteException Wrong(string table) => new($"a record of table {table} is not what was written", SQLitePCL.raw.SQLITE_CORRUPT);
}
