using System.Globalization;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>One imported state of all configuration files.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Hash">See <see cref="TollConfiguration.Hash"/>.</param>
/// <param name="Imported">When.</param>
/// <param name="By">Who.</param>
/// <param name="Effective">First day on which anything costs something else; null where nothing did.</param>
/// <param name="Files">Names of its files.</param>
public sealed record StoredConfiguration(int Number, string Hash, DateTimeOffset Imported, string By, DateOnly? Effective, IReadOnlyList<string> Files);

/// <summary>
/// The history of toll configuration in SQLite, beside the ledger: WAL, an fsync an import. A state is a set of files; an import puts files beside those that stand, one of the
/// same name in the place of the old. States are never changed. Safe for any number of processes.
/// </summary>
public sealed class SqliteTollConfigurationStore : IDisposable
{
    private const string Tables = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;
        CREATE TABLE IF NOT EXISTS toll_config(number INTEGER PRIMARY KEY, hash TEXT NOT NULL, imported INTEGER NOT NULL, imported_by TEXT NOT NULL, effective TEXT) STRICT;
        CREATE TABLE IF NOT EXISTS toll_config_content(hash TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS toll_config_file(number INTEGER NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL REFERENCES toll_config_content(hash), PRIMARY KEY(number, name)) STRICT, WITHOUT ROWID;
        """;

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly Lock _gate = new();

    private SqliteTollConfigurationStore(SqliteConnection connection) => (_connection, _statements) = (connection, new Statements(connection));

    /// <summary>Opens or creates the store.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteTollConfigurationStore Open(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Tables;
            command.ExecuteNonQuery();
            return new SqliteTollConfigurationStore(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Number of the newest state; 0 where there is none.</summary>
    public int Newest
    {
        get
        {
            lock (_gate) return NewestNumber();
        }
    }

    /// <summary>All states, the newest first.</summary>
    public IReadOnlyList<StoredConfiguration> History()
    {
        lock (_gate)
        {
            var files = _statements.Read("SELECT number, name FROM toll_config_file ORDER BY number, name", row => (Number: row.GetInt32(0), Name: row.GetString(1))).ToLookup(file => file.Number, file => file.Name);
            return _statements.Read("SELECT number, hash, imported, imported_by, effective FROM toll_config ORDER BY number DESC", row => new StoredConfiguration(row.GetInt32(0), row.GetString(1), UnixMicros.ToTime(row.GetInt64(2)), row.GetString(3),
                row.IsDBNull(4) ? null : DateOnly.ParseExact(row.GetString(4), "yyyy-MM-dd", CultureInfo.InvariantCulture), [.. files[row.GetInt32(0)]]));
        }
    }

    /// <summary>The files of a state; none where there is no such state.</summary>
    public IReadOnlyList<ConfigFile> Files(int number)
    {
        lock (_gate) return FilesOf(number);
    }

    /// <summary>The newest configuration; <see cref="TollConfiguration.Empty"/> where none was imported.</summary>
    /// <exception cref="InvalidOperationException">What was imported can no longer be read: it was by another version of the program, or is damaged.</exception>
    public TollConfiguration Current()
    {
        lock (_gate) return CurrentOf(NewestNumber());
    }

    /// <summary>What an import would do. Nothing is changed.</summary>
    /// <param name="files">Files beside those that stand, or in their place.</param>
    /// <param name="now">What began before it is never changed.</param>
    public ConfigurationImport Plan(IReadOnlyList<ConfigFile> files, DateTimeOffset now)
    {
        lock (_gate) return PlanOf(files, now);
    }

    /// <summary>Imports files whole or not at all, durable when it returns. Files that change nothing make no new state.</summary>
    /// <param name="files">Files beside those that stand, or in their place.</param>
    /// <param name="by">Who.</param>
    /// <param name="now">When.</param>
    /// <returns>What was done, or the errors for which nothing was.</returns>
    /// <exception cref="SqliteException">Nothing was kept.</exception>
    public ConfigurationImport Import(IReadOnlyList<ConfigFile> files, string by, DateTimeOffset now)
    {
        lock (_gate)
        {
            // From here on no other process writes, so that what was planned is what is done.
            using var transaction = _connection.BeginTransaction(deferred: false);
            _statements.Transaction = transaction;
            try
            {
                var plan = PlanOf(files, now);
                if (plan.Load.Configuration is not { } configuration || plan.IsRepeat) return plan;
                var number = NewestNumber() + 1;
                _statements.Run("INSERT INTO toll_config VALUES($1,$2,$3,$4,$5)", number, configuration.Hash, UnixMicros.From(now), by, plan.Effect.From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                foreach (var file in plan.Files)
                {
                    _statements.Run("INSERT OR IGNORE INTO toll_config_content VALUES($1,$2)", file.Hash, file.Content.ToArray());
                    _statements.Run("INSERT INTO toll_config_file VALUES($1,$2,$3)", number, file.Name, file.Hash);
                }
                transaction.Commit();
                return plan with { Number = number };
            }
            finally
            {
                _statements.Transaction = null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    private ConfigurationImport PlanOf(IReadOnlyList<ConfigFile> files, DateTimeOffset now)
    {
        var number = NewestNumber();
        var (standing, names) = (FilesOf(number), files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal));
        return ConfigurationImport.Plan(number, CurrentOf(number), [.. standing.Where(file => !names.Contains(file.Name)), .. files], now);
    }

    private TollConfiguration CurrentOf(int number)
    {
        if (number == 0) return TollConfiguration.Empty;
        var load = TollConfiguration.Load(FilesOf(number));
        return load.Configuration ?? throw new InvalidOperationException($"Toll configuration {number} can no longer be read: {load.Errors[0]}.");
    }

    private int NewestNumber() => Convert.ToInt32(_statements.Ask("SELECT max(number) FROM toll_config") ?? 0L, CultureInfo.InvariantCulture);

    private List<ConfigFile> FilesOf(int number) => _statements.Read("SELECT f.name, c.content FROM toll_config_file f JOIN toll_config_content c USING(hash) WHERE f.number = $1 ORDER BY f.name",
        row => new ConfigFile(row.GetString(0), row.GetFieldValue<byte[]>(1)), number);
}
