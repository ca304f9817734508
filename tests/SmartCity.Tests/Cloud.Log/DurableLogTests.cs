using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Log;

public sealed class DurableLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero));
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_appended_is_there_after_a_reopen_and_what_does_not_follow_is_refused()
    {
        using (var log = Open())
        {
            var series = log.Series.NumberOf(new SeriesKey("a", "t"), ValueKind.Double);
            Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(Batch(1, 3, names: [series]), Stop)).Status);
            Assert.Equal(new AppendOutcome(AppendStatus.OutOfOrder, 3, 0), await log.AppendAsync(Batch(5, 2), Stop));
            Assert.Equal(AppendStatus.OutOfOrder, (await log.AppendAsync(Batch(3, 2), Stop)).Status);
            Assert.Equal(new AppendOutcome(AppendStatus.Appended, 5, 3), await log.AppendAsync(Batch(4, 2), Stop));
        }
        using var again = Open();
        Assert.Equal(new LanePosition("g", 7, Lane.Telemetry, 5, 1), again.PositionOf("g", 7, Lane.Telemetry));
        Assert.Equal([1], again.NamesOf("g", 7, Lane.Telemetry));
        Assert.Equal(new SeriesEntry(new SeriesKey("a", "t"), ValueKind.Double), again.Series[1]);
        Assert.Equal(5, again.End);
        Assert.Equal([(0L, 3), (3L, 2)], await Rows(again, 0));
        Assert.Equal([(3L, 2)], await Rows(again, 4));
    }

    [Fact]
    public async Task Appends_in_any_order_leave_what_a_plain_model_says()
    {
        var random = new Random(1);
        var through = new Dictionary<(string, ulong, Lane), long>();
        long end = 0, accepted = 0;
        var log = Open();
        for (var i = 0; i < 400; i++)
        {
            if (i % 50 == 49)
            {
                log.Dispose();
                log = Open();
            }
            var key = ($"g{random.Next(3)}", ulong.MaxValue - (ulong)random.Next(2), (Lane)random.Next(1, 4));
            var at = through.GetValueOrDefault(key);
            var first = Math.Max(1, at + random.Next(-2, 4));
            var count = random.Next(1, 5);
            var gap = random.Next(6) == 0;
            var outcome = await log.AppendAsync(gap
                ? new LogAppend { Gateway = key.Item1, Epoch = key.Item2, Lane = key.Item3, FirstSequence = first, Gap = GapReason.Expired, GapLast = first + count - 1 }
                : Batch(first, count, key.Item1, key.Item2, key.Item3), Stop);
            if (first == at + 1)
            {
                Assert.Equal(AppendStatus.Appended, outcome.Status);
                through[key] = at + count;
                accepted += count;
                if (!gap) end += count;
            }
            else
            {
                Assert.Equal(new AppendOutcome(AppendStatus.OutOfOrder, at, 0), outcome);
            }
            Assert.Equal(end, log.End);
        }
        foreach (var (key, last) in through) Assert.Equal(last, log.PositionOf(key.Item1, key.Item2, key.Item3).Through);
        var audit = log.Audit(_ => 0);
        Assert.Equal(accepted, audit.Sum(lane => lane.Accepted));
        Assert.All(audit, lane => Assert.Equal(lane.Accepted, lane.Queued + lane.Expired));
        log.Dispose();
    }

    [Fact]
    public async Task A_copy_taken_at_any_moment_holds_all_that_had_been_acknowledged()
    {
        using var log = Open();
        for (var i = 0; i < 20; i++)
        {
            await log.AppendAsync(Batch(1 + i * 2, 2), Stop);
            using var copy = new TemporaryFolder();
            foreach (var file in new[] { "log.db", "log.db-wal" }) if (File.Exists(Path.Combine(_folder["log"], file))) File.Copy(Path.Combine(_folder["log"], file), copy[file]);
            using var recovered = DurableLog.Open(new DurableLogOptions { Folder = copy.Path, ReserveBytes = 0 }, _clock);
            Assert.Equal(2 * (i + 1), recovered.PositionOf("g", 7, Lane.Telemetry).Through);
            Assert.Equal(2 * (i + 1), recovered.End);
        }
    }

    [Fact]
    public async Task A_damaged_row_becomes_a_gap_with_its_range_and_its_neighbours_stay()
    {
        using (var log = Open()) for (var i = 0; i < 3; i++) await log.AppendAsync(Batch(1 + i * 2, 2), Stop);
        using (var file = new SqliteConnection($"Data Source={Path.Combine(_folder["log"], "log.db")};Pooling=False"))
        {
            file.Open();
            using var flip = file.CreateCommand();
            flip.CommandText = "UPDATE row SET columns=x'00ff' WHERE first_offset=2";
            flip.ExecuteNonQuery();
        }
        using var again = Open();
        Assert.Equal([(0L, 2), (4L, 2)], await Rows(again, 0));
        var missing = Assert.Single(Assert.Single(again.Completeness()).Missing);
        Assert.Equal((3, 4, GapReason.Corrupt), (missing.First, missing.Last, missing.Reason));
        var audit = Assert.Single(again.Audit(_ => 0));
        Assert.Equal((6, 4, 2), (audit.Accepted, audit.Queued, audit.Expired));
    }

    [Fact]
    public async Task Rows_stay_until_all_consumers_have_passed_and_seven_days_have_gone()
    {
        using var log = Open();
        await log.AppendAsync(Batch(1, 2), Stop);
        await log.AppendAsync(Batch(3, 2), Stop);
        await log.SaveConsumerAsync("x", 4, Stop);
        _clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal(0, await log.TrimAsync(["x", "y"], Stop));
        await log.SaveConsumerAsync("y", 2, Stop);
        Assert.Equal(2, await log.TrimAsync(["x", "y"], Stop));
        Assert.Equal([(2L, 2)], await Rows(log, 0));
        await log.AppendAsync(Batch(5, 1), Stop);
        await log.SaveConsumerAsync("y", 5, Stop);
        await log.SaveConsumerAsync("x", 5, Stop);
        Assert.Equal(2, await log.TrimAsync(["x", "y"], Stop));
        Assert.Equal(5, log.End);
    }

    [Fact]
    public async Task At_the_quota_nothing_is_taken_until_consumed_rows_are_trimmed()
    {
        using var log = Open(quota: 3_000);
        long next = 1;
        AppendOutcome outcome;
        while ((outcome = await log.AppendAsync(Batch(next, 1, bytes: 500), Stop)).Status == AppendStatus.Appended) next++;
        Assert.Equal(AppendStatus.Full, outcome.Status);
        Assert.InRange(log.Bytes, 1, 3_000);
        Assert.Equal(next - 1, log.PositionOf("g", 7, Lane.Telemetry).Through);
        await log.SaveConsumerAsync("x", log.End, Stop);
        Assert.True(await log.TrimAsync(["x"], Stop) > 0);
        Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(Batch(next, 1, bytes: 500), Stop)).Status);
    }

    [Fact]
    public async Task A_full_volume_refuses_and_loses_nothing()
    {
        long next = 1;
        using (var log = Open(fileBytes: 600_000))
        {
            while ((await log.AppendAsync(Batch(next, 1, bytes: 20_000), Stop)).Status == AppendStatus.Appended) next++;
            Assert.True(log.IsFull);
            Assert.Equal(0, log.Room);
            Assert.Equal(next - 1, log.End);
        }
        using var again = Open();
        Assert.Equal(next - 1, again.PositionOf("g", 7, Lane.Telemetry).Through);
        Assert.Equal(AppendStatus.Appended, (await again.AppendAsync(Batch(next, 1), Stop)).Status);
    }

    [Fact]
    public void A_second_owner_is_told_so()
    {
        using var log = Open();
        Assert.Throws<LogInUseException>(() => Open());
    }

    private DurableLog Open(long quota = 1 << 30, long fileBytes = 0) =>
        DurableLog.Open(new DurableLogOptions { Folder = _folder["log"], QuotaBytes = quota, FileBytesMax = fileBytes, ReserveBytes = 0 }, _clock);

    [Fact]
    public async Task A_refused_value_of_the_log_is_set_aside_once_however_often_it_is_said()
    {
        using (var log = Open())
        {
            await log.AppendAsync(Batch(1, 3), Stop);
            DeadLetter letter = new(0, "g", Lane.Telemetry, new SeriesKey("a", "t"), ValueKind.Double, 1, 2, "7", "kind: no", 0) { LogOffset = 1 };
            for (var i = 0; i < 2; i++) await log.SetAsideAsync([letter, letter with { LogOffset = 2 }], Stop);
        }
        using var again = Open();
        Assert.Equal([1L, 2], again.DeadLetters().Select(letter => letter.LogOffset!.Value));
        Assert.Equal(2, Assert.Single(again.Audit(_ => 3)).DeadLettered);
    }

    private static LogAppend Batch(long first, int count, string gateway = "g", ulong epoch = 7, Lane lane = Lane.Telemetry, int bytes = 8, int[]? names = null) => new()
    {
        Gateway = gateway, Epoch = epoch, Lane = lane, FirstSequence = first, Sequences = count, Count = count, Columns = new byte[bytes], NewNames = names ?? [],
    };

    private static async Task<List<(long, int)>> Rows(DurableLog log, long from)
    {
        using var reader = log.OpenReader();
        var rows = new List<(long, int)>();
        await reader.ReadAsync(from, _ => true, int.MaxValue, (in LogRow row, ReadOnlySpan<byte> _) => rows.Add((row.FirstOffset, row.Count)), Stop);
        return rows;
    }
}
