using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SmartCity.Hosting.Commands;

namespace SmartCity.Hosting.Operations;

/// <summary>The operator's way into a running process: its HTTP routes, and those that change something, on a socket that only its owner may open, <c>{data}/admin.sock</c>.</summary>
public static class AdminSocket
{
    /// <summary>Linux takes 107 bytes; a longer path cannot be bound.</summary>
    private const int PathBytesMax = 107;

    /// <summary>Path of the socket of the process whose data lies in a folder.</summary>
    public static string FileIn(string data) => Path.GetFullPath(Path.Combine(data, "admin.sock"));

    /// <summary>Listens on the socket; call it while the data folder is held, so that what lies there was left behind by a kill.</summary>
    public static void ListenForOperators(this KestrelServerOptions kestrel, string data)
    {
        var file = FileIn(data);
        if (Encoding.UTF8.GetByteCount(file) > PathBytesMax) return;
        Directory.CreateDirectory(data);
        if (File.Exists(file) && !Answers(file)) File.Delete(file);
        kestrel.ListenUnixSocket(file, listen => listen.Use(next => connection =>
        {
            connection.Items[typeof(AdminSocket)] = true;
            return next(connection);
        }));
    }

    /// <summary>Leaves the bound socket to its owner alone.</summary>
    public static void Restrict(string data)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(FileIn(data))) File.SetUnixFileMode(FileIn(data), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Whether a request came by the socket.</summary>
    public static bool Brought(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items is { } items && items.ContainsKey(typeof(AdminSocket));

    /// <summary>Whether a process answers on a socket.</summary>
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

    /// <summary>A client of the process that holds <paramref name="file"/>.</summary>
    public static HttpClient Connect(string file) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(file), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Asks the process that holds <paramref name="file"/> and gives its JSON, or nothing where it answers with nothing.</summary>
    /// <exception cref="CommandException">The answer is no; the message is the process's own.</exception>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public static async Task<JsonElement> AskAsync(string file, HttpMethod method, string path, CancellationToken cancellationToken, byte[]? json = null)
    {
        using var client = Connect(file);
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json") } };
        using var answer = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode) return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        throw new CommandException(answer.StatusCode == HttpStatusCode.NotFound ? ExitCode.NotFound : ExitCode.Failed, ReasonOf(text) ?? $"The running process answers {(int)answer.StatusCode}.");
    }

    /// <summary>What a problem's <c>faults</c> say, else its <c>detail</c>, or null.</summary>
    public static string? ReasonOf(string problem)
    {
        try
        {
            using var document = JsonDocument.Parse(problem);
            if (document.RootElement.TryGetProperty("faults", out var faults)) return string.Join('\n', faults.EnumerateArray().Select(fault => fault.GetString()));
            return document.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
