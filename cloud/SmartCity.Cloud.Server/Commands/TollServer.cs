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
    /// <summary>Where the routes of tolls stand.</summary>
    public const string Routes = "/api/v1/toll/";

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
            return await AdminSocket.AskAsync(socket, method, Routes + path, stop, body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, TollJson.Options));
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>All items of a list, page after page, as one list.</summary>
    /// <param name="ask">Asks for what stands after <c>/api/v1/toll/</c>.</param>
    /// <param name="path">The first page.</param>
    public static async Task<JsonElement> AllAsync(Func<string, Task<JsonElement>> ask, string path)
    {
        var items = new List<JsonElement>();
        for (string? next = path; next is not null;)
        {
            var page = await ask(next);
            items.AddRange(page.GetProperty("items").EnumerateArray());
            next = page.TryGetProperty("next", out var link) ? link.GetString()?[Routes.Length..] : null;
        }
        return JsonSerializer.SerializeToElement(new { items });
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
