using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>
/// What an operator asks beside the server: through its socket where one runs, from the files where none does.
/// Data goes to the output as JSON, talk to the error stream. Exit codes: 0 done, 1 failed, 2 wrong use, 4 not found.
/// </summary>
internal static class OperatorCommand
{
    private const string Usage = """
        smartcity [serve] [--data DIR] [--Cloud:KEY VALUE]…
        smartcity completeness [--gateway ID] [--data DIR]
        smartcity dead-letter list [--data DIR]
        smartcity dead-letter show ID [--data DIR]
        smartcity dead-letter discard ID [--data DIR]
        smartcity gateway list [--data DIR]
        """;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static bool IsOne(string[] args) => args is ["completeness" or "dead-letter" or "gateway" or "--help" or "-h" or "--version", ..];

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter talk)
    {
        if (args[0] is "--help" or "-h" || args.Contains("--help")) return await SayAsync(output, Usage, 0);
        if (args[0] == "--version") return await SayAsync(output, typeof(OperatorCommand).Assembly.GetName().Version!.ToString(3), 0);
        var (words, data, gateway, wrong) = Parse(args);
        if (wrong is not null) return await SayAsync(talk, $"{wrong}\n{Usage}", 2);
        try
        {
            var socket = AdminSocket.FileIn(data);
            if (AdminSocket.Answers(socket)) return await AskAsync(words, gateway, socket, output, talk);
            if (!File.Exists(Path.Combine(data, "log", DurableLogOptions.FileName))) return await SayAsync(talk, $"{data} holds no log. Name the server's folder with --data.", 4);
            using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(data, "log"), ReserveBytes = 0 }, TimeProvider.System);
            return await ReadAsync(words, gateway, log, output, talk);
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException or HttpRequestException or IOException)
        {
            return await SayAsync(talk, error.Message, 1);
        }
    }

    private static (string[] Words, string Data, string? Gateway, string? Wrong) Parse(string[] args)
    {
        var words = new List<string>();
        string? gateway = null;
        var data = new ServerOptions().Data;
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith('-')) words.Add(args[i]);
            else if (args[i] is not ("--data" or "--gateway")) return ([], data, null, $"The option {args[i]} is not known.");
            else if (i + 1 == args.Length) return ([], data, null, $"{args[i]} needs a value.");
            else if (args[i] == "--data") data = args[++i];
            else gateway = args[++i];
        }
        var known = words is ["completeness"] or ["gateway", "list"] or ["dead-letter", "list"]
            || (words is ["dead-letter", "show" or "discard", var id] && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return ([.. words], data, gateway, known ? null : $"The command \"{string.Join(' ', words)}\" is not known.");
    }

    private static async Task<int> AskAsync(string[] words, string? gateway, string socket, TextWriter output, TextWriter talk)
    {
        using var server = AdminSocket.Connect(socket);
        using var request = words switch
        {
            ["completeness"] => new HttpRequestMessage(HttpMethod.Get, "/api/v1/completeness" + (gateway is null ? "" : $"?gateway={Uri.EscapeDataString(gateway)}")),
            ["gateway", ..] => new HttpRequestMessage(HttpMethod.Get, "/api/v1/gateways"),
            ["dead-letter", "show", var id] => new HttpRequestMessage(HttpMethod.Get, $"/api/v1/dead-letters/{id}"),
            ["dead-letter", "discard", var id] => new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/dead-letters/{id}"),
            _ => new HttpRequestMessage(HttpMethod.Get, "/api/v1/dead-letters?limit=10000"),
        };
        using var answer = await server.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.IsSuccessStatusCode) return text.Length == 0 ? 0 : await SayAsync(output, text, 0);
        return await SayAsync(talk, text, answer.StatusCode == System.Net.HttpStatusCode.NotFound ? 4 : 1);
    }

    private static async Task<int> ReadAsync(string[] words, string? gateway, DurableLog log, TextWriter output, TextWriter talk)
    {
        switch (words)
        {
            case ["completeness"] when gateway is not null && !log.Gateways().Contains(gateway):
                return await SayAsync(talk, $"No gateway {gateway} has ever sent.", 4);
            case ["completeness"]:
                return await WriteAsync(OperationsEndpoints.CompletenessOf(log, gateway, null, null));
            case ["gateway", ..]:
                return await WriteAsync(new { items = log.Gateways().Select(id => new { gateway = id, connected = false }) });
            case ["dead-letter", "discard", var id]:
                return await log.DiscardDeadLettersAsync(long.Parse(id, CultureInfo.InvariantCulture), CancellationToken.None) > 0 ? 0 : await SayAsync(talk, $"There is no dead letter {id}.", 4);
            case ["dead-letter", "show", var id]:
                var number = long.Parse(id, CultureInfo.InvariantCulture);
                var found = log.DeadLetters(number - 1, 1).FirstOrDefault(letter => letter.Id == number);
                return found is null ? await SayAsync(talk, $"There is no dead letter {id}.", 4) : await WriteAsync(found);
            default:
                return await WriteAsync(new { items = log.DeadLetters(0, 10_000) });
        }

        Task<int> WriteAsync(object value) => SayAsync(output, JsonSerializer.Serialize(value, _json), 0);
    }

    private static async Task<int> SayAsync(TextWriter where, string text, int exit)
    {
        await where.WriteLineAsync(text);
        return exit;
    }
}
