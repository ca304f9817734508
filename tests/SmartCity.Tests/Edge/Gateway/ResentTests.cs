using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.Edge.Gateway;

/// <summary>A message sent again with DUP: known where it has a time or a number of its own, else kept, flagged and counted.</summary>
public sealed class ResentTests
{
    [Fact]
    public async Task What_nothing_tells_from_a_repeat_is_counted()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path);
        await gateway.StartAsync();
        var (device, _) = await RawClient.ConnectAsync(gateway.Port("mqtt"), Connect(V311, "d1"), stop);
        var id = 0;
        foreach (var (first, payload) in new (byte, string)[]
        {
            (0x32, """{"a": 1, "b": 2}"""), (0x3A, """{"a": 1, "b": 2}"""), // twice, as nobody can know: flagged
            (0x3A, """{"a": 1, "ts": 1795485689980}"""), // the store knows the time
            (0x32, """{"a": 1, "boot": 1, "seq": 1}"""), (0x3A, """{"a": 1, "boot": 1, "seq": 1}"""), // the gateway knows the number
        })
        {
            await device.SendAsync(Publish(V311, "city/v1/d1/telemetry", ++id, payload, first), stop);
            Assert.Equal(Acknowledge(0x40, id), await device.ReceiveAsync(stop));
        }
        device.Dispose();
        Assert.Equal((2, 1), ((int)await gateway.MetricAsync("smartcity_values_resent_total"), (int)await gateway.MetricAsync("smartcity_values_repeated_total")));
        Assert.Equal(7, await gateway.AuditAsync("accepted"));
        Assert.Equal(1, await gateway.AuditAsync("superseded"));
    }
}
