using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
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
    private const int RowsMax = 1_000;
    /// <summary>Room for the parts of a form around a file.</summary>
    public const int FormBytesMax = BankOrAnswerFile.BytesMax + (1 << 20);

    public static void MapClaims(this IEndpointRouteBuilder app)
    {
        // Without contracts of their own they are no part of the document that clients are made of.
        var tolls = app.MapGroup("/api/v1/toll").ExcludeFromDescription().AddEndpointFilter(ClaimDesk.NeedsFileAsync);
        tolls.MapGet("/claims", (ClaimDesk desk) => Results.Json(new { due = desk.Due(), items = desk.Ask(book => book.Claims(RowsMax)).Select(Shape) }, TollJson.Options))
            .WithSummary("What issuers owe and were not asked for, and the claims that were made, the newest first.").Needs(Rights.TollRead);
        tolls.MapPost("/claims", MakeAsync).WithSummary("Makes claims of what an issuer owes and was not asked for. The same again finds nothing new.").Needs(Rights.TollManage);
        tolls.MapGet("/claims/{id}", (ClaimDesk desk, string id) => desk.Ask(book => book.Find(id)) is { } claim ? Results.Json(Shape(claim), TollJson.Options) : Problems.Missing(new Sentence("say.claim", id)))
            .WithSummary("A claim and how far it is.").Needs(Rights.TollRead);
        tolls.MapGet("/claims/{id}/file", FileOf).WithSummary("The claim's file, the same bytes as when it was made.").Needs(Rights.TollRead);
        tolls.MapGet("/claims/{id}/table", (HttpContext context, ClaimDesk desk, TollDesk books, string id, string? format) => desk.Ask(book => book.Find(id)) is null ? Problems.Missing(new Sentence("say.claim", id))
            : Table(context, format, id, (stream, of, language) => desk.Ask(book => Done(() => ClaimTable.WriteClaim(stream, of, book, id, language, books.Zone)))))
            .WithSummary("The claim's lines with what became of each, as CSV or Excel.").Needs(Rights.TollRead);
        tolls.MapGet("/charges/table", (HttpContext context, TollDesk books, string? format) => Table(context, format, "charges",
            (stream, of, language) => books.Ask(queries => Done(() => ClaimTable.WriteCharges(stream, of, queries, new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue), language, books.Zone)))))
            .WithSummary("All charges, as CSV or Excel.").Needs(Rights.TollRead);
        tolls.MapGet("/files", (ClaimDesk desk) => Results.Json(new { items = desk.Ask(book => book.Files(RowsMax)).Select(Shape) }, TollJson.Options)).WithSummary("Files that came in, the newest first.").Needs(Rights.TollRead);
        tolls.MapPost("/files", TakeAsync).WithSummary("Takes an answer of an issuer or a file of a bank, whole or not at all; the same content again changes nothing.").WithMetadata(new RequestSizeLimitAttribute(BankOrAnswerFile.BytesMax)).Needs(Rights.TollManage);
        tolls.MapGet("/payments", (ClaimDesk desk) => Results.Json(new { items = desk.Ask(book => book.OpenPayments(RowsMax)) }, TollJson.Options)).WithSummary("Payments that no claim was found for, or only in part.").Needs(Rights.TollRead);
        tolls.MapPost("/payments/match", MatchAsync).WithSummary("Says which claim a payment is for.").Needs(Rights.TollManage);
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

    /// <summary>Sends a table.</summary>
    public static IResult Table(HttpContext context, string? format, string name, Action<Stream, string, Language> write)
    {
        if (!ClaimTable.Types.TryGetValue(format ?? "csv", out var type)) return Problems.Parameters(new Dictionary<string, Sentence> { ["format"] = new Sentence("say.possible", string.Join(", ", ClaimTable.Types.Keys)) }, new Dictionary<string, long>());
        var content = new MemoryStream();
        try
        {
            write(content, format ?? "csv", context.Request.Query["lang"].Count > 0 ? Language.Of(context) : Language.Accepted(context));
        }
        catch (InvalidDataException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
        content.Position = 0;
        return Results.File(content, type, $"{name}.{format ?? "csv"}");
    }

    private static async Task<IResult> MakeAsync(HttpContext context, ClaimDesk desk, CancellationToken stop)
    {
        var wish = await JsonSerializer.DeserializeAsync<ClaimWish>(context.Request.Body, TollJson.Options, stop);
        if (wish is null) return Problems.Of(ProblemKinds.Body);
        try
        {
            var made = desk.Make(context, wish);
            return Results.Json(new { claims = made.Claims.Select(Shape), made.Left, made.Waiting }, TollJson.Options);
        }
        catch (ArgumentException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static async Task<IResult> TakeAsync(HttpContext context, ClaimDesk desk, string? name, string? kind, bool? dryRun, CancellationToken stop)
    {
        if (kind is not (null or "answer" or "bank")) return Problems.Parameters(new Dictionary<string, Sentence> { ["kind"] = new Sentence("say.possible", "answer, bank") }, new Dictionary<string, long>());
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, stop);
        try
        {
            return Results.Json(Shape(desk.Take(context, name ?? "file", body.GetBuffer().AsMemory(0, (int)body.Length), kind, dryRun ?? false)), TollJson.Options);
        }
        catch (FileRefusedException error)
        {
            return new ProblemAnswer(ProblemKinds.Toll) { Faults = [error.Message] };
        }
    }

    private static async Task<IResult> MatchAsync(HttpContext context, ClaimDesk desk, CancellationToken stop)
    {
        var wanted = await JsonSerializer.DeserializeAsync<PaymentMatch>(context.Request.Body, TollJson.Options, stop);
        if (wanted is not { Account: { } account, Reference: { } reference, Part: var part, Claim: { } claim }) return Problems.Of(ProblemKinds.Body);
        try
        {
            return Results.Json(new { paid = desk.Match(context, account, reference, part, claim) }, TollJson.Options);
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

    private static object Shape(ClaimState state) => new
    {
        state.Claim.Id, state.Claim.Issuer, state.Claim.Sequence, type = state.Claim.Type, state.Claim.From, state.Claim.To, made = UnixMicros.ToTime(state.Claim.Made), state.Claim.By, file = state.Claim.Name, state.Claim.Rows, state.Claim.Total,
        sha256 = state.Claim.Hash, state.Claim.Acknowledged, state.State, state.Answered, state.Posted, state.Fee, state.Difference, state.Rejected, state.Paid, state.Owed,
    };

    private static object Shape(Claim claim) => new { claim.Id, claim.Issuer, claim.Sequence, type = claim.Type, claim.From, claim.To, made = UnixMicros.ToTime(claim.Made), file = claim.Name, claim.Rows, claim.Total, sha256 = claim.Hash };

    private static object Shape(TakenFile file) => new { file.Number, sha256 = file.Hash, file.Type, file.Name, at = UnixMicros.ToTime(file.At), file.By, file.Rows, file.Total, file.Outcome, file.IsKnown };
}

/// <summary>Which claim a payment is for.</summary>
/// <param name="Account">Bank account.</param>
/// <param name="Reference">Entry.</param>
/// <param name="Part">Payment of the entry, from 1.</param>
/// <param name="Claim">Claim.</param>
internal sealed record PaymentMatch(string? Account, string? Reference, int Part, string? Claim);
