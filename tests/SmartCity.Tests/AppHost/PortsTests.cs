using System.Net;
using System.Net.Sockets;
using SmartCity.AppHost;

namespace SmartCity.Tests.AppHost;

public sealed class PortsTests
{
    [Fact]
    public void A_taken_port_is_named_with_its_use_and_its_holder()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var clash = Assert.Single(Ports.Clashes([("gateway", "MQTT", port), ("server", "HTTP", Ports.AnyFree())]));
        Assert.StartsWith($"Port {port}, which the gateway needs for MQTT, is taken", clash);
        Assert.Contains($"process {Environment.ProcessId}", clash);
    }
}
