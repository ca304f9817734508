using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Retention;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>retention show|hold|release</c>, beside a running server.</summary>
internal sealed class RetentionCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["what", "keep", "from", "to", "note"];

    public Command Create()
    {
        var output = CommonOptions.Output();
        var show = new Command("show", "Shows how long readings and rollups are kept, what has gone, and what is held.") { output };
        show.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, HttpMethod.Get, "/api/v1/retention", null, stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _columns, OperatorRows.Of(answer, _columns));
            return ExitCode.Done;
        });

        var from = new Option<DateTimeOffset>("--from") { Description = "Begin of what must not go.", HelpName = "TIME", Required = true };
        var to = new Option<DateTimeOffset>("--to") { Description = "The first instant after it.", HelpName = "TIME", Required = true };
        var reason = new Option<string>("--reason") { Description = "Why, e.g. the number of a case; it stands in the change log too.", HelpName = "TEXT", Required = true };
        var hold = new Command("hold", "Keeps all readings of a range, whatever the rules say, until the hold is released.") { from, to, reason };
        hold.SetAction(async (result, stop) =>
        {
            var asked = new HoldRequest(result.GetValue(from), result.GetValue(to), result.GetRequiredValue(reason));
            if (asked.From >= asked.To) throw new CommandException(ExitCode.WrongUse, "--from must lie before --to.");
            var answer = await AskAsync(result, HttpMethod.Post, "/api/v1/retention/holds", JsonSerializer.SerializeToUtf8Bytes(asked, JsonSerializerOptions.Web), stop);
            await result.InvocationConfiguration.Error.WriteLineAsync($"Hold {answer.GetProperty("number").GetInt64()} is set; release it with: smartcity retention release {answer.GetProperty("number").GetInt64()}");
            return ExitCode.Done;
        });

        var number = new Argument<long>("NUMBER") { Description = "Number of the hold, as show gives it." };
        var release = new Command("release", "Releases a hold.") { number };
        release.SetAction(async (result, stop) =>
        {
            await AskAsync(result, HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"/api/v1/retention/holds/{result.GetValue(number)}"), null, stop);
            return ExitCode.Done;
        });
        return new Command("retention", "How long readings are kept (Cloud:DuckDb:KeepRaw and KeepMinutes), and what is held.") { show, hold, release };
    }

    private async Task<JsonElement> AskAsync(ParseResult result, HttpMethod method, string path, byte[]? json, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        if (!AdminSocket.Answers(socket)) throw new CommandException(ExitCode.NotFound, $"No server runs on {folder}. Start it, or name its folder with --data.");
        try
        {
            return await AdminSocket.AskAsync(socket, method, path, stop, json);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, error);
        }
    }
}
