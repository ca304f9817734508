using SmartCity.Edge.Spool;

namespace SmartCity.Tests.Edge.Spool;

/// <summary>The spool on a volume that is really full.</summary>
public sealed class FullVolumeTests
{
    [Fact]
    public void A_full_volume_refuses_keeps_what_it_has_frees_what_the_cloud_has_and_is_found_to_have_room_again()
    {
        using var volume = SmallVolume.Mount(24);
        var options = new SpoolOptions { Folder = Path.Combine(volume.Path, "spool"), ReserveBytes = 1 << 20, Lanes = [new SpoolLane(1, 1 << 30)] };
        var epoch = 0UL;
        var kept = 0;
        using (var spool = SmartCity.Edge.Spool.Spool.Open(options))
        {
            epoch = spool.Epoch;
            volume.Fill(3 << 20);
            var columns = new byte[60_000];
            Assert.Throws<SpoolFullException>(() =>
            {
                for (; kept < 10_000; kept++) spool.Commit(SpoolFolder.Row(1, 10, columns));
            });
            Assert.InRange(kept, 1, 1_000);
            Assert.False(spool.HasRoomAgain());
            Assert.Equal(kept * 10, spool.Last(1));
            // What the cloud has taken is freed although nothing else fits.
            var release = new SpoolTransaction();
            release.Release(epoch, 1, 10);
            spool.CommitReleases(release);
            Assert.Equal((10, kept * 10 - 10, 0), spool.Audit()[0] is var audit ? (audit.Stored, audit.Queued, audit.Imbalance) : default);
            volume.Empty();
            Assert.True(spool.HasRoomAgain());
            spool.Commit(SpoolFolder.Row(1, 10, columns));
        }
        using var again = SmartCity.Edge.Spool.Spool.Open(options);
        Assert.Equal(epoch, again.Epoch);
        Assert.Empty(again.Notes);
        Assert.Equal(kept, SpoolFolder.ReadAll(again, epoch, 1, 11).Count(entry => entry.Gap is null));
    }
}
