using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SmartCity.Durable;

/// <summary>Sets a damaged database aside, whole, for those who may still read something from it, and puts the one that was made out of it in its place.</summary>
/// <param name="folder">Its folder.</param>
/// <param name="name">Name of the database in it, e.g. <c>spool.db</c>.</param>
/// <param name="clock">The time is part of the name of what is set aside.</param>
public sealed class DamagedDatabase(string folder, string name, TimeProvider clock)
{
    private readonly string _mark = Path.Combine(folder, Path.GetFileNameWithoutExtension(name) + ".damaged");

    /// <summary>Path of the database.</summary>
    public string File { get; } = Path.Combine(folder, name);

    /// <summary>Path of one that is being made out of it; it takes its place once it is whole.</summary>
    public string Made { get; } = Path.Combine(folder, Path.GetFileNameWithoutExtension(name) + ".new" + Path.GetExtension(name));

    /// <summary>Whether SQLite says that the file is damaged or is no database.</summary>
    public static bool Is(SqliteException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
    }

    /// <summary>What the last run found damaged and left a mark of; null where nothing.</summary>
    public string? Marked => System.IO.File.Exists(_mark) ? System.IO.File.ReadAllText(_mark).Trim() : null;

    /// <summary>Leaves a mark for the next start: damage was met while running.</summary>
    public void Mark(string what)
    {
        try
        {
            System.IO.File.WriteAllText(_mark, what + "\n");
        }
        catch (IOException)
        {
            // The volume is full: the next start meets the damage again.
        }
    }

    /// <summary>Takes the mark away.</summary>
    public void Forget() => System.IO.File.Delete(_mark);

    /// <summary>Renames the database with its logs, and never deletes one that was set aside before.</summary>
    /// <returns>Its path now.</returns>
    public string SetAside()
    {
        var aside = FreeName();
        foreach (var suffix in (string[])["", "-wal", "-shm", "-journal"])
            if (System.IO.File.Exists(File + suffix)) System.IO.File.Move(File + suffix, aside + suffix);
        return aside;
    }

    /// <summary>Puts the database that was made in its place, also where the process ended in between.</summary>
    public void Finish()
    {
        if (!System.IO.File.Exists(Made)) return;
        // It is whole once the damaged one has made room for it, and not before.
        if (!System.IO.File.Exists(File)) System.IO.File.Move(Made, File);
        GiveUp();
    }

    /// <summary>Deletes what was made so far.</summary>
    public void GiveUp()
    {
        foreach (var left in Directory.GetFiles(folder, Path.GetFileName(Made) + "*")) System.IO.File.Delete(left);
    }

    /// <summary>Paths of the databases that were set aside in a folder and are still there.</summary>
    public static string[] Kept(string folder) =>
        [.. Directory.GetFiles(folder, "damaged-*").Where(file => !file.EndsWith("-wal", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>A name that nothing has: two damages within one second must not cost the first file.</summary>
    public string FreeName()
    {
        var stamp = clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        for (var again = 0; ; again++)
        {
            var free = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"damaged-{stamp}{(again == 0 ? "" : $"-{again}")}-{name}"));
            if (!System.IO.File.Exists(free) && !System.IO.File.Exists(free + "-wal") && !System.IO.File.Exists(free + "-shm")) return free;
        }
    }
}
