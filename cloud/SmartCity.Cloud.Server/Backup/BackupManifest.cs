using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>
/// What a backup holds. It is written when all files are on the disk, with its own hash beside it, into a folder that gets its name last: whatever has a
/// manifest under a backup's name is whole.
/// </summary>
/// <param name="Format">Raised when an older program could no longer restore what this one writes.</param>
/// <param name="Id">Name of the backup's folder: the time at which it was taken.</param>
/// <param name="City">Thumbprint of the server's key for certificates: each server has another.</param>
/// <param name="CityName">Name of the city that its gateways' certificates carry; null where any may.</param>
/// <param name="Program">Version of the program that took it.</param>
/// <param name="Taken">The moment that it shows.</param>
/// <param name="LogEnd">Values in the log.</param>
/// <param name="Store">The store of readings.</param>
/// <param name="Previous">The backup from which unchanged files were taken over; null where there was none.</param>
/// <param name="LeftOut">What a whole server has beside it, in words.</param>
/// <param name="Files">All files but this and its hash.</param>
internal sealed record BackupManifest(
    int Format, string Id, string City, string? CityName, string Program, DateTimeOffset Taken, long LogEnd, BackupStore? Store, string? Previous, IReadOnlyList<string> LeftOut, IReadOnlyList<BackupFile> Files)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";
    /// <summary>Its SHA-256, as <c>sha256sum -c</c> reads it.</summary>
    public const string HashName = "manifest.sha256";
    /// <summary>The format that this program writes, and the newest that it reads.</summary>
    public const int Newest = 1;
    private const long BytesMax = 256 << 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Bytes of all files.</summary>
    [JsonIgnore] public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Writes it with its hash into the backup's folder, durable.</summary>
    public void Write(string folder)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(this, _json);
        DurableFile.Replace(Path.Combine(folder, HashName), System.Text.Encoding.ASCII.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  {FileName}\n"));
        DurableFile.Replace(Path.Combine(folder, FileName), bytes);
    }

    /// <summary>Reads the manifest of a backup's folder and checks it against its hash.</summary>
    /// <exception cref="BackupException">It is missing, damaged, or of a newer program.</exception>
    public static BackupManifest Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            if (new FileInfo(file).Length > BytesMax) throw new BackupException($"{file} is larger than any manifest: {BytesMax} bytes at most.");
            var bytes = File.ReadAllBytes(file);
            var hash = Path.Combine(folder, HashName);
            if (!File.Exists(hash)) throw new BackupException($"{hash} is missing: the backup is not whole. Take another one.");
            var expected = File.ReadAllText(hash).Split(' ')[0];
            var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (expected != found) throw new BackupException($"{file} is not what was written: its SHA-256 is {found}, {HashName} says {expected}. Take another backup.");
            using var document = JsonDocument.Parse(bytes);
            // Looked at before the rest, which a newer program may spell in another way.
            var format = document.RootElement.GetProperty("format").GetInt32();
            if (format > Newest)
                throw new BackupException($"{folder} was made by a newer program (SmartCity {document.RootElement.GetProperty("program")}, format {format}; this one reads {Newest}). Install that program.");
            var manifest = document.Deserialize<BackupManifest>(_json)!;
            foreach (var one in manifest.Files) one.Check();
            if (manifest.Files.Select(one => one.Path).Distinct(StringComparer.Ordinal).Count() != manifest.Files.Count) throw new BackupException($"{file} names a file twice.");
            return manifest;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new BackupException($"{file} is no manifest of a backup: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{file} cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>The store of readings in a backup.</summary>
/// <param name="Name"><c>duckdb</c>, <c>influx</c>, ….</param>
/// <param name="Folder">Its folder in the backup.</param>
/// <param name="Database">Path of its database in the backup.</param>
/// <param name="NextOffset">The first value of the log that it does not hold.</param>
internal sealed record BackupStore(string Name, string Folder, string Database, long NextOffset);
