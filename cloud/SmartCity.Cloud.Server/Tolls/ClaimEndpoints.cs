using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Claims, answers and bank files over HTTP, <c>/api/v1/toll/claims…</c>, <c>…/files</c> and <c>…/payments</c>.</summary>
internal static class ClaimEndpoints
{
    private const int LimitMax = 1_000, LimitUsual = 100;
    private const string XmlType = "application/xml", TextType = "text/plain";
    private static readonly Dictionary<string, bool> _kinds = new(StringComparer.Ordinal) { ["answer"] = true, ["bank"] = true };

    /// <summary>Room for the parts of a form around a file.</summary>
    public const int FormBytesMax = BankOrAnswerFile.BytesMax + (1 << 20);

    public static void MapClaims(this IEndpointRouteBuilder app)
    {
        var tolls = app.MapGroup("/api/v1/toll").WithTags("Tolls").AddEndpointFilter(ClaimDesk.NeedsFileAsync);
        var (read, manage) = (tolls.MapGroup("").Needs(Rights.TollRead), tolls.MapGroup("").Needs(Rights.TollManage));
        read.MapGet("/claims", Claims).WithName("GetTollClaims").WithSummary("Claims that were made and how far each is, the newest first.")
            .InPages(Paging.Write(1_795_485_689_000_000, "C792-000001"), LimitMax, LimitUsual).Answers<Page<TollClaim>>().MayFail(ProblemKinds.Toll);
        read.MapGet("/claims/due", (ClaimDesk desk) => Answer.Of(new Whole<TollClaimDue>([.. desk.Due().Select(due => new TollClaimDue((long)due.Issuer, due.Name, due.Charges, due.Amount, due.From, due.To))])))
            .WithName("GetTollClaimsDue").WithSummary("What issuers owe and were not asked for.").Answers<Whole<TollClaimDue>>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/claims", Make).WithName("MakeTollClaims").WithSummary("Makes claims of what an issuer owes and was not asked for. The same again finds nothing new.")
            .Answers<MadeTollClaims>().MayFail(ProblemKinds.Toll);
        read.MapGet("/claims/{id}", (ClaimDesk desk, string id) => desk.Ask(book => book.Find(id)) is { } claim ? Answer.Of(Entry(claim)) : Problems.Missing(new Sentence("say.claim", id)))
            .WithName("GetTollClaim").WithSummary("A claim and how far it is.").PathExample("id", Examples.Claim).Answers<TollClaim>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        read.MapGet("/claims/{id}/file", FileOf).WithName("GetTollClaimFile").WithSummary("The claim's file, the same bytes as when it was made; X-Content-SHA256 has their hash. XML in the manner of NIOP, lines of ASCII in that of E-ZPass.")
            .PathExample("id", Examples.Claim).AnswersFile(XmlType, Examples.ClaimFile).AnswersFile(TextType, "ICTX…").MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        read.MapGet("/claims/{id}/table", (HttpContext context, ClaimDesk desk, TollDesk books, string id) => desk.Ask(book => book.Find(id)) is null ? Problems.Missing(new Sentence("say.claim", id))
            : Table(context, id, (stream, of, language) => desk.Ask(book => Done(() => ClaimTable.WriteClaim(stream, of, book, id, language, books.Zone)))))
            .WithName("GetTollClaimTable").WithSummary("The claim's lines with what became of each, for a spreadsheet.").PathExample("id", Examples.Claim).TakesTable().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        read.MapGet("/charges/table", (HttpContext context, TollDesk books) => Table(context, "charges",
            (stream, of, language) => books.Ask(queries => Done(() => ClaimTable.WriteCharges(stream, of, queries, new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue), language, books.Zone)))))
            .WithName("GetTollChargeTable").WithSummary("All charges, for a spreadsheet.").TakesTable().MayFail(ProblemKinds.Toll);
        read.MapGet("/files", Files).WithName("GetTollFiles").WithSummary("Files of issuers and banks that came in, the newest first.")
            .InPages(Paging.Write(7), LimitMax, LimitUsual).Answers<Page<TollFile>>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/files", TakeAsync).WithName("TakeTollFile").WithSummary("Takes an answer of an issuer or a file of a bank, whole or not at all; the same content again changes nothing.")
            .Takes("name", "Name of the file; file where left out.", "answer.xml").Takes("kind", "What it has to be: answer or bank; either where left out.", "answer").Takes("dryRun", "true: says only what it would come to, and takes nothing.", "true")
            .TakesFile("application/octet-stream", Examples.AnswerFile).WithMetadata(new RequestSizeLimitAttribute(BankOrAnswerFile.BytesMax)).Answers<TollFile>().MayFail(ProblemKinds.Toll);
        read.MapGet("/payments", Payments).WithName("GetOpenTollPayments").WithSummary("Payments that no claim was found for, or only in part, the oldest first.")
            .InPages(Paging.Write("2026-11-24", "IR062960000000100324200001", "2026-0017", 1), LimitMax, LimitUsual).Answers<Page<OpenTollPayment>>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/payments/match", Match).WithName("MatchTollPayment").WithSummary("Says which claim a payment is for, and pays it as far as it is owed.").Answers<TollPaymentMatched>().MayFail(ProblemKinds.Toll);
    }

    /// <summary>Sends a claim's file.</summary>
    public static IResult FileOf(HttpContext context, ClaimDesk desk, string id)
    {
        if (desk.Ask(book => book.Find(id)) is not { Claim: var claim }) return Problems.Missing(new Sentence("say.claim", id));
        var content = new MemoryStream();
        desk.Ask(book => Done(() => book.Write(claim, content)));
        content.Position = 0;
        context.Response.Headers["X-Content-SHA256"] = claim.Hash;
        return Results.File(content, claim.Dialect == ClaimDialect.EZPass ? "text/plain; charset=us-ascii" : "application/xml; charset=utf-8", claim.Name);
    }

    /// <summary>Sends a table as a program asks for it.</summary>
    private static IResult Table(HttpContext context, string name, Action<Stream, string, Language> write)
    {
        var parameters = new Parameters(context.Request.Query);
        var (format, language) = (parameters.Text("format"), parameters.Language("lang", Language.Accepted(context)));
        return parameters.Problem() ?? Table(format, name, language, write);
    }

    /// <summary>Sends a table.</summary>
    /// <param name="format">One of <see cref="ClaimTable.Types"/>; null for the first.</param>
    /// <param name="name">Name of the file, without its ending.</param>
    /// <param name="language">Language of its columns and dates.</param>
    /// <param name="write">Writes it.</param>
    public static IResult Table(string? format, string name, Language language, Action<Stream, string, Language> write)
    {
        if (!ClaimTable.Types.TryGetValue(format ?? "csv", out var type)) return Problems.Parameters(new Dictionary<string, Sentence> { ["format"] = new Sentence("say.possible", string.Join(", ", ClaimTable.Types.Keys)) }, new Dictionary<string, long>());
        var content = new MemoryStream();
        try
        {
            write(content, format ?? "csv", language);
        }
        catch (InvalidDataException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
        content.Position = 0;
        return Results.File(content, type, $"{name}.{format ?? "csv"}");
    }

    private static RouteHandlerBuilder TakesTable(this RouteHandlerBuilder route) => route
        .Takes("format", "csv, or xlsx for Excel; csv where left out.", "csv").Takes("lang", "en, or fa: from right to left, Jalali dates; that of Accept-Language where left out.", "fa")
        .AnswersFile(CsvText.MediaType, Examples.TableCsv).AnswersFile(ClaimTable.Types["xlsx"], "PK…");

    private static IResult Claims(HttpContext context, ClaimDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var limit = parameters.Limit(LimitMax, LimitUsual);
        var before = parameters.Cursor(2) is [var time, var id] ? long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var made) ? (made, id) : parameters.NoPlace<(long, string)>() : null;
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, desk.Ask(book => book.Claims(limit + 1, before)).Select(Entry), limit, claim => [UnixMicros.From(claim.Made), claim.Id]));
    }

    private static IResult Files(HttpContext context, ClaimDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var (limit, before) = (parameters.Limit(LimitMax, LimitUsual), parameters.CursorWhole());
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, desk.Ask(book => book.Files(limit + 1, before)).Select(Entry), limit, file => [file.Number]));
    }

    private static IResult Payments(HttpContext context, ClaimDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var limit = parameters.Limit(LimitMax, LimitUsual);
        var after = parameters.Cursor(4) is [var day, var account, var reference, var number]
            ? DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var booked) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                ? (booked, account, reference, part) : parameters.NoPlace<(DateOnly, string, string, int)>() : null;
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, desk.Ask(book => book.OpenPayments(limit + 1, after))
            .Select(one => new OpenTollPayment(one.Account, one.Reference, one.Part, one.Booked, one.Amount, one.Matched, one.Claim, one.Why, one.Text)), limit, one => [one.Booked.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), one.Account, one.Reference, one.Part]));
    }

    private static IResult Make(HttpContext context, ClaimDesk desk, NewTollClaims wanted)
    {
        if (wanted.Issuer is not { } issuer || issuer < 1) return Problems.Of(ProblemKinds.Body, new Sentence("say.toll.issuer"));
        try
        {
            var made = desk.Make(context, new ClaimWish((ulong)issuer, wanted.From, wanted.To, wanted.IsEZPass, wanted.SendAgain, wanted.At, wanted.DryRun));
            return Results.Json(new MadeTollClaims([.. made.Claims.Select(Made)], [.. made.Left.Select(left => new TollClaimLeft(left.Passage, left.Reason))], made.Waiting));
        }
        catch (ArgumentException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static async Task<IResult> TakeAsync(HttpContext context, ClaimDesk desk, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var (name, kind, isDryRun) = (parameters.Text("name") ?? "file", parameters.OneOf("kind", _kinds), parameters.Flag("dryRun"));
        if (parameters.Problem() is { } problem) return problem;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, stop);
        try
        {
            return Results.Json(Entry(desk.Take(context, name, body.GetBuffer().AsMemory(0, (int)body.Length), kind is null ? null : parameters.Text("kind"), isDryRun)));
        }
        catch (FileRefusedException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static IResult Match(HttpContext context, ClaimDesk desk, TollPaymentMatch wanted)
    {
        if (wanted is not { Account: { } account, Reference: { } reference, Claim: { } claim }) return Problems.Of(ProblemKinds.Body, new Sentence("say.toll.match"));
        try
        {
            return Results.Json(new TollPaymentMatched(desk.Match(context, account, reference, wanted.Part, claim)));
        }
        catch (FileRefusedException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static bool Done(Action act)
    {
        act();
        return true;
    }

    private static TollClaim Entry(ClaimState state)
    {
        var claim = state.Claim;
        return new TollClaim(
            claim.Id, (long)claim.Issuer, claim.Sequence, claim.Type, claim.From, claim.To, UnixMicros.ToTime(claim.Made), claim.By, claim.Name, claim.Rows, claim.Total, claim.Hash, claim.Acknowledged, state.State, state.Answered, state.Posted,
            state.Fee, state.Difference, state.Rejected, state.Paid, state.Owed);
    }

    private static MadeTollClaim Made(Claim claim) => new(claim.Id, (long)claim.Issuer, claim.Sequence, claim.Type, claim.From, claim.To, UnixMicros.ToTime(claim.Made), claim.Name, claim.Rows, claim.Total, claim.Hash);

    private static TollFile Entry(TakenFile file) =>
        new(file.Number, file.Hash, file.Type, file.Name, UnixMicros.ToTime(file.At), file.By, file.Rows, file.Total, [.. file.Outcome.Select(one => new TollFileOutcome(one.Name, one.Count, one.Money))], file.IsKnown);
}
