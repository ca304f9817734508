using System.Text;
using SmartCity.Tests.Mqtt;
using static SmartCity.Tests.Mqtt.Raw;

namespace SmartCity.Tests.EndToEnd.Trunk;

/// <summary>What MQTT promises over kill -9 of the gateway: QoS 2 once, queued messages, retained messages, Wills.</summary>
public sealed class SessionKillTests
{
    [Fact]
    public async Task A_killed_gateway_knows_its_sessions_again()
    {
        var stop = TestContext.Current.CancellationToken;
        using var city = new TrunkCity();
        city.AddBridge("reader", "city/v1/+/status", "city/v1/+/cmd/+/res");
        await city.StartAsync(stop);
        var port = city.Gateway.Port("mqtt");
        byte[] readerConnect = Connect(V311, "reader-1", flags: 0xC0, rest: [.. Text("reader"), .. Text(TrunkCity.BridgePassword)]);

        // A reader with a session of its own, away while the messages come.
        var (reader, isPresent) = await RawClient.ConnectAsync(port, readerConnect, stop);
        Assert.False(isPresent);
        await reader.SendAsync(Subscribe(V311, 1, null, ("city/v1/+/cmd/+/res", 2), ("city/v1/dying/status", 1)), stop);
        Assert.Equal([0x90, 4, 0, 1, 2, 1], await reader.ReceiveAsync(stop));
        reader.Dispose();

        // A QoS 2 reading without a time of its own: stored again it would be a second one.
        var (device, _) = await RawClient.ConnectAsync(port, Connect(V311, "d1", flags: 0), stop);
        await device.SendAsync(Publish(V311, "city/v1/d1/telemetry", 7, """{"once": 1}""", 0x34), stop);
        Assert.Equal(Acknowledge(0x50, 7), await device.ReceiveAsync(stop));
        await device.SendAsync(Publish(V311, "city/v1/d1/cmd/r1/res", 8, "done", 0x34), stop);
        Assert.Equal(Acknowledge(0x50, 8), await device.ReceiveAsync(stop));
        await device.SendAsync(Publish(V311, "city/v1/d1/status", 9, "online", 0x33), stop);
        Assert.Equal(Acknowledge(0x40, 9), await device.ReceiveAsync(stop));
        var (dying, _) = await RawClient.ConnectAsync(port, Connect(V311, "dying", flags: 0x0C, rest: [.. Text("city/v1/dying/status"), .. Text("offline")]), stop);
        await dying.SendAsync(Publish(V311, "city/v1/dying/status", 1, "online", 0x32), stop);
        Assert.Equal(Acknowledge(0x40, 1), await dying.ReceiveAsync(stop));

        city.Gateway.Kill();
        await city.Gateway.StartReadyAsync(TimeSpan.FromSeconds(20), stop);
        device.Dispose();
        dying.Dispose();

        (device, isPresent) = await RawClient.ConnectAsync(port, Connect(V311, "d1", flags: 0), stop);
        Assert.True(isPresent, "the session of d1 is gone");
        await device.SendAsync(Publish(V311, "city/v1/d1/telemetry", 7, """{"once": 1}""", 0x3C), stop);
        Assert.Equal(Acknowledge(0x50, 7), await device.ReceiveAsync(stop));
        foreach (var id in (int[])[7, 8])
        {
            await device.SendAsync(Acknowledge(0x62, id), stop);
            Assert.Equal(Acknowledge(0x70, id), await device.ReceiveAsync(stop));
        }
        device.Dispose();

        (reader, isPresent) = await RawClient.ConnectAsync(port, readerConnect, stop);
        Assert.True(isPresent, "the session of the reader is gone");
        var heard = new List<string>();
        for (var released = false; heard.Count < 3 || !released;)
        {
            var packet = await reader.ReceiveAsync(stop);
            if (packet[0] == 0x62)
            {
                released = true;
                await reader.SendAsync(Acknowledge(0x70, packet[2] << 8 | packet[3]), stop);
                continue;
            }
            var topicBytes = packet[2] << 8 | packet[3];
            heard.Add($"{Encoding.UTF8.GetString(packet, 4, topicBytes)} {Encoding.UTF8.GetString(packet.AsSpan(6 + topicBytes))}");
            await reader.SendAsync(Acknowledge((packet[0] >> 1 & 3) == 1 ? (byte)0x40 : (byte)0x50, packet[4 + topicBytes] << 8 | packet[5 + topicBytes]), stop);
        }
        Assert.Equal(["city/v1/d1/cmd/r1/res done", "city/v1/dying/status online", "city/v1/dying/status offline"], heard);
        await reader.SendAsync(Subscribe(V311, 2, null, ("city/v1/d1/status", 0)), stop);
        Assert.Equal([0x90, 3, 0, 2, 0], await reader.ReceiveAsync(stop));
        Assert.EndsWith("online", Encoding.UTF8.GetString(await reader.ReceiveAsync(stop)), StringComparison.Ordinal);
        await reader.HearsNothingAsync(stop);
        reader.Dispose();

        await city.SettleAsync(TimeSpan.FromSeconds(30), stop);
        Assert.Equal(1, await city.Gateway.AuditAsync("accepted", stop));
        Assert.Equal(1, await city.Server.AuditAsync("stored", stop));
    }
}
