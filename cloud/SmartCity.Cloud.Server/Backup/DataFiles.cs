namespace SmartCity.Cloud.Server.Backup;

/// <summary>The files of a data folder, sorted by how they are copied. What a new part puts there is in the next backup without a word here.</summary>
/// <param name="Databases">SQLite databases, in the order in which they are looked at.</param>
/// <param name="Plain">All others.</param>
/// <param name="Aside">Damaged files that were set aside, which no backup needs.</param>
internal sealed record DataFiles(IReadOnlyList<string> Databases, IReadOnlyList<string> Plain, IReadOnlyList<string> Aside)
{
    /// <summary>The log, and the file beside it.</summary>
    public const string Log = "log/log.db", Side = "log/log.side";

    private static readonly HashSet<string> _ofTheRun = new(StringComparer.Ordinal) { "process.lock", "process.id", "admin.sock", "ports.json", "log/log.lock", "log/log.reserve" };

    /// <summary>
    /// Who is fed by another comes after it: toll events before the ledger that is posted from them, both before the configurations and keys that they name.
    /// So a copy never names what its copy of another file does not have. The log, which all are fed by, comes last.
    /// </summary>
    private static readonly string[] _first = ["tolling/tolling.db", "tolling/ledger.db"];

    /// <summary>Looks at a data folder.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="storeFolder">The folder of the store of readings, which is copied by the store.</param>
    public static DataFiles Of(string data, string? storeFolder)
    {
        var (databases, plain, aside) = (new List<string>(), new List<string>(), new List<string>());
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false, MaxRecursionDepth = 16 };
        foreach (var path in Directory.EnumerateFiles(data, "*", options))
        {
            var file = Path.GetRelativePath(data, path).Replace('\\', '/');
            if (_ofTheRun.Contains(file) || IsInside(storeFolder, path) || IsPassing(file)) continue;
            if (Path.GetFileName(file).StartsWith("damaged-", StringComparison.Ordinal)) aside.Add(file);
            else if (IsDatabase(file)) databases.Add(file);
            else plain.Add(file);
        }
        return new DataFiles([.. databases.OrderBy(Place).ThenBy(file => file, StringComparer.Ordinal)], [.. plain.Order(StringComparer.Ordinal)], [.. aside.Order(StringComparer.Ordinal)]);
    }

    public static bool IsInside(string? folder, string path) => folder is not null && Path.GetFullPath(path).StartsWith(Path.GetFullPath(folder).TrimEnd('/') + "/", StringComparison.Ordinal);

    private static bool IsDatabase(string file) => file == Side || file.EndsWith(".db", StringComparison.Ordinal);

    private static int Place(string file) => Array.IndexOf(_first, file) is var place and >= 0 ? place : file switch { Log => 1_001, Side => 1_002, _ => 1_000 };

    /// <summary>Belongs to a write that is under way, or to a database that is copied with it.</summary>
    private static bool IsPassing(string file) =>
        file.EndsWith("-wal", StringComparison.Ordinal) || file.EndsWith("-shm", StringComparison.Ordinal) || file.EndsWith("-journal", StringComparison.Ordinal)
        || file.EndsWith(".new", StringComparison.Ordinal) || file.EndsWith(".part", StringComparison.Ordinal) || file == "log/log.new.db" || file.Split('/').Contains("spill");
}
