using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Log;

/// <summary>The log on a volume that is really full.</summary>
public sealed class FullVolumeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_volume_refuses_keeps_what_it_has_and_goes_on_when_there_is_room()
    {
        using var volume = SmallVolume.Mount(24);
        var options = new DurableLogOptions { Folder = Path.Combine(volume.Path, "log"), ReserveBytes = 1 << 20 };
        long kept = 0;
        using (var log = DurableLog.Open(options, TimeProvider.System))
        {
            volume.Fill(3 << 20);
            while ((await log.AppendAsync(Row(kept), Stop)).Status == AppendStatus.Appended) kept++;
            Assert.InRange(kept, 1, 1_000);
            Assert.True(log.IsFull);
            Assert.Equal(0, log.Room);
            Assert.Equal(kept * 10, log.End);
            volume.Empty();
            Assert.Equal(AppendStatus.Appended, (await log.AppendAsync(Row(kept++), Stop)).Status);
            volume.Fill(0);
        }
        // A server that starts on a full volume says so by refusing, and not by ending.
        using (var full = DurableLog.Open(options, TimeProvider.System))
        {
            Assert.Equal(kept * 10, full.PositionOf("g", 7, Lane.Telemetry).Through);
            Assert.Empty(full.Notes);
        }
        volume.Empty();
        using var again = DurableLog.Open(options, TimeProvider.System);
        Assert.Equal(AppendStatus.Appended, (await again.AppendAsync(Row(kept), Stop)).Status);
    }

    private static LogAppend Row(long number) => new()
    {
        Gateway = "g", Epoch = 7, Lane = Lane.Telemetry, FirstSequence = 1 + number * 10, Sequences = 10, Count = 10, Columns = new byte[60_000],
    };
}
