using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The operator's way into a running server: the HTTP routes, and those that change something, on a socket that only its owner may open.</summary>
internal static class AdminSocket
{
    /// <summary>Linux takes 107 bytes; a longer path cannot be bound.</summary>
    private const int PathBytesMax = 107;

    public static string FileIn(string data) => Path.GetFullPath(Path.Combine(data, "admin.sock"));

    public static void ListenForOperators(this KestrelServerOptions kestrel, string data)
    {
        var file = FileIn(data);
        if (System.Text.Encoding.UTF8.GetByteCount(file) > PathBytesMax) return;
        Directory.CreateDirectory(data);
        // Left behind by a kill; the log's own lock keeps a second server from coming this far beside a living one.
        if (File.Exists(file) && !Answers(file)) File.Delete(file);
        kestrel.ListenUnixSocket(file, listen => listen.Use(next => connection =>
        {
            connection.Items[typeof(Surface)] = Surface.Admin;
            return next(connection);
        }));
    }

    /// <summary>Leaves the bound socket to its owner alone.</summary>
    public static void Restrict(string data)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(FileIn(data))) File.SetUnixFileMode(FileIn(data), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public static bool Answers(string file)
    {
        if (!File.Exists(file)) return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(file));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A client of the server that holds <paramref name="file"/>.</summary>
    public static HttpClient Connect(string file) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(file), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(30) };
}
