using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Sql;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Tables for people, as CSV or as an Excel sheet: with the column names and dates of a language, from right to left in Persian.</summary>
internal static class ClaimTable
{
    private const int Page = 5_000;
    private static readonly string[] _claimColumns = ["claim.line", "claim.txn", "toll.passage", "toll.day", "claim.amount", "claim.change", "claim.outcome", "claim.posted", "claim.fee", "claim.posted.day"];
    private static readonly string[] _chargeColumns = ["toll.passage", "toll.day", "toll.time", "toll.point", "toll.lane", "toll.outcome", "toll.code", "toll.net", "toll.vat", "toll.gross", "toll.payer"];

    /// <summary>Media types by format.</summary>
    public static IReadOnlyDictionary<string, string> Types { get; } = new Dictionary<string, string>
    {
        ["csv"] = "text/csv; charset=utf-8", ["xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };

    /// <summary>Writes the lines of a claim with what became of each.</summary>
    public static void WriteClaim(Stream to, string format, ClaimBook book, string claim, Language language, TimeZoneInfo zone)
    {
        var (words, text) = (Words.Of(language), new LocalText(language, zone));
        Write(to, format, language, claim, [.. _claimColumns.Select(key => words[key])], Rows());

        IEnumerable<IReadOnlyList<object?>> Rows()
        {
            for (var after = 0; ; after += Page)
            {
                var lines = book.Lines(claim, after, Page);
                foreach (var line in lines)
                    yield return [line.Number, line.Line.Transaction, line.Line.Passage, text.Date(line.Line.Day), line.Line.Amount, line.Line.Change, line.Disposition is { } one ? words[$"claim.disposition.{Dispositions.LetterOf(one)}"] : words["claim.unanswered"], line.Posted, line.Fee, line.Day is { } day ? text.Date(day) : null];
                if (lines.Count < Page) yield break;
            }
        }
    }

    /// <summary>Writes charges in the order of their passages' ids.</summary>
    public static void WriteCharges(Stream to, string format, PassageQueries queries, ChargeQuery query, Language language, TimeZoneInfo zone)
    {
        var (words, text) = (Words.Of(language), new LocalText(language, zone));
        Write(to, format, language, "charges", [.. _chargeColumns.Select(key => words[key])], Rows());

        IEnumerable<IReadOnlyList<object?>> Rows()
        {
            for (var page = query with { After = "", Limit = Page }; ;)
            {
                var charges = queries.Charges(page);
                foreach (var charge in charges)
                    yield return [charge.Passage, text.Date(charge.Day), text.DateAndTime(charge.Time), charge.TollPoint, charge.Lane, words[$"toll.outcome.{TollEndpoints.Word(charge.Outcome)}"], charge.Code, charge.Net, charge.Vat, charge.Gross, charge.Payer];
                if (charges.Count < Page) yield break;
                page = page with { After = charges[^1].Passage };
            }
        }
    }

    private static void Write(Stream to, string format, Language language, string name, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        if (format == "xlsx") TableFile.WriteXlsx(to, name, columns, rows, language.Direction == "rtl");
        else TableFile.WriteCsv(to, columns, rows);
    }
}
