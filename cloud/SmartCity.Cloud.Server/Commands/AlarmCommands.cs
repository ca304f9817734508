using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Fleet.Registry;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Server.Alarms;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>alarm …</c>: alarms and their rules, through the running server's socket; rules are read and imported in their file where no server runs.</summary>
internal sealed class AlarmCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _alarmColumns = ["id", "priority", "state", "name", "device", "gateway", "raised", "returned", "acknowledgedBy", "times", "value"];
    private static readonly string[] _changeColumns = ["at", "alarm", "rule", "source", "change", "state", "by", "note", "value"];
    private static readonly string[] _ruleColumns = ["id", "priority", "when", "clear", "isAlarm", "isDisabled", "name"];
    private static readonly string[] _whatIfColumns = ["source", "raised", "ended", "value", "live"];
    private static readonly string[] _actorColumns = ["figure", "value"];

    public Command Create() => new("alarm", "Looks at alarms and acts on them; rules, channels and schedules.")
    {
        List(), Show(), History(), Statistics(), Order("ack", "acknowledge", "Takes note of alarms.", false), Shelve(), Order("unshelve", "unshelve", "Puts shelved alarms back.", false),
        Order("out-of-service", "out-of-service", "Takes alarms out of service.", true), Order("in-service", "in-service", "Puts alarms back into service.", false), Order("comment", "comment", "Writes something to alarms.", true), Rule(), Channel(),
    };

    private Command List()
    {
        var output = CommonOptions.Output();
        var all = new Option<bool>("--all") { Description = "Those that are over, and events, too." };
        var list = new Command("list", "Lists the open alarms, the newest first.") { all, output };
        list.SetAction(async (result, stop) =>
        {
            var rows = await PagesAsync(result, result.GetValue(all) ? "/api/v1/alarms?limit=1000" : "/api/v1/alarms?open=true&alarm=true&limit=1000", stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _alarmColumns, OperatorRows.Of(rows, _alarmColumns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Show()
    {
        var (id, output) = (Id(), CommonOptions.Output());
        var show = new Command("show", "Shows what has happened to one alarm.") { id, output };
        show.SetAction(async (result, stop) =>
        {
            var rows = await AskAsync(result, HttpMethod.Get, $"/api/v1/alarms/{Number(result.GetValue(id))}/history", stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _changeColumns, OperatorRows.Of(rows, _changeColumns));
            return ExitCode.Done;
        });
        return show;
    }

    private Command History()
    {
        var (from, to, output) = (Time("--from", "Then or later."), Time("--to", "Before."), CommonOptions.Output());
        var history = new Command("history", "Lists what has happened to alarms, the newest first.") { from, to, output };
        history.SetAction(async (result, stop) =>
        {
            var rows = await PagesAsync(result, "/api/v1/alarms/history?limit=1000" + Span(result.GetValue(from), result.GetValue(to)), stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _changeColumns, OperatorRows.Of(rows, _changeColumns));
            return ExitCode.Done;
        });
        return history;
    }

    private Command Statistics()
    {
        var (from, to, output) = (Time("--from", "Begin. Default: a week before the end."), Time("--to", "End. Default: now."), CommonOptions.Output());
        var statistics = new Command("statistics", "How alarms were in a time; --output json says all of it.") { from, to, output };
        statistics.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, HttpMethod.Get, "/api/v1/alarms/statistics?" + Span(result.GetValue(from), result.GetValue(to)).TrimStart('&'), stop);
            if (result.GetValue(output) == OutputFormat.Json)
            {
                await result.InvocationConfiguration.Output.WriteLineAsync(answer.GetRawText());
                return ExitCode.Done;
            }
            var rows = answer.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.Null)
                .Select(IReadOnlyList<object?> (member) => [member.Name, member.Value.ValueKind == JsonValueKind.Number ? Math.Round(member.Value.GetDouble(), 4) : member.Value.ToString()]).ToList();
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _actorColumns, rows);
            return ExitCode.Done;
        });
        return statistics;
    }

    private Command Order(string name, string path, string description, bool needsReason)
    {
        var (ids, reason) = (Ids(), new Option<string?>("--reason") { Description = needsReason ? "Why." : "A comment.", HelpName = "TEXT", Required = needsReason });
        var order = new Command(name, description + " Exit 3 where some were so already.") { ids, reason };
        order.SetAction((result, stop) => OrderAsync(result, path, new AlarmOrder(result.GetRequiredValue(ids), Reason: result.GetValue(reason)), stop));
        return order;
    }

    private Command Shelve()
    {
        var ids = Ids();
        var reason = new Option<string>("--reason") { Description = "Why.", HelpName = "TEXT", Required = true };
        var span = new Option<string?>("--for") { Description = "How long, up to 1d, e.g. 15m. Without it until each ends by itself.", HelpName = "SPAN" };
        var shelve = new Command("shelve", "Puts alarms aside for a time. Exit 3 where some could not be.") { ids, reason, span };
        shelve.SetAction((result, stop) =>
        {
            TimeSpan? asked = null;
            try
            {
                if (result.GetValue(span) is { } text) asked = JsonSerializer.Deserialize<TimeSpan>(JsonSerializer.Serialize(text), RegistryJson.Options);
            }
            catch (JsonException error)
            {
                throw new CommandException(ExitCode.WrongUse, $"--for: {error.Message.Split(" Path:")[0]}");
            }
            return OrderAsync(result, "shelve", new AlarmOrder(result.GetRequiredValue(ids), Reason: result.GetRequiredValue(reason), For: asked), stop);
        });
        return shelve;
    }

    private Command Rule()
    {
        var listOutput = CommonOptions.Output();
        var list = new Command("list", "Lists the rules.") { listOutput };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(listOutput), _ruleColumns, [.. (await SettingsAsync(result, stop)).Rules.Select(IReadOnlyList<object?> (rule) =>
                [rule.Id, AlarmWords.Of(rule.Priority), rule.When, rule.Clear, rule.IsAlarm(), rule.IsDisabled, rule.Name])]);
            return ExitCode.Done;
        });

        var id = new Argument<string>("ID") { Description = "Id of the rule." };
        var show = new Command("show", "Shows a rule as JSON.") { id };
        show.SetAction(async (result, stop) =>
        {
            var rules = (await SettingsAsync(result, stop)).Rules;
            var rule = rules.FirstOrDefault(one => one.Id == result.GetValue(id)) ?? throw new CommandException(ExitCode.NotFound, $"There is no rule {result.GetValue(id)}.{Hosting.Configuration.NearestName.Hint(result.GetRequiredValue(id), rules.Select(one => one.Id))}");
            await result.InvocationConfiguration.Output.WriteAsync(AlarmSettingsFile.Write(new AlarmSettings { Rules = [rule] }));
            return ExitCode.Done;
        });

        var export = new Command("export", "Writes rules, schedules and channels to the standard output, as import takes them.");
        export.SetAction(async (result, stop) =>
        {
            await result.InvocationConfiguration.Output.WriteAsync(AlarmSettingsFile.Write(await SettingsAsync(result, stop)));
            return ExitCode.Done;
        });

        var removed = new Argument<string>("ID") { Description = "Id of the rule." };
        var remove = new Command("remove", "Takes a rule away; its alarms are over.") { removed };
        remove.SetAction(async (result, stop) =>
        {
            await AskAsync(result, HttpMethod.Delete, $"/api/v1/alarms/rules/{Uri.EscapeDataString(result.GetRequiredValue(removed))}", stop);
            return ExitCode.Done;
        });
        return new Command("rule", "Looks at the rules of alarms and changes them.") { list, show, Add(), Import(), export, remove, WhatIf() };
    }

    private Command Add()
    {
        var id = new Argument<string>("ID") { Description = "Id of the rule." };
        var when = new Option<string>("--when") { Description = "Condition, e.g. \"pm25 > 75\".", HelpName = "CONDITION", Required = true };
        (string Name, string Field, string Description)[] texts =
        [
            ("--clear", "clear", "Condition that ends it."), ("--on-delay", "onDelay", "How long it must hold, e.g. 5m."), ("--off-delay", "offDelay", "How long it must be clear."), ("--min-hold", "minHold", "It lasts at least so long."),
            ("--priority", "priority", "low, medium, high or critical."), ("--name", "name", "What people call it."), ("--devices", "devices", "Ids, separated by commas; * stands for any characters."), ("--kind", "kind", "Kind of device."), ("--area", "area", "Area."),
            ("--cause", "cause", "Why it may come."), ("--consequence", "consequence", "What happens if nobody acts."), ("--action", "action", "What to do."), ("--respond-within", "respondWithin", "Time in which to act."), ("--during", "during", "Id of a schedule."),
        ];
        var options = texts.Select(text => (text.Field, Option: new Option<string?>(text.Name) { Description = text.Description, HelpName = "TEXT" })).ToList();
        var notify = new Option<string[]>("--notify") { Description = "Channel, after how long, in which schedule, e.g. \"chief 10m night\"; may be repeated.", HelpName = "STEP" };
        var add = new Command("add", "Enters a rule, or replaces what stands of it. Without cause, consequence, action and time to respond it is an event.") { id, when, notify };
        foreach (var (_, option) in options) add.Add(option);
        add.SetAction(async (result, stop) =>
        {
            var fields = options.ToDictionary(one => one.Field, one => result.GetValue(one.Option), StringComparer.Ordinal);
            (fields["id"], fields["when"], fields["notify"]) = (result.GetValue(id), result.GetValue(when), string.Join('\n', result.GetValue(notify) ?? []));
            try
            {
                return await ImportAsync(result, Encoding.UTF8.GetBytes(AlarmSettingsFile.Write(new AlarmSettings { Rules = [RuleForm.Rule(fields, null)] })), "the command", false, stop);
            }
            catch (AlarmRulesException error)
            {
                throw new CommandException(ExitCode.WrongUse, error.Message);
            }
        });
        return add;
    }

    private Command Import()
    {
        var file = new Argument<string>("FILE") { Description = "JSON as export writes it; - for the standard input." };
        var dry = new Option<bool>("--dry-run") { Description = "Says what it would do and does nothing." };
        var import = new Command("import", "Takes rules, schedules and channels of a file in the place of those of their ids, all or none; the same file again changes nothing.") { file, dry };
        import.SetAction(async (result, stop) => await ImportAsync(result, await ReadAsync(result.GetRequiredValue(file), stop), Path.GetFileName(result.GetRequiredValue(file)), result.GetValue(dry), stop));
        return import;
    }

    private Command WhatIf()
    {
        var rule = new Argument<string>("RULE") { Description = "Id of a rule, or a file with one as export writes it." };
        var (from, to, output) = (Time("--from", "Begin. Default: a week before the end."), Time("--to", "End. Default: now."), CommonOptions.Output());
        var whatIf = new Command("what-if", "Runs a rule over readings of the past, with the number of the alarm that was raised then. Exit 3 where both differ.") { rule, from, to, output };
        whatIf.SetAction(async (result, stop) =>
        {
            var named = result.GetRequiredValue(rule);
            AlarmRule asked;
            if (File.Exists(named) || named == "-")
            {
                var settings = Read(await ReadAsync(named, stop), Path.GetFileName(named));
                asked = settings.Rules is [var only] ? only : throw new CommandException(ExitCode.WrongUse, $"{named} holds {settings.Rules.Count} rules; exactly one is needed.");
            }
            else
            {
                var rules = (await SettingsAsync(result, stop)).Rules;
                asked = rules.FirstOrDefault(one => one.Id == named) ?? throw new CommandException(ExitCode.NotFound, $"There is no rule and no file {named}.{Hosting.Configuration.NearestName.Hint(named, rules.Select(one => one.Id))}");
            }
            var answer = await AskAsync(result, HttpMethod.Post, "/api/v1/alarms/what-if?" + Span(result.GetValue(from), result.GetValue(to)).TrimStart('&'), stop, JsonSerializer.SerializeToUtf8Bytes(asked, RegistryJson.Options));
            var (alarms, onlyLive) = (answer.GetProperty("alarms"), answer.GetProperty("onlyLive"));
            var rows = OperatorRows.Of(JsonSerializer.SerializeToElement(new { items = alarms }), _whatIfColumns);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _whatIfColumns, rows);
            await result.InvocationConfiguration.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{rows.Count} alarms at {answer.GetProperty("devices").GetInt32()} devices in {answer.GetProperty("readings").GetInt64():N0} readings through {answer.GetProperty("through").GetString()}; {rows.Count(row => row[^1] is null)} were not raised then, {onlyLive.GetArrayLength()} were and would not be."));
            return onlyLive.GetArrayLength() > 0 || rows.Any(row => row[^1] is null) ? ExitCode.Findings : ExitCode.Done;
        });
        return whatIf;
    }

    private Command Channel()
    {
        var id = new Argument<string>("ID") { Description = "Id of the channel." };
        var test = new Command("test", "Sends a test message by a channel. Exit 1 where the other side does not take it.") { id };
        test.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, HttpMethod.Post, $"/api/v1/alarms/channels/{Uri.EscapeDataString(result.GetRequiredValue(id))}/test", stop);
            if (answer.GetProperty("delivered").GetBoolean()) return ExitCode.Done;
            throw new CommandException(ExitCode.Failed, answer.GetProperty("trouble").GetString()!);
        });
        return new Command("channel", "Tries the ways in which people are told.") { test };
    }

    private async Task<int> OrderAsync(ParseResult result, string path, AlarmOrder order, CancellationToken stop)
    {
        var answer = await AskAsync(result, HttpMethod.Post, $"/api/v1/alarms/{path}", stop, JsonSerializer.SerializeToUtf8Bytes(order, ApiJson.Answers));
        var (done, skipped) = (answer.GetProperty("done").GetInt32(), answer.GetProperty("skipped").GetInt32());
        await result.InvocationConfiguration.Error.WriteLineAsync($"{done} done, {skipped} were so already or are not there.");
        return skipped == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    private async Task<int> ImportAsync(ParseResult result, byte[] content, string name, bool isDryRun, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        SettingsResult done;
        if (AdminSocket.Answers(AdminSocket.FileIn(folder)))
        {
            using var server = AdminSocket.Connect(AdminSocket.FileIn(folder));
            using var answer = await server.PostAsync(new Uri($"/api/v1/alarms/settings?dryRun={(isDryRun ? "true" : "false")}&name={Uri.EscapeDataString(name)}", UriKind.Relative), new ByteArrayContent(content), stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (!answer.IsSuccessStatusCode) throw new CommandException((int)answer.StatusCode == StatusCodes.Status422UnprocessableEntity ? ExitCode.WrongUse : ExitCode.Failed, AdminSocket.ReasonOf(text) ?? $"The server answers {(int)answer.StatusCode}.");
            done = JsonSerializer.Deserialize<SettingsResult>(text, ApiJson.Answers)!;
        }
        else
        {
            using var store = Open(folder);
            var present = store.LoadSettings();
            try
            {
                var file = AlarmSettingsFile.Read(content, name);
                var plan = AlarmPlan.Of(AlarmSettingsFile.Merge(present, file), name, file);
                var changes = AlarmSettingsFile.Changes(present, plan.Settings);
                var known = present.Rules.Select(one => ("rule", one.Id)).Concat(present.Schedules.Select(one => ("schedule", one.Id))).Concat(present.Channels.Select(one => ("channel", one.Id))).ToHashSet();
                var added = changes.Count(one => !known.Contains((one.Kind, one.Id)));
                done = new SettingsResult(added, changes.Count - added, 0, plan.Settings.Rules.Count + plan.Settings.Schedules.Count + plan.Settings.Channels.Count - changes.Count);
                if (!isDryRun && changes.Count > 0) store.SaveSettings(plan.Settings, changes, "console");
            }
            catch (AlarmRulesException error)
            {
                throw new CommandException(ExitCode.WrongUse, error.Message);
            }
        }
        await result.InvocationConfiguration.Error.WriteLineAsync($"{(isDryRun ? "Would be: " : "")}{done.Added} added, {done.Changed} changed, {done.Unchanged} unchanged.");
        return ExitCode.Done;
    }

    private async Task<AlarmSettings> SettingsAsync(ParseResult result, CancellationToken stop)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        if (AdminSocket.Answers(AdminSocket.FileIn(folder))) return Read(Encoding.UTF8.GetBytes((await AskAsync(result, HttpMethod.Get, "/api/v1/alarms/settings", stop)).GetRawText()), "the server");
        using var store = Open(folder);
        return store.LoadSettings();
    }

    private static AlarmStore Open(string folder)
    {
        if (!Directory.Exists(folder)) throw new CommandException(ExitCode.NotFound, $"{folder} is not there. Name the server's folder with --data.");
        var store = new AlarmStore(new AlarmDatabase(Path.Combine(folder, "alarms", "alarms.db")), new AlarmServerOptions(), TimeProvider.System);
        if (!store.HasSettings) store.SaveSettings(BuiltInRules.Settings, AlarmSettingsFile.Changes(new AlarmSettings(), BuiltInRules.Settings), "system");
        return store;
    }

    private static AlarmSettings Read(byte[] content, string name)
    {
        try
        {
            return AlarmSettingsFile.Read(content, name);
        }
        catch (AlarmRulesException error)
        {
            throw new CommandException(ExitCode.WrongUse, error.Message);
        }
    }

    private static async Task<byte[]> ReadAsync(string name, CancellationToken stop)
    {
        try
        {
            if (name != "-") return await File.ReadAllBytesAsync(name, stop);
            using var input = new MemoryStream();
            await Console.OpenStandardInput().CopyToAsync(input, stop);
            return input.ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.WrongUse, error.Message);
        }
    }

    private async Task<JsonElement> PagesAsync(ParseResult result, string path, CancellationToken stop)
    {
        var items = new List<JsonElement>();
        for (var next = path; next is not null;)
        {
            var answer = await AskAsync(result, HttpMethod.Get, next, stop);
            items.AddRange(answer.GetProperty("items").EnumerateArray());
            next = answer.TryGetProperty("next", out var following) ? following.GetString() : null;
        }
        return JsonSerializer.SerializeToElement(new { items });
    }

    /// <exception cref="CommandException">No server runs, or its answer is no.</exception>
    private async Task<JsonElement> AskAsync(ParseResult result, HttpMethod method, string path, CancellationToken stop, byte[]? json = null)
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        if (!AdminSocket.Answers(socket)) throw new CommandException(ExitCode.NotFound, $"No server runs with {folder}; alarms are known of a running one alone. Name its folder with --data.");
        try
        {
            return await AdminSocket.AskAsync(socket, method, path, stop, json);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, error);
        }
    }

    private static string Span(DateTimeOffset? from, DateTimeOffset? to) =>
        string.Concat(new[] { ("from", from), ("to", to) }.Where(one => one.Item2 is not null).Select(one => $"&{one.Item1}={Uri.EscapeDataString(one.Item2!.Value.UtcDateTime.ToString("O", CultureInfo.InvariantCulture))}"));

    private static string Number(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static Argument<long> Id() => new("ID") { Description = "Number of the alarm, as list shows it." };

    private static Argument<long[]> Ids() => new("ID") { Description = "Numbers of alarms, as list shows them.", Arity = ArgumentArity.OneOrMore };

    private static Option<DateTimeOffset?> Time(string name, string description) => new(name) { Description = description, HelpName = "TIME" };
}
