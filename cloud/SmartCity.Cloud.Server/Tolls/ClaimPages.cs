using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The pages of export and import: claims with their files, files that come in with a look before they are taken, and payments without a claim.</summary>
internal static class ClaimPages
{
    private const int RowsMax = 100;

    public static void MapClaimPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/tolls").ExcludeFromDescription().AddEndpointFilter(ClaimDesk.NeedsFileAsync);
        var (read, manage) = (pages.MapGroup("").Needs(Rights.TollRead), pages.MapGroup("").Needs(Rights.TollManage));
        read.MapGet("/claims", (HttpContext context, ClaimDesk desk) => Claims(context, desk, DateRange.Of(null, null), null, []));
        read.MapGet("/claims/{id}", (HttpContext context, ClaimDesk desk, string id, int? after) => One(context, desk, id, after ?? 0));
        read.MapGet("/claims/{id}/file", ClaimEndpoints.FileOf);
        read.MapGet("/claims/{id}/table", (HttpContext context, ClaimDesk desk, string id, string? format) => desk.Ask(book => book.Find(id)) is null ? Problems.Missing(new Sentence("say.claim", id))
            : ClaimEndpoints.Table(format, id, PageOf(context).Language, (stream, of, language) => desk.Ask(book =>
            {
                ClaimTable.WriteClaim(stream, of, book, id, language, zone);
                return true;
            })));
        read.MapGet("/charges/table", (HttpContext context, TollDesk books, string? format) => ClaimEndpoints.Table(format, "charges", PageOf(context).Language, (stream, of, language) => books.Ask(queries =>
        {
            ClaimTable.WriteCharges(stream, of, queries, new ChargeQuery(DateOnly.MinValue, DateOnly.MaxValue), language, zone);
            return true;
        })));
        read.MapGet("/files", (HttpContext context, ClaimDesk desk) => Files(context, desk, null, null, []));
        manage.MapPost("/claims", async (HttpContext context, ClaimDesk desk, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            var (page, dates) = (PageOf(context), DateRange.Of(form["from"], form["to"]));
            if (dates.IsWrong) return Claims(context, desk, dates, null, []);
            if (!ulong.TryParse(form["issuer"], NumberStyles.None, CultureInfo.InvariantCulture, out var issuer)) return Problems.Of(ProblemKinds.Body);
            var isLook = form["act"] == "look";
            try
            {
                var made = desk.Make(context, new ClaimWish(issuer, dates.From.Date, dates.To.Date, form["dialect"] == "ezpass", form["again"] == "true", null, isLook));
                var said = made.Claims.Count == 0 ? page.Words["claim.nothing"]
                    : string.Join(' ', made.Claims.Select(claim => page.Words[isLook ? "claim.would" : "claim.did", isLook ? claim.Type : claim.Id, page.Text.Whole(claim.Rows), page.Text.Whole(claim.Total)]));
                if (made.Waiting > 0) said += " " + page.Words["claim.waiting", page.Text.Whole(made.Waiting)];
                return Claims(context, desk, dates, said, [.. made.Left.Take(RowsMax).Select(left => $"{left.Passage}: {left.Reason}")]);
            }
            catch (ArgumentException error)
            {
                return Claims(context, desk, dates, null, [error.Message]);
            }
        });
        manage.MapPost("/files", async (HttpContext context, ClaimDesk desk, StagedFiles staged, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            if (form.Files is not [var file] || file.Length > BankOrAnswerFile.BytesMax) return Files(context, desk, null, null, [PageOf(context).Words["file.one"]]);
            using var content = new MemoryStream();
            await file.CopyToAsync(content, stop);
            return Refusing(context, desk, () =>
            {
                var bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
                var seen = desk.Take(context, file.FileName, bytes, null, isDryRun: true);
                if (seen.IsKnown) return Files(context, desk, null, Known(context, seen), []);
                staged.Put(bytes);
                return Files(context, desk, RowOf(seen), null, []);
            });
        }).WithMetadata(new RequestSizeLimitAttribute(ClaimEndpoints.FormBytesMax));
        manage.MapPost("/files/{hash}", async (HttpContext context, ClaimDesk desk, StagedFiles staged, string hash, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            var page = PageOf(context);
            if (staged.Find(hash) is not { } content) return Files(context, desk, null, null, [page.Words["file.gone"]]);
            return Refusing(context, desk, () =>
            {
                var taken = desk.Take(context, form["name"].ToString() is { Length: > 0 } name ? name : "file", content, null, isDryRun: false);
                staged.Remove(hash);
                return Files(context, desk, null, taken.IsKnown ? Known(context, taken) : page.Words["file.done", taken.Name, page.Text.Whole(taken.Rows), page.Text.Whole(taken.Total)], []);
            });
        }).AnsweredBy("/tolls/files");
        manage.MapPost("/payments", async (HttpContext context, ClaimDesk desk, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            var page = PageOf(context);
            if (!int.TryParse(form["part"], NumberStyles.None, CultureInfo.InvariantCulture, out var part)) return Problems.Of(ProblemKinds.Body);
            return Refusing(context, desk, () => Files(context, desk, null, page.Words["payment.done", form["claim"].ToString(), page.Text.Whole(desk.Match(context, form["account"].ToString(), form["reference"].ToString(), part, form["claim"].ToString()))], []));
        }).AnsweredBy("/tolls/files");

