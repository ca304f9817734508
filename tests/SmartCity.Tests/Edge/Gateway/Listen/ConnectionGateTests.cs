using System.Net;
using System.Net.Sockets;
using SmartCity.Edge.Gateway.Listen;

namespace SmartCity.Tests.Edge.Gateway.Listen;

/// <summary>A gateway's HTTP port under more connections than it has room for.</summary>
public sealed class ConnectionGateTests
{
    [Fact]
    public async Task Who_finds_no_room_waits_and_is_served_when_there_is_some()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await using var gateway = new GatewayUnderTest(folder.Path);
        await gateway.StartAsync();
        var crowd = new List<TcpClient>();
        try
        {
            for (var i = 0; i < OpenFiles.HttpMax; i++)
            {
                crowd.Add(new TcpClient());
                await crowd[^1].ConnectAsync(IPAddress.Loopback, gateway.Port("http"), stop);
            }
            var asked = gateway.Http.GetAsync(new Uri("/health/live", UriKind.Relative), stop);
            // The devices' port has room of its own, and time has passed when it has answered.
            var (device, _) = await Mqtt.RawClient.ConnectAsync(gateway.Port("mqtt"), Mqtt.Raw.Connect(Mqtt.Raw.V311, "d1"), stop);
            device.Dispose();
            Assert.False(asked.IsCompleted);
            crowd[0].Dispose();
            using var answer = await asked.WaitAsync(TimeSpan.FromSeconds(20), stop);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        finally
        {
            foreach (var one in crowd) one.Dispose();
        }
    }
}
