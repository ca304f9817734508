using System.CommandLine;
using System.Text.Json;
using SmartCity.Edge.Gateway.Status;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Edge.Spool;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Configuration;
using SmartCity.Hosting.Operations;

namespace SmartCity.Edge.Gateway.Commands;

/// <summary>What an operator asks beside the gateway: through its socket where one runs, from the files where none does.</summary>
internal sealed class OperatorCommands(Func<ParseResult, Settings> load, Func<ParseResult, string> data)
{
    private static readonly string[] _laneColumns = ["lane", "queued", "bytes", "quotaBytes", "oldest", "accepted", "stored", "superseded", "deadLettered", "expired", "imbalance"];
    private static readonly string[] _letterColumns = ["id", "time", "lane", "topic", "qos", "values", "bytes", "reason"];
    private static readonly string[] _wholeColumns = [.. _letterColumns, "text", "payload"];
    private static readonly string[] _outcomeColumns = ["id", "kept", "rejected", "reason"];

    /// <summary><c>spool stat</c>.</summary>
    public Command Spool()
    {
        var output = CommonOptions.Output();
        var stat = new Command("stat", "Says per lane what waits for the cloud, since when, and the terms of the audit equation. Exit 3 where it does not balance.") { output };
        stat.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, new Question(HttpMethod.Get, "/api/v1/spool", files => Answer(new { items = LaneStat.Of(files.Spool) })), stop);
            var rows = Print(result, output, _laneColumns, Items(answer));
            return rows.Any(row => row[^1] is not 0L) ? ExitCode.Findings : ExitCode.Done;
        });
        return new Command("spool", "Looks at what waits for the cloud.") { stat };
    }

    /// <summary><c>dead-letter list|show ID|resubmit ID…|discard ID…</c>.</summary>
    public Command DeadLetter()
    {
        var (listOutput, limit) = (CommonOptions.Output(), new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 1_000 });
        limit.Validators.Add(result => { if (result.GetValueOrDefault<int>() < 1) result.AddError("--limit: a number from 1 on is needed."); });
        var list = new Command("list", "Lists the messages set aside, the newest first.") { limit, listOutput };
        list.SetAction(async (result, stop) =>
        {
            Print(result, listOutput, _letterColumns, await ListAsync(result, result.GetValue(limit), stop));
            return ExitCode.Done;
        });

        var (shown, showOutput) = (new Argument<long>("ID") { Description = "Number of the dead letter, as list shows it." }, CommonOptions.Output());
        shown.Validators.Add(static result => RefuseNegative(result));
        var show = new Command("show", "Shows a message set aside, whole: text, or hexadecimal where it is not.") { shown, showOutput };
        show.SetAction(async (result, stop) =>
        {
            var id = result.GetValue(shown);
            var letter = await AskAsync(result, new Question(HttpMethod.Get, $"/api/v1/dead-letters/{id}", files => Answer(files.Office.Show(id) ?? throw None(id))), stop);
            if (result.GetValue(showOutput) == OutputFormat.Table) LetterText.Write(result.InvocationConfiguration.Output, letter.Deserialize<LetterWhole>(JsonSerializerOptions.Web)!);
            else Print(result, showOutput, _wholeColumns, [letter]);
            return ExitCode.Done;
        });

        var (resubmitted, allAgain, resubmitOutput) = (Ids(), All("Every one, the oldest first."), CommonOptions.Output());
        var resubmit = new Command("resubmit", "Puts messages set aside through the decoders again, under the time at which they came. What still cannot be read stays; exit 3 then.") { resubmitted, allAgain, resubmitOutput };
        resubmit.SetAction(async (result, stop) =>
        {
            var outcomes = new List<JsonElement>();
            foreach (var id in await ChosenAsync(result, resubmitted, allAgain, stop))
                outcomes.Add(await AskAsync(result, new Question(HttpMethod.Post, $"/api/v1/dead-letters/{id}/resubmit", async files => await files.Office.ResubmitAsync(id) ?? throw None(id)), stop));
            var rows = Print(result, resubmitOutput, _outcomeColumns, outcomes);
            return rows.Any(row => row[2] is not 0L) ? ExitCode.Findings : ExitCode.Done;
        });

        var (discarded, allGone) = (Ids(), All("Every one."));
        var discard = new Command("discard", "Drops messages set aside for good; they stay counted.") { discarded, allGone };
        discard.SetAction(async (result, stop) =>
        {
            var chosen = await ChosenAsync(result, discarded, allGone, stop);
            foreach (var id in chosen)
                await AskAsync(result, new Question(HttpMethod.Delete, $"/api/v1/dead-letters/{id}", files => files.Office.Discard(id) ? Answer(new { }) : throw None(id)), stop);
            await result.InvocationConfiguration.Error.WriteLineAsync($"{chosen.Count} discarded.");
            return ExitCode.Done;
        });
        return new Command("dead-letter", "Looks at messages that could not be read.") { list, show, resubmit, discard };
    }

    private static Argument<long[]> Ids()
    {
        var ids = new Argument<long[]>("ID") { Description = "Numbers of dead letters, as list shows them.", Arity = ArgumentArity.ZeroOrMore };
        ids.Validators.Add(static result => RefuseNegative(result));
        return ids;
    }

    private static Option<bool> All(string description) => new("--all") { Description = description };

    private static void RefuseNegative(System.CommandLine.Parsing.ArgumentResult result)
    {
        foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-'))) result.AddError($"{token.Value} is no number of a dead letter.");
    }

    /// <summary>The numbers that were named, or all of them, the oldest first.</summary>
    private async Task<IReadOnlyList<long>> ChosenAsync(ParseResult result, Argument<long[]> ids, Option<bool> all, CancellationToken stop)
    {
        var named = result.GetValue(ids) ?? [];
        if (result.GetValue(all) == named.Length > 0) throw new CommandException(ExitCode.WrongUse, "Name the numbers of dead letters, or --all of them.");
        return named.Length > 0 ? [.. named.Distinct()] : [.. (await ListAsync(result, int.MaxValue, stop)).Select(letter => letter.GetProperty("id").GetInt64()).Reverse()];
    }

    /// <summary>Page after page.</summary>
    private async Task<IReadOnlyList<JsonElement>> ListAsync(ParseResult result, int limit, CancellationToken stop)
    {
        var letters = new List<JsonElement>();
        var before = long.MaxValue;
        while (letters.Count < limit)
        {
            var (from, count) = (before, Math.Min(limit - letters.Count, DeadLetterOffice.PageMax));
            var page = Items(await AskAsync(result, new Question(HttpMethod.Get, $"/api/v1/dead-letters?before={from}&limit={count}", files => Answer(new { items = files.Office.List(from, count) })), stop));
            letters.AddRange(page);
            if (page.Count < count) break;
            before = page[^1].GetProperty("id").GetInt64();
        }
        return letters;
    }

    private static IReadOnlyList<IReadOnlyList<object?>> Print(ParseResult result, Option<OutputFormat> output, string[] columns, IEnumerable<JsonElement> items)
    {
        IReadOnlyList<IReadOnlyList<object?>> rows = [.. items.Select(IReadOnlyList<object?> (item) => [.. columns.Select(column => CellOf(item, column))])];
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), columns, rows);
        return rows;
    }

    private static object? CellOf(JsonElement item, string column) => !item.TryGetProperty(column, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Number => value.GetInt64(),
        JsonValueKind.String when column is "time" or "oldest" => value.GetDateTimeOffset(),
        JsonValueKind.String => value.GetString(),
        _ => null,
    };

    private static List<JsonElement> Items(JsonElement answer) => [.. answer.GetProperty("items").EnumerateArray()];

    private static Task<object> Answer(object answer) => Task.FromResult(answer);

    private static CommandException None(long id) => new(ExitCode.NotFound, OperatorEndpoints.NoneOf(id));

    /// <summary>Asks the running gateway, or the files of one that does not run.</summary>
    /// <exception cref="CommandException">There is nothing to ask, or the answer is no.</exception>
    private async Task<JsonElement> AskAsync(ParseResult result, Question question, CancellationToken stop)
    {
        var folder = data(result);
        var socket = AdminSocket.FileIn(folder);
        try
        {
            if (AdminSocket.Answers(socket)) return await AdminSocket.AskAsync(socket, question.Method, question.Path, stop);
            await using var files = await GatewayFiles.OpenAsync(folder, new TwinSetup(load(result), folder).Options(TwinRecord.InForceIn(folder)));
            return JsonSerializer.SerializeToElement(await question.FromFiles(files), JsonSerializerOptions.Web);
        }
        catch (Exception error) when (error is SpoolInUseException or SpoolBrokenException or SpoolFullException or InvalidDataException or HttpRequestException)
        {
            throw new CommandException(error.Message, error);
        }
    }

    /// <summary>One question: how a gateway is asked, and who answers it from the files.</summary>
    private sealed record Question(HttpMethod Method, string Path, Func<GatewayFiles, Task<object>> FromFiles);
}
