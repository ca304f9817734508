using System.CommandLine;
using System.Text.Json;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>The running server, whose toll routes commands ask through its socket.</summary>
internal sealed class TollServer(IReadOnlyList<string> args, Option<string> data)
{
    /// <summary>Asks the running server.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="method">Method.</param>
    /// <param name="path">What stands after <c>/api/v1/toll/</c>.</param>
    /// <param name="body">Sent as JSON; null for nothing.</param>
    /// <param name="stop">Stops it.</param>
    /// <exception cref="CommandException">None runs, or the answer is no.</exception>
    public async Task<JsonElement> AskAsync(ParseResult result, HttpMethod method, string path, object? body, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        if (!AdminSocket.Answers(socket)) throw new CommandException(ExitCode.NotFound, $"No server runs on {folder}. Start it, or name its folder with --data.");
        try
        {
            return await AdminSocket.AskAsync(socket, method, "/api/v1/toll/" + path, stop, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, TollJson.Options));
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The part of an address after the question mark, of what is given.</summary>
    public static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var given = new List<string>();
        foreach (var (name, value) in parameters)
            if (value is not null) given.Add($"{name}={Uri.EscapeDataString(value)}");
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }
}
