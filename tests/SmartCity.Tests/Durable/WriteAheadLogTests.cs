using Microsoft.Data.Sqlite;
using SmartCity.Durable;
using SmartCity.Edge.Spool;
using SmartCity.Tests.Edge.Spool;

namespace SmartCity.Tests.Durable;

/// <summary>Damage within a write-ahead log, as SQLite itself writes one, against what a power cut tears.</summary>
public sealed class WriteAheadLogTests : IDisposable
{
    private const int PageBytes = 4096, FrameBytes = 24 + PageBytes, HeaderBytes = 32;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_flipped_bit_anywhere_is_put_right_or_told_and_every_commit_is_there(int seed)
    {
        var (database, wal) = Write(commits: 12);
        var random = new Random(seed);
        // All of the header and of one frame's, and samples of everything.
        var places = Enumerable.Range(0, HeaderBytes * 8).Concat(Enumerable.Range((HeaderBytes + FrameBytes) * 8, 24 * 8)).Concat(Enumerable.Range(0, 400).Select(_ => random.Next(wal.Length * 8)));
        var told = 0;
        foreach (var place in places)
        {
            Lay(database, Flipped(wal, place));
            var verdict = WriteAheadLog.Mend(_folder["copy.db"]);
            var mended = File.ReadAllBytes(_folder["copy.db-wal"]);
            // Of the highest bits of a word it may be one of several; then all is read, and what is wrong is for the seals of records to find.
            if (verdict.Damage is not null)
            {
                told++;
                Assert.True(place / 8 >= HeaderBytes && place % 32 > 22, $"bit {place}: {verdict}");
                Assert.InRange(wal.Zip(mended, (one, other) => System.Numerics.BitOperations.PopCount((uint)(one ^ other))).Sum(), 0, 2);
                Assert.Equal(new WalVerdict(0, null), WriteAheadLog.Mend(_folder["copy.db"]));
                continue;
            }
            Assert.True(verdict.Repaired == 1, $"bit {place}: {verdict}");
            Assert.True(wal.AsSpan().SequenceEqual(mended), $"bit {place}");
        }
        Assert.InRange(told, 1, 200);
        Lay(database, Flipped(wal, (HeaderBytes + 3 * FrameBytes + 500) * 8));
        Assert.Equal(1, WriteAheadLog.Mend(_folder["copy.db"]).Repaired);
        Assert.Equal(12, Rows());
        Assert.Equal(new WalVerdict(0, null), WriteAheadLog.Mend(_folder["copy.db"]));
    }

    [Fact]
    public void Several_frames_with_a_flipped_bit_each_are_put_right()
    {
        var (database, wal) = Write(commits: 12);
        foreach (var frame in (int[])[0, 4, 5, 9]) wal = Flipped(wal, (HeaderBytes + frame * FrameBytes + 1_000 + frame) * 8 + frame % 8);
        Lay(database, wal);
        Assert.Equal(new WalVerdict(4, null), WriteAheadLog.Mend(_folder["copy.db"]));
        Assert.Equal(12, Rows());
    }

