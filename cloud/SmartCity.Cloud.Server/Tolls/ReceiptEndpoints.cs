using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Receipts over HTTP, <c>/api/v1/toll/receipts…</c>, and the page on which everybody checks one, <c>/receipt</c>.</summary>
internal static class ReceiptEndpoints
{
    private const string Missing = "say.receipt", PemType = "application/x-pem-file";

    public static void MapReceipts(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var receipts = app.MapGroup("/api/v1/toll/receipts").WithTags("Tolls");
        receipts.MapGet("", (ReceiptDesk desk) => Answer.Of(new TollReceiptTrees(desk.KeyId, [.. desk.Trees.Select(Entry)]))).Needs(Rights.TollRead)
            .WithName("GetTollReceiptTrees").WithSummary("The trees of receipts, with their signed checkpoints; at most three a sealed period.").Answers<TollReceiptTrees>();
        receipts.MapGet("/key", (ReceiptDesk desk) => Answer.Text(desk.PublicKey, PemType)).Public()
            .WithName("GetTollReceiptKey").WithSummary("The public key by which receipts are checked.").AnswersFile(PemType, Examples.PublicKey);
        receipts.MapGet("/{charge:regex(^[0-9a-f]{{32}}$)}", Give).Needs(Rights.TollRead).WithName("GetTollReceipt").WithSummary("The receipt of a charge of a sealed period.")
            .PathExample("charge", Examples.Passage).Takes("lang", "Language of what is readable in it: en or fa; that of Accept-Language where left out.", "fa").Answers<TollReceiptFile>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);

        app.MapGet("/tolls/passages/{charge:regex(^[0-9a-f]{{32}}$)}/receipt", (HttpContext context, ReceiptDesk desk, string charge) => File(context, desk, charge)).ExcludeFromDescription().Needs(Rights.TollRead);
        var pages = app.MapGroup("/receipt").ExcludeFromDescription().Public();
        pages.MapGet("", (HttpContext context) => Page(context, zone));
        pages.MapGet("/key", (ReceiptDesk desk) => Results.Text(desk.PublicKey, PemType));
        pages.MapPost("", (HttpContext context, ReceiptDesk desk, PublicLimits limits, CancellationToken stop) => CheckAsync(context, desk, limits, zone, stop)).DisableAntiforgery();
    }

    /// <summary>The receipt's page, with more where something was asked of it.</summary>
    public static IResult Page(HttpContext context, TimeZoneInfo zone, Func<ReceiptPageModel, ReceiptPageModel>? more = null, int status = StatusCodes.Status200OK)
    {
        var model = new ReceiptPageModel(PageContext.Of(context, zone));
        return DashboardServices.Show<ReceiptPage>(context, more?.Invoke(model) ?? model, status);
    }

    /// <summary>Reads a receipt out of a form: a file, else what was pasted, whose line breaks are the browser's.</summary>
    /// <returns>Null where there is neither, or it is too long.</returns>
    public static async Task<string?> ReadAsync(IFormCollection form, CancellationToken cancellationToken)
    {
        if (form.Files["file"] is { Length: > 0 and <= TollReceipt.TextMax } file)
        {
            using var reader = new StreamReader(file.OpenReadStream(), new System.Text.UTF8Encoding(false, true), detectEncodingFromByteOrderMarks: false);
            try
            {
                return await reader.ReadToEndAsync(cancellationToken);
            }
            catch (System.Text.DecoderFallbackException)
            {
                return "";
            }
        }
        var pasted = form["receipt"].ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
        if (pasted.Length is 0 or > TollReceipt.TextMax) return null;
        return pasted.TrimEnd('\n') + "\n";
    }

    /// <summary>What is wrong with a receipt, in words.</summary>
    public static string Say(ReceiptCheck check, Language language) =>
        language.Words[$"toll.receipt.fault.{check.Fault}", new LocalText(language, TimeZoneInfo.Utc).Whole(check.Line)];

    /// <summary>What a valid receipt says, line by line.</summary>
    public static ReceiptView ViewOf(TollReceipt receipt, PageContext page) => new(ReceiptText.Lines(receipt, page.Language), receipt.Write());

    private static async Task<IResult> CheckAsync(HttpContext context, ReceiptDesk desk, PublicLimits limits, TimeZoneInfo zone, CancellationToken stop)
    {
        var page = PageContext.Of(context, zone);
        if (limits.WaitOf(context) is { } wait) return Page(context, zone, model => model with { Error = page.Words["toll.receipt.wait", page.Text.Whole(PublicLimits.Say(context, wait))] }, StatusCodes.Status429TooManyRequests);
        if (await ReadAsync(await context.Request.ReadFormAsync(stop), stop) is not { } text) return Page(context, zone, model => model with { Error = page.Words["toll.receipt.nothing"] }, StatusCodes.Status422UnprocessableEntity);
        var check = desk.Check(text);
        return check.Receipt is { } receipt
            ? Page(context, zone, model => model with { Valid = ViewOf(receipt, page), Reasons = Reasons })
            : Page(context, zone, model => model with { Error = Say(check, page.Language) }, StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>Keys of the reasons that a driver may give.</summary>
    public static IReadOnlyList<string> Reasons { get; } = [.. Enum.GetValues<DisputeReason>().Select(reason => TollEndpoints.Word(reason))];

    private static IResult Give(HttpContext context, ReceiptDesk desk, string charge)
    {
        var parameters = new Parameters(context.Request.Query);
        var language = parameters.Language("lang", Language.Accepted(context));
        if (parameters.Problem() is { } wrong) return wrong;
        return Found(desk, charge, out var problem) is not { } receipt ? problem! : Answer.Of(new TollReceiptFile(charge, receipt["period"], ReceiptText.File(receipt, language)));
    }

    private static IResult File(HttpContext context, ReceiptDesk desk, string charge) => Found(desk, charge, out var problem) is not { } receipt ? problem!
        : Results.File(System.Text.Encoding.UTF8.GetBytes(ReceiptText.File(receipt, Language.Of(context))), "text/plain; charset=utf-8", $"receipt-{charge[..8]}.txt");

    private static TollReceipt? Found(ReceiptDesk desk, string charge, out IResult? problem)
    {
        problem = null;
        try
        {
            if (desk.Find(charge) is { } receipt) return receipt;
            problem = Problems.Missing(new Sentence(Missing, charge));
        }
        catch (InvalidOperationException error)
        {
            problem = new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
        return null;
    }

    private static TollReceiptTree Entry(ReceiptTree tree) => new(
        tree.Name, tree.Period, ReceiptTree.Word(tree.Batch), tree.Size, tree.Net, tree.Vat, Convert.ToHexStringLower(tree.Root), Operations.SigningKey.IdOf(tree.PublicKey), UnixMicros.ToTime(tree.At), tree.Checkpoint);
}
