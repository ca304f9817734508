using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Hosting.Commands;
using SmartCity.Hosting.Operations;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll claim|answer|bank|file|item</c>: what partners are asked to pay, what they answer, what comes in the bank; through the socket of the running server.</summary>
internal sealed class TollClaimCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _claimColumns = ["id", "type", "issuer", "from", "to", "rows", "total", "state", "posted", "rejected", "fee", "paid", "owed", "file", "sha256"];
    private static readonly string[] _dueColumns = ["issuer", "name", "charges", "amount", "from", "to"];
    private static readonly string[] _fileColumns = ["number", "type", "name", "rows", "total", "at", "by", "sha256"];
    private static readonly string[] _paymentColumns = ["account", "reference", "part", "booked", "amount", "matched", "claim", "why", "text"];

    /// <summary>All of them.</summary>
    public IEnumerable<Command> Create() =>
    [
        new Command("claim", "Asks other issuers to pay for their tags.") { Export(), Claims(), Due(), Table() },
        new Command("answer", "Takes what issuers answer.") { Take("answer", "SRECON or ACK in the manner of NIOP, or ICRX in the manner of E-ZPass.") },
        new Command("bank", "Takes what banks say, and says what payments are for.") { Take("bank", "camt.053 or camt.054 of ISO 20022."), Payments(), Match() },
        new Command("file", "Looks at files that came in.") { Files() },
        new Command("item", "Says what is to become of items of reconciliation.") { Judge() },
    ];

    private Command Export()
    {
        var issuer = new Option<long?>("--issuer") { Description = "Number of the issuer to ask. Needed unless --again.", HelpName = "NUMBER" };
        var (from, to) = (Date("--from", "First business date. Default: the first with a charge."), Date("--to", "Last business date. Default: the last with a charge."));
        var dialect = new Option<string>("--dialect") { Description = "niop (STRAN, SCORR) or ezpass (ICTX).", DefaultValueFactory = _ => "niop" };
        dialect.AcceptOnlyFromAmong("niop", "ezpass");
        var at = new Option<DateTimeOffset?>("--at") { Description = "Time that the file carries. Default: now.", HelpName = "TIME" };
        var folder = new Option<string>("--out") { Description = "Folder to write the files into.", HelpName = "FOLDER", DefaultValueFactory = _ => "." };
        var resend = new Option<bool>("--send-again") { Description = "Also sends again what the issuer refused for a fault of systems or format, three times at most." };
        var again = new Option<string?>("--again") { Description = "Writes the file of a claim that was made, the same bytes; claims nothing.", HelpName = "ID" };
        var dry = new Option<bool>("--dry-run") { Description = "Says what would be claimed; makes and writes nothing." };
        var export = new Command("export", "Claims what an issuer owes and was not asked for, and writes the file: new charges as a claim, changed ones as a correction. A charge is claimed once. Exit 3 where the files of the issuer cannot carry a charge.") { issuer, from, to, dialect, at, folder, resend, again, dry };
        export.SetAction(async (result, stop) =>
        {
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(again) is { } known)
            {
                await WriteAsync(result, await AskAsync(result, HttpMethod.Get, "claims/" + Uri.EscapeDataString(known), null, stop), result.GetValue(folder)!, stop);
                return ExitCode.Done;
            }
            if (result.GetValue(issuer) is not { } number) throw new CommandException(ExitCode.WrongUse, "Name the issuer with --issuer; toll claim due lists them.");
            var wish = new NewTollClaims(number, result.GetValue(from), result.GetValue(to), result.GetValue(dialect) == "ezpass", result.GetValue(resend), result.GetValue(at), result.GetValue(dry));
            var made = await AskAsync(result, HttpMethod.Post, "claims", JsonSerializer.SerializeToUtf8Bytes(wish, TollJson.Options), stop);
            var claims = made.GetProperty("claims").EnumerateArray().ToList();
            foreach (var claim in claims)
            {
                if (wish.DryRun) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"would make {Text(claim, "type")}: {Number(claim, "rows"):N0} lines, {Number(claim, "total"):N0} in all"));
                else await WriteAsync(result, claim, result.GetValue(folder)!, stop);
            }
            if (claims.Count == 0) output.WriteLine($"There is nothing new to claim of {number}; nothing was changed.");
            if (Number(made, "waiting") is > 0 and var waiting) result.InvocationConfiguration.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{waiting:N0} charges are on their way to the ledger and come with the next claim."));
            var left = made.GetProperty("left").EnumerateArray().ToList();
            foreach (var one in left) result.InvocationConfiguration.Error.WriteLine($"left out {Text(one, "passage")}: {Text(one, "reason")}");
            return left.Count == 0 ? ExitCode.Done : ExitCode.Findings;
        });
        return export;
    }

    private Command Claims()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the claims that were made, and how far each is.") { output };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _claimColumns, OperatorRows.Of(await AllAsync(result, "claims?limit=1000", stop), _claimColumns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Due()
    {
        var output = CommonOptions.Output();
        var due = new Command("due", "Lists what issuers owe and were not asked for.") { output };
        due.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _dueColumns, OperatorRows.Of(await AskAsync(result, HttpMethod.Get, "claims/due", null, stop), _dueColumns));
            return ExitCode.Done;
        });
        return due;
    }

    private Command Table()
    {
        var id = new Argument<string>("ID") { Description = "Claim, as list shows it." };
        return Sheet("Writes the lines of a claim with what became of each, for a spreadsheet.", id, result => $"claims/{Uri.EscapeDataString(result.GetRequiredValue(id))}/table");
    }

    /// <summary><c>toll charge table FILE</c>.</summary>
    public Command Charges() => Sheet("Writes all charges, for a spreadsheet.", null, _ => "charges/table");

    private Command Sheet(string description, Argument<string>? of, Func<ParseResult, string> path)
    {
        var file = new Argument<string>("FILE") { Description = "File to write, .csv or .xlsx." };
        var language = new Option<string>("--lang") { Description = "en, or fa: from right to left, Jalali dates.", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "fa");
        var table = new Command("table", description);
        if (of is not null) table.Add(of);
        table.Add(file);
        table.Add(language);
        table.SetAction(async (result, stop) =>
        {
            var target = result.GetRequiredValue(file);
            var format = Path.GetExtension(target).TrimStart('.').ToLowerInvariant();
            if (!ClaimTable.Types.ContainsKey(format)) throw new CommandException(ExitCode.WrongUse, $"'{target}' ends with neither .csv nor .xlsx.");
            var content = await SendAsync(result, HttpMethod.Get, $"{path(result)}?format={format}&lang={result.GetValue(language)}", null, stop);
            Save(target, content);
            result.InvocationConfiguration.Output.WriteLine($"{target}: SHA-256 {Convert.ToHexStringLower(SHA256.HashData(content))}");
            return ExitCode.Done;
        });
        return table;
    }

    private Command Take(string kind, string what)
    {
        var files = new Argument<string[]>("FILE") { Description = what, Arity = ArgumentArity.OneOrMore };
        var dry = new Option<bool>("--dry-run") { Description = "Reads the files and says what they would come to; takes nothing." };
        var import = new Command("import", "Takes files, each whole or not at all; one whose content was taken before changes nothing. Exit 1 where one was refused.") { files, dry };
        import.SetAction(async (result, stop) =>
        {
            var (output, error, refused) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, 0);
            foreach (var path in result.GetRequiredValue(files))
            {
                try
                {
                    var length = new FileInfo(path).Length;
                    if (length > BankOrAnswerFile.BytesMax) throw new CommandException($"the file has {length} bytes; at most {BankOrAnswerFile.BytesMax} are read");
                    var query = $"files?kind={kind}&name={Uri.EscapeDataString(Path.GetFileName(path))}{(result.GetValue(dry) ? "&dryRun=true" : "")}";
                    var taken = await AskAsync(result, HttpMethod.Post, query, await File.ReadAllBytesAsync(path, stop), stop, "application/octet-stream");
                    if (taken.GetProperty("isKnown").GetBoolean()) output.WriteLine($"{path}: taken before, {Text(taken, "at")} by {Text(taken, "by")}; nothing was changed.");
                    else
                    {
                        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {(result.GetValue(dry) ? "would take" : "took")} {Text(taken, "type")}, {Number(taken, "rows"):N0} rows, {Number(taken, "total"):N0} in all, SHA-256 {Text(taken, "sha256")}"));
                        foreach (var one in taken.GetProperty("outcome").EnumerateArray()) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Text(one, "name")}: {Number(one, "count"):N0}, {Number(one, "money"):N0}"));
                    }
                }
                catch (Exception refusal) when (refusal is CommandException { ExitCode: not ExitCode.NotFound } or IOException or UnauthorizedAccessException)
                {
                    refused++;
                    error.WriteLine($"{path}: refused, nothing of it was taken: {refusal.Message}");
                }
            }
            return refused == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return import;
    }

    private Command Payments()
    {
        var output = CommonOptions.Output();
        var list = new Command("payments", "Lists payments that no claim was found for, or only in part.") { output };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _paymentColumns, OperatorRows.Of(await AllAsync(result, "payments?limit=1000", stop), _paymentColumns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Match()
    {
        var (account, reference) = (new Argument<string>("ACCOUNT") { Description = "Bank account." }, new Argument<string>("REFERENCE") { Description = "Entry, as payments shows it." });
        var (claim, part) = (new Argument<string>("CLAIM") { Description = "Claim that it pays." }, new Option<int>("--part") { Description = "Payment of the entry.", DefaultValueFactory = _ => 1 });
        var match = new Command("match", "Says which claim a payment is for, and pays it as far as it is owed.") { account, reference, claim, part };
        match.SetAction(async (result, stop) =>
        {
            var paid = await AskAsync(result, HttpMethod.Post, "payments/match", JsonSerializer.SerializeToUtf8Bytes(new TollPaymentMatch(result.GetRequiredValue(account), result.GetRequiredValue(reference), result.GetRequiredValue(claim), result.GetValue(part)), TollJson.Options), stop);
            result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.GetRequiredValue(claim)} was paid {Number(paid, "paid"):N0}"));
            return ExitCode.Done;
        });
        return match;
    }

    private Command Files()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the files that were taken.") { output };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _fileColumns, OperatorRows.Of(await AllAsync(result, "files?limit=1000", stop), _fileColumns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Judge()
    {
        var keys = new Argument<string[]>("KEY") { Description = "Key of an item, as toll reconcile --items shows it.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<string?>("--class") { Description = "In place of keys: all items of a class that are open, e.g. SEQ_GAP; with --state open those of which something was said.", HelpName = "CLASS" };
        var (from, to) = (Date("--from", "With --class: first business date. Default: the first with a charge."), Date("--to", "With --class: last business date. Default: the last with a charge."));
        var point = new Option<string?>("--point") { Description = "With --class: one toll point alone.", HelpName = "ID" };
        var state = new Option<string>("--state") { Description = "explained, accepted, inWork or open.", Required = true };
        state.AcceptOnlyFromAmong("explained", "accepted", "inWork", "open");
        var why = new Option<string>("--why") { Description = "Why it is so; needed for explained and accepted.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var judge = new Command("judge", "Says what is to become of items, and why.") { keys, all, from, to, point, state, why };
        judge.SetAction(async (result, stop) =>
        {
            var (some, name) = (result.GetValue(keys) ?? [], result.GetValue(all));
            if (some.Length > 0 == name is not null) throw new CommandException(ExitCode.WrongUse, "Name items by their keys, or all of a class with --class.");
            if (name is null && (result.GetValue(from) ?? result.GetValue(to)) is not null | result.GetValue(point) is not null) throw new CommandException(ExitCode.WrongUse, "--from, --to and --point are of use with --class only.");
            foreach (var key in some)
                await AskAsync(result, HttpMethod.Put, "items/" + Uri.EscapeDataString(key), JsonSerializer.SerializeToUtf8Bytes(new TollJudgement(result.GetValue(state), null, result.GetValue(why)), TollJson.Options), stop);
            if (name is null) return ExitCode.Done;
            var wish = new TollClassJudgement(name, result.GetValue(state), null, result.GetValue(why), result.GetValue(from), result.GetValue(to), result.GetValue(point));
            var count = Number(await AskAsync(result, HttpMethod.Put, "items", JsonSerializer.SerializeToUtf8Bytes(wish, TollJson.Options), stop), "items");
            result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: said of {count:N0}"));
            return count > 0 ? ExitCode.Done : ExitCode.NotFound;
        });
        return judge;
    }

    private async Task WriteAsync(ParseResult result, JsonElement claim, string folder, CancellationToken stop)
    {
        var content = await SendAsync(result, HttpMethod.Get, $"claims/{Uri.EscapeDataString(Text(claim, "id")!)}/file", null, stop);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        if (hash != Text(claim, "sha256")) throw new CommandException($"The file of {Text(claim, "id")} came with the SHA-256 {hash}, not {Text(claim, "sha256")}.");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Path.GetFileName(Text(claim, "file")!));
        Save(path, content);
        result.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Text(claim, "id")} {path}: {Number(claim, "rows"):N0} lines, {Number(claim, "total"):N0} in all, SHA-256 {hash}"));
    }

    /// <summary>Writes a file beside its place and moves it there, so that it is whole or not there.</summary>
    private static void Save(string path, byte[] content)
    {
        var half = path + ".half";
        File.WriteAllBytes(half, content);
        File.Move(half, path, overwrite: true);
    }

    private Task<JsonElement> AllAsync(ParseResult result, string path, CancellationToken stop) => TollServer.AllAsync(next => AskAsync(result, HttpMethod.Get, next, null, stop), path);

    private async Task<JsonElement> AskAsync(ParseResult result, HttpMethod method, string path, byte[]? body, CancellationToken stop, string type = "application/json")
    {
        var content = await SendAsync(result, method, path, body, stop, type);
        return content.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(content);
    }

    /// <summary>Asks the running server.</summary>
    /// <exception cref="CommandException">None runs, or the answer is no.</exception>
    private async Task<byte[]> SendAsync(ParseResult result, HttpMethod method, string path, byte[]? body, CancellationToken stop, string type = "application/json")
    {
        var folder = ServerSettings.DataOf(args, result, data);
        var socket = AdminSocket.FileIn(folder);
        if (!AdminSocket.Answers(socket)) throw new CommandException(ExitCode.NotFound, $"No server runs on {folder}. Start it, or name its folder with --data.");
        try
        {
            using var client = AdminSocket.Connect(socket);
            // A large file is read, checked and booked whole before the answer.
            client.Timeout = TimeSpan.FromMinutes(10);
            using var request = new HttpRequestMessage(method, new Uri(TollServer.Routes + path, UriKind.Relative));
            if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue(type) } };
            using var answer = await client.SendAsync(request, stop);
            var content = await answer.Content.ReadAsByteArrayAsync(stop);
            if (answer.IsSuccessStatusCode) return content;
            var reason = AdminSocket.ReasonOf(System.Text.Encoding.UTF8.GetString(content)) ?? $"The running server answers {(int)answer.StatusCode}.";
            throw answer.StatusCode == HttpStatusCode.NotFound ? new CommandException(ExitCode.NotFound, reason) : new CommandException(reason);
        }
        catch (HttpRequestException error)
        {
            throw new CommandException(error.Message, error);
        }
    }

    private static Option<DateOnly?> Date(string name, string description) => new(name) { Description = description, HelpName = "yyyy-MM-dd" };

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
