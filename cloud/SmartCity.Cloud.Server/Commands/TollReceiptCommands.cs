using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Hosting.Commands;

namespace SmartCity.Cloud.Server.Commands;

/// <summary><c>toll receipt show|verify|list</c> and <c>toll statement</c>.</summary>
internal sealed class TollReceiptCommands(IReadOnlyList<string> args, Option<string> data)
{
    private static readonly string[] _treeColumns = ["name", "period", "batch", "size", "net", "vat", "root", "key", "at"];

    private readonly TollServer _server = new(args, data);

    /// <summary>All of them.</summary>
    public IEnumerable<Command> Create() => [new Command("receipt", "Receipts that their holder checks without us.") { Show(), Verify(), List() }, Statement()];

    private Command Show()
    {
        var charge = new Argument<string>("CHARGE") { Description = "Id of the charge or passage, as charge list shows it." };
        var (language, file) = (Language(), File());
        var show = new Command("show", "Writes the receipt of a charge of a sealed period: what was charged, readable and as it was sealed, with the proof.") { charge, language, file };
        show.SetAction(async (result, stop) =>
        {
            var id = result.GetRequiredValue(charge);
            if (id.Length != 32 || !id.All(char.IsAsciiHexDigitLower)) throw new CommandException($"'{id}' is no id of a charge: 32 of 0-9 and a-f are needed, as charge list shows them.");
            var answer = await _server.AskAsync(result, HttpMethod.Get, $"receipts/{id}?lang={result.GetValue(language)}", null, stop);
            await GiveAsync(result, file, answer.GetProperty("file").GetString()!, stop);
            return ExitCode.Done;
        });
        return show;
    }

    private static Command Verify()
    {
        var path = new Argument<string>("FILE") { Description = "The receipt; - reads it from the standard input." };
        var key = new Option<string>("--key") { Description = "The authority's public key, PEM, as its page /receipt/key gives it. Without it the receipt is checked by the key that it brings along, which does not say whose that is.", HelpName = "FILE" };
        var verify = new Command("verify", "Checks a receipt without a server or its data. Exit 3 where it does not hold, and says what is wrong.") { path, key, Language() };
        verify.SetAction(async (result, stop) =>
        {
            var (streams, name) = (result.InvocationConfiguration, result.GetRequiredValue(path));
            var text = await ReadAsync(name, stop);
            using var given = result.GetValue(key) is { } pem ? await KeyAsync(pem, stop) : null;
            var language = LanguageOf(result.GetValue<string>("--lang"));
            var check = text is null ? new ReceiptCheck(ReceiptFault.NoReceipt, null) : TollReceipt.Check(text, given, ReceiptText.All);
            if (check.Receipt is not { } receipt)
            {
                streams.Output.WriteLine($"{name}: {ReceiptEndpoints.Say(check, language)}");
                return ExitCode.Findings;
            }
            foreach (var (label, value) in ReceiptText.Lines(receipt, language)) streams.Output.WriteLine($"{label}: {value}");
            streams.Output.WriteLine(language.Words["toll.receipt.holds"]);
            if (given is null) streams.Error.WriteLine(language.Words["toll.receipt.whose", SigningKey.IdOf(receipt.PublicKey)]);
            return ExitCode.Done;
        });
        return verify;
    }

    private Command List()
    {
        var output = CommonOptions.Output();
        var list = new Command("list", "Lists the trees of receipts: one for each batch of each sealed period.") { output };
        list.SetAction(async (result, stop) =>
        {
            RowWriter.Write(result.InvocationConfiguration.Output, result.GetValue(output), _treeColumns, OperatorRows.Of(await _server.AskAsync(result, HttpMethod.Get, "receipts", null, stop), _treeColumns));
            return ExitCode.Done;
        });
        return list;
    }

    private Command Statement()
    {
        var account = new Argument<string>("ACCOUNT") { Description = "Ledger account that pays, as charge list shows it, e.g. asset:receivable:4711." };
        var from = new Option<DateOnly?>("--from") { Description = "First business date. Default: the account's first.", HelpName = "yyyy-MM-dd" };
        var to = new Option<DateOnly?>("--to") { Description = "Last business date, included. Default: the account's last.", HelpName = "yyyy-MM-dd" };
        var (language, file) = (Language(), File());
        var statement = new Command("statement", "Writes what an account was charged, passage by passage, with what was given back and paid, from the postings.") { account, from, to, language, file };
        statement.SetAction(async (result, stop) =>
        {
            var query = TollServer.Query(("account", result.GetRequiredValue(account)), ("from", Day(result.GetValue(from))), ("to", Day(result.GetValue(to))), ("lang", result.GetValue(language)));
            await GiveAsync(result, file, (await _server.AskAsync(result, HttpMethod.Get, "statement" + query, null, stop)).GetProperty("text").GetString()!, stop);
            return ExitCode.Done;
        });
        return statement;

        static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private static Option<string> Language()
    {
        var language = new Option<string>("--lang") { Description = "Language: en or fa, with its calendar and digits.", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong([.. Dashboards.Languages.Language.All.Select(one => one.Code)]);
        return language;
    }

    private static Option<string> File() => new("--file") { Description = "File to write. Default: the standard output.", HelpName = "FILE" };

    private static Language LanguageOf(string? code) => Dashboards.Languages.Language.All.First(one => one.Code == (code ?? "en"));

    private static async Task GiveAsync(ParseResult result, Option<string> file, string text, CancellationToken stop)
    {
        if (result.GetValue(file) is not { } path)
        {
            result.InvocationConfiguration.Output.Write(text);
            return;
        }
        try
        {
            await System.IO.File.WriteAllTextAsync(path, text, new UTF8Encoding(false), stop);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {error.Message}", error);
        }
    }

    /// <returns>Null where it is no text, or too long for a receipt.</returns>
    private static async Task<string?> ReadAsync(string path, CancellationToken stop)
    {
        if (path != "-" && !System.IO.File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
        try
        {
            await using var stream = path == "-" ? Console.OpenStandardInput() : System.IO.File.OpenRead(path);
            var bytes = new byte[4 * TollReceipt.TextMax + 1];
            var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stop);
            return count == bytes.Length ? null : new UTF8Encoding(false, true).GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static async Task<ECDsa> KeyAsync(string path, CancellationToken stop)
    {
        if (!System.IO.File.Exists(path)) throw new CommandException(ExitCode.NotFound, $"There is no file {path}.");
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(await System.IO.File.ReadAllTextAsync(path, stop));
            if (key.KeySize == 256) return key;
            key.Dispose();
            throw new CommandException($"{path} holds a key of {key.KeySize} bits; receipts are signed by one of P-256.");
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException or PlatformNotSupportedException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new CommandException(error is IOException or UnauthorizedAccessException ? $"{path} cannot be read: {error.Message}" : $"{path} is no public key in PEM, as the page /receipt/key gives it.", error);
        }
    }
}
