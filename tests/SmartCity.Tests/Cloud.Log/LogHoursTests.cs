using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Log;

/// <summary>What the log keeps of each hour, against the rows themselves.</summary>
public sealed class LogHoursTests : IDisposable
{
    private static readonly DateTimeOffset _begin = new(2026, 11, 24, 6, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(_begin);
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_hour_counts_and_hashes_its_own_rows_however_often_the_log_is_opened()
    {
        var random = new Random(5);
        var model = new Dictionary<(DateTimeOffset Hour, string Gateway, ulong Epoch), (long First, long Last, long Received, long Rows, byte[] Root, List<(long, long)> Missing)>();
        var through = new Dictionary<(string, ulong), long>();
        var log = Open();
        for (var i = 0; i < 60; i++)
        {
            if (i % 17 == 16)
            {
                log.Dispose();
                log = Open();
            }
            _clock.Advance(TimeSpan.FromMinutes(random.Next(1, 9)));
            var now = _clock.GetUtcNow();
            var (gateway, epoch) = ($"g{random.Next(2)}", (ulong)random.Next(1, 3));
            var first = through.GetValueOrDefault((gateway, epoch)) + 1;
            var count = random.Next(1, 9);
            var place = (new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero), gateway, epoch);
            if (!model.TryGetValue(place, out var hour)) hour = (first, 0, 0, 0, new byte[32], []);
            if (random.Next(5) == 0)
            {
                await log.AppendAsync(new LogAppend { Gateway = gateway, Epoch = epoch, Lane = Lane.Alarm, FirstSequence = first, Gap = GapReason.Expired, GapLast = first + count - 1 }, Stop);
                hour.Missing.Add((first, first + count - 1));
                model[place] = hour with { Last = first + count - 1 };
            }
            else
            {
                // One value in three batches is set aside, and now and then all of them are.
                var letters = random.Next(3) > 0 ? 0 : random.Next(2) == 0 ? 1 : count;
                var columns = count == letters ? [] : new byte[random.Next(1, 300)];
                random.NextBytes(columns);
                var hash = SHA256.HashData(columns);
                Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(new LogAppend
                {
                    Gateway = gateway, Epoch = epoch, Lane = Lane.Alarm, FirstSequence = first, Sequences = count, Count = count - letters, Columns = columns, ColumnsHash = random.Next(2) == 0 ? hash : default,
                    DeadLetters = [.. Enumerable.Range(0, letters).Select(_ => new DeadLetter(0, gateway, Lane.Alarm, new SeriesKey("a", "t"), ValueKind.Double, 1, 2, "7", "kind: no", 0))],
                }, Stop)).Status);
                model[place] = (hour.First, first + count - 1, hour.Received + count, hour.Rows + 1,
                    HourHash.Add(hour.Root, HourHash.Leaf(gateway, Lane.Alarm, epoch, first, count, count - letters, hash)), hour.Missing);
            }
            through[(gateway, epoch)] = first + count - 1;
        }
        var found = log.Hours(null, 0, long.MaxValue, 1_000);
        Assert.Equal(model.Count, found.Count);
        foreach (var hour in found)
        {
            var expected = model[(UnixMicros.ToTime(hour.Hour), hour.Gateway, hour.Epoch)];
            Assert.Equal((expected.First, expected.Last, expected.Received, expected.Rows, Convert.ToHexString(expected.Root)), (hour.First, hour.Last, hour.Received, hour.Rows, Convert.ToHexString(hour.Root)));
            Assert.Equal(expected.Missing, hour.Missing.Select(range => (range.First, range.Last)));
        }
        Assert.All(log.Hours("g1", UnixMicros.From(_begin.AddHours(1)), UnixMicros.From(_begin.AddHours(2)), 10), hour => Assert.Equal(("g1", UnixMicros.From(_begin.AddHours(1))), (hour.Gateway, hour.Hour)));
        _clock.Advance(TimeSpan.FromDays(200));
        await log.TrimAsync([], Stop);
        Assert.Empty(log.Hours(null, 0, long.MaxValue, 10));
        log.Dispose();
    }

    [Fact]
    public void A_leaf_is_what_its_description_says()
    {
        // 0 ‖ "g" ‖ 0 ‖ 2 ‖ epoch 1 ‖ first 3 ‖ 4 numbers ‖ 3 values ‖ 32 bytes 0xAA, as sha256sum gives it.
        var bytes = Convert.FromHexString("00" + "67" + "00" + "02" + "0000000000000001" + "0000000000000003" + "00000004" + "00000003" + string.Concat(Enumerable.Repeat("AA", 32)));
        var columns = new byte[32];
        Array.Fill(columns, (byte)0xAA);
        Assert.Equal(SHA256.HashData(bytes), HourHash.Leaf("g", Lane.Alarm, 1, 3, 4, 3, columns));
    }

    private DurableLog Open() => DurableLog.Open(new DurableLogOptions { Folder = _folder["log"], ReserveBytes = 0 }, _clock);
}
