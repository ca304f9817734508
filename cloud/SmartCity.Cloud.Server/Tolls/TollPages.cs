using System.Globalization;
using System.Text;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The pages of tolls: the board, charges, the evidence of one passage, what has to be explained, and periods.</summary>
internal static class TollPages
{
    private const int RowsOfPage = 100, ItemsOfPage = RecentRuns.ItemsOfEach;

    public static void MapTollPages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/tolls").ExcludeFromDescription();
        var (read, manage) = (pages.MapGroup("").Needs(Rights.TollRead), pages.MapGroup("").Needs(Rights.TollManage));
        var periods = manage.MapGroup("").AnsweredBy("/tolls/periods");
        read.MapGet("", (HttpContext context, TollDesk desk, string? from, string? to, CancellationToken stop) => Board(context, desk, DateRange.Of(from, to), stop));
        read.MapGet("/charges", (HttpContext context, TollDesk desk, string? day, string? point, string? outcome, string? after) => Charges(context, desk, day, point, outcome, after));
        read.MapGet("/passages/{id:regex(^[0-9a-f]{{32}}$)}", (HttpContext context, TollDesk desk, DisputeActs disputes, ReceiptDesk receipts, string id) =>
            desk.Ask(queries => queries.Find(id)) is { } evidence ? DashboardServices.Show<Dashboards.Pages.TollPassage>(context, Evidence(PageOf(context), id, evidence) with
            {
                Receipt = receipts.Has(id), Disputes = [.. disputes.Ask(store => store.Of(id)).Select(dispute => dispute.Number)],
                Reasons = evidence.Charge is { Gross: > 0 } && MayManage(context) ? ReceiptEndpoints.Reasons : null,
            }) : Problems.Missing(new Sentence("say.passage", id)));
        read.MapGet("/items", (HttpContext context, TollDesk desk, string? @class, string? all, CancellationToken stop) => Items(context, desk, @class, all == "true", null, null, stop));
        read.MapGet("/periods", (HttpContext context, TollDesk desk) => Periods(context, desk, null, []));
        manage.MapGroup("").AnsweredBy("/tolls/items").MapPost("/items/{key:regex(^[0-9a-f]{{32}}$)}", async (HttpContext context, TollDesk desk, TollActs acts, string key, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            var (page, wanted, all) = (PageOf(context), form["class"].ToString() is { Length: > 0 } one ? one : null, form["all"] == "true");
            return acts.Judge(context, key, form["state"].ToString(), "", form["explanation"].ToString().Trim()) switch
            {
                JudgeOutcome.Done => Items(context, desk, wanted, all, page.Words["toll.judged"], null, stop),
                JudgeOutcome.NoReason => Items(context, desk, wanted, all, null, page.Words["toll.judge.why"], stop),
                _ => Problems.Of(ProblemKinds.Body),
            };
        });
        periods.MapPost("/periods/{number:int}/close", (HttpContext context, TollDesk desk, TollActs acts, int number) =>
        {
            var (result, page) = (acts.Close(context, number), PageOf(context));
            return Periods(context, desk, result.Succeeded ? page.Words["toll.closed", page.Text.Whole(number)] : null, result.Succeeded ? [] : [result.Message]);
        });
        periods.MapPost("/periods/{number:int}/sign", (HttpContext context, TollDesk desk, TollActs acts, int number, CancellationToken stop) =>
        {
            var (signed, page) = (acts.Sign(context, number, stop), PageOf(context));
            return Periods(context, desk, signed.Outcome switch
            {
                PeriodSigned.First => page.Words["toll.signed.first"],
                PeriodSigned.Sealed => page.Words["toll.sealed", page.Text.Whole(number)],
                _ => null,
            }, signed.Outcome == PeriodSigned.Refused ? [signed.Message, .. signed.Blockers] : []);
        });

        PageContext PageOf(HttpContext context) => PageContext.Of(context, zone);

        IResult Board(HttpContext context, TollDesk desk, DateRange dates, CancellationToken stop)
        {
            var page = PageOf(context);
            var days = desk.Ask(queries => queries.Days());
            if (days is not { } known || dates.IsWrong) return DashboardServices.Show<Dashboards.Pages.Tolls>(context, new TollBoardModel(page, dates, null, [], [], [], "", MayManage(context)));
            var (from, to) = (dates.From.Date ?? known.From, dates.To.Date ?? known.To);
            var run = desk.Recent(new ReconScope(from, to), stop);
            var totals = desk.Ask(queries => queries.Totals(from, to)).GroupBy(total => (total.Day, total.Point)).Select(day =>
                new TollDayRow(day.Key.Day, day.Key.Point, day.Sum(total => total.Count), day.Where(total => total.Outcome == ChargeOutcome.Charged).Sum(total => total.Count), day.Sum(total => total.Net), day.Sum(total => total.Vat)));
            return DashboardServices.Show<Dashboards.Pages.Tolls>(context, new TollBoardModel(page, dates, run.At,
                [.. run.Identities.Select(one => new TollIdentityRow(one.Id, Term(one.Left), [.. one.Right.Select(Term)], one.ResidualCount, one.ResidualMoney))],
                [.. run.Classes.Select(one => new TollClassRow(one.Class, one.Items, one.Open))], [.. totals.Take(RowsOfPage)], run.StatementRoot, MayManage(context)));
        }

