using Microsoft.Data.Sqlite;
using SmartCity.Edge.Spool;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>A spool in a folder of its own, removed at the end.</summary>
internal sealed class SpoolFolder : IDisposable
{
    public const byte Telemetry = 1, Alarm = 2, Toll = 3;

    public string Path { get; } = Directory.CreateTempSubdirectory("smartcity-spool-").FullName;

    public SpoolFolder(bool inMemory = false)
    {
        // Where there is memory to put files in, no disk is waited for.
        if (!inMemory || !Directory.Exists("/dev/shm")) return;
        Directory.Delete(Path);
        Path = Directory.CreateDirectory($"/dev/shm/smartcity-spool-{Guid.NewGuid():n}").FullName;
    }

    public SpoolOptions Options(long quota = 1 << 30, WhenFull whenFull = WhenFull.Refuse) => new()
    {
        Folder = Path,
        Lanes = [new SpoolLane(Telemetry, quota, whenFull), new SpoolLane(Alarm, quota), new SpoolLane(Toll, quota)],
        ReserveBytes = 0,
    };

    public SmartCity.Edge.Spool.Spool Open(SpoolOptions? options = null) => SmartCity.Edge.Spool.Spool.Open(options ?? Options());

    /// <summary>The files as a kill -9 at this instant would leave them, in a folder of their own, under their old identity.</summary>
    public SpoolFolder CopyAsKilled()
    {
        var copy = new SpoolFolder(Path.StartsWith("/dev/shm", StringComparison.Ordinal));
        foreach (var file in Directory.GetFiles(Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal) && !file.EndsWith("-shm", StringComparison.Ordinal))) File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        copy.Execute($"UPDATE meta SET value='{SpoolIdentity.Of(System.IO.Path.Combine(copy.Path, SpoolOptions.FileName), null)}', seal=NULL WHERE key='identity'");
        return copy;
    }

    public void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={System.IO.Path.Combine(Path, SpoolOptions.FileName)};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public static SpoolTransaction Row(byte lane, int count, params byte[] columns)
    {
        var transaction = new SpoolTransaction();
        transaction.Append(lane, count, 0, columns);
        return transaction;
    }

    public static List<SpoolEntry> ReadAll(SmartCity.Edge.Spool.Spool spool, ulong epoch, byte lane, long from = 1)
    {
        var entries = new List<SpoolEntry>();
        for (int before; ; from = entries[^1].Last + 1)
        {
            before = entries.Count;
            spool.Read(epoch, lane, from, 1 << 16, entries);
            if (entries.Count == before) return entries;
        }
    }
}
