using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Edge.Gateway;

/// <summary>SenML through the real gateway: kept like native telemetry, what is bad in it set aside, nothing lost.</summary>
public sealed class SenMlIntakeTests
{
    [Fact]
    public async Task A_pack_is_kept_and_its_bad_record_set_aside()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path);
        await gateway.StartAsync();
        var (device, _) = await RawClient.ConnectAsync(gateway.Port("mqtt"), Connect(V311, "d1"), stop);
        await device.SendAsync(Publish(V311, "city/v1/d1/senml", 1, """[{"bn":"d1/","n":"a","v":1},{"n":"b","v":2},{"n":"c"}]""", 0x32), stop);
        Assert.Equal(Acknowledge(0x40, 1), await device.ReceiveAsync(stop));
        device.Dispose();
        Assert.Equal(3, await gateway.AuditAsync("accepted"));
        Assert.Equal(2, await gateway.AuditAsync("queued"));
        Assert.Equal(1, await gateway.AuditAsync("deadLettered"));
    }
}
