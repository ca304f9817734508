namespace SmartCity.Simulation;

/// <summary>
/// A folder with one SQLite database in WAL mode, on a volume in memory, that can lose its power. SQLite's own files are the truth: what was written
/// after the last commit that was acknowledged is cut off at a random byte, or torn, as a disk without power leaves it. The files keep their inodes.
/// </summary>
internal sealed class Disk(string folder, string file)
{
    private static readonly string _volume = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
    private long _synced;

    public static string NewFolder() => Directory.CreateDirectory(Path.Combine(_volume, $"smartcity-simulation-{Guid.NewGuid():N}")).FullName;

    public string Folder { get; } = folder;
    private string Database { get; } = Path.Combine(folder, file);
    private string WriteAheadLog { get; } = Path.Combine(folder, file + "-wal");

    /// <summary>Bytes of the database, for a volume that is to be full soon.</summary>
    public long Bytes => new FileInfo(Database) is { Exists: true } found ? found.Length : 0;

    /// <summary>Everything written so far has been synced: something was acknowledged on the strength of it.</summary>
    public void Sync() => _synced = new FileInfo(WriteAheadLog) is { Exists: true } log ? log.Length : 0;

    /// <summary>The files as they lie there when the process is killed: all that was written.</summary>
    public Image Killed() => new(Read(Database), Read(WriteAheadLog));

    /// <summary>The files as they lie there when the power goes: of what was not synced an arbitrary part, the end of it torn.</summary>
    public Image WithoutPower(Random random)
    {
        var (database, log) = (Read(Database), Read(WriteAheadLog));
        if (log.Length <= _synced) return new Image(database, log); // a checkpoint came between: all of it is synced
        var kept = (int)(_synced + random.NextInt64(log.Length - _synced + 1));
        var image = log[..kept];
        for (var torn = Math.Min(random.Next(600), kept - (int)_synced); torn > 0 && random.Next(2) == 0; torn /= 2) image[kept - torn] ^= (byte)random.Next(256);
        return new Image(database, image);
    }

    /// <summary>Puts the files back as they were, after whoever had them open has closed and thereby changed them.</summary>
    public void Restore(Image image)
    {
        Write(Database, image.Database);
        Write(WriteAheadLog, image.WriteAheadLog);
        File.Delete(Database + "-shm");
        _synced = image.WriteAheadLog.Length;
    }

    private static byte[] Read(string path)
    {
        if (!File.Exists(path)) return [];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void Write(string path, byte[] bytes)
    {
        if (bytes.Length == 0 && !File.Exists(path)) return;
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        stream.SetLength(0);
        stream.Write(bytes);
    }

    internal sealed record Image(byte[] Database, byte[] WriteAheadLog);
}
