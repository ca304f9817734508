using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Server.Backup;

/// <summary>
/// Takes a backup. Guarantee: what stands under a backup's name is whole, on the disk, and of one moment; the server goes on meanwhile.
/// </summary>
/// <remarks>
/// <code>
/// consumers stand still: store's snapshot, a read transaction on each database, small files ─► they go on ─► databases, store, sealed files
///    ─► manifest ─► fsync of everything ─► the folder gets its name
/// </code>
/// The log may be a little ahead of the stores, never behind them, and keeps its rows until the end: after a restore the stores take what follows from it.
/// </remarks>
internal sealed class BackupTaker(BackupSource source, TimeProvider clock)
{
    /// <summary>Databases up to this size are checked as they are copied; larger ones when they are restored.</summary>
    private const long CheckedBytesMax = 256 << 20;

    private readonly List<BackupFile> _files = [];
    private Action<BackupProgress> _tell = static _ => { };
    private long _done, _total, _linked;
    private string _step = "";

    /// <summary>Tests stop here, as a kill would.</summary>
    internal Action<string>? AtStep { get; set; }

    /// <summary>The version of this program.</summary>
    public static string Program { get; } = typeof(BackupTaker).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Takes a backup into a new folder in <paramref name="path"/>.</summary>
    /// <param name="path">The folder of backups.</param>
    /// <param name="keep">How many whole ones stay, the new one among them; null = all.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Gives up; nothing of it stays.</param>
    /// <exception cref="BackupException">It cannot be taken.</exception>
    public async Task<BackupSummary> TakeAsync(string path, int? keep, Action<BackupProgress> progress, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        _tell = progress;
        var folder = new BackupFolder(path);
        var store = source.Store as ISnapshotSource;
        if (DataFiles.IsInside(source.Data, folder.FullPath + "/") || DataFiles.IsInside(folder.FullPath, source.Data + "/"))
            throw new BackupException($"{folder.FullPath} and the server's data, {source.Data}, lie in one another. Name a folder outside of it, best on another disk.");
        using var held = folder.Hold();
        var previous = PreviousOf(folder);
        // Nobody else is at work here.
        foreach (var left in folder.Partial()) Directory.Delete(Path.Combine(folder.FullPath, left), recursive: true);
        var taken = clock.GetUtcNow();
        var id = folder.FreeId(taken);
        var partial = folder.PartialOf(id);
        try
        {
            BackupCopy.MakeFolder(partial);
            var (logEnd, found) = await CopyAsync(partial, store, previous, cancellationToken);
            _files.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
            string[] leftOut = [.. source.LeftOut, .. found.Aside.Select(file => $"{file}: damaged, set aside earlier")];
            var manifest = new BackupManifest(BackupManifest.Newest, id, source.City, source.CityName, Program, taken, logEnd, _store, previous?.Manifest.Id, leftOut, _files);
            Step("writing to the disk");
            BackupCopy.SyncFolders(partial);
            AtStep?.Invoke("before the manifest");
            manifest.Write(partial);
            AtStep?.Invoke("before the name");
            Directory.Move(partial, folder.PathOf(id));
            DurableFile.SyncFolder(folder.FullPath);
            AtStep?.Invoke("named");
            return new BackupSummary(id, folder.PathOf(id), source.City, taken, logEnd, _files.Count, manifest.Bytes, _linked, Stopwatch.GetElapsedTime(began).TotalSeconds, Prune(folder, keep), leftOut);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            throw new BackupException($"The backup could not be taken: {error.Message} Nothing of it stays; the backups before it are untouched.", error);
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }

    private BackupStore? _store;

    private async Task<(long LogEnd, DataFiles Found)> CopyAsync(string partial, ISnapshotSource? store, Previous? previous, CancellationToken cancellationToken)
    {
        using var rows = source.Log?.HoldRows();
        var databases = new List<(string Path, SqliteSnapshot Snapshot)>();
        StoreSnapshot? readings = null;
        DataFiles found = null!;
        try
        {
            Step("waiting for a moment between two commits");
            await source.StandStill(async () =>
            {
                if (store is not null) readings = await store.SnapshotAsync(cancellationToken);
                found = DataFiles.Of(source.Data, store?.Folder);
                foreach (var file in found.Databases)
                {
                    // The file beside the log is copied by the log while one runs: a reader would keep its writer waiting.
                    if (file == DataFiles.Side && source.Log is not null) continue;
                    var snapshot = new SqliteSnapshot(Path.Combine(source.Data, file));
                    if (snapshot.KeepsOthersWaiting)
                    {
                        using (snapshot) await CopyDatabaseAsync(file, snapshot, partial, cancellationToken);
                    }
                    else databases.Add((file, snapshot));
                }
                foreach (var file in found.Plain) await CopyPlainAsync(Path.Combine(source.Data, file), file, previous, partial, cancellationToken);
            }, cancellationToken);
            Measure(databases.Select(database => database.Path), store, readings);
            // The log first, whose write-ahead log grows as long as it is read.
            databases.Reverse();
            var logEnd = 0L;
            while (databases is [var next, ..])
            {
                if (next.Path == DataFiles.Log) logEnd = Convert.ToInt64(next.Snapshot.Ask("SELECT end FROM state"), CultureInfo.InvariantCulture);
                using (next.Snapshot) await CopyDatabaseAsync(next.Path, next.Snapshot, partial, cancellationToken);
                databases.RemoveAt(0);
                if (next.Path == DataFiles.Log && source.Log is { } log) await CopySideAsync(log, partial, cancellationToken);
            }
            foreach (var file in source.SettingsFiles.Where(File.Exists).Distinct(StringComparer.Ordinal))
                if (!DataFiles.IsInside(source.Data, file)) await CopyPlainAsync(file, FreeName($"settings/{Path.GetFileName(file)}"), previous, partial, cancellationToken);
            if (readings is not null) await CopyStoreAsync(store!, readings, previous, partial, cancellationToken);
            return (logEnd, found);
        }
        finally
        {
            foreach (var (_, snapshot) in databases) snapshot.Dispose();
            if (readings is not null) await readings.DisposeAsync();
        }
    }

    private async Task CopyDatabaseAsync(string file, SqliteSnapshot snapshot, string partial, CancellationToken cancellationToken)
    {
        Step($"copying {file}");
        var target = TargetOf(file, partial);
        await Task.Run(() => snapshot.CopyTo(target, Done, cancellationToken), cancellationToken);
        await AddDatabaseAsync(file, Path.Combine(source.Data, file), target, BackupFileKind.Sqlite, cancellationToken);
    }

    private async Task CopySideAsync(Log.DurableLog log, string partial, CancellationToken cancellationToken)
    {
        var target = TargetOf(DataFiles.Side, partial);
        await log.CopySideAsync(target, cancellationToken);
        await AddDatabaseAsync(DataFiles.Side, Path.Combine(source.Data, DataFiles.Side), target, BackupFileKind.Sqlite, cancellationToken);
    }

    private async Task AddDatabaseAsync(string file, string original, string target, BackupFileKind kind, CancellationToken cancellationToken)
    {
        if (kind == BackupFileKind.Sqlite && new FileInfo(target).Length <= CheckedBytesMax && SqliteSnapshot.Damage(target) is { } damage)
            throw new BackupException($"{original} is damaged: {damage}. What it holds cannot be relied on; check the disk, and restore the last backup that is well.");
        BackupCopy.Sync(target);
        var (bytes, hash) = await BackupCopy.HashAsync(target, static _ => { }, cancellationToken);
        _files.Add(new BackupFile(file, bytes, hash, kind, File.GetLastWriteTimeUtc(original).Ticks, BackupCopy.ModeOf(original)));
        AtStep?.Invoke(file);
    }

    private async Task CopyPlainAsync(string original, string file, Previous? previous, string partial, CancellationToken cancellationToken)
    {
        try
        {
            // Looked at before it is read: one that is replaced meanwhile then is read whole, but taken for changed the next time.
            var (modified, mode) = (File.GetLastWriteTimeUtc(original).Ticks, BackupCopy.ModeOf(original));
            if (TryTakeOver(file, new FileInfo(original), previous, partial)) return;
            var (bytes, hash) = await BackupCopy.CopyAsync(original, TargetOf(file, partial), UnixFileMode.UserRead | UnixFileMode.UserWrite, static _ => { }, cancellationToken);
            _files.Add(new BackupFile(file, bytes, hash, BackupFileKind.Plain, modified, mode));
        }
        catch (FileNotFoundException)
        {
            // Gone since it was found.
        }
    }

    private async Task CopyStoreAsync(ISnapshotSource store, StoreSnapshot readings, Previous? previous, string partial, CancellationToken cancellationToken)
    {
        var folder = StoreFolder(store);
        var database = $"{folder}/{readings.Database}";
        _store = new BackupStore(source.Store!.Name, folder, database, readings.NextOffset);
        Step($"copying {database}");
        var target = TargetOf(database, partial);
        await readings.CopyDatabaseAsync(target, cancellationToken);
        await AddDatabaseAsync(database, Path.Combine(store.Folder, readings.Database), target, BackupFileKind.DuckDb, cancellationToken);
        Done(_files[^1].Bytes);
        foreach (var name in readings.Sealed)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (file, original) = ($"{folder}/{name.Replace('\\', '/')}", new FileInfo(Path.Combine(store.Folder, name)));
            Step($"copying {file}");
            if (TryTakeOver(file, original, previous, partial))
            {
                Done(_files[^1].Bytes);
                continue;
            }
            var (bytes, hash) = await BackupCopy.CopyAsync(original.FullName, TargetOf(file, partial), UnixFileMode.UserRead | UnixFileMode.UserWrite, Done, cancellationToken);
            _files.Add(new BackupFile(file, bytes, hash, BackupFileKind.Sealed, original.LastWriteTimeUtc.Ticks, BackupCopy.ModeOf(original.FullName)));
        }
        AtStep?.Invoke("readings");
    }

