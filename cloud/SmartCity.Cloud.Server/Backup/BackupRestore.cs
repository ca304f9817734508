using System.Globalization;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>
/// Restores a backup into an empty folder. Guarantee: the folder gets its name when all of it is there, on the disk and checked; before that every byte of the
/// backup has been compared with its manifest, so that of a backup which does not hold nothing is restored.
/// </summary>
internal sealed class BackupRestore(Action<BackupProgress> progress)
{
    private const int FaultsMax = 20;
    private long _done, _total;

    /// <summary>Finds a backup by a folder, which is its own or that of many.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="id">Which of many; null = the newest.</param>
    /// <param name="city">Thumbprint of the server, or name of the city, whose backup it must be; null where that is not known.</param>
    /// <exception cref="BackupException">There is none, it cannot be used, or it is another server's.</exception>
    public static (string Folder, BackupManifest Manifest) Find(string path, string? id, string? city)
    {
        var folder = Path.GetFullPath(path);
        if (!Directory.Exists(folder)) throw new BackupException($"There is no folder {folder}.");
        if (!File.Exists(Path.Combine(folder, BackupManifest.FileName)))
        {
            var backups = new BackupFolder(folder);
            var ids = backups.Ids();
            if (ids.Count == 0)
            {
                var partial = backups.Partial();
                throw new BackupException($"{folder} holds no whole backup{(partial.Count == 0 ? "." : $", only what was left by one that did not end: {string.Join(", ", partial)}.")}{(Path.GetFileName(folder).StartsWith('.') ? " It is the folder of one that did not end." : "")}");
            }
            if (id is not null && !ids.Contains(id)) throw new BackupException($"{folder} holds no backup {id}. There are: {string.Join(", ", ids)}.");
            folder = backups.PathOf(id ?? ids[^1]);
        }
        else if (id is not null && id != Path.GetFileName(folder)) throw new BackupException($"{folder} is one backup, not {id}. Name the folder of all.");
        var manifest = BackupManifest.Read(folder);
        if (city is not null && city != manifest.City && city != manifest.CityName)
            throw new BackupException($"{folder} is the backup of another city: {manifest.CityName ?? "without a name"} ({manifest.City}), not of {city}. Nothing was restored. Name the right folder, or say with --city whose backup is meant.");
        return (folder, manifest);
    }

    /// <summary>Compares every file with the manifest.</summary>
    /// <exception cref="BackupException">Some are not what was written; the first are named.</exception>
    public async Task VerifyAsync(string folder, BackupManifest manifest, CancellationToken cancellationToken)
    {
        (_done, _total) = (0, manifest.Bytes);
        var faults = new List<string>();
        var count = 0;
        foreach (var file in manifest.Files)
        {
            var path = Path.Combine(folder, file.Path);
            var fault = await FaultOfAsync(path, file, cancellationToken);
            if (fault is null) continue;
            if (++count <= FaultsMax) faults.Add($"{file.Path}: {fault}");
        }
        if (count == 0) return;
        throw new BackupException($"{folder} cannot be restored; {count} of {manifest.Files.Count} files are not what was written:\n  {string.Join("\n  ", faults)}{(count > FaultsMax ? $"\n  … and {count - FaultsMax} more" : "")}\nNothing was restored. Take another backup of the same folder (--backup), or another copy of this one.");
    }

    /// <summary>Restores a verified backup.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="data">The new data folder: absent, or empty.</param>
    /// <param name="cancellationToken">Gives up; nothing stays.</param>
    /// <exception cref="BackupException">The folder is not empty, there is no room, or a file did not arrive as it is in the backup.</exception>
    public async Task RestoreAsync(string folder, BackupManifest manifest, string data, CancellationToken cancellationToken)
    {
        CheckTarget(data, manifest.Bytes);
        var parent = Path.GetDirectoryName(data)!;
        var partial = Path.Combine(parent, $".restoring-{Path.GetFileName(data)}-{Environment.ProcessId}");
        (_done, _total) = (0, manifest.Bytes);
        try
        {
            Directory.CreateDirectory(parent);
            BackupCopy.MakeFolder(partial);
            foreach (var file in manifest.Files)
            {
                var target = Path.Combine(partial, file.Path);
                BackupCopy.MakeFolder(Path.GetDirectoryName(target)!);
                var (bytes, hash) = await BackupCopy.CopyAsync(Path.Combine(folder, file.Path), target, UnixFileMode.UserRead | UnixFileMode.UserWrite, count => Tell($"restoring {file.Path}", count), cancellationToken);
                if (bytes != file.Bytes || hash != file.Sha256) throw new BackupException($"{file.Path} was changed while it was restored, or a disk does not give back what it was given. Nothing was restored.");
                File.SetLastWriteTimeUtc(target, new DateTime(file.Modified, DateTimeKind.Utc));
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, file.UnixMode);
            }
            Check(partial, manifest);
            BackupCopy.SyncFolders(partial);
            // An empty folder gives way to the one that takes its name.
            if (Directory.Exists(data)) Directory.Delete(data);
            Directory.Move(partial, data);
            DurableFile.SyncFolder(parent);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{data} could not be restored: {error.Message} Nothing of it stays. Where {data} is itself a volume, name a folder in it.", error);
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }

