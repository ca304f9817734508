using SmartCity.Durable;
using SmartCity.Edge.Spool;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>
/// One flipped bit anywhere in the spool's file: it changes nothing, or what it cost is told as a gap of exactly its numbers, or the whole file is set aside
/// and said so. Never does anything come back that was not written. <c>SMARTCITY_FLIPS</c> asks for more than the default number.
/// </summary>
public sealed class SpoolFlipTests : IDisposable
{
    private const byte Telemetry = SpoolFolder.Telemetry, Alarm = SpoolFolder.Alarm, Toll = SpoolFolder.Toll;
    private static readonly int _flips = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_FLIPS"), out var flips) ? flips : 600;

    // Where there is memory to put files in, no disk is waited for.
    private readonly string _folder = Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/smartcity-flips-{Guid.NewGuid():n}").FullName : Directory.CreateTempSubdirectory("smartcity-flips-").FullName;
    private readonly Dictionary<(ulong Epoch, byte Lane), SortedDictionary<long, SpoolEntry>> _written = [];
    private readonly Dictionary<string, string> _marks = [];
    private readonly Dictionary<long, DeadLetter> _letters = [];
    private readonly List<string> _names = [];
    private List<SpoolAudit> _audit = [];
    private int _unharmed, _gaps, _setAside, _rescued;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void One_flipped_bit_changes_nothing_or_is_told_with_its_exact_numbers(int seed)
    {
        var random = new Random(seed);
        Write(random);
        var file = Path.Combine(_folder, SpoolOptions.FileName);
        var whole = File.ReadAllBytes(file);
        var ticket = File.ReadAllText(Path.Combine(_folder, "spool.ticket"));
        for (var flip = 0; flip < _flips; flip++)
        {
            var at = random.Next(whole.Length);
            var bit = random.Next(8);
            // Written over the same file: a new one would have another inode and be a copy.
            foreach (var left in Directory.GetFiles(_folder)) if (left != file) File.Delete(left);
            whole[at] ^= (byte)(1 << bit);
            if (File.Exists(file)) using (var stream = new FileStream(file, FileMode.Open)) { stream.Write(whole); stream.SetLength(whole.Length); }
            else File.WriteAllBytes(file, whole);
            whole[at] ^= (byte)(1 << bit);
            File.WriteAllText(Path.Combine(_folder, "spool.ticket"), ticket);
            try
            {
                Look();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Assert.Fail($"Seed {seed}, byte {at}, bit {bit}: {error}");
            }
        }
        // Most of a file is rows, so most flips must cost their row alone, or nothing.
        TestContext.Current.TestOutputHelper?.WriteLine($"{_flips} flips: {_unharmed} without effect, {_gaps} told as gaps, {_setAside} set the file aside, of which {_rescued} rows came along");
        Assert.True(_gaps > _flips / 4, $"{_gaps} of {_flips} flips were told as gaps");
        Assert.True(_setAside < _flips / 5, $"{_setAside} of {_flips} flips cost the whole file");
    }

    private SpoolOptions Options => new()
    {
        Folder = _folder, ReserveBytes = 0, Machine = "m",
        Lanes = [new SpoolLane(Telemetry, 20_000, WhenFull.ExpireOldest), new SpoolLane(Alarm, 1 << 20), new SpoolLane(Toll, 1 << 20)],
    };

    private void Write(Random random)
    {
        using (var spool = SmartCity.Edge.Spool.Spool.Open(Options))
        {
            var transaction = new SpoolTransaction();
            for (var i = 0; i < 40; i++)
            {
                transaction.Clear();
                var lane = (byte)(1 + i % 3);
                var columns = new byte[random.Next(100, 6_000)];
                random.NextBytes(columns);
                if (lane == Telemetry)
                {
                    _names.Add($"device-{_names.Count}/metric");
                    transaction.Name(Telemetry, _names.Count - 1, System.Text.Encoding.UTF8.GetBytes(_names[^1]));
                }
                transaction.Append(lane, random.Next(1, 90), lane == Telemetry ? _names.Count : 0, columns);
                transaction.Mark(BitConverter.GetBytes(i), BitConverter.GetBytes(i * 7L));
                if (i % 8 == 0) transaction.SetAside(new DeadLetter(0, Alarm, i, "city/v1/x"u8.ToArray(), 1, "json:truncated@byte 17", 2, columns.AsMemory(0, 80)));
                spool.Commit(transaction);
            }
            transaction.Clear();
            transaction.Release(spool.Epoch, Alarm, SpoolFolder.ReadAll(spool, spool.Epoch, Alarm)[2].Last);
            spool.Commit(transaction);
        }
        using var opened = SmartCity.Edge.Spool.Spool.Open(Options);
        foreach (var position in opened.Positions())
        {
            var entries = _written[(position.Epoch, position.Lane)] = [];
            foreach (var entry in SpoolFolder.ReadAll(opened, position.Epoch, position.Lane)) entries.Add(entry.First, entry);
        }
        foreach (var (key, value) in opened.Marks()) _marks.Add(Convert.ToHexString(key), Convert.ToHexString(value));
        foreach (var letter in opened.DeadLetters()) _letters.Add(letter.Id, letter);
        _audit = [.. opened.Audit()];
        Assert.Equal(40, _marks.Count);
        Assert.Equal(5, _letters.Count);
        Assert.Contains(_written.Values.SelectMany(entries => entries.Values), entry => entry.Gap == SpoolGap.Expired);
    }

