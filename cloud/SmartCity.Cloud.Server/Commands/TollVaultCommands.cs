using System.CommandLine;
using System.Text.Json;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll vault read|find</c> and <c>toll retention show|places|run</c>.</summary>
internal sealed class TollVaultCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _runColumns = ["number", "at", "by", "class", "through", "erased", "kept"];
    private static readonly string[] _placeColumns = ["place", "holds", "rule"];

    private readonly TollServer _server = new(args, data);

    /// <summary>All of them.</summary>
    public IEnumerable<Command> Create() =>
    [
        new Command("vault", "Whose a pseudonym is. Each read asks for a reason, which is written to the audit log before.") { Read(), Find() },
        new Command("retention", "How long what names people is kept, where it can stand, and what was erased.") { Show(), Places(), Run() },
    ];

    private Command Read()
    {
        var (account, reason) = (new Argument<string>("ACCOUNT") { Description = "Account of a plate, as charge list shows it, or its pseudonym." }, Reason());
        var read = new Command("read", "Prints the plate behind an account.") { account, reason };
        read.SetAction(async (result, stop) =>
        {
            var answer = await _server.AskAsync(result, HttpMethod.Post, "vault/read", new { account = result.GetRequiredValue(account), reason = result.GetValue(reason) }, stop);
            if (answer.GetProperty("plate").GetString() is not { } plate) throw new CommandException(ExitCode.NotFound, "No passage that is kept had a plate of this pseudonym.");
            result.InvocationConfiguration.Output.WriteLine(plate);
            return ExitCode.Done;
        });
        return read;
    }

    private Command Find()
    {
        var (plate, reason) = (new Argument<string>("PLATE") { Description = "Plate, e.g. 12ب34567." }, Reason());
        var find = new Command("find", "Prints the accounts that a plate had, month by month.") { plate, reason };
        find.SetAction(async (result, stop) =>
        {
            var answer = await _server.AskAsync(result, HttpMethod.Post, "vault/find", new { plate = result.GetRequiredValue(plate), reason = result.GetValue(reason) }, stop);
            foreach (var account in answer.GetProperty("accounts").EnumerateArray()) result.InvocationConfiguration.Output.WriteLine(account.GetString());
            return ExitCode.Done;
        });
        return find;
    }

    private Command Show()
    {
        var (due, output) = (new Option<bool>("--due") { Description = "What a run would erase now, instead of the runs there were." }, CommonOptions.Output());
        var show = new Command("show", "Lists the runs of the rules, with how many they erased and kept.") { due, output };
        show.SetAction(async (result, stop) =>
        {
            Write(result, output, _runColumns, result.GetValue(due) ? (await _server.AskAsync(result, HttpMethod.Get, "retention", null, stop)).GetProperty("due")
                : (await TollServer.AllAsync(next => _server.AskAsync(result, HttpMethod.Get, next, null, stop), "retention/runs?limit=1000")).GetProperty("items"));
            return ExitCode.Done;
        });
        return show;
    }

    private Command Places()
    {
        var output = CommonOptions.Output();
        var language = new Option<string>("--lang") { Description = "en or fa.", DefaultValueFactory = _ => "en" };
        var places = new Command("places", "Lists every place that a plate can stand, and what the rules do there.") { language, output };
        places.SetAction(async (result, stop) =>
        {
            Write(result, output, _placeColumns, (await _server.AskAsync(result, HttpMethod.Get, "retention" + TollServer.Query(("lang", result.GetValue(language))), null, stop)).GetProperty("places"));
            return ExitCode.Done;
        });
        return places;
    }

    private Command Run()
    {
        var (yes, output) = (new Option<bool>("--yes") { Description = "Runs them; what is erased cannot be had back." }, CommonOptions.Output());
        var run = new Command("run", "Runs the rules now. Without --yes it says what would be erased, and erases nothing.") { yes, output };
        run.SetAction(async (result, stop) =>
        {
            var isReal = result.GetValue(yes);
            var answer = await _server.AskAsync(result, isReal ? HttpMethod.Post : HttpMethod.Get, isReal ? "retention/run" : "retention", null, stop);
            Write(result, output, _runColumns, answer.GetProperty(isReal ? "items" : "due"));
            if (!isReal) result.InvocationConfiguration.Error.WriteLine("Nothing was erased: --yes does it.");
            return ExitCode.Done;
        });
        return run;
    }

    private static void Write(ParseResult result, Option<OutputFormat> output, string[] columns, JsonElement items) =>
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), columns, OperatorRows.Of(JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["items"] = items }), columns));

    private static Option<string> Reason() => new("--reason") { Description = "Why, at least 5 characters, e.g. the number of a case.", Required = true };
}