    /// <summary>Refuses what would be overwritten, and a disk without room.</summary>
    /// <exception cref="BackupException">The target cannot be used.</exception>
    public static void CheckTarget(string data, long bytes)
    {
        if (File.Exists(data)) throw new BackupException($"{data} is a file. Name a new folder with --data.");
        if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any())
            throw new BackupException($"{data} is not empty; a backup is restored into a new folder, so that nothing is lost or mixed. Name another with --data, or move this one away.");
        var there = new DirectoryInfo(data);
        while (there is { Exists: false, Parent: not null }) there = there.Parent;
        var free = new DriveInfo(there!.FullName).AvailableFreeSpace;
        if (free < bytes) throw new BackupException($"The volume of {data} has {BackupCopy.Size(free)} free; the backup needs {BackupCopy.Size(bytes)}. Free some, or name a folder on another one.");
    }

    private async Task<string?> FaultOfAsync(string path, BackupFile file, CancellationToken cancellationToken)
    {
        try
        {
            var found = new FileInfo(path);
            if (!found.Exists) return "is missing";
            if (found.LinkTarget is not null) return "is a link to somewhere else";
            if (found.Length < file.Bytes) return string.Create(CultureInfo.InvariantCulture, $"is cut off: {found.Length} of {file.Bytes} bytes");
            if (found.Length > file.Bytes) return string.Create(CultureInfo.InvariantCulture, $"is too long: {found.Length} bytes in place of {file.Bytes}");
            var (_, hash) = await BackupCopy.HashAsync(path, count => Tell($"verifying {file.Path}", count), cancellationToken);
            return hash == file.Sha256 ? null : $"was changed: its SHA-256 is {hash}, not {file.Sha256}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {error.Message}";
        }
    }

    /// <summary>Opens what was restored as its program would, and compares it with what the manifest says.</summary>
    private void Check(string data, BackupManifest manifest)
    {
        foreach (var file in manifest.Files.Where(file => file.Kind == BackupFileKind.Sqlite))
        {
            Tell($"checking {file.Path}", 0);
            if (SqliteSnapshot.Damage(Path.Combine(data, file.Path)) is { } damage) throw new BackupException($"{file.Path} of the backup is damaged inside: {damage}. It was so when it was taken. Nothing was restored; use an earlier backup.");
            foreach (var left in (ReadOnlySpan<string>)["-wal", "-shm"]) File.Delete(Path.Combine(data, file.Path + left));
        }
        var log = Path.Combine(data, DataFiles.Log);
        if (File.Exists(log))
        {
            using var snapshot = new SqliteSnapshot(log);
            var end = Convert.ToInt64(snapshot.Ask("SELECT end FROM state"), CultureInfo.InvariantCulture);
            if (end != manifest.LogEnd) throw new BackupException(string.Create(CultureInfo.InvariantCulture, $"The log ends at {end}, the manifest says {manifest.LogEnd}. Nothing was restored."));
        }
        foreach (var left in (ReadOnlySpan<string>)["-wal", "-shm"]) File.Delete(log + left);
        if (manifest.Store is not { } store) return;
        Tell("checking the readings", 0);
        try
        {
            var next = StoreFiles.Check(Path.Combine(data, store.Folder), Path.Combine(data, store.Database));
            if (next != store.NextOffset) throw new BackupException(string.Create(CultureInfo.InvariantCulture, $"The readings end at {next}, the manifest says {store.NextOffset}. Nothing was restored."));
            if (next > manifest.LogEnd) throw new BackupException(string.Create(CultureInfo.InvariantCulture, $"The readings end at {next}, beyond the log, which ends at {manifest.LogEnd}: they are not of one moment. Nothing was restored."));
        }
        catch (InvalidDataException error)
        {
            throw new BackupException($"{error.Message} Nothing was restored.", error);
        }
    }

    private void Tell(string step, long bytes)
    {
        _done += bytes;
        progress(new BackupProgress(step, _done, _total));
    }
}
