using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Spool;
using SmartCity.Mqtt;
using SmartCity.Tests.Edge.Spool;

namespace SmartCity.Tests.Edge.Gateway;

/// <summary>Records on their way to the spool; what they promise over a restart is in <see cref="SmartCity.Tests.Mqtt.Store.SpoolStoreTests"/>.</summary>
public sealed class MqttRecordsTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task While_the_disk_is_slow_no_more_waits_than_there_is_memory_for()
    {
        using var spool = _folder.Open(_folder.Options() with { KeptQuotaBytes = 1L << 30 });
        var records = new MqttRecords(spool, 1L << 30);
        var (kept, refused) = (0, 0);
        var each = new byte[256 << 10];
        for (byte i = 0; i < 100; i++)
        {
            var changes = new MqttChanges(isKept => Interlocked.Increment(ref isKept ? ref kept : ref refused));
            changes.Put([i], each);
            records.Write(changes);
        }
        var removal = new MqttChanges(isKept => Interlocked.Increment(ref isKept ? ref kept : ref refused));
        removal.Remove([0]);
        records.Write(removal);
        await Eventually.HoldsAsync("what is too much is refused", () => Volatile.Read(ref refused) == 37);
        Assert.Equal(37, records.Refused);

        var outcomes = new List<(MqttChanges Changes, bool IsIn)>();
        var transaction = new SpoolTransaction();
        records.TakeInto(transaction, outcomes);
        spool.Commit(transaction);
        foreach (var (changes, isIn) in outcomes) changes.Complete(isIn);
        Assert.Equal((64, 62, true), (kept, spool.KeptCount, records.IsEmpty));
    }
}
