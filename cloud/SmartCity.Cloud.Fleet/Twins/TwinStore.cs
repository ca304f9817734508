using Microsoft.Data.Sqlite;

namespace SmartCity.Cloud.Fleet.Twins;

/// <summary>Desired documents of gateways with their history, and what each last reported, in SQLite: what a method has done is on the disk when it returns. Thread-safe.</summary>
public sealed class TwinStore : IDisposable
{
    /// <summary>Versions kept of a gateway; older ones are forgotten, the present one never.</summary>
    public const int VersionsMax = 1_000;
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
        CREATE TABLE IF NOT EXISTS desired(gateway TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL, document TEXT NOT NULL, made INTEGER NOT NULL, maker TEXT NOT NULL, how TEXT NOT NULL,
            state TEXT, reason TEXT, state_at INTEGER, PRIMARY KEY(gateway, version)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS reported(gateway TEXT PRIMARY KEY, number INTEGER NOT NULL, at INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, document TEXT NOT NULL) WITHOUT ROWID;
        """;
    private const string DesiredColumns = "gateway, version, hash, document, made, maker, how, state, reason, state_at";

    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    /// <summary>Opens or creates it, for its owner alone.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public TwinStore(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        using var tables = Statement(null, Tables);
        tables.ExecuteNonQuery();
        // Hashes of passwords stand in it.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>The present desired version of a gateway; version 0 where none was made.</summary>
    public DesiredTwin Desired(string gateway)
    {
        lock (_gate) return Read(null, $"SELECT {DesiredColumns} FROM desired WHERE gateway=$gateway ORDER BY version DESC LIMIT 1", ("$gateway", gateway)) is [var one] ? one : DesiredTwin.None(gateway);
    }

    /// <summary>A version of a gateway's desired document; null where it is not known, or no longer.</summary>
    public DesiredTwin? Find(string gateway, long version)
    {
        lock (_gate) return Read(null, $"SELECT {DesiredColumns} FROM desired WHERE gateway=$gateway AND version=$version", ("$gateway", gateway), ("$version", version)) is [var one] ? one : null;
    }

    /// <summary>Versions of a gateway's desired document, the newest first, without the documents: <see cref="Find"/> gives one.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="before">Only those before this version; null from the newest on.</param>
    /// <param name="limit">Most to return.</param>
    public IReadOnlyList<DesiredTwin> History(string gateway, long? before, int limit)
    {
        lock (_gate) return Read(null, "SELECT gateway, version, hash, '', made, maker, how, state, reason, state_at FROM desired WHERE gateway=$gateway AND version < $before ORDER BY version DESC LIMIT $limit", ("$gateway", gateway), ("$before", before ?? long.MaxValue), ("$limit", limit));
    }

    /// <summary>Enters the version after the present one.</summary>
    /// <param name="next">The version; its number is that of the present one and one more.</param>
    /// <param name="record">Writes it down before it is done; where that fails, nothing is.</param>
    /// <returns>Whether it was entered; false where the present version is another meanwhile.</returns>
    /// <exception cref="SqliteException">It cannot be kept.</exception>
    public bool Add(DesiredTwin next, Action record)
    {
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(record);
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using (var last = Statement(transaction, "SELECT coalesce(max(version), 0) FROM desired WHERE gateway=$gateway", ("$gateway", next.Gateway)))
                if ((long)last.ExecuteScalar()! != next.Version - 1) return false;
            record();
            using (var insert = Statement(transaction, "INSERT INTO desired(gateway, version, hash, document, made, maker, how) VALUES($gateway, $version, $hash, $document, $made, $maker, $how)",
                ("$gateway", next.Gateway), ("$version", next.Version), ("$hash", next.Hash), ("$document", next.Document), ("$made", next.Made), ("$maker", next.By), ("$how", next.How)))
                insert.ExecuteNonQuery();
            using (var prune = Statement(transaction, "DELETE FROM desired WHERE gateway=$gateway AND version <= $last", ("$gateway", next.Gateway), ("$last", next.Version - VersionsMax)))
                prune.ExecuteNonQuery();
            transaction.Commit();
            return true;
        }
    }

    /// <summary>What a gateway last reported; null where it never has.</summary>
    public ReportedTwin? Reported(string gateway)
    {
        lock (_gate)
        {
            using var query = Statement(null, "SELECT number, at, version, state, reason, document FROM reported WHERE gateway=$gateway", ("$gateway", gateway));
            using var row = query.ExecuteReader();
            return row.Read() ? new ReportedTwin(gateway, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetString(5)) : null;
        }
    }

    /// <summary>Keeps what a gateway reports, and with the version that it speaks of what became of that.</summary>
    /// <param name="report">The report; its number is not looked at.</param>
    /// <returns>It with its number.</returns>
    /// <exception cref="SqliteException">It cannot be kept.</exception>
    public ReportedTwin Report(ReportedTwin report)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var keep = Statement(transaction, """
                INSERT INTO reported(gateway, number, at, version, state, reason, document) VALUES($gateway, 1, $at, $version, $state, $reason, $document)
                ON CONFLICT(gateway) DO UPDATE SET number = number + 1, at = $at, version = $version, state = $state, reason = $reason, document = $document RETURNING number
                """, ("$gateway", report.Gateway), ("$at", report.At), ("$version", report.Version), ("$state", report.State), ("$reason", (object?)report.Reason ?? DBNull.Value), ("$document", report.Document));
            var number = (long)keep.ExecuteScalar()!;
            using var state = Statement(transaction, "UPDATE desired SET state=$state, reason=$reason, state_at=$at WHERE gateway=$gateway AND version=$version AND (state IS NOT $state OR reason IS NOT $reason)",
                ("$gateway", report.Gateway), ("$version", report.Version), ("$state", report.State), ("$reason", (object?)report.Reason ?? DBNull.Value), ("$at", report.At));
            state.ExecuteNonQuery();
            transaction.Commit();
            return report with { Number = number };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private List<DesiredTwin> Read(SqliteTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var query = Statement(transaction, sql, values);
        using var row = query.ExecuteReader();
        var found = new List<DesiredTwin>();
        while (row.Read())
            found.Add(new DesiredTwin(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5), row.GetString(6),
                row.IsDBNull(7) ? null : row.GetString(7), row.IsDBNull(8) ? null : row.GetString(8), row.IsDBNull(9) ? null : row.GetInt64(9)));
        return found;
    }

    private SqliteCommand Statement(SqliteTransaction? transaction, string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var statement = _connection.CreateCommand();
        // Constants of this class alone; what comes from outside is a parameter.
#pragma warning disable CA2100
        statement.CommandText = text;
#pragma warning restore CA2100
        statement.Transaction = transaction;
        foreach (var (name, value) in values) statement.Parameters.AddWithValue(name, value);
        return statement;
    }
}
