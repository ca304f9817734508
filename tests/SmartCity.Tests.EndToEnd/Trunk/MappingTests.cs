using System.Globalization;
using System.Text.Json;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>A device that knows nothing of us, through a real gateway with its mapping into the store; and over kill -9 of the gateway, once.</summary>
public sealed class MappingTests
{
    private const int Messages = 100;
    private static readonly DateTime _begin = new(2025, 6, 1, 12, 0, 0, DateTimeKind.Unspecified);

    [Fact]
    public async Task A_Tasmota_device_is_stored_once_whatever_becomes_of_the_gateway()
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = new TrunkCity { GatewayMore = ["--Edge:Mappings:0=tasmota", "--Edge:Zone=Asia/Tehran"] };
        await city.StartAsync(stop);
        var port = city.Gateway.Port("mqtt");

        Assert.Equal(0, await MosquittoPub.RunAsync(port, "-i", "plug", "-t", "tele/plug/SENSOR", "-m", Sensor(0)));

        // The gateway dies while messages are under way; what was not acknowledged comes again, as devices do.
        var (device, _) = await RawClient.ConnectAsync(port, Connect(V311, "plug", flags: 0), stop);
        for (var i = 1; i < Messages; i++) await device.SendAsync(Publish(V311, "tele/plug/SENSOR", i, Sensor(i)), stop);
        var acknowledged = new HashSet<int>();
        for (var i = 0; i < 10; i++) acknowledged.Add(IdOf(await device.ReceiveAsync(stop)));
        city.Gateway.Kill();
        device.Dispose();
        await city.Gateway.StartReadyAsync(TimeSpan.FromSeconds(20), stop);
        (device, _) = await RawClient.ConnectAsync(port, Connect(V311, "plug", flags: 0), stop);
        int[] again = [.. Enumerable.Range(1, Messages - 1).Except(acknowledged)];
        foreach (var id in again) await device.SendAsync(Publish(V311, "tele/plug/SENSOR", id, Sensor(id), 0x3A), stop);
        foreach (var _ in again) acknowledged.Add(IdOf(await device.ReceiveAsync(stop)));
        device.Dispose();
        Assert.Equal(Messages - 1, acknowledged.Count);

        await city.SettleAsync(TimeSpan.FromSeconds(30), stop);
        Assert.Equal((0, 0), (await city.Gateway.AuditAsync("imbalance", stop), await city.Server.AuditAsync("imbalance", stop)));
        using var json = JsonDocument.Parse(await city.Server.GetAsync("/api/v1/readings?device=plug&metric=ENERGY.Power&from=2025-06-01T00:00:00Z&to=2025-06-02T00:00:00Z&limit=1000", stop));
        var stored = json.RootElement.GetProperty("items").EnumerateArray().Select(item => (Time: item.GetProperty("ts").GetDateTimeOffset(), Value: item.GetProperty("value").GetDouble())).ToArray();
        // Tehran is 3 h 30 min ahead of UTC.
        Assert.Equal(Enumerable.Range(0, Messages).Select(i => (new DateTimeOffset(_begin, TimeSpan.FromMinutes(210)).AddSeconds(i), (double)i)), stored);
    }

    private static string Sensor(int i) => $$"""{"Time": "{{_begin.AddSeconds(i).ToString("s", CultureInfo.InvariantCulture)}}", "ENERGY": {"Power": {{i}} } }""";

    private static int IdOf(byte[] acknowledgement)
    {
        Assert.Equal(0x40, acknowledgement[0]);
        return acknowledgement[2] << 8 | acknowledgement[3];
    }
}