    private void Look()
    {
        for (var start = 1; ; start++)
        {
            try
            {
                using var spool = SmartCity.Edge.Spool.Spool.Open(Options);
                Compare(spool);
                return;
            }
            catch (SpoolBrokenException) when (start < 3)
            {
                // The process ends and is started again.
            }
        }
    }

    private void Compare(SmartCity.Edge.Spool.Spool spool)
    {
        if (spool.Notes.Any(note => note.Contains("set aside", StringComparison.Ordinal)))
        {
            Assert.NotEmpty(Directory.GetFiles(_folder, "damaged-*"));
            Assert.DoesNotContain(_written.Keys, key => key.Epoch == spool.Epoch);
            // What came along is as it was written; how far the numbers went is not known where their record is lost.
            foreach (var ((epoch, lane), entries) in _written)
            {
                var found = SpoolFolder.ReadAll(spool, epoch, lane).Where(entry => entry.Gap != SpoolGap.Corrupt).ToList();
                foreach (var entry in found.Where(entry => entry.Gap is null)) Assert.True(entries.TryGetValue(entry.First, out var was) && was.Columns.AsSpan().SequenceEqual(entry.Columns));
                _rescued += found.Count(entry => entry.Gap is null);
            }
            Assert.All(spool.Audit(), lane => Assert.Equal(0, lane.Imbalance));
            _setAside++;
            return;
        }
        var lost = 0;
        foreach (var ((epoch, lane), entries) in _written) lost += CompareLane(SpoolFolder.ReadAll(spool, epoch, lane), entries, $"lane {lane}");
        foreach (var (key, value) in spool.Marks()) Assert.Equal(_marks[Convert.ToHexString(key)], Convert.ToHexString(value));
        var letters = spool.DeadLetters();
        Assert.Equal(_letters.Count, letters.Count);
        foreach (var letter in letters.Where(letter => !letter.IsDamaged))
        {
            var was = _letters[letter.Id];
            Assert.Equal((was.Lane, was.Time, was.QoS, was.Reason, was.Values), (letter.Lane, letter.Time, letter.QoS, letter.Reason, letter.Values));
            Assert.True(was.Payload.Span.SequenceEqual(letter.Payload.Span) && was.Topic.Span.SequenceEqual(letter.Topic.Span));
        }
        var names = spool.Names(_written.Keys.First().Epoch, Telemetry, 0, int.MaxValue).Select(System.Text.Encoding.UTF8.GetString).ToList();
        Assert.Equal(_names.Take(names.Count), names);
        if (names.Count < _names.Count) Assert.Contains(spool.Notes, note => note.Contains("dictionary", StringComparison.Ordinal));
        foreach (var now in spool.Audit())
        {
            Assert.Equal(0, now.Imbalance);
            var was = _audit.Single(lane => lane.Lane == now.Lane);
            if (!spool.Notes.Any(note => note.Contains("counters", StringComparison.Ordinal)))
                Assert.Equal((was.Accepted, was.Stored, was.Superseded, was.DeadLettered), (now.Accepted, now.Stored, now.Superseded, now.DeadLettered));
        }
        if (lost > 0) _gaps++;
        else _unharmed++;
    }

    /// <summary>Every number is there once, in order; each row is as it was written or a gap in its very range.</summary>
    private static int CompareLane(List<SpoolEntry> found, SortedDictionary<long, SpoolEntry> written, string where)
    {
        var lost = 0;
        var expected = written.Values.ToList();
        var next = 0;
        foreach (var entry in found)
        {
            Assert.True(next < expected.Count, $"{where}: {entry.First}-{entry.Last} was never written");
            var was = expected[next++];
            Assert.Equal(was.First, entry.First);
            // Neighbours that are lost together may be told together.
            while (was.Last < entry.Last && next < expected.Count && entry.Gap is not null) was = was with { Last = expected[next++].Last };
            Assert.Equal(was.Last, entry.Last);
            if (entry.Gap is null)
            {
                Assert.Null(was.Gap);
                Assert.Equal((was.NamesThrough, was.Crc32C), (entry.NamesThrough, entry.Crc32C));
                Assert.True(was.Columns.AsSpan().SequenceEqual(entry.Columns), $"{where}: {entry.First}-{entry.Last} came with other bytes");
            }
            else if (was.Gap is null || was.Gap != entry.Gap)
            {
                Assert.Equal(SpoolGap.Corrupt, entry.Gap);
                lost++;
            }
        }
        Assert.Equal(expected.Count, next);
        return lost;
    }
}
