using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Cloud.Log;

/// <summary>Sets a damaged log aside, whole, for those who may still read something from it.</summary>
internal static class DamagedLog
{
    private const string MarkName = "log.damaged";

    /// <summary>Whether SQLite says that the file is damaged or is no database.</summary>
    public static bool Is(SqliteException error) => error.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Leaves a mark for the next start: damage was met while running.</summary>
    public static void Mark(string folder, string what)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, MarkName), what + "\n");
        }
        catch (IOException)
        {
            // The volume is full: the next start meets the damage again.
        }
    }

    /// <summary>What the last run found damaged; null where nothing.</summary>
    public static string? Marked(string folder) => Path.Combine(folder, MarkName) is var mark && File.Exists(mark) ? File.ReadAllText(mark).Trim() : null;

    /// <summary>Takes the mark away.</summary>
    public static void Forget(string folder) => File.Delete(Path.Combine(folder, MarkName));

    /// <summary>Renames the database and its log, and never deletes one that was set aside before.</summary>
    /// <param name="folder">The log's folder.</param>
    /// <param name="name">Name of the database in it.</param>
    /// <param name="clock">The time is part of the new name.</param>
    /// <returns>The name of the database set aside.</returns>
    public static string SetAside(string folder, string name, TimeProvider clock)
    {
        var aside = FreeName(folder, name, clock);
        foreach (var suffix in new[] { "", "-wal", "-shm", "-journal" })
        {
            var file = Path.Combine(folder, name + suffix);
            if (File.Exists(file)) File.Move(file, aside + suffix);
        }
        return aside;
    }

    /// <summary>Puts a database that was made out of a damaged one in its place, where the process ended in between.</summary>
    public static void FinishRescue(string folder)
    {
        var (made, file) = (Path.Combine(folder, DurableLogOptions.NewFileName), Path.Combine(folder, DurableLogOptions.FileName));
        if (!File.Exists(made)) return;
        // It is whole once the damaged one has made room for it, and not before.
        if (!File.Exists(file)) File.Move(made, file);
        foreach (var left in Directory.GetFiles(folder, DurableLogOptions.NewFileName + "*")) File.Delete(left);
    }

    /// <summary>Names of the files that were set aside and are still there.</summary>
    public static string[] Kept(string folder) =>
        [.. Directory.GetFiles(folder, "damaged-*").Where(file => !file.EndsWith("-wal", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A name that nothing has: two damages within one second must not cost the first file.</summary>
    private static string FreeName(string folder, string of, TimeProvider clock)
    {
        var stamp = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        for (var again = 0; ; again++)
        {
            var name = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"damaged-{stamp}{(again == 0 ? "" : $"-{again}")}-{of}"));
            if (!File.Exists(name) && !File.Exists(name + "-wal") && !File.Exists(name + "-shm")) return name;
        }
    }
}
