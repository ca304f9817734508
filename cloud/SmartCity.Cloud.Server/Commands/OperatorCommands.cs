using System.CommandLine;
using System.Text.Json;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary>What an operator asks beside the server: through its socket where one runs, from the files where none does.</summary>
internal sealed class OperatorCommands(IReadOnlyList<string> args, Option<string> data)
{
    private const int LettersMax = 10_000;
    private static readonly string[] _sendingColumns = ["gateway", "connected", "since", "remote", "software", "epoch", "lastBatch", "refusal"];
    private static readonly string[] _gatewayColumns = [.. _sendingColumns, "state", "certificateEnds"];
    private static readonly string[] _completenessColumns = ["gateway", "lane", "epoch", "first", "last", "received", "missing", "ranges"];
    private static readonly string[] _certificateColumns = ["gateway", "hour", "final", "received", "missing", "certificate"];
    private static readonly string[] _outcomeColumns = ["id", "resubmitted", "reason"];
    private static readonly string[] _letterColumns = ["id", "gateway", "lane", "series", "kind", "time", "value", "reason", "recorded"];

    /// <summary><c>gateway list</c>, and what else there is for gateways.</summary>
    public Command Gateway(FleetCommands fleet)
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the gateways that have ever sent, are enrolled, or wait to be.") { output };
        list.SetAction(async (result, stop) =>
        {
            var rows = OperatorRows.Of(await AskAsync(result, new Question(HttpMethod.Get, "/api/v1/gateways", OperatorAnswers.Gateways), stop), _sendingColumns).ToDictionary(row => (string)row[0]!, StringComparer.Ordinal);
            var standings = (await fleet.StandingsAsync(result, stop)).ToDictionary(one => one.Gateway, StringComparer.Ordinal);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _gatewayColumns, rows.Keys.Union(standings.Keys).Order(StringComparer.Ordinal).Select(IReadOnlyList<object?> (id) =>
                [.. rows.GetValueOrDefault(id) ?? [id, false, .. new object?[_sendingColumns.Length - 2]], standings.GetValueOrDefault(id)?.State, standings.GetValueOrDefault(id)?.CertificateEnds]));
            return ExitCode.Done;
        });
        var gateway = new Command("gateway", "Looks at the gateways, lets them in and shuts them out.") { list };
        foreach (var one in fleet.Gateway()) gateway.Add(one);
        return gateway;
    }

    /// <summary><c>completeness [--gateway ID]</c>.</summary>
    public Command Completeness()
    {
        var output = CommonOptions.Output();
        var gateway = new Option<string>("--gateway") { Description = "One gateway alone.", HelpName = "ID" };
        var command = new Command("completeness", "Says per gateway, lane and epoch which numbers came and which are missing, and why. Exit 3 where some are missing.") { gateway, output };
        command.SetAction(async (result, stop) =>
        {
            var id = result.GetValue(gateway);
            var path = "/api/v1/completeness" + (id is null ? "" : $"?gateway={Uri.EscapeDataString(id)}");
            var rows = Print(result, output, _completenessColumns, await AskAsync(result, new Question(HttpMethod.Get, path, log => OperatorAnswers.Completeness(log, id)), stop));
            return rows.Any(row => row[Array.IndexOf(_completenessColumns, "missing")] is > 0L) ? ExitCode.Findings : ExitCode.Done;
        });
        command.Add(Certificate());
        command.Add(Verify());
        return command;
    }

    /// <summary><c>completeness certificate [--gateway ID] [--from TIME] [--to TIME]</c>.</summary>
    private Command Certificate()
    {
        var output = CommonOptions.Output();
        var gateway = new Option<string>("--gateway") { Description = "One gateway alone.", HelpName = "ID" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Hours that begin at or after this. Default: 24 hours ago.", HelpName = "TIME" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Hours that begin before this. Default: now.", HelpName = "TIME" };
        var command = new Command("certificate", "Prints a signed certificate for each gateway and hour of what came and what never will; --output json keeps them for verify.") { gateway, from, to, output };
        command.SetAction(async (result, stop) =>
        {
            var (id, begin, end) = (result.GetValue(gateway), result.GetValue(from), result.GetValue(to));
            var parts = new[] { ("gateway", id), ("from", begin?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture)), ("to", end?.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture)) }.Where(part => part.Item2 is not null).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2!)}").ToArray();
            var path = "/api/v1/completeness/certificates" + (parts.Length == 0 ? "" : "?" + string.Join('&', parts));
            Print(result, output, _certificateColumns, await AskAsync(result, new Question(HttpMethod.Get, path, log => OperatorAnswers.Certificates(log, ServerSettings.DataOf(args, result, data), id, begin, end)), stop));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary><c>completeness verify FILE --key FILE</c>.</summary>
    private static Command Verify()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A certificate, one a line, or the JSON of completeness certificate --output json." };
        var key = new Option<FileInfo>("--key") { Description = "The server's public key, PEM, as GET /api/v1/completeness/key gives it.", HelpName = "FILE", Required = true };
        var output = CommonOptions.Output();
        var command = new Command("verify", "Checks certificates without a server. Exit 3 where one does not hold.") { file, key, output };
        command.SetAction(async (result, stop) =>
        {
            var rows = await CertificateCheck.RunAsync(result.GetRequiredValue(file).FullName, result.GetRequiredValue(key).FullName, stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), CertificateCheck.Columns, rows);
            return rows.All(row => row[0] is true) ? ExitCode.Done : ExitCode.Findings;
        });
        return command;
    }

    /// <summary><c>dead-letter list|show ID|resubmit ID|discard ID</c>.</summary>
    public Command DeadLetter()
    {
        var listOutput = CommonOptions.Output();
        var list = new Command("list", $"Lists the values set aside, the oldest {LettersMax} at most.") { listOutput };
        list.SetAction(async (result, stop) =>
        {
            Print(result, listOutput, _letterColumns, await AskAsync(result, new Question(HttpMethod.Get, $"/api/v1/dead-letters?limit={LettersMax}", log => OperatorAnswers.DeadLetters(log, LettersMax)), stop));
            return ExitCode.Done;
        });

        var (shown, showOutput) = (Id(), CommonOptions.Output());
        var show = new Command("show", "Shows one value set aside.") { shown, showOutput };
        show.SetAction(async (result, stop) =>
        {
            var id = result.GetValue(shown);
            Print(result, showOutput, _letterColumns, await AskAsync(result, new Question(HttpMethod.Get, $"/api/v1/dead-letters/{id}", log => OperatorAnswers.DeadLetter(log, id)), stop));
            return ExitCode.Done;
        });

        var (resubmitted, resubmitOutput) = (Id(), CommonOptions.Output());
        var resubmit = new Command("resubmit", "Sends one value set aside to the stores again; one that is refused again is set aside again. Exit 3 where it cannot be sent.") { resubmitted, resubmitOutput };
        resubmit.SetAction(async (result, stop) =>
        {
            var id = result.GetValue(resubmitted);
            var rows = Print(result, resubmitOutput, _outcomeColumns, await AskAsync(result, new Question(HttpMethod.Post, $"/api/v1/dead-letters/{id}/resubmit", log => OperatorAnswers.ResubmitAsync(log, id)), stop));
            return rows[0][1] is true ? ExitCode.Done : ExitCode.Findings;
        });

        var discarded = Id();
        var discard = new Command("discard", "Drops one value set aside for good; it stays counted.") { discarded };
        discard.SetAction(async (result, stop) =>
        {
            var id = result.GetValue(discarded);
            await AskAsync(result, new Question(HttpMethod.Delete, $"/api/v1/dead-letters/{id}", log => OperatorAnswers.DiscardAsync(log, id)), stop);
            return ExitCode.Done;
        });
        return new Command("dead-letter", "Looks at values that could not be stored.") { list, show, resubmit, discard };

        static Argument<long> Id()
        {
            var argument = new Argument<long>("ID") { Description = "Number of the dead letter, as list shows it." };
            argument.Validators.Add(result => { if (result.Tokens is [var token] && token.Value.StartsWith('-')) result.AddError($"{token.Value} is no number of a dead letter."); });
            return argument;
        }
    }

    private static IReadOnlyList<IReadOnlyList<object?>> Print(ParseResult result, Option<OutputFormat> output, string[] columns, JsonElement answer)
    {
        var rows = OperatorRows.Of(answer, columns);
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), columns, rows);
        return rows;
    }

    /// <summary>Asks the running server, or the files of one that does not run.</summary>
    /// <exception cref="CommandException">There is nothing to ask, or the answer is no.</exception>
    private async Task<JsonElement> AskAsync(ParseResult result, Question question, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        try
        {
            if (AdminSocket.Answers(socket)) return await AskAllAsync(socket, question, stop);
            if (!File.Exists(Path.Combine(folder, "log", DurableLogOptions.FileName))) throw new CommandException(ExitCode.NotFound, $"{folder} holds no log. Name the server's folder with --data.");
            using var log = DurableLog.Open(new DurableLogOptions { Folder = Path.Combine(folder, "log"), ReserveBytes = 0 }, TimeProvider.System);
            return JsonSerializer.SerializeToElement(await question.FromLog(log), JsonSerializerOptions.Web);
        }
        catch (Exception error) when (error is LogInUseException or LogBrokenException or InvalidDataException or HttpRequestException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>The running server's answer; of a list all pages, unless the question itself says how much.</summary>
    private static async Task<JsonElement> AskAllAsync(string socket, Question question, CancellationToken stop)
    {
        var answer = await AdminSocket.AskAsync(socket, question.Method, question.Path, stop);
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("next", out _) || question.Path.Contains("limit=", StringComparison.Ordinal)) return answer;
        var items = new List<JsonElement>();
        while (true)
        {
            items.AddRange(answer.GetProperty("items").EnumerateArray());
            if (!answer.TryGetProperty("next", out var next)) return JsonSerializer.SerializeToElement(new { items });
            answer = await AdminSocket.AskAsync(socket, HttpMethod.Get, next.GetString()!, stop);
        }
    }

    /// <summary>One question: how a server is asked, and who answers it from the files.</summary>
    private sealed record Question(HttpMethod Method, string Path, Func<DurableLog, Task<object>> FromLog);
}
