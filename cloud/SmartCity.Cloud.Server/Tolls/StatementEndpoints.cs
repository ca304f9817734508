using System.Globalization;
using System.Text;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Statements of accounts that pay: as a page, and as a text for the command line and for sending.</summary>
internal static class StatementEndpoints
{
    /// <summary>Lines that a page shows; a text has all.</summary>
    private const int LinesOfPage = 500;

    public static void MapStatements(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        app.MapGet("/api/v1/toll/statement", Give).WithTags("Tolls").Needs(Rights.TollRead)
            .WithName("GetTollStatement").WithSummary("What an account was charged and paid, from the postings: whole, for the dates that are asked for.")
            .Takes("account", "The account, as charges name it; needed.", "asset:receivable:a-17").Takes("from", "First business date; the account's first where left out.", "2026-11-01").Takes("to", "Last business date; the account's last where left out.", "2026-11-30")
            .Takes("lang", "Language of the text: en or fa; that of Accept-Language where left out.", "fa").Answers<TollStatementView>().MayFail(ProblemKinds.Missing);

        app.MapGet("/tolls/statement", (HttpContext context, TollDesk desk, ReceiptDesk receipts, string? account, string? from, string? to, CancellationToken stop) =>
        {
            var (page, dates) = (PageContext.Of(context, zone), DateRange.Of(from, to));
            if (string.IsNullOrWhiteSpace(account) || dates.IsWrong) return DashboardServices.Show<TollStatement>(context, new TollStatementModel(page, account, dates, null), dates.IsWrong ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
            if (AccountStatement.Of(desk.Ledger, account.Trim(), dates.From.Date, dates.To.Date, stop) is not { } statement)
                return DashboardServices.Show<TollStatement>(context, new TollStatementModel(page, account, dates, null, page.Words["toll.statement.missing"]), StatusCodes.Status404NotFound);
            var view = ViewOf(statement, desk, receipts, page.Language, page.Text, LinesOfPage);
            return DashboardServices.Show<TollStatement>(context, new TollStatementModel(page, account, dates, view));
        }).ExcludeFromDescription().Needs(Rights.TollRead);
    }

    private static IResult Give(HttpContext context, TollDesk desk, ReceiptDesk receipts, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var (account, from, to, language) = (parameters.Text("account"), parameters.Date("from"), parameters.Date("to"), parameters.Language("lang", Language.Accepted(context)));
        if (account is null) parameters.Wrong("account", new Sentence("say.toll.account.needed"));
        if (from > to) parameters.Wrong("from", new Sentence("say.readings.order", parameters.Text("from")!, parameters.Text("to")!));
        if (parameters.Problem() is { } wrong) return wrong;
        if (AccountStatement.Of(desk.Ledger, account!, from, to, stop) is not { } statement) return Problems.Missing(new Sentence("say.toll.account", account!));
        return Answer.Of(new TollStatementView(
            statement.Account, statement.From, statement.To, statement.Opening, statement.Closing,
            [.. statement.Lines.Select(line => new TollStatementLine(line.Day, line.Period, ReceiptTree.Word(line.Batch), TollEndpoints.Word(line.Code), line.Charge, line.Net, line.Vat, line.Amount))], TextOf(statement, desk, receipts, language)));
    }

    private static StatementView ViewOf(AccountStatement statement, TollDesk desk, ReceiptDesk receipts, Language language, LocalText text, int max)
    {
        var (words, identity) = (language.Words, desk.Ledger.Identity);
        string Money(long minor) => MoneyText.Of(minor, identity.Scale, identity.Currency, language, text);
        var rows = desk.Ask(queries => statement.Lines.Take(max).Select(line =>
        {
            var subject = line.Charge is null ? null : receipts.SubjectOf(queries, line.Charge);
            var what = words[line.Code == TransferCode.Charge ? $"toll.receipt1.batch.{ReceiptTree.Word(line.Batch)}" : $"toll.code.{TollEndpoints.Word(line.Code)}"];
            return new StatementRow(subject is null ? text.Date(line.Day) : text.DateAndTime(UnixMicros.From(subject.Time)), subject?.TollPoint, what, text.Whole(line.Period), Money(line.Net), Money(line.Vat), Money(line.Amount), line.Charge);
        }).ToList());
        return new StatementView(statement.Account, text.Date(statement.From), text.Date(statement.To), Money(statement.Opening), Money(statement.Lines.Sum(line => line.Amount)), Money(statement.Closing), rows, statement.Lines.Count);
    }

    private static string TextOf(AccountStatement statement, TollDesk desk, ReceiptDesk receipts, Language language)
    {
        var text = new LocalText(language, desk.Zone);
        var (words, view) = (language.Words, ViewOf(statement, desk, receipts, language, text, int.MaxValue));
        var lines = new StringBuilder().Append(words["toll.statement"]).Append("\n\n");
        lines.Append(CultureInfo.InvariantCulture, $"{words["toll.receipt1.payer"]}: {view.Account}\n{words["toll.statement.dates"]}: {view.From} – {view.To}\n{words["toll.statement.opening"]}: {view.Opening}\n\n");
        foreach (var row in view.Rows)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{row.When}{(row.Point is null ? "" : $" · {row.Point}")} · {row.What} · {words["toll.period", row.Period]}\n");
            lines.Append(CultureInfo.InvariantCulture, $"  {words["toll.receipt1.net"]}: {row.Net} · {words["toll.receipt1.tax"]}: {row.Vat} · {words["toll.receipt1.total"]}: {row.Amount}{(row.Charge is null ? "" : $" · {row.Charge}")}\n");
        }
        lines.Append(CultureInfo.InvariantCulture, $"\n{words["toll.statement.sum", text.Whole(view.Count)]}: {view.Sum}\n{words["toll.statement.closing"]}: {view.Closing}\n");
        return lines.ToString();
    }
}
