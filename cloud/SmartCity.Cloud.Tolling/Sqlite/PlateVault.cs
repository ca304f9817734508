using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>
/// Keeps the key of each month, by which plates get pseudonyms where they must not stand themselves. Once a month's key is erased, nobody can say any more
/// whose its accounts were; the accounts and their sums stay. Safe for several threads.
/// </summary>
public sealed class PlateVault : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly ConcurrentDictionary<int, byte[]> _keys = new();
    private readonly Lock _gate = new();

    /// <summary>Opens or creates the vault; readable by its owner alone.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public PlateVault(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        if (!File.Exists(file))
        {
            using (File.Create(file)) { }
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        Run("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; CREATE TABLE IF NOT EXISTS plate_key(month INTEGER PRIMARY KEY, key BLOB)");
    }

    /// <summary>The pseudonym of a plate on a date, for names of accounts: <c>yyyymm-</c> and 32 hex digits. Durable before it returns, so that it never changes.</summary>
    /// <param name="plate">The plate's key, see <see cref="Plate.Key"/>.</param>
    /// <param name="date">Business date.</param>
    /// <exception cref="InvalidOperationException">The month's key was erased.</exception>
    public string PseudonymOf(string plate, DateOnly date)
    {
        var month = date.Year * 100 + date.Month;
        return string.Create(CultureInfo.InvariantCulture, $"{month:D6}-{PlatePseudonym.Of(_keys.GetOrAdd(month, KeyOf), plate)[..32]}");
    }

    /// <summary>Erases a month's key for ever.</summary>
    public void Erase(DateOnly date)
    {
        var month = date.Year * 100 + date.Month;
        lock (_gate)
        {
            Run("INSERT INTO plate_key VALUES($month, NULL) ON CONFLICT DO UPDATE SET key = NULL", ("$month", month));
            _keys.TryRemove(month, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private byte[] KeyOf(int month)
    {
        lock (_gate)
        {
            Run("INSERT OR IGNORE INTO plate_key VALUES($month, $key)", ("$month", month), ("$key", RandomNumberGenerator.GetBytes(PlatePseudonym.KeyBytesMin)));
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT key FROM plate_key WHERE month = $month";
            command.Parameters.AddWithValue("$month", month);
            return command.ExecuteScalar() as byte[] ?? throw new InvalidOperationException($"The key of {month} was erased: its plates have no pseudonyms any more.");
        }
    }

    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }
}
