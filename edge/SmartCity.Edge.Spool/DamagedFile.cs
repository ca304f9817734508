using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Edge.Spool;

/// <summary>Sets a damaged database aside, whole, for those who may still read something from it, so that the gateway keeps working.</summary>
internal static class DamagedFile
{
    private const string MarkName = "spool.damaged";
    private const string NewFileName = "spool.new.db";

    /// <summary>Whether SQLite says that the file is damaged or is no database.</summary>
    public static bool Is(SqliteException error) => error.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Leaves a mark for the next start: damage was met while running.</summary>
    public static void Mark(string folder, string what) => File.WriteAllText(Path.Combine(folder, MarkName), what + "\n");

    /// <summary>Makes a new spool where the last run left a mark; returns the note for the operator.</summary>
    public static string? RescueIfMarked(SpoolOptions options)
    {
        FinishRescue(options);
        var mark = Path.Combine(options.Folder, MarkName);
        if (!File.Exists(mark)) return null;
        var note = Rescue(options, File.ReadAllText(mark).Trim());
        File.Delete(mark);
        return note;
    }

    /// <summary>Makes a new database out of what is sound in a damaged one, and sets that aside; returns the note for the operator.</summary>
    public static string Rescue(SpoolOptions options, string why)
    {
        string told;
        var made = Path.Combine(options.Folder, NewFileName);
        try
        {
            told = SpoolRescue.Run(Path.Combine(options.Folder, SpoolOptions.FileName), made);
        }
        catch (SqliteException error)
        {
            foreach (var left in Directory.GetFiles(options.Folder, NewFileName + "*")) File.Delete(left);
            told = $"Nothing of it came along: {error.Message}. What it still held has not reached the cloud.";
        }
        var note = SetAside(options, why, told);
        FinishRescue(options);
        return note;
    }

    /// <summary>Puts a database that was made out of a damaged one in its place, where the process ended in between.</summary>
    private static void FinishRescue(SpoolOptions options)
    {
        var (made, file) = (Path.Combine(options.Folder, NewFileName), Path.Combine(options.Folder, SpoolOptions.FileName));
        if (!File.Exists(made)) return;
        // It is whole once the damaged one has made room for it, and not before.
        if (!File.Exists(file)) File.Move(made, file);
        foreach (var left in Directory.GetFiles(options.Folder, NewFileName + "*")) File.Delete(left);
    }

    /// <summary>Renames the database and its log, and never deletes one that was set aside before; returns the note for the operator.</summary>
    private static string SetAside(SpoolOptions options, string why, string told)
    {
        var aside = FreeName(options);
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            var file = Path.Combine(options.Folder, SpoolOptions.FileName + suffix);
            if (File.Exists(file)) File.Move(file, aside + suffix);
        }
        return $"The spool's database was damaged ({why}) and is set aside as {aside}. A new one begins with a new epoch. {told} Keep the file until someone has looked at it; then delete it by hand.";
    }

    /// <summary>Names of the files that were set aside and are still there.</summary>
    public static string[] Kept(string folder) =>
        [.. Directory.GetFiles(folder, "damaged-*").Where(file => !file.EndsWith("-wal", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A name that nothing has: two damages within one second must not cost the first file.</summary>
    private static string FreeName(SpoolOptions options)
    {
        var stamp = options.Clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        for (var again = 0; ; again++)
        {
            var name = Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"damaged-{stamp}{(again == 0 ? "" : $"-{again}")}-{SpoolOptions.FileName}"));
            if (!File.Exists(name) && !File.Exists(name + "-wal") && !File.Exists(name + "-shm")) return name;
        }
    }
}
