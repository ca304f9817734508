using System.Text;
using Microsoft.Data.Sqlite;
using SmartCity.Durable;
using SmartCity.Edge.Spool;
using static SmartCity.Tests.Edge.Spool.SpoolFolder;

namespace SmartCity.Tests.Edge.Spool;

public sealed class SpoolTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Numbers_of_a_lane_go_on_without_a_hole_after_reopening()
    {
        ulong epoch;
        using (var spool = _folder.Open())
        {
            epoch = spool.Epoch;
            spool.Commit(Row(Telemetry, 10, 1, 2, 3));
            spool.Commit(Row(Toll, 1, 9));
            spool.Commit(Row(Telemetry, 5, 4));
        }
        using (var spool = _folder.Open())
        {
            Assert.Equal(epoch, spool.Epoch);
            Assert.Empty(spool.Notes);
            spool.Commit(Row(Telemetry, 2, 5));
            var entries = ReadAll(spool, epoch, Telemetry);
            Assert.Equal([(1L, 10L), (11L, 15L), (16L, 17L)], entries.Select(entry => (entry.First, entry.Last)));
            Assert.Equal([1, 2, 3], entries[0].Columns);
        }
    }

    [Fact]
    public void Released_rows_are_stored_and_asked_for_again_are_a_released_gap()
    {
        using var spool = _folder.Open();
        spool.Commit(Row(Telemetry, 10, 1));
        spool.Commit(Row(Telemetry, 10, 2));
        var release = new SpoolTransaction();
        release.Release(spool.Epoch, Telemetry, 15);
        spool.Commit(release);

        var audit = spool.Audit().Single(lane => lane.Lane == Telemetry);
        Assert.Equal((20, 10, 10, 0), (audit.Accepted, audit.Stored, audit.Queued, audit.Imbalance));
        var entries = ReadAll(spool, spool.Epoch, Telemetry);
        Assert.Equal((1, 15, SpoolGap.Released), (entries[0].First, entries[0].Last, entries[0].Gap!.Value));
        Assert.Equal((11, 20, (SpoolGap?)null), (entries[1].First, entries[1].Last, entries[1].Gap));
    }

    [Fact]
    public void A_flipped_bit_becomes_a_gap_of_exactly_its_row_and_neighbours_stay()
    {
        using var spool = _folder.Open();
        for (byte i = 0; i < 5; i++) spool.Commit(Row(Telemetry, 10, i, 7, 7));
        _folder.Execute("UPDATE row SET columns = x'0206ff' WHERE first = 21");

        var entries = ReadAll(spool, spool.Epoch, Telemetry);
        Assert.Equal([1L, 11, 21, 31, 41], entries.Select(entry => entry.First));
        Assert.Equal([null, null, SpoolGap.Corrupt, null, null], entries.Select(entry => entry.Gap));
        var audit = spool.Audit().Single(lane => lane.Lane == Telemetry);
        Assert.Equal((50, 40, 10, 0), (audit.Accepted, audit.Queued, audit.Expired, audit.Imbalance));
        Assert.Equal(entries.Select(Place), ReadAll(spool, spool.Epoch, Telemetry).Select(Place));

        static (long, long, SpoolGap?) Place(SpoolEntry entry) => (entry.First, entry.Last, entry.Gap);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_row_that_vanished_is_reported_as_damage_once_and_the_books_balance(bool reopened)
    {
        var spool = _folder.Open();
        try
        {
            for (byte i = 0; i < 3; i++) spool.Commit(Row(Telemetry, 10, i));
            _folder.Execute("DELETE FROM row WHERE first = 11");
            if (reopened)
            {
                spool.Dispose();
                spool = _folder.Open();
            }
            for (var look = 0; look < 3; look++)
            {
                Assert.Equal([(1L, 10L, null), (11, 20, SpoolGap.Corrupt), (21, 30, (SpoolGap?)null)], ReadAll(spool, spool.Epoch, Telemetry).Select(entry => (entry.First, entry.Last, entry.Gap)));
                var audit = spool.Audit().Single(lane => lane.Lane == Telemetry);
                Assert.Equal((30, 20, 10, 0), (audit.Accepted, audit.Queued, audit.Expired, audit.Imbalance));
            }
            var release = new SpoolTransaction();
            release.Release(spool.Epoch, Telemetry, 30);
            spool.Commit(release);
            var done = spool.Audit().Single(lane => lane.Lane == Telemetry);
            Assert.Equal((20, 0, 10, 0, 0), (done.Stored, done.Queued, done.Expired, done.Imbalance, done.Bytes));
        }
        finally
        {
            spool.Dispose();
        }
    }

    [Fact]
    public void Files_set_aside_are_never_deleted_not_even_by_more_damage_in_the_same_second()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        for (var i = 0; i < 6; i++)
        {
            File.WriteAllText(Path.Combine(_folder.Path, SpoolOptions.FileName), new string((char)('a' + i), 10_000));
            using var spool = _folder.Open(_folder.Options() with { Clock = clock });
            Assert.Contains("set aside", Assert.Single(spool.Notes), StringComparison.Ordinal);
        }
        var kept = Directory.GetFiles(_folder.Path, $"damaged-*{SpoolOptions.FileName}").Select(file => File.ReadAllText(file)[0]).Order();
        Assert.Equal("abcdef", string.Concat(kept));
    }

    /// <summary>Half of the flips hit the bytes of rows, half any byte of the file; the promise is the same for both.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_flipped_bit_anywhere_in_the_file_costs_what_it_hit_and_never_starts_from_zero_in_silence(int seed)
    {
        const int rows = 12;
        var random = new Random(seed);
        ulong epoch;
        var sent = new List<byte[]>();
        using (var spool = _folder.Open())
        {
            epoch = spool.Epoch;
            for (var i = 0; i < rows; i++)
            {
                var columns = new byte[3000];
                random.NextBytes(columns);
                sent.Add(columns);
                spool.Commit(Row(Telemetry, 10, columns));
            }
        }
        var file = Path.Combine(_folder.Path, SpoolOptions.FileName);
        var whole = File.ReadAllBytes(file);
        for (var flip = 0; flip < 150; flip++)
        {
            var at = flip % 2 == 0 ? whole.AsSpan().IndexOf(sent[random.Next(rows)].AsSpan(0, 64)) + random.Next(64) : random.Next(whole.Length);
            foreach (var old in Directory.GetFiles(_folder.Path, "*")) if (!old.EndsWith(".ticket", StringComparison.Ordinal)) File.Delete(old);
            var bytes = (byte[])whole.Clone();
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, bytes);
            LookAfterFlip(epoch, sent, $"offset {at}");
        }
    }

    private void LookAfterFlip(ulong epoch, List<byte[]> sent, string where)
    {
        // Two damages met while running at the most, each said at the next start: never a loop.
        for (var start = 0; start < 3; start++)
        {
            try
            {
                using var spool = _folder.Open();
                var entries = ReadAll(spool, epoch, Telemetry);
                if (entries.Count == 0)
                {
                    Assert.NotEqual(epoch, spool.Epoch);
                    Assert.NotEmpty(spool.Notes);
                    Assert.NotEmpty(Directory.GetFiles(_folder.Path, "damaged-*"));
                    return;
                }
                foreach (var entry in entries.Where(entry => entry.Gap is null && entry.Count == 10 && entry.First % 10 == 1 && entry.First <= 111))
                    Assert.True(sent[(int)(entry.First / 10)].AsSpan().SequenceEqual(entry.Columns), $"{where}: a row came with other bytes");
                return;
            }
            catch (SpoolBrokenException)
            {
                // The process ends here and is started again.
            }
            catch (InvalidDataException newer) when (newer.Message.Contains("version", StringComparison.Ordinal))
            {
                // The version number itself was hit; it is said, and nothing is touched.
                return;
            }
        }
        Assert.Fail($"{where}: the spool does not open after three starts.");
    }

    [Fact]
    public void A_copied_spool_begins_a_new_epoch_and_still_sends_what_it_holds()
    {
        ulong epoch;
        using (var spool = _folder.Open())
        {
            epoch = spool.Epoch;
            spool.Commit(Row(Telemetry, 10, 1));
        }
        using var copy = new SpoolFolder();
        foreach (var file in Directory.GetFiles(_folder.Path)) File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        using var clone = copy.Open();
        Assert.NotEqual(epoch, clone.Epoch);
        Assert.Contains("copy", Assert.Single(clone.Notes), StringComparison.Ordinal);
        Assert.Single(ReadAll(clone, epoch, Telemetry));
        clone.Commit(Row(Telemetry, 1, 1));
        Assert.Equal(1, Assert.Single(ReadAll(clone, clone.Epoch, Telemetry)).First);
    }

    [Fact]
    public void A_database_written_back_in_place_begins_a_new_epoch()
    {
        var file = Path.Combine(_folder.Path, SpoolOptions.FileName);
        ulong epoch;
        using (var spool = _folder.Open()) epoch = spool.Epoch;
        var old = File.ReadAllBytes(file);
        for (var i = 0; i < 2; i++)
            using (_folder.Open()) { }
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.SetLength(0);
            stream.Write(old);
        }
        using var restored = _folder.Open();
        Assert.NotEqual(epoch, restored.Epoch);
    }

    [Fact]
    public void A_file_that_is_no_database_is_set_aside_with_a_note()
    {
        File.WriteAllText(Path.Combine(_folder.Path, SpoolOptions.FileName), new string('x', 10_000));
        using var spool = _folder.Open();
        Assert.Contains("set aside", Assert.Single(spool.Notes), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(_folder.Path, "damaged-*"));
        spool.Commit(Row(Telemetry, 1, 1));
    }

    [Fact]
    public void A_newer_file_is_refused_by_name()
    {
        using (_folder.Open()) { }
        _folder.Execute("PRAGMA user_version=99");
        // A newer program marks its file as this one does; a version without its mark is damage.
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, SpoolOptions.FileName)};Pooling=false"))
        {
            connection.Open();
            DatabaseHeader.Mark(connection, 99);
        }
        Assert.Contains("99", Assert.Throws<InvalidDataException>(() => _folder.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_owner_is_refused()
    {
        using var spool = _folder.Open();
        Assert.Throws<SpoolInUseException>(() => _folder.Open());
    }

    [Fact]
    public void At_its_quota_a_lane_refuses_whole_and_other_lanes_go_on()
    {
        using var spool = _folder.Open(_folder.Options(quota: 1000));
        spool.Commit(Row(Telemetry, 1, new byte[900]));
        var both = Row(Telemetry, 1, new byte[900]);
        both.Append(Toll, 1, 0, new byte[10]);
        Assert.Throws<SpoolFullException>(() => spool.Commit(both));
        Assert.Empty(ReadAll(spool, spool.Epoch, Toll));
        spool.Commit(Row(Toll, 1, new byte[900]));
        Assert.All(spool.Audit(), lane => Assert.Equal(0, lane.Imbalance));
    }

    [Fact]
    public void Expiry_gives_up_the_oldest_with_one_growing_gap()
    {
        using var spool = _folder.Open(_folder.Options(quota: 1000, WhenFull.ExpireOldest));
        for (byte i = 0; i < 10; i++) spool.Commit(Row(Telemetry, 5, [.. Enumerable.Repeat(i, 200)]));
        var entries = ReadAll(spool, spool.Epoch, Telemetry);
        Assert.Equal(SpoolGap.Expired, entries[0].Gap);
        Assert.Equal((1, 35), (entries[0].First, entries[0].Last));
        Assert.Equal(3, entries.Count(entry => entry.Gap is null));
        var audit = spool.Audit().Single(lane => lane.Lane == Telemetry);
        Assert.Equal((50, 15, 35, 0), (audit.Accepted, audit.Queued, audit.Expired, audit.Imbalance));
    }

    [Fact]
    public void A_full_file_keeps_nothing_of_the_transaction_and_releases_make_room_again()
    {
        using var spool = _folder.Open(_folder.Options() with { FileBytesMax = 512 << 10 });
        long committed = 0;
        Assert.Throws<SpoolFullException>(() =>
        {
            for (; committed < 100; committed++) spool.Commit(Row(Telemetry, 1, new byte[40_000]));
        });
        Assert.InRange(committed, 3, 20);
        Assert.Equal(committed, ReadAll(spool, spool.Epoch, Telemetry).Count);
        var release = new SpoolTransaction();
        release.Release(spool.Epoch, Telemetry, committed);
        spool.CommitReleases(release);
        spool.Commit(Row(Telemetry, 1, new byte[40_000]));
        Assert.Equal(committed + 1, ReadAll(spool, spool.Epoch, Telemetry)[^1].First);
        Assert.All(spool.Audit(), lane => Assert.Equal(0, lane.Imbalance));
    }

    [Fact]
    public void File_and_log_stay_bounded_while_rows_come_and_go()
    {
        using var spool = _folder.Open();
        var transaction = new SpoolTransaction();
        for (var i = 1; i <= 1500; i++)
        {
            transaction.Clear();
            transaction.Append(Telemetry, 1, 0, new byte[40_000]);
            transaction.Release(spool.Epoch, Telemetry, i - 10);
            spool.Commit(transaction);
        }
        // 60 MB went through; ten rows are held.
        Assert.InRange(new FileInfo(Path.Combine(_folder.Path, SpoolOptions.FileName)).Length, 1, 8 << 20);
        Assert.InRange(new FileInfo(Path.Combine(_folder.Path, SpoolOptions.FileName + "-wal")).Length, 1, 24 << 20);
    }

    [Fact]
    public void Dead_letters_are_kept_whole_counted_and_bounded()
    {
        using var spool = _folder.Open(_folder.Options() with { DeadLetterQuotaBytes = 1000 });
        var transaction = new SpoolTransaction();
        transaction.SetAside(new DeadLetter(0, Telemetry, 5, "a/b"u8.ToArray(), 1, "json:truncated@byte 3", 2, "{{{"u8.ToArray()));
        spool.Commit(transaction);
        var letter = Assert.Single(spool.DeadLetters());
        Assert.Equal(("a/b", "{{{", 1), (Encoding.UTF8.GetString(letter.Topic.Span), Encoding.UTF8.GetString(letter.Payload.Span), letter.QoS));
        Assert.Equal(2, spool.Audit().Single(lane => lane.Lane == Telemetry).DeadLettered);

        transaction.Clear();
        transaction.SetAside(new DeadLetter(0, Telemetry, 5, "a/b"u8.ToArray(), 1, "json:truncated@byte 3", 1, new byte[2000]));
        Assert.Throws<SpoolFullException>(() => spool.Commit(transaction));
        Assert.Equal(1, spool.DiscardDeadLetters());
        Assert.Equal(0, spool.DeadLetterCount);
        Assert.All(spool.Audit(), lane => Assert.Equal(0, lane.Imbalance));
    }

    [Fact]
    public void Marks_survive_and_the_least_recent_go_first()
    {
        var options = _folder.Options() with { MarksMax = 10 };
        using (var spool = _folder.Open(options))
        {
            for (byte i = 0; i < 25; i++)
            {
                var transaction = new SpoolTransaction();
                transaction.Mark(new byte[] { i }, new byte[] { i, i });
                spool.Commit(transaction);
            }
        }
        using (var spool = _folder.Open(options))
        {
            var marks = spool.Marks();
            Assert.InRange(marks.Count, 5, 10);
            Assert.Equal([24, 24], marks[^1].Value);
        }
    }

    [Fact]
    public void Names_stay_with_their_epoch()
    {
        using (var spool = _folder.Open())
        {
            var transaction = new SpoolTransaction();
            for (var i = 0; i < 3; i++) transaction.Name(Telemetry, i, new[] { (byte)i });
            transaction.Append(Telemetry, 1, 3, new byte[] { 1 });
            spool.Commit(transaction);
        }
        using (var spool = _folder.Open())
        {
            Assert.Equal(3, spool.Names(Telemetry).Count);
            Assert.Equal([2], Assert.Single(spool.Names(spool.Epoch, Telemetry, 2, 3)));
            Assert.Equal(3, ReadAll(spool, spool.Epoch, Telemetry)[0].NamesThrough);
        }
    }

    [Fact]
    public void The_checksum_is_Castagnolis() => Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
}