    [Fact]
    public void Damage_of_more_bits_with_commits_behind_it_is_told_and_at_the_end_it_is_a_torn_write()
    {
        var (database, wal) = Write(commits: 12);
        var frames = (wal.Length - HeaderBytes) / FrameBytes;
        var damaged = (byte[])wal.Clone();
        damaged.AsSpan(HeaderBytes + 3 * FrameBytes + 100, 16).Fill(0x5A);
        Lay(database, damaged);
        var verdict = WriteAheadLog.Mend(_folder["copy.db"]);
        Assert.Contains("frame 4 of its write-ahead log", verdict.Damage, StringComparison.Ordinal);
        // Left alone, SQLite loses the rest without a word: that is why it is told.
        Assert.InRange(Rows(), 1, 11);

        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            // Only what is of the last commit may be torn: its frames are cut, or hold anything.
            var torn = (byte[])wal.Clone();
            var from = HeaderBytes + (frames - 1) * FrameBytes + random.Next(FrameBytes - 1);
            random.NextBytes(torn.AsSpan(from + 1));
            Lay(database, i % 2 == 0 ? torn[..(from + random.Next(torn.Length - from))] : torn);
            Assert.Null(WriteAheadLog.Mend(_folder["copy.db"]).Damage);
            Assert.InRange(Rows(), 11, 12);
        }
        for (var length = 0; length < HeaderBytes + 24; length++)
        {
            Lay(database, wal[..length]);
            Assert.Equal(new WalVerdict(0, null), WriteAheadLog.Mend(_folder["copy.db"]));
        }
    }

    [Fact]
    public void What_stands_behind_a_log_that_was_begun_anew_is_older_and_no_damage()
    {
        using var connection = Open("live.db");
        for (var i = 0; i < 30; i++) Insert(connection, i);
        Execute(connection, "PRAGMA wal_checkpoint(RESTART);");
        for (var i = 30; i < 33; i++) Insert(connection, i);
        File.Copy(_folder["live.db"], _folder["copy.db"], true);
        File.Copy(_folder["live.db-wal"], _folder["copy.db-wal"], true);
        Assert.Equal(new WalVerdict(0, null), WriteAheadLog.Mend(_folder["copy.db"]));
        Assert.Equal(33, Rows());
        Assert.Equal(new WalVerdict(0, null), WriteAheadLog.Mend(_folder["absent.db"]));
    }

    [Fact]
    public void A_spool_whose_write_ahead_log_has_a_flipped_bit_keeps_every_row_that_it_does_not_hit_and_says_so()
    {
        using var folder = new SpoolFolder(inMemory: true);
        using var spool = folder.Open();
        for (var i = 1; i <= 20; i++) spool.Commit(SpoolFolder.Row(SpoolFolder.Telemetry, 3, (byte)i, 7));
        var file = Path.Combine(folder.Path, SpoolOptions.FileName);
        var (database, wal) = (Read(file), Read(file + "-wal"));
        var random = new Random(5);
        var told = 0;
        for (var flip = 0; flip < 40; flip++)
        {
            using var killed = new SpoolFolder(inMemory: true);
            File.WriteAllBytes(Path.Combine(killed.Path, SpoolOptions.FileName), database);
            File.WriteAllBytes(Path.Combine(killed.Path, SpoolOptions.FileName + "-wal"), Flipped(wal, random.Next(wal.Length * 8)));
            using var again = killed.Open();
            var rows = SpoolFolder.ReadAll(again, spool.Epoch, SpoolFolder.Telemetry).Where(row => row.Gap is null).Select(row => (int)row.Columns[0]).ToList();
            if (again.Notes.Any(note => note.Contains("which one cannot be told", StringComparison.Ordinal)))
            {
                told++;
                Assert.InRange(rows.Count, 18, 20);
                Assert.Equal(rows.Order().Distinct(), rows);
                Assert.All(rows, row => Assert.InRange(row, 1, 20));
                continue;
            }
            Assert.Contains(again.Notes, note => note.StartsWith("A flipped bit was put right", StringComparison.Ordinal));
            Assert.Equal(Enumerable.Range(1, 20), rows);
        }
        Assert.InRange(told, 1, 30);
    }

    private (byte[] Database, byte[] Wal) Write(int commits)
    {
        using var connection = Open("live.db");
        for (var i = 0; i < commits; i++) Insert(connection, i);
        return (Read(_folder["live.db"]), Read(_folder["live.db-wal"]));
    }

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private void Lay(byte[] database, byte[] wal)
    {
        File.Delete(_folder["copy.db-shm"]);
        File.WriteAllBytes(_folder["copy.db"], database);
        File.WriteAllBytes(_folder["copy.db-wal"], wal);
    }

    private SqliteConnection Open(string name)
    {
        var connection = new SqliteConnection($"Data Source={_folder[name]};Pooling=false");
        connection.Open();
        Execute(connection, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v BLOB);");
        // So that nothing of the beginning is in the log.
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE);");
        return connection;
    }

    private static void Insert(SqliteConnection connection, int id) => Execute(connection, System.FormattableString.Invariant($"INSERT INTO t VALUES({id}, randomblob(700))"));

    private int Rows()
    {
        using var connection = new SqliteConnection($"Data Source={_folder["copy.db"]};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM t";
        return (int)(long)command.ExecuteScalar()!;
    }

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        var copy = (byte[])bytes.Clone();
        copy[bit / 8] ^= (byte)(1 << bit % 8);
        return copy;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this test.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