        IResult Charges(HttpContext context, TollDesk desk, string? day, string? point, string? outcome, string? after)
        {
            var page = PageOf(context);
            var one = DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var found) ? found : (DateOnly?)null;
            var wanted = outcome is { Length: > 0 } && Enum.TryParse<ChargeOutcome>(outcome, ignoreCase: true, out var known) && Dashboards.Pages.TollCharges.Outcomes.Contains(outcome) ? known : (ChargeOutcome?)null;
            var rows = desk.Ask(queries => queries.Charges(new ChargeQuery(one ?? DateOnly.MinValue, one ?? DateOnly.MaxValue, point is { Length: > 0 } ? point : null, null, wanted, after ?? "", RowsOfPage + 1)));
            return DashboardServices.Show<Dashboards.Pages.TollCharges>(context, new TollChargesModel(page, one, point, wanted is null ? null : outcome, [.. rows.Take(RowsOfPage).Select(RowOf)],
                rows.Count > RowsOfPage ? Paging.With(context.Request, "after", rows[RowsOfPage - 1].Passage) : null));
        }

        IResult Items(HttpContext context, TollDesk desk, string? @class, bool all, string? notice, string? error, CancellationToken stop)
        {
            var days = desk.Ask(queries => queries.Days()) ?? (DateOnly.FromDateTime(DateTime.UnixEpoch), DateOnly.FromDateTime(DateTime.UnixEpoch));
            var run = desk.Recent(new ReconScope(days.From, days.To), stop);
            var items = run.Items.Where(item => (@class is null || item.Class == @class) && (all || item.IsOpen)).Take(ItemsOfPage);
            var rows = desk.Ask(queries => items.Select(item => RowOf(item, PassageOf(item, queries))).ToList());
            var total = run.Classes.Where(one => @class is null || one.Class == @class).Sum(one => (long)(all ? one.Items : one.Open));
            return DashboardServices.Show<Dashboards.Pages.TollItems>(context, new TollItemsModel(PageOf(context) with { Query = QueryOf(@class, all) }, run.At, @class, all, rows, total, MayManage(context), notice, error),
                error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        IResult Periods(HttpContext context, TollDesk desk, string? notice, IReadOnlyList<string> errors) => DashboardServices.Show<Dashboards.Pages.TollPeriods>(context, new TollPeriodsModel(PageOf(context),
            [.. desk.Ledger.Periods().Reverse().Select(period => new TollPeriodRow(period.Number, period.From, period.To, TollEndpoints.Word(period.State), period.Seal is null ? desk.FirstSignature(period.Number) : null, period.Seal))],
            MayManage(context), notice, errors), errors.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>What the page of items was asked for, whether by its address or by a form.</summary>
    private static QueryString QueryOf(string? @class, bool all) =>
        QueryString.Create(new KeyValuePair<string, string?>[] { new("class", @class), new("all", all ? "true" : null) }.Where(one => one.Value is not null));

    private static bool MayManage(HttpContext context) => context.CallerOf().Rights.HasFlag(Rights.TollManage);

    private static TollTerm Term(ReconTerm term) => new(term.Name, term.Count, term.Money);

    private static TollChargeRow RowOf(Charge charge) => new(charge.Passage, charge.Time, charge.TollPoint, charge.Lane, TollEndpoints.Word(charge.Outcome), charge.Code, charge.Gross);

    private static TollItemRow RowOf(ReconItem item, string? passage) => new(item.Key, item.Class, item.TollPoint, item.Subject, passage, item.Time, item.Count, item.Detail,
        TollEndpoints.Word(item.Judgement?.State ?? ReconState.Open), item.Judgement?.Explanation, item.Judgement?.By);

    /// <summary>The passage that an item is about: itself, or the one that its event names.</summary>
    private static string? PassageOf(ReconItem item, PassageQueries queries)
    {
        if (item.Subject.Length == 32 && item.Subject.All(char.IsAsciiHexDigitLower)) return item.Subject;
        if (item.TollPoint is not { } point || item.Subject.Split('/') is not [var device, var start, var number]
            || !ulong.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var boot) || !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return null;
        var id = Passage.IdOf(point, new TollEventRef(device, boot, sequence, default));
        return queries.FindPassage(id) is null ? null : id;
    }

    private static TollPassageModel Evidence(PageContext page, string id, PassageEvidence evidence)
    {
        var passage = evidence.Passage;
        var lost = evidence.Suppressed.ToDictionary(read => read.Event, read => TollEndpoints.Word(read.Reason));
        var facts = new List<(string, string?)>();
        if (passage is not null)
        {
            facts.AddRange([
                ("toll.plate", passage.Plate?.Display), ("toll.tag", passage.Tag?.ToString()), ("toll.tag.plate", passage.TagPlate?.Display), ("toll.class.charged", passage.ClassCharged), ("toll.class.declared", passage.ClassDeclared),
                ("toll.class.measured", passage.ClassMeasured), ("toll.grade", passage.Grade.ToString()), ("toll.direction", passage.Direction)]);
        }
        if (evidence.Charge is { } charge) facts.AddRange([("toll.tariff", charge.Tariff), ("toll.payer", charge.Payer)]);
        return new TollPassageModel(page, id, evidence.Charge is null ? null : RowOf(evidence.Charge), facts, evidence.Findings,
            [.. evidence.Charge?.Trace.Select(step => new TollTraceRow(step.Rule, step.Input, step.Change, step.Amount)) ?? []],
            [.. evidence.Events.Select(e => new TollEventRow(TollEventRef.Of(e).ToString(), TollEndpoints.Word(e.Kind), e.Lane, e.Time, lost.GetValueOrDefault(TollEventRef.Of(e)), Encoding.UTF8.GetString(e.Json.Span)))],
            [.. evidence.Chains.SelectMany(chain => chain.Chain.Select((transfer, i) => new TollPostingRow(chain.Revision, transfer.Debit, transfer.Credit, transfer.Amount, transfer.Reverses is not null, TollEndpoints.Word(chain.State), chain.Entry + i)))]);
    }
}
