using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Log;
using SmartCity.Durable;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Log;

/// <summary>What becomes of offsets, numbers and books when the log's file is damaged, gone, or an older copy of itself.</summary>
public sealed class LogContinuityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string File_ => Path.Combine(_folder["log"], DurableLogOptions.FileName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_damaged_log_is_set_aside_and_what_is_sound_comes_along()
    {
        using (var log = Open())
        {
            for (var i = 0; i < 60; i++) await log.AppendAsync(Batch(log, 1 + i * 10, 10, bytes: 9_000), Stop);
            await log.SaveConsumerAsync("readings", 200, Stop);
            await log.SetAsideAsync([new DeadLetter(0, "g", Lane.Telemetry, new SeriesKey("a", "t"), ValueKind.Double, 1, 2, "7", "kind: no", 0) { LogOffset = 1 }], Stop);
        }
        // The page under a row in the middle, and with it the record of that row: nothing that SQLite could follow.
        var bytes = File.ReadAllBytes(File_);
        var page = PageOf("row", 40);
        bytes.AsSpan(page * 8192, 8192).Fill(0x5A);
        File.WriteAllBytes(File_, bytes);

        using var again = Open();
        var note = again.Notes[0];
        Assert.Contains("set aside", note, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["log"], "damaged-*.db"))));
        // Watermark, names, letters, the consumer's place and all rows on other pages are there.
        Assert.Equal((600L, 60), again.PositionOf("g", 7, Lane.Telemetry) is var position ? (position.Through, position.Names) : default);
        Assert.Equal(200, again.ConsumerOffset("readings"));
        Assert.Single(again.DeadLetters());
        Assert.Equal(60, again.Series.Count);
        Assert.True(again.End > 600);
        var rows = await Rows(again, 200);
        var missing = Assert.Single(again.Completeness()).Missing;
        Assert.NotEmpty(missing);
        Assert.All(missing, gap => Assert.Equal(GapReason.Corrupt, gap.Reason));
        // Rows and gaps together are all numbers from the consumer's place on, none twice.
        Assert.Equal(Enumerable.Range(200, 400).Select(offset => (long)offset), rows.SelectMany(row => Enumerable.Range(0, row.Count).Select(i => row.First + i))
            .Concat(missing.SelectMany(gap => Enumerable.Range(0, (int)(gap.Last - gap.First + 1)).Select(i => gap.First - 1 + i))).Order());
        Assert.Contains("Lost:", note, StringComparison.Ordinal);

        // New values follow above everything, under new series numbers.
        var outcome = await again.AppendAsync(Batch(again, 601, 5, device: "new"), Stop);
        Assert.Equal(AppendStatus.Appended, outcome.Status);
        Assert.True(outcome.FirstOffset >= 600);
        Assert.Equal(61, again.Series.Find(new SeriesKey("new", "t")));
        Assert.True(again.AreBooksOpen);
    }

    [Fact]
    public async Task A_log_that_is_no_database_any_more_begins_above_all_offsets_and_reuses_no_series_number()
    {
        using (var log = Open()) for (var i = 0; i < 3; i++) await log.AppendAsync(Batch(log, 1 + i * 10, 10), Stop);
        File.WriteAllText(File_, new string('x', 20_000));
        long end;
        using (var again = Open())
        {
            Assert.Contains("set aside", again.Notes[0], StringComparison.Ordinal);
            Assert.Equal(0, again.PositionOf("g", 7, Lane.Telemetry).Through);
            Assert.Equal(3, again.Series.Count);
            Assert.Equal(2, again.Series.Find(new SeriesKey("d2", "t")));
            Assert.True(again.End >= 30);
            end = again.End;
            // The gateway released the first twenty, and still holds the rest.
            await again.AppendAsync(new LogAppend { Gateway = "g", Epoch = 7, Lane = Lane.Telemetry, FirstSequence = 1, Gap = GapReason.Released, GapLast = 20 }, Stop);
            Assert.Equal(end, (await again.AppendAsync(Batch(again, 21, 10), Stop)).FirstOffset);
            await again.CloseBooksAsync([("g", Lane.Telemetry, 20)], Stop);
            Assert.False(again.AreBooksOpen);
        }
        using var later = Open();
        Assert.False(later.AreBooksOpen);
        Assert.Contains("still there", Assert.Single(later.Notes), StringComparison.Ordinal);
        Assert.Equal((50, 10, 20), Assert.Single(later.Audit(_ => 0)) is var audit ? (audit.Accepted, audit.Queued, audit.Expired) : default);
    }

    [Fact]
    public async Task A_log_written_back_from_an_older_copy_gives_no_offset_twice()
    {
        byte[] old;
        using (var log = Open()) await log.AppendAsync(Batch(log, 1, 10), Stop);
        old = File.ReadAllBytes(File_);
        long ahead;
        using (var log = Open())
        {
            await log.AppendAsync(Batch(log, 11, 10, device: "later"), Stop);
            ahead = log.End;
        }
        File.WriteAllBytes(File_, old);
        using var again = Open();
        Assert.Contains("restored from a copy", Assert.Single(again.Notes), StringComparison.Ordinal);
        Assert.True(again.AreBooksOpen);
        Assert.True((await again.AppendAsync(Batch(again, 11, 1, device: "other"), Stop)).FirstOffset >= ahead);
        // The number that "later" had is not another's now.
        Assert.Equal(2, again.Series.Find(new SeriesKey("later", "t")));
        Assert.Equal(3, again.Series.Find(new SeriesKey("other", "t")));
        Assert.False(await again.ProveAsync("readings", ahead, Stop));
    }

    [Fact]
    public async Task A_whole_folder_from_an_older_copy_is_found_out_by_the_stores_and_no_value_is_passed_over()
    {
        using (var log = Open()) await log.AppendAsync(Batch(log, 1, 10), Stop);
        using var copy = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(_folder["log"])) File.Copy(file, copy[Path.GetFileName(file)]);
        long stored;
        using (var log = Open())
        {
            await log.AppendAsync(Batch(log, 11, 10), Stop);
            stored = log.End;
        }
        foreach (var file in Directory.GetFiles(_folder["log"])) File.Delete(file);
        foreach (var file in Directory.GetFiles(copy.Path)) File.Copy(file, Path.Combine(_folder["log"], Path.GetFileName(file)));

        using var again = Open();
        Assert.Empty(again.Notes);
        // Values that come before the store has been asked take offsets that it has passed already.
        Assert.Equal(10, (await again.AppendAsync(Batch(again, 11, 3), Stop)).FirstOffset);
        Assert.True(await again.ProveAsync("readings", stored, Stop));
        Assert.Contains("older than the store of readings", Assert.Single(again.Notes), StringComparison.Ordinal);
        Assert.Equal([(stored, 3)], await Rows(again, stored));
        Assert.Equal(stored + 3, again.End);
        Assert.Equal(stored + 3, (await again.AppendAsync(Batch(again, 14, 1), Stop)).FirstOffset);
        Assert.False(await again.ProveAsync("tolling", stored - 5, Stop));
    }

    [Fact]
    public async Task A_number_of_a_dead_letter_is_never_given_out_again()
    {
        DeadLetter letter = new(0, "g", Lane.Telemetry, new SeriesKey("a", "t"), ValueKind.Double, 1, 2, "7", "kind: no", 0);
        using (var log = Open())
        {
            await log.SetAsideAsync([letter, letter], Stop);
            Assert.Equal(2, await log.DiscardDeadLettersAsync(null, Stop));
        }
        using var again = Open();
        await again.SetAsideAsync([letter], Stop);
        Assert.Equal(3, Assert.Single(again.DeadLetters()).Id);
    }

    [Fact]
    public async Task A_file_of_version_1_is_read_and_brought_up_to_date()
    {
        Directory.CreateDirectory(_folder["log"]);
        using (var file = new SqliteConnection($"Data Source={File_};Pooling=False"))
        {
            file.Open();
            using var make = file.CreateCommand();
            make.CommandText = Version1;
            make.ExecuteNonQuery();
        }
        using (var log = Open())
        {
            Assert.Empty(log.Notes);
            Assert.Equal([(0L, 2), (2L, 3)], await Rows(log, 0));
            Assert.Equal(new LanePosition("g", 7, Lane.Telemetry, 5, 1), log.PositionOf("g", 7, Lane.Telemetry));
            Assert.Equal([1], log.NamesOf("g", 7, Lane.Telemetry));
            Assert.Equal((9u, 2L), log.TakenAs("g", 7, Lane.Telemetry, 1));
            Assert.Equal(4, Assert.Single(log.DeadLetters()).Id);
            Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(Batch(log, 6, 2), Stop)).Status);
            await log.DiscardDeadLettersAsync(null, Stop);
            await log.SetAsideAsync([new DeadLetter(0, "g", Lane.Telemetry, new SeriesKey("a", "t"), ValueKind.Double, 1, 2, "7", "kind: no", 0)], Stop);
            Assert.Equal(5, Assert.Single(log.DeadLetters()).Id);
        }
        using var again = Open();
        Assert.Equal([(0L, 2), (2L, 3), (5L, 2)], await Rows(again, 0));
        Assert.Equal(1, again.ConsumerOffset("readings"));
    }

    /// <summary>The tables as version 1 made them, with two rows, one of which has an empty payload.</summary>
    private static string Version1 => $$"""
        PRAGMA page_size=8192;
        CREATE TABLE gateway(ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
        CREATE TABLE row(
          first_offset INTEGER PRIMARY KEY, count INTEGER NOT NULL, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, epoch INTEGER NOT NULL,
          first_sequence INTEGER NOT NULL, sequences INTEGER NOT NULL, received INTEGER NOT NULL, wire_crc INTEGER NOT NULL, crc INTEGER NOT NULL,
          columns BLOB NOT NULL);
        CREATE INDEX row_place ON row(gateway, epoch, lane, first_sequence);
        CREATE TABLE position(
          gateway INTEGER, epoch INTEGER, lane INTEGER, through INTEGER NOT NULL, names INTEGER NOT NULL, received INTEGER NOT NULL, since INTEGER NOT NULL,
          PRIMARY KEY(gateway, epoch, lane)) WITHOUT ROWID;
        CREATE TABLE name(gateway INTEGER, epoch INTEGER, lane INTEGER, id INTEGER, series INTEGER NOT NULL, PRIMARY KEY(gateway, epoch, lane, id)) WITHOUT ROWID;
        CREATE TABLE series(id INTEGER PRIMARY KEY, device TEXT NOT NULL, metric TEXT NOT NULL, kind INTEGER NOT NULL, UNIQUE(device, metric));
        CREATE TABLE gap(gateway INTEGER NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
          reason INTEGER NOT NULL, recorded INTEGER NOT NULL);
        CREATE INDEX gap_place ON gap(gateway, epoch, lane, first);
        CREATE TABLE dead_letter(id INTEGER PRIMARY KEY, gateway INTEGER NOT NULL, lane INTEGER NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL,
          kind INTEGER NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL, recorded INTEGER NOT NULL,
          log_offset INTEGER UNIQUE);
        CREATE TABLE counter(gateway INTEGER, lane INTEGER, accepted INTEGER NOT NULL, dead_lettered INTEGER NOT NULL, expired INTEGER NOT NULL,
          PRIMARY KEY(gateway, lane)) WITHOUT ROWID;
        CREATE TABLE sender(gateway INTEGER, place INTEGER, incarnation INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY(gateway, place)) WITHOUT ROWID;
        CREATE TABLE consumer(name TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), end INTEGER NOT NULL, bytes INTEGER NOT NULL);
        INSERT INTO state VALUES(1, 5, 272);
        INSERT INTO gateway VALUES(1, 'g');
        INSERT INTO series VALUES(1, 'a', 't', 0);
        INSERT INTO name VALUES(1, 7, 1, 0, 1);
        INSERT INTO position VALUES(1, 7, 1, 5, 1, 5, 100);
        INSERT INTO counter VALUES(1, 1, 5, 0, 0);
        INSERT INTO row VALUES(0, 2, 1, 1, 7, 1, 2, 100, 9, {{Crc32C.Of(new byte[8])}}, zeroblob(8));
        INSERT INTO row VALUES(2, 3, 1, 1, 7, 3, 3, 100, 9, {{Crc32C.Of(new byte[8])}}, zeroblob(8));
        INSERT INTO dead_letter VALUES(4, 1, 1, 'a', 't', 0, 1, 2, '7', 'kind: no', 3, NULL);
        INSERT INTO consumer VALUES('readings', 1);
        PRAGMA user_version=1;
        """;

    private DurableLog Open() => DurableLog.Open(new DurableLogOptions { Folder = _folder["log"], ReserveBytes = 0 }, _clock);

    private static LogAppend Batch(DurableLog log, long first, int count, int bytes = 8, string? device = null)
    {
        var position = log.PositionOf("g", 7, Lane.Telemetry);
        var series = log.Series.NumberOf(new SeriesKey(device ?? $"d{position.Names + 1}", "t"), ValueKind.Double);
        return new LogAppend
        {
            Gateway = "g", Epoch = 7, Lane = Lane.Telemetry, FirstSequence = first, Sequences = count, Count = count, Columns = new byte[bytes], FirstName = position.Names, NewNames = [series],
        };
    }

    /// <summary>The leaf page, from 0, on which row <paramref name="number"/> of a table begins.</summary>
    private int PageOf(string table, int number)
    {
        using var file = new SqliteConnection($"Data Source={File_};Pooling=False");
        file.Open();
        var bytes = File.ReadAllBytes(File_);
        using var root = file.CreateCommand();
        root.CommandText = $"SELECT rootpage FROM sqlite_schema WHERE name='{table}'";
        // An interior page of a table (type 5): 12 bytes of header, then 2-byte pointers to cells of a 4-byte child and a key.
        var at = ((int)(long)root.ExecuteScalar()! - 1) * 8192;
        Assert.Equal(5, bytes[at]);
        var cells = bytes[at + 3] << 8 | bytes[at + 4];
        var cell = at + 12 + 2 * Math.Min(cells - 1, number * cells / 60);
        var pointer = at + (bytes[cell] << 8 | bytes[cell + 1]);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(pointer)) - 1;
    }

    private static async Task<List<(long First, int Count)>> Rows(DurableLog log, long from)
    {
        using var reader = log.OpenReader();
        var rows = new List<(long, int)>();
        await reader.ReadAsync(from, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> _) => rows.Add((row.FirstOffset, row.Count)), Stop);
        return rows;
    }
}
