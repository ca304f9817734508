using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Hosting.Commands;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll verify|reconcile|leakage|replay|charge|passage|period</c>: the books of the running server, asked through its socket.</summary>
internal sealed class TollBookCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _identityColumns = ["id", "left", "count", "money", "right", "residualCount", "residualMoney", "holds"];
    private static readonly string[] _itemColumns = ["class", "tollPoint", "subject", "day", "count", "state", "owner", "detail", "key"];
    private static readonly string[] _chargeColumns = ["passage", "day", "time", "tollPoint", "lane", "outcome", "code", "net", "vat", "payer", "tariff"];
    private static readonly string[] _replayColumns = ["numbers", "state", "by", "at", "key"];
    private static readonly string[] _leakageColumns = ["name", "passages", "money"];
    private static readonly string[] _periodColumns = ["number", "from", "to", "state", "signedBy", "seal"];

    private readonly TollServer _server = new(args, data);
    private static readonly JsonSerializerOptions _indented = new(TollJson.Options) { WriteIndented = true };

    /// <summary>All of them.</summary>
    public IEnumerable<Command> Create() => [Verify(), Reconcile(), Leakage(), Replay(), Charge(), Passage(), Period()];

    private Command Verify()
    {
        var verify = new Command("verify", "Reads the whole ledger and names the first row that is not as it was written, with its day and lane. Exit 3 where there is one.");
        verify.SetAction(async (result, stop) =>
        {
            var check = await AskAsync(result, HttpMethod.Get, "ledger/verification", null, stop);
            var output = result.InvocationConfiguration.Output;
            if (check.GetProperty("fault") is not { ValueKind: JsonValueKind.Object } fault)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{check.GetProperty("entries").GetInt64():N0} entries are as they were written; the last has the hash {check.GetProperty("hash").GetString()}."));
                return ExitCode.Done;
            }
            output.WriteLine($"{fault.GetProperty("row").GetString()}, day {Text(fault, "day")}, lane {Text(fault, "lane")}: {fault.GetProperty("message").GetString()}");
            return ExitCode.Findings;
        });
        return verify;
    }

    private Command Reconcile()
    {
        var (from, to, output) = (Date("--from", "First date. Default: the first with a charge."), Date("--to", "Last date. Default: the last with a charge."), CommonOptions.Output());
        var (point, lane, device) = (One("--point", "One toll point alone."), One("--lane", "One lane alone."), One("--device", "One device alone."));
        var keep = new Option<bool>("--keep") { Description = "Keeps the run." };
        var items = new Option<bool>("--items") { Description = "Prints the items instead of the identities." };
        var reconcile = new Command("reconcile", "Holds what devices numbered against what is kept, charged and posted. Exit 3 where an identity leaves a residual or an item is open.") { from, to, point, lane, device, items, keep, output };
        reconcile.SetAction(async (result, stop) =>
        {
            var query = Query(("from", Day(result, from)), ("to", Day(result, to)), ("point", result.GetValue(point)), ("lane", result.GetValue(lane)), ("device", result.GetValue(device)), ("items", "10000"));
            var run = await AskAsync(result, result.GetValue(keep) ? HttpMethod.Post : HttpMethod.Get, "reconciliation" + query, null, stop);
            if (result.GetValue(items)) RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _itemColumns, OperatorRows.Of(run, _itemColumns));
            else
            {
                RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _identityColumns, [.. run.GetProperty("identities").EnumerateArray().Select(identity => (IReadOnlyList<object?>)
                    [identity.GetProperty("id").GetString(), identity.GetProperty("left").GetProperty("name").GetString(), identity.GetProperty("left").GetProperty("count").GetInt64(), MoneyOf(identity.GetProperty("left")),
                        string.Join(" + ", identity.GetProperty("right").EnumerateArray().Select(term => $"{term.GetProperty("name").GetString()} {MoneyOf(term) ?? term.GetProperty("count").GetInt64()}")),
                        identity.GetProperty("residualCount").GetInt64(), identity.GetProperty("residualMoney").GetInt64(), identity.GetProperty("holds").GetBoolean()])]);
                foreach (var one in run.GetProperty("classes").EnumerateArray())
                    result.InvocationConfiguration.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.GetProperty("class").GetString()}: {one.GetProperty("items").GetInt32():N0}, of which {one.GetProperty("open").GetInt32():N0} open"));
            }
            return run.GetProperty("isReconciled").GetBoolean() ? ExitCode.Done : ExitCode.Findings;
        });
        return reconcile;
    }

    private Command Leakage()
    {
        var (from, to, point, output) = (Date("--from", "First date. Default: the first with a charge."), Date("--to", "Last date. Default: the last with a charge."), One("--point", "One toll point alone."), CommonOptions.Output());
        var leakage = new Command("leakage", "Shows where the money of passages went, as a tree: collected, owed and by whom, free, on its way, lost and why. Of what was never charged the money is an estimate, marked ~.") { from, to, point, output };
        leakage.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, HttpMethod.Get, "leakage" + Query(("from", Day(result, from)), ("to", Day(result, to)), ("point", result.GetValue(point))), null, stop);
            var rows = new List<IReadOnlyList<object?>>();
            Add(answer.GetProperty("tree"), 0);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _leakageColumns, rows);
            return ExitCode.Done;

            void Add(JsonElement node, int depth)
            {
                var money = node.GetProperty("money").GetInt64();
                rows.Add([new string(' ', 2 * depth) + node.GetProperty("name").GetString(), node.GetProperty("count").GetInt64(), node.GetProperty("isEstimate").GetBoolean() ? string.Create(CultureInfo.InvariantCulture, $"~{money}") : (object)money]);
                foreach (var part in node.GetProperty("parts").EnumerateArray()) Add(part, depth + 1);
            }
        });
        return leakage;
    }

    private Command Replay()
    {
        var (output, listed) = (CommonOptions.Output(), CommonOptions.Output());
        var keys = new Argument<string[]>("KEY") { Description = "Keys of SEQ_GAP items, as reconcile --items shows them.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every gap that is open." };
        var ask = new Command("ask", "Asks for numbers again that devices gave and nobody got. They are listed for whoever reads them out of the devices; what comes closes its gap by itself.") { keys, all, output };
        ask.SetAction(async (result, stop) =>
        {
            var wanted = result.GetValue(keys) ?? [];
            if (result.GetValue(all) == (wanted.Length > 0)) throw new CommandException(ExitCode.WrongUse, "Name keys, or --all.");
            var answer = await AskAsync(result, HttpMethod.Post, "replays", new { keys = wanted, all = result.GetValue(all) }, stop);
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _replayColumns, OperatorRows.Of(answer, _replayColumns));
            return answer.GetProperty("items").GetArrayLength() > 0 || result.GetValue(all) ? ExitCode.Done : ExitCode.NotFound;
        });
        var list = new Command("list", "Lists what was asked for again, and whether it is still missing.") { listed };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(listed), _replayColumns, OperatorRows.Of(await TollServer.AllAsync(next => AskAsync(result, HttpMethod.Get, next, null, stop), "replays?limit=10000"), _replayColumns));
            return ExitCode.Done;
        });
        return new Command("replay", "Numbers of devices that are missing and were asked for again.") { ask, list };
    }

    private Command Charge()
    {
        var (day, point, outcome, output) = (Date("--day", "One date alone."), One("--point", "One toll point alone."), One("--outcome", "charged, exempt, unrated, review, unreadable, duplicate, entry or void."), CommonOptions.Output());
        var limit = new Option<int>("--limit") { Description = "How many at most, 1–10,000.", DefaultValueFactory = _ => 100 };
        var list = new Command("list", "Lists charges.") { day, point, outcome, limit, output };
        list.SetAction(async (result, stop) =>
        {
            var query = Query(("day", Day(result, day)), ("point", result.GetValue(point)), ("outcome", result.GetValue(outcome)), ("limit", result.GetValue(limit).ToString(CultureInfo.InvariantCulture)));
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _chargeColumns, OperatorRows.Of(await AskAsync(result, HttpMethod.Get, "charges" + query, null, stop), _chargeColumns));
            return ExitCode.Done;
        });
        var file = new Argument<string>("FILE") { Description = "NDJSON to write: one passage a line, in the order of their ids; the same books give the same bytes." };
        var export = new Command("export", "Writes what every passage came to in the end.") { file };
        export.SetAction((result, stop) =>
        {
            var books = new TollBooks(ServerSettings.OptionsOf(args, result, data));
            if (books.HasFile && !File.Exists(books.File)) throw new CommandException(ExitCode.NotFound, $"{books.File} is not there. Name the server's folder with --data.");
            using var queries = books.OpenQueries();
            var written = ChargeExport.Write(queries, result.GetRequiredValue(file));
            result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{written.Lines:N0} lines, SHA-256 {written.Hash}"));
            return Task.FromResult(ExitCode.Done);
        });
        return new Command("charge", "Looks at charges.") { list, export };
    }

    private Command Passage()
    {
        var id = new Argument<string>("ID") { Description = "Id of the passage, as charge list shows it." };
        var show = new Command("show", "Prints everything that is known of one passage, as JSON: events, reads that lost, charge with its trace, postings.") { id };
        show.SetAction(async (result, stop) =>
        {
            var evidence = await AskAsync(result, HttpMethod.Get, "passages/" + Uri.EscapeDataString(result.GetRequiredValue(id)), null, stop);
            result.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(evidence, _indented));
            return ExitCode.Done;
        });
        return new Command("passage", "Looks at passages.") { show };
    }

    private Command Period()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the periods.") { output };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _periodColumns, OperatorRows.Of(await AskAsync(result, HttpMethod.Get, "periods", null, stop), _periodColumns));
            return ExitCode.Done;
        });
        var shown = new Argument<int>("NUMBER") { Description = "Number of the period." };
        var show = new Command("show", "Shows a period and what stands in the way of sealing it. Exit 3 where anything does.") { shown };
        show.SetAction(async (result, stop) =>
        {
            var answer = await AskAsync(result, HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"periods/{result.GetValue(shown)}"), null, stop);
            var period = answer.GetProperty("period");
            result.InvocationConfiguration.Output.WriteLine($"{Text(period, "from")} to {Text(period, "to")}, {Text(period, "state")}");
            var blockers = answer.GetProperty("blockers").EnumerateArray().Select(blocker => blocker.GetString()!).ToList();
            foreach (var blocker in blockers) result.InvocationConfiguration.Output.WriteLine($"  {blocker}");
            return blockers.Count == 0 ? ExitCode.Done : ExitCode.Findings;
        });
        var (from, to) = (Date("--from", "First date; the day after the last period."), Date("--to", "Last date, included."));
        (from.Required, to.Required) = (true, true);
        var open = new Command("open", "Opens the next period.") { from, to };
        open.SetAction((result, stop) => DoAsync(result, "periods", new { from = result.GetValue(from), to = result.GetValue(to) }, stop));
        return new Command("period", "Periods of the ledger: open, closing, sealed.")
        {
            list, show, open, Change("close", "Begins to close a period: from here on it takes no postings."),
            Change("sign", "Signs a closing period; the second signature, of somebody else, seals it for ever. From a machine it is one signature; people sign on the page."),
        };
    }

    private Command Change(string name, string description)
    {
        var number = new Argument<int>("NUMBER") { Description = "Number of the period." };
        var command = new Command(name, description) { number };
        command.SetAction((result, stop) => DoAsync(result, string.Create(CultureInfo.InvariantCulture, $"periods/{result.GetValue(number)}/{name}"), null, stop));
        return command;
    }

    private async Task<int> DoAsync(ParseResult result, string path, object? body, CancellationToken stop)
    {
        var answer = await AskAsync(result, HttpMethod.Post, path, body, stop);
        result.InvocationConfiguration.Output.WriteLine(Text(answer, "outcome"));
        return ExitCode.Done;
    }

    private Task<JsonElement> AskAsync(ParseResult result, HttpMethod method, string path, object? body, CancellationToken stop) => _server.AskAsync(result, method, path, body, stop);

    private static Option<DateOnly?> Date(string name, string description) => new(name) { Description = description, HelpName = "yyyy-MM-dd" };

    private static Option<string?> One(string name, string description) => new(name) { Description = description, HelpName = "ID" };

    private static string? Day(ParseResult result, Option<DateOnly?> option) => result.GetValue(option)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters) => TollServer.Query(parameters);

    private static long? MoneyOf(JsonElement term) => term.GetProperty("money") is { ValueKind: JsonValueKind.Number } money ? money.GetInt64() : null;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