        PageContext PageOf(HttpContext context) => PageContext.Of(context, zone);

        string Known(HttpContext context, TakenFile file)
        {
            var page = PageOf(context);
            return page.Words["file.known", file.Name, page.Text.DateAndTime(file.At), file.By];
        }

        IResult Refusing(HttpContext context, ClaimDesk desk, Func<IResult> act)
        {
            try
            {
                return act();
            }
            catch (FileRefusedException error)
            {
                return Files(context, desk, null, null, [error.Message]);
            }
        }

        IResult Claims(HttpContext context, ClaimDesk desk, DateRange dates, string? notice, IReadOnlyList<string> errors) => DashboardServices.Show<Dashboards.Pages.TollClaims>(context, new TollClaimsModel(PageOf(context), dates,
            [.. desk.Due().Select(due => new ClaimDueRow(due.Issuer, due.Name, due.Charges, due.Amount, due.From, due.To))], [.. desk.Ask(book => book.Claims(RowsMax)).Select(RowOfClaim)], MayManage(context), notice, errors),
            notice is null && (errors.Count > 0 || dates.IsWrong) ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

        IResult One(HttpContext context, ClaimDesk desk, string id, int after)
        {
            if (desk.Ask(book => book.Find(id)) is not { } claim) return Problems.Missing(new Sentence("say.claim", id));
            var lines = desk.Ask(book => book.Lines(id, after, RowsMax + 1));
            return DashboardServices.Show<Dashboards.Pages.TollClaim>(context, new TollClaimModel(PageOf(context), RowOfClaim(claim),
                [.. lines.Take(RowsMax).Select(line => new ClaimLineRow(line.Number, line.Line.Transaction, line.Line.Passage, line.Line.Day, line.Line.Change, line.Disposition is { } one ? Dispositions.LetterOf(one).ToString() : null, line.Code, line.Posted, line.Fee))],
                lines.Count > RowsMax ? string.Create(CultureInfo.InvariantCulture, $"/tolls/claims/{Uri.EscapeDataString(id)}?after={lines[RowsMax - 1].Number}") : null));
        }

        IResult Files(HttpContext context, ClaimDesk desk, TakenFileRow? preview, string? notice, IReadOnlyList<string> errors) => DashboardServices.Show<Dashboards.Pages.TollFiles>(context, new TollFilesModel(PageOf(context), preview,
            [.. desk.Ask(book => book.Files(RowsMax)).Select(RowOf)],
            [.. desk.Ask(book => book.OpenPayments(RowsMax)).Select(one => new PaymentRow(one.Account, one.Reference, one.Part, one.Booked, one.Amount - one.Matched, one.Why, one.Claim, one.Text))],
            [.. desk.Ask(book => book.Claims(RowsMax)).Where(claim => claim.Owed > 0).Select(RowOfClaim)], BankOrAnswerFile.BytesMax, MayManage(context), notice, errors), errors.Count > 0 ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
    }

    private static bool MayManage(HttpContext context) => context.CallerOf().Rights.HasFlag(Rights.TollManage);

    private static TakenFileRow RowOf(TakenFile file) => new(file.Hash, file.Type, file.Name, file.At, file.By, file.Rows, file.Total, [.. file.Outcome.Select(one => (one.Name, one.Count, one.Money))]);

    private static ClaimRow RowOfClaim(ClaimState state) => new(state.Claim.Id, state.Claim.Type, state.Claim.Issuer, state.Claim.From, state.Claim.To, state.Claim.Made, state.Claim.By, state.Claim.Name, state.Claim.Hash, state.Claim.Rows, state.Claim.Total,
        state.State, state.Posted, state.Fee, state.Difference, state.Rejected, state.Paid, state.Owed);
}