    /// <summary>Links a file that has not changed since the backup before.</summary>
    private bool TryTakeOver(string file, FileInfo original, Previous? previous, string partial)
    {
        if (previous?.Find(file) is not { } before || before.Bytes != original.Length || before.Modified != original.LastWriteTimeUtc.Ticks) return false;
        if (!HardLink.TryMake(Path.Combine(previous.Folder, before.Path), TargetOf(file, partial))) return false;
        _files.Add(before);
        _linked += before.Bytes;
        return true;
    }

    private string StoreFolder(ISnapshotSource store) =>
        DataFiles.IsInside(source.Data, store.Folder) ? Path.GetRelativePath(source.Data, store.Folder).Replace('\\', '/') : source.Store!.Name == "duckdb" ? "readings" : source.Store.Name + "-index";

    private string FreeName(string file)
    {
        for (var again = 2; _files.Any(one => one.Path == file); again++)
            file = string.Create(CultureInfo.InvariantCulture, $"settings/{again}-{Path.GetFileName(file)}");
        return file;
    }

    private static string TargetOf(string file, string partial)
    {
        var target = Path.Combine(partial, file);
        BackupCopy.MakeFolder(Path.GetDirectoryName(target)!);
        return target;
    }

    private void Measure(IEnumerable<string> databases, ISnapshotSource? store, StoreSnapshot? readings)
    {
        _total = databases.Sum(file => Length(Path.Combine(source.Data, file)));
        if (readings is not null) _total += Length(Path.Combine(store!.Folder, readings.Database)) + readings.Sealed.Sum(name => Length(Path.Combine(store.Folder, name)));

        static long Length(string file) => new FileInfo(file) is { Exists: true } found ? found.Length : 0;
    }

