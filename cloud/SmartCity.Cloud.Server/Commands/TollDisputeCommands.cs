using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll dispute open|list|show|take|decide|appeal|similar|refund</c>.</summary>
internal sealed class TollDisputeCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _columns = ["number", "state", "charge", "reason", "openedBy", "opened", "handledBy", "decidedBy", "refund", "of"];
    private static readonly string[] _hitColumns = ["charge", "day", "time", "point", "lane", "payer", "gross", "refund", "dispute"];
    private static readonly JsonSerializerOptions _indented = new(TollJson.Options) { WriteIndented = true };
    private static readonly (string Name, string Description)[] _filters =
    [
        ("from", "First business date. Default: that of the dispute's charge."), ("to", "Last business date, included. Default: the same."), ("point", "Toll point."), ("lane", "Lane."),
        ("device", "Device whose event the passage is made of."), ("cause", "Code of what was found about the passage, e.g. CLASS_MISMATCH; REPEATED for a vehicle charged at the point within the five minutes before."),
        ("tariff", "Tariff and version, e.g. road/3."), ("begin", "First moment, with its distance from UTC."), ("end", "The moment after the last."),
    ];

    private readonly TollServer _server = new(args, data);

    public Command Create() => new("dispute", "Charges that somebody objects to; what is given back, and to everybody else whom the same fault hit.") { Open(), List(), Show(), Take(), Decide(), Appeal(), Similar(), Refund() };

    private Command Open()
    {
        var charge = new Argument<string>("CHARGE") { Description = "Id of the charge or passage, as charge list shows it." };
        var reason = new Option<string>("--reason") { Description = "notMyVehicle, chargedTwice, wrongClass, wrongAmount, exempt or other.", Required = true };
        reason.AcceptOnlyFromAmong([.. DisputeEndpoints.ReasonsByWord.Keys]);
        var text = Text("What is objected to; needed for other.", isRequired: false);
        var open = new Command("open", "Opens a dispute of a charge. While one of the charge is not decided, it is that one.") { charge, reason, text };
        open.SetAction((result, stop) => DoAsync(result, "disputes", new { charge = result.GetRequiredValue(charge), reason = result.GetValue(reason), text = result.GetValue(text) }, stop));
        return open;
    }

    private Command List()
    {
        var (state, output) = (new Option<string?>("--state") { Description = "open, underReview, upheld or rejected." }, CommonOptions.Output());
        var limit = new Option<int>("--limit") { Description = "How many at most, 1–1,000.", DefaultValueFactory = _ => 100 };
        var list = new Command("list", "Lists disputes, the newest first.") { state, limit, output };
        list.SetAction(async (result, stop) =>
        {
            var query = TollServer.Query(("state", result.GetValue(state)), ("limit", result.GetValue(limit).ToString(CultureInfo.InvariantCulture)));
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _columns, OperatorRows.Of(await _server.AskAsync(result, HttpMethod.Get, "disputes" + query, null, stop), _columns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Show()
    {
        var number = Number();
        var show = new Command("show", "Prints a dispute, what was done to it, and what was given back to others because of it, as JSON. passage show prints the evidence.") { number };
        show.SetAction(async (result, stop) =>
        {
            var dispute = await _server.AskAsync(result, HttpMethod.Get, Path(result, number), null, stop);
            result.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(dispute, _indented));
            return ExitCode.Done;
        });
        return show;
    }

    private Command Take()
    {
        var (number, text) = (Number(), Text("What looking into it came to.", isRequired: false));
        var take = new Command("take", "Takes a dispute up to look into it; whoever does so does not decide it.") { number, text };
        take.SetAction((result, stop) => DoAsync(result, Path(result, number) + "/take", new { text = result.GetValue(text) }, stop));
        return take;
    }

    private Command Decide()
    {
        var (number, text) = (Number(), Text("Why.", isRequired: true));
        var (uphold, reject) = (new Option<bool>("--uphold") { Description = "Gives back all that stands, or --refund." }, new Option<bool>("--reject") { Description = "Gives back nothing." });
        var refund = new Option<long?>("--refund") { Description = "What is given back, minor units; with --uphold." };
        var decide = new Command("decide", "Decides a dispute. Who opened or took it up does not. What is given back is a linked pair of postings: the charge cancelled, and what is left of it.") { number, uphold, reject, refund, text };
        decide.Validators.Add(found =>
        {
            if (found.GetValue(uphold) == found.GetValue(reject)) found.AddError("Either --uphold or --reject is needed.");
            if (found.GetValue(refund) is { } amount && (amount < 1 || found.GetValue(reject))) found.AddError("--refund is at least 1 and goes with --uphold.");
        });
        decide.SetAction((result, stop) => DoAsync(result, Path(result, number) + "/decide", new { decision = result.GetValue(uphold) ? "uphold" : "reject", refund = result.GetValue(refund), text = result.GetValue(text) }, stop));
        return decide;
    }

    private Command Appeal()
    {
        var (number, text) = (Number(), Text("Why.", isRequired: true));
        var appeal = new Command("appeal", "Objects to a decision, once; somebody else decides then, for the last time.") { number, text };
        appeal.SetAction((result, stop) => DoAsync(result, Path(result, number) + "/appeal", new { text = result.GetValue(text) }, stop));
        return appeal;
    }

    private Command Similar()
    {
        var (number, output, filters) = (Number(), CommonOptions.Output(), Filters());
        var similar = new Command("similar", "Lists everybody whom the fault of an upheld dispute hit too, and what would be given back. Without more it looks on the charge's day, at its toll point, for what its reason speaks of; --lane any leaves something out. Changes nothing.") { number, output };
        foreach (var filter in filters) similar.Add(filter);
        similar.SetAction(async (result, stop) =>
        {
            Write(result, output, await _server.AskAsync(result, HttpMethod.Get, Path(result, number) + "/similar" + Query(result, filters), null, stop));
            return ExitCode.Done;
        });
        return similar;
    }

    private Command Refund()
    {
        var (number, output, filters) = (Number(), CommonOptions.Output(), Filters());
        var dry = new Option<bool>("--dry-run") { Description = "Shows what would be given back to whom, and its digest. Changes nothing." };
        var digest = new Option<string?>("--digest") { Description = "Gives back exactly what the preview of this digest showed, to nobody else and no other amount.", HelpName = "SHA256" };
        var refund = new Command("refund", "Gives back to everybody whom the fault of an upheld dispute hit, in one batch. Who decided the dispute does not release it. The same again changes nothing.") { number, dry, digest, output };
        foreach (var filter in filters) refund.Add(filter);
        refund.Validators.Add(found =>
        {
            if (found.GetValue(dry) == found.GetValue(digest) is not null) found.AddError("Either --dry-run, which shows the batch, or --digest, which releases what was shown, is needed.");
        });
        refund.SetAction(async (result, stop) =>
        {
            if (result.GetValue(dry))
            {
                Write(result, output, await _server.AskAsync(result, HttpMethod.Get, Path(result, number) + "/similar" + Query(result, filters), null, stop));
                return ExitCode.Done;
            }
            var answer = await _server.AskAsync(result, HttpMethod.Post, Path(result, number) + "/refund" + Query(result, filters, ("digest", result.GetValue(digest))), null, stop);
            var batch = answer.GetProperty("batch");
            result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Batch {batch.GetProperty("id").GetString()}: {batch.GetProperty("count").GetInt32():N0} charges, {batch.GetProperty("amount").GetInt64():N0} given back{(answer.GetProperty("repeated").GetBoolean() ? "; it was released before" : "")}."));
            return ExitCode.Done;
        });
        return refund;
    }

    private static void Write(ParseResult result, Option<OutputFormat> output, JsonElement preview)
    {
        RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _hitColumns, OperatorRows.Of(preview, _hitColumns));
        result.InvocationConfiguration.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{preview.GetProperty("count").GetInt32():N0} charges, {preview.GetProperty("amount").GetInt64():N0} to give back. Digest {preview.GetProperty("digest").GetString()}"));
    }

    private async Task<int> DoAsync(ParseResult result, string path, object body, CancellationToken stop)
    {
        var answer = await _server.AskAsync(result, HttpMethod.Post, path, body, stop);
        var dispute = answer.GetProperty("dispute");
        result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Dispute {dispute.GetProperty("number").GetInt32()}: {dispute.GetProperty("state").GetString()}{(answer.GetProperty("repeated").GetBoolean() ? ", as before" : "")}."));
        return ExitCode.Done;
    }

    private static string Query(ParseResult result, Option<string?>[] filters, params ReadOnlySpan<(string, string?)> more) =>
        TollServer.Query([.. filters.Select(filter => (filter.Name.TrimStart('-'), result.GetValue(filter))), .. more]);

    private static string Path(ParseResult result, Argument<int> number) => string.Create(CultureInfo.InvariantCulture, $"disputes/{result.GetValue(number)}");

    private static Argument<int> Number() => new("NUMBER") { Description = "Number of the dispute." };

    private static Option<string?> Text(string description, bool isRequired) => new("--text") { Description = description, Required = isRequired };

    private static Option<string?>[] Filters() => [.. _filters.Select(filter => new Option<string?>("--" + filter.Name) { Description = filter.Description })];
}
