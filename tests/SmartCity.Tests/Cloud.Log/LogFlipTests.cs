using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Log;

/// <summary>
/// One flipped bit anywhere in the log's file: it changes nothing, or what it cost is recorded as a gap of exactly its numbers, or the whole file is found
/// damaged and said so. Never is anything handed out that was not appended. <c>SMARTCITY_FLIPS</c> asks for more than the default number.
/// </summary>
public sealed class LogFlipTests : IDisposable
{
    private static readonly int _flips = int.TryParse(Environment.GetEnvironmentVariable("SMARTCITY_FLIPS"), out var flips) ? flips : 400;
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/smartcity-flips-{Guid.NewGuid():n}").FullName : Directory.CreateTempSubdirectory("smartcity-flips-").FullName;
    private readonly SortedDictionary<long, (LogRow Row, byte[] Columns)> _rows = [];
    private readonly Dictionary<long, DeadLetter> _letters = [];
    private IReadOnlyList<Completeness> _completeness = [];
    private IReadOnlyList<LogAudit> _audit = [];
    private int _unharmed, _gaps, _damaged;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task One_flipped_bit_changes_nothing_or_is_told_with_its_exact_numbers(int seed)
    {
        var random = new Random(seed);
        await WriteAsync(random);
        var file = Path.Combine(_folder, DurableLogOptions.FileName);
        var whole = await File.ReadAllBytesAsync(file, Stop);
        for (var flip = 0; flip < _flips; flip++)
        {
            var (at, bit) = (random.Next(whole.Length), random.Next(8));
            foreach (var left in Directory.GetFiles(_folder)) File.Delete(left);
            whole[at] ^= (byte)(1 << bit);
            await File.WriteAllBytesAsync(file, whole, Stop);
            whole[at] ^= (byte)(1 << bit);
            try
            {
                await LookAsync();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                Assert.Fail($"Seed {seed}, byte {at}, bit {bit}: {error}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{_flips} flips: {_unharmed} without effect, {_gaps} told as gaps, {_damaged} cost the whole file");
        Assert.True(_gaps > _flips / 4, $"{_gaps} of {_flips} flips were told as gaps");
        Assert.True(_damaged < _flips / 5, $"{_damaged} of {_flips} flips cost the whole file");
    }

    private DurableLog Open() => DurableLog.Open(new DurableLogOptions { Folder = _folder, ReserveBytes = 0 }, TimeProvider.System);

    private async Task WriteAsync(Random random)
    {
        using (var log = Open())
        {
            var through = new Dictionary<(string, Lane), long>();
            for (var i = 0; i < 40; i++)
            {
                var key = ($"gateway-{i % 2}", (Lane)(1 + i % 3));
                var first = through.GetValueOrDefault(key) + 1;
                var columns = new byte[random.Next(100, 6_000)];
                random.NextBytes(columns);
                var count = random.Next(1, 90);
                var series = log.Series.NumberOf(new SeriesKey($"device-{i}", "metric"), ValueKind.Double);
                List<DeadLetter> letters = i % 8 == 0 ? [new DeadLetter(0, key.Item1, key.Item2, new SeriesKey("a", "b"), ValueKind.Int64, 5, 6, "17", "series:kind is Double", 0)] : [];
                var outcome = await log.AppendAsync(new LogAppend
                {
                    Gateway = key.Item1, Epoch = 7, Lane = key.Item2, FirstSequence = first, Sequences = count + letters.Count, Count = count, Columns = columns,
                    FirstName = log.PositionOf(key.Item1, 7, key.Item2).Names, NewNames = [series], WireCrc = (uint)i, DeadLetters = letters,
                }, Stop);
                Assert.Equal(AppendStatus.Appended, outcome.Status);
                through[key] = first + count + letters.Count - 1;
                _rows.Add(outcome.FirstOffset, (new LogRow(outcome.FirstOffset, count, key.Item1, key.Item2, 0), columns));
                if (i % 10 == 9)
                {
                    await log.AppendAsync(new LogAppend { Gateway = key.Item1, Epoch = 7, Lane = key.Item2, FirstSequence = through[key] + 1, Gap = GapReason.Expired, GapLast = through[key] + 5 }, Stop);
                    through[key] += 5;
                }
            }
            await log.SaveConsumerAsync("readings", 12, Stop);
            await log.SaveSendersAsync("gateway-0", [new LogSender(5, SenderState.Current)], Stop);
        }
        using var opened = Open();
        _completeness = opened.Completeness();
        _audit = opened.Audit(_ => 0);
        foreach (var letter in opened.DeadLetters()) _letters.Add(letter.Id, letter);
        Assert.Equal(5, _letters.Count);
    }

    private async Task LookAsync()
    {
        for (var start = 1; start <= 3; start++)
        {
            try
            {
                using var log = Open();
                if (log.Notes.Any(note => note.Contains("set aside", StringComparison.Ordinal)))
                {
                    Assert.NotEmpty(Directory.GetFiles(_folder, "damaged-*"));
                    _damaged++;
                    return;
                }
                await CompareAsync(log);
                return;
            }
            catch (LogBrokenException)
            {
                // The process ends and is started again.
            }
        }
        // Said at each start; nothing is handed out.
        _damaged++;
    }

    private async Task CompareAsync(DurableLog log)
    {
        var found = new Dictionary<long, LogRow>();
        using var reader = log.OpenReader();
        for (long from = 0, look = 0; from < log.End; look++)
        {
            Assert.True(look < 100, "the reading does not come to the log's end");
            from = await reader.ReadAsync(from, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> columns) =>
            {
                Assert.True(_rows.TryGetValue(row.FirstOffset, out var was), $"offset {row.FirstOffset} was never given out");
                Assert.Equal((was.Row.Count, was.Row.Gateway, was.Row.Lane), (row.Count, row.Gateway, row.Lane));
                Assert.True(was.Columns.AsSpan().SequenceEqual(columns), $"offset {row.FirstOffset} came with other bytes");
                Assert.True(found.TryAdd(row.FirstOffset, row), $"offset {row.FirstOffset} came twice");
            }, Stop);
        }
        var missing = 0L;
        var now = log.Completeness();
        Assert.Equal(_completeness.Count, now.Count);
        foreach (var (was, lane) in _completeness.Zip(now))
        {
            Assert.Equal((was.Gateway, was.Lane, was.Epoch, was.First, was.Last, was.Received), (lane.Gateway, lane.Lane, lane.Epoch, lane.First, lane.Last, lane.Received));
            Assert.Equal(was.Missing, lane.Missing.Where(range => range.Reason != GapReason.Corrupt));
            Assert.Equal(was.Since, lane.Since);
            missing += lane.Missing.Count(range => range.Reason == GapReason.Corrupt);
            Assert.Equal(_rows.Values.Count(row => row.Row.Gateway == lane.Gateway && row.Row.Lane == lane.Lane) - found.Values.Count(row => row.Gateway == lane.Gateway && row.Lane == lane.Lane),
                lane.Missing.Count(range => range.Reason == GapReason.Corrupt));
        }
        foreach (var (was, lane) in _audit.Zip(log.Audit(_ => 0)))
        {
            Assert.Equal((was.Gateway, was.Lane, was.Accepted, was.DeadLettered), (lane.Gateway, lane.Lane, lane.Accepted, lane.DeadLettered));
            Assert.Equal(lane.Accepted, lane.Queued + lane.DeadLettered + lane.Expired);
        }
        foreach (var letter in log.DeadLetters().Where(letter => !letter.IsDamaged)) Assert.Equal(_letters[letter.Id], letter);
        Assert.Equal(_letters.Count, log.DeadLetters().Count);
        for (var series = 1; series <= 40; series++) Assert.Equal(new SeriesEntry(new SeriesKey($"device-{series - 1}", "metric"), ValueKind.Double), log.Series[series]);
        foreach (var lane in now) Assert.Equal(_rows.Values.Select((row, i) => (row.Row, Number: i + 1)).Where(row => row.Row.Gateway == lane.Gateway && row.Row.Lane == lane.Lane).Select(row => row.Number), log.NamesOf(lane.Gateway, 7, lane.Lane));
        if (missing > 0) _gaps++;
        else _unharmed++;
    }
}
