using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SmartCity.AppHost;

/// <summary>Looks at this machine's ports before the parts want them.</summary>
internal static class Ports
{
    private static readonly string[] _tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>What each part listens on unless told otherwise.</summary>
    public static IReadOnlyList<(string Part, string Use, int Port)> Defaults(int http) =>
        [("server", "HTTP", http), ("server", "HTTPS", 8444), ("server", "the gateways' uplink", 8443), ("gateway", "MQTT", 1883), ("gateway", "MQTT over TLS", 8884), ("gateway", "MQTT over WebSocket", 8085), ("gateway", "its status page", 8081)];

    /// <summary>A line for each port that is taken, with its holder where it can be told; empty when all are free.</summary>
    public static IReadOnlyList<string> Clashes(IEnumerable<(string Part, string Use, int Port)> wanted) =>
        [.. wanted.Where(port => !IsFree(port.Port)).Select(port => $"Port {port.Port}, which the {port.Part} needs for {port.Use}, is taken{(HolderOf(port.Port) is { } holder ? $" by {holder}" : "")}.")];

    /// <summary>A port that was free a moment ago.</summary>
    public static int AnyFree()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // As Kestrel binds: a connection that is only lingering takes no port.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The process that listens on a port, found as <c>ss</c> does: the socket's inode, then who has it open.</summary>
    private static string? HolderOf(int port)
    {
        try
        {
            if (InodeOf(port) is not { } inode) return null;
            foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
            {
                try
                {
                    if (Directory.EnumerateFileSystemEntries(Path.Combine(folder, "fd")).Any(entry => new FileInfo(entry).LinkTarget == $"socket:[{inode}]"))
                        return $"process {Path.GetFileName(folder)} ({File.ReadAllText(Path.Combine(folder, "comm")).Trim()})";
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // Another user's process, or one that has just ended.
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not Linux.
        }
        return null;
    }

    /// <summary>proc(5), /proc/net/tcp: columns sl, local_address (hex), rem_address, st (0A = listening), …, inode.</summary>
    private static string? InodeOf(int port)
    {
        var ending = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var table in _tables.Where(File.Exists))
            foreach (var line in File.ReadLines(table).Skip(1))
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, _, "0A", _, _, _, _, _, var inode, ..] && local.EndsWith(ending, StringComparison.Ordinal)) return inode;
        return null;
    }
}
