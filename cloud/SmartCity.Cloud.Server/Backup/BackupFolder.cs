using System.Globalization;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>A folder of backups of one server: one folder each, named by its time. What begins with a full stop is not whole.</summary>
internal sealed class BackupFolder(string folder)
{
    private const string LockName = ".lock", PartialPrefix = ".partial-";

    public string FullPath { get; } = Path.GetFullPath(folder);

    /// <summary>Ids of the whole backups, oldest first.</summary>
    public IReadOnlyList<string> Ids() => !Directory.Exists(FullPath) ? []
        : [.. Directory.EnumerateDirectories(FullPath).Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith('.') && File.Exists(Path.Combine(FullPath, name, BackupManifest.FileName))).Order(StringComparer.Ordinal)];

    /// <summary>What was left behind by backups that did not end.</summary>
    public IReadOnlyList<string> Partial() => !Directory.Exists(FullPath) ? [] : [.. Directory.EnumerateDirectories(FullPath, PartialPrefix + "*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public string PathOf(string id) => Path.Combine(FullPath, id);

    public string PartialOf(string id) => Path.Combine(FullPath, PartialPrefix + id);

    /// <summary>A name for a backup of a moment, which no other has.</summary>
    public string FreeId(DateTimeOffset taken)
    {
        var stamp = taken.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        for (var again = 1; ; again++)
        {
            var id = again == 1 ? stamp : string.Create(CultureInfo.InvariantCulture, $"{stamp}-{again}");
            if (!Directory.Exists(PathOf(id)) && !Directory.Exists(PartialOf(id))) return id;
        }
    }

    /// <summary>Holds the folder against another backup into it.</summary>
    /// <exception cref="BackupException">It cannot be made or written, or another is under way.</exception>
    public FileStream Hold()
    {
        try
        {
            BackupCopy.MakeFolder(FullPath);
            return new FileStream(Path.Combine(FullPath, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new BackupException($"{FullPath} may not be written by {Environment.UserName}, the user of the server. Give it write permission, or name another folder.", error);
        }
        catch (IOException error) when (Directory.Exists(FullPath))
        {
            throw new BackupException($"Another backup into {FullPath} is under way, or it cannot be written: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new BackupException($"{FullPath} cannot be made: {error.Message}", error);
        }
    }
}
