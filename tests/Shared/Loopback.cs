using System.Net;
using System.Net.Sockets;

namespace SmartCity.Tests;

/// <summary>Ports of loopback for servers that cannot say which one they took.</summary>
internal static class Loopback
{
    /// <summary>A TCP port that nobody listens on at this moment.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