    private void Step(string step)
    {
        _step = step;
        _tell(new BackupProgress(_step, _done, _total));
    }

    private void Done(long bytes)
    {
        _done += bytes;
        _tell(new BackupProgress(_step, _done, _total));
    }

    /// <summary>The last whole backup, from which unchanged files are taken over.</summary>
    /// <exception cref="BackupException">The folder holds the backups of another server.</exception>
    private Previous? PreviousOf(BackupFolder folder)
    {
        foreach (var id in folder.Ids().Reverse())
        {
            BackupManifest manifest;
            try
            {
                manifest = BackupManifest.Read(folder.PathOf(id));
            }
            catch (BackupException)
            {
                // One that cannot be read is nothing to build upon; restore says what is wrong with it.
                continue;
            }
            if (manifest.City != source.City)
                throw new BackupException($"{folder.FullPath} holds the backups of another server ({manifest.City}, this one is {source.City}). Name a folder for each.");
            return new Previous(folder.PathOf(id), manifest, manifest.Files.Where(file => file.Kind is BackupFileKind.Sealed or BackupFileKind.Plain).ToDictionary(file => file.Path, StringComparer.Ordinal));
        }
        return null;
    }

    /// <summary>Removes the oldest backups beyond a number; one that cannot be read is left to a person.</summary>
    private List<string> Prune(BackupFolder folder, int? keep)
    {
        var removed = new List<string>();
        if (keep is not { } count) return removed;
        foreach (var id in folder.Ids().SkipLast(count))
        {
            try
            {
                if (BackupManifest.Read(folder.PathOf(id)).City != source.City) continue;
            }
            catch (BackupException)
            {
                continue;
            }
            // Under a name that is no backup's before the first file of it goes.
            var doomed = folder.PartialOf(id);
            Directory.Move(folder.PathOf(id), doomed);
            Directory.Delete(doomed, recursive: true);
            removed.Add(id);
        }
        return removed;
    }

    private sealed record Previous(string Folder, BackupManifest Manifest, Dictionary<string, BackupFile> Unchanged)
    {
        public BackupFile? Find(string path) => Unchanged.GetValueOrDefault(path);
    }
}
