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

    /// <summary>Key of the salts of receipts of a date's month: it goes with the month's key.</summary>
    /// <exception cref="InvalidOperationException">The month's key was erased.</exception>
    public byte[] SaltKeyOf(DateOnly date) => HMACSHA256.HashData(_keys.GetOrAdd(date.Year * 100 + date.Month, KeyOf), "salts of receipts"u8);

    /// <summary>Months that have a key, as <c>yyyymm</c>, in order; one that was erased is none of them.</summary>
    public IReadOnlyList<int> Months()
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT month FROM plate_key WHERE key IS NOT NULL ORDER BY month";
            using var reader = command.ExecuteReader();
            var months = new List<int>();
            while (reader.Read()) months.Add(reader.GetInt32(0));
            return months;
        }
    }

    /// <summary>The plate that has a pseudonym, among those that may have it; null where none has.</summary>
    /// <param name="pseudonym">As <see cref="PseudonymOf"/> gives it.</param>
    /// <param name="plates">Keys of plates.</param>
    /// <exception cref="ArgumentException">It is no pseudonym.</exception>
    /// <exception cref="InvalidOperationException">The month's key was erased.</exception>
    public string? PlateOf(string pseudonym, IEnumerable<string> plates)
    {
        ArgumentNullException.ThrowIfNull(pseudonym);
        ArgumentNullException.ThrowIfNull(plates);
        if (MonthOf(pseudonym) is not { } month) throw new ArgumentException($"'{pseudonym}' is no pseudonym, such as 202611- and 32 hex digits.");
        return plates.FirstOrDefault(plate => PseudonymOf(plate, month) == pseudonym);
    }

    /// <summary>First date of the month whose key made a pseudonym; null where it is none.</summary>
    public static DateOnly? MonthOf(string pseudonym) => pseudonym is { Length: 39 } && pseudonym[6] == '-' && pseudonym.Skip(7).All(char.IsAsciiHexDigitLower)
        && int.TryParse(pseudonym.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year) && int.TryParse(pseudonym.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var month)
        && year is >= 1 and <= 9999 && month is >= 1 and <= 12 ? new DateOnly(year, month, 1) : null;

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
