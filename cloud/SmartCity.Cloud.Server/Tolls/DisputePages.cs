using System.Globalization;
using SmartCity.Cloud.Dashboards;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Dashboards.Shell;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The pages of disputes, and the form by which a driver opens one, <c>/receipt/dispute</c>.</summary>
internal static class DisputePages
{
    private const int RowsOfPage = 100, HitsOfPage = 200;
    private static readonly Dictionary<string, DisputeState> _states = Enum.GetValues<DisputeState>().ToDictionary(state => TollEndpoints.Word(state), StringComparer.Ordinal);
    private static readonly string[] _filters = ["from", "to", "point", "lane", "device", "cause", "tariff"];

    public static void MapDisputePages(this IEndpointRouteBuilder app, string cityZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(cityZone);
        var pages = app.MapGroup("/tolls").ExcludeFromDescription();
        var (read, manage) = (pages.MapGroup("").Needs(Rights.TollRead), pages.MapGroup("").Needs(Rights.TollManage).AnsweredBy("/tolls/disputes"));
        read.MapGet("/disputes", (HttpContext context, DisputeActs acts, TollDesk desk, string? state, int? before) => List(context, acts, desk, zone, state, before));
        read.MapGet("/disputes/{number:int}", (HttpContext context, DisputeActs acts, TollDesk desk, int number, string? others) => Show(context, acts, desk, zone, number, name => context.Request.Query[name], others == "true"));
        manage.MapPost("/passages/{charge:regex(^[0-9a-f]{{32}}$)}/dispute", async (HttpContext context, DisputeActs acts, TollDesk desk, string charge, CancellationToken stop) =>
        {
            var form = await context.Request.ReadFormAsync(stop);
            if (!DisputeEndpoints.ReasonsByWord.TryGetValue(form["reason"].ToString(), out var reason)) return Problems.Of(ProblemKinds.Body);
            var result = acts.Open(context, charge, reason, form["text"].ToString().Trim());
            return result.Dispute is { } dispute ? Results.Redirect(string.Create(CultureInfo.InvariantCulture, $"/tolls/disputes/{dispute.Number}")) : new ProblemAnswer(ProblemKinds.Toll) { Faults = [DisputeActs.Say(result.Refusal, Language.Accepted(context))] };
        });
        manage.MapPost("/disputes/{number:int}/take", (HttpContext context, DisputeActs acts, TollDesk desk, int number, CancellationToken stop) => DoAsync(context, acts, desk, zone, number, form => acts.Take(context, number, Text(form)), "toll.dispute.taken", stop));
        manage.MapPost("/disputes/{number:int}/appeal", (HttpContext context, DisputeActs acts, TollDesk desk, int number, CancellationToken stop) => DoAsync(context, acts, desk, zone, number, form => acts.Appeal(context, number, Text(form)), "toll.dispute.appealed", stop));
        manage.MapPost("/disputes/{number:int}/decide", (HttpContext context, DisputeActs acts, TollDesk desk, int number, CancellationToken stop) => DoAsync(context, acts, desk, zone, number, form => form["decision"].ToString() switch
        {
            "uphold" => acts.Decide(context, number, null, Text(form)),
            "part" when Amount(form["refund"]) is { } refund => acts.Decide(context, number, refund, Text(form)),
            "reject" => acts.Decide(context, number, 0, Text(form)),
            _ => new DisputeResult(DisputeRefusal.Amount, null),
        }, "toll.dispute.decided.now", stop));
        manage.MapPost("/disputes/{number:int}/refund", async (HttpContext context, DisputeActs acts, TollDesk desk, int number, CancellationToken stop) =>
        {
            var (form, page) = (await context.Request.ReadFormAsync(stop), PageContext.Of(context, zone));
            if (acts.Ask(store => ScopeOf(store, number, name => form[name])) is not { IsNarrow: true } scope) return Problems.Of(ProblemKinds.Body);
            var result = acts.Release(context, number, scope, form["digest"].ToString());
            return result.Batch is { } batch ? Show(context, acts, desk, zone, number, name => form[name], false, page.Words["toll.others.released", page.Text.Whole(batch.Count)])
                : Show(context, acts, desk, zone, number, name => form[name], true, null, DisputeActs.Say(result.Refusal, page.Language));
        });

        app.MapPost("/receipt/dispute", (HttpContext context, ReceiptDesk receipts, DisputeActs acts, PublicLimits limits, CancellationToken stop) => DriverAsync(context, receipts, acts, limits, zone, stop)).ExcludeFromDescription().Public().AnsweredBy("/receipt").DisableAntiforgery();
    }

    private static IResult List(HttpContext context, DisputeActs acts, TollDesk desk, TimeZoneInfo zone, string? state, int? before)
    {
        var page = PageContext.Of(context, zone);
        var wanted = state is { Length: > 0 } && _states.TryGetValue(state, out var known) ? known : (DisputeState?)null;
        var found = acts.Ask(store => store.List(wanted, before, RowsOfPage + 1));
        return DashboardServices.Show<TollDisputes>(context, new TollDisputesModel(page, wanted is null ? null : state, [.. found.Take(RowsOfPage).Select(dispute => RowOf(dispute, desk, page))],
            found.Count > RowsOfPage ? Paging.With(context.Request, "before", found[RowsOfPage - 1].Number.ToString(CultureInfo.InvariantCulture)) : null));
    }

    private static IResult Show(HttpContext context, DisputeActs acts, TollDesk desk, TimeZoneInfo zone, int number, Func<string, string?> given, bool others, string? notice = null, string? error = null)
    {
        var page = PageContext.Of(context, zone);
        return acts.Ask(store =>
        {
            if (store.Find(number) is not { } dispute) return Problems.Missing(new Sentence("say.toll.dispute", number));
            var standing = desk.Ask(queries => queries.FindCharge(dispute.Charge))?.Gross ?? 0;
            var model = new TollDisputeModel(page, RowOf(dispute, desk, page), Money(standing, desk, page), [.. store.Steps(number).Select(step => new DisputeStepRow(step.At, step.By == Dispute.Driver ? null : step.By, step.What, step.Text))],
                [.. store.Batches(number).Select(batch => new RefundBatchRow(batch.Id, batch.At, batch.By, batch.Count, Money(batch.Amount, desk, page), batch.Posted))], others ? Others(store, desk, page, number, given) : null,
                context.CallerOf().Rights.HasFlag(Rights.TollManage), notice, error);
            return DashboardServices.Show<TollDispute>(context, model, error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        });
    }

    private static OthersView? Others(SqliteDisputes store, TollDesk desk, PageContext page, int number, Func<string, string?> given)
    {
        if (ScopeOf(store, number, given) is not { IsNarrow: true } scope || store.Preview(number, scope) is not { } preview) return null;
        var values = new[] { Day(scope.From), Day(scope.To), scope.Point, scope.Lane, scope.Device, scope.Cause, scope.Tariff };
        return new OthersView([.. _filters.Zip(values, (name, value) => (name, value ?? "any"))], preview.Count, Money(preview.Amount, desk, page), preview.Digest,
            [.. preview.Hits.Take(HitsOfPage).Select(hit => new FaultHitRow(hit.Charge, hit.Time, hit.Point, hit.Lane, hit.Payer, Money(hit.Gross, desk, page), hit.Dispute is null ? Money(hit.Refund, desk, page) : null, hit.Dispute))], preview.Hits.Count);

        static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    /// <returns>Null where there is no such dispute, or a date is none.</returns>
    private static FaultScope? ScopeOf(SqliteDisputes store, int number, Func<string, string?> given)
    {
        var (from, to) = (DateInput.Of(given("from")), DateInput.Of(given("to")));
        return from.IsWrong || to.IsWrong ? null : DisputeEndpoints.ScopeOf(store, number, (from.Date, to.Date), default, given);
    }

    private static async Task<IResult> DoAsync(HttpContext context, DisputeActs acts, TollDesk desk, TimeZoneInfo zone, int number, Func<IFormCollection, DisputeResult> act, string done, CancellationToken stop)
    {
        var (form, page) = (await context.Request.ReadFormAsync(stop), PageContext.Of(context, zone));
        var result = act(form);
        return result.Succeeded ? Show(context, acts, desk, zone, number, _ => null, false, page.Words[done]) : Show(context, acts, desk, zone, number, _ => null, false, null, DisputeActs.Say(result.Refusal, page.Language));
    }

    /// <summary>
    /// A driver's objection. A receipt that is not ours is called so, since anybody can check that without us; of a plate that does not go with it nothing is said but that, and
    /// few can be tried.
    /// </summary>
    private static async Task<IResult> DriverAsync(HttpContext context, ReceiptDesk receipts, DisputeActs acts, PublicLimits limits, TimeZoneInfo zone, CancellationToken stop)
    {
        var page = PageContext.Of(context, zone);
        var form = await context.Request.ReadFormAsync(stop);
        if (limits.WaitOf(context) is { } wait) return Wait(wait);
        if (await ReceiptEndpoints.ReadAsync(form, stop) is not { } file) return ReceiptEndpoints.Page(context, zone, model => model with { Error = page.Words["toll.receipt.nothing"] }, StatusCodes.Status422UnprocessableEntity);
        var check = receipts.Check(file);
        if (check.Receipt is not { } receipt) return ReceiptEndpoints.Page(context, zone, model => model with { Error = ReceiptEndpoints.Say(check, page.Language) }, StatusCodes.Status422UnprocessableEntity);
        if (limits.WaitOf("receipt " + receipt["charge"]) is { } longer) return Wait(longer);
        if (!DisputeEndpoints.ReasonsByWord.TryGetValue(form["reason"].ToString(), out var reason)) return Problems.Of(ProblemKinds.Body);
        var text = Text(form);
        if (acts.OpenAsDriver(context, receipt, form["plate"].ToString().Trim(), reason, text) is not { } result) return Again(page.Words["toll.receipt.plate.other"]);
        if (!result.Succeeded) return Again(DisputeActs.Say(result.Refusal, page.Language));
        var dispute = result.Dispute!;
        var said = page.Words["toll.dispute.received", page.Text.Whole(dispute.Number), page.Words[$"toll.dispute.{TollEndpoints.Word(dispute.State)}"]];
        return ReceiptEndpoints.Page(context, zone, model => model with { Notice = said, Valid = ReceiptEndpoints.ViewOf(receipt, page) });

        IResult Again(string error) => ReceiptEndpoints.Page(context, zone, model => model with { Valid = ReceiptEndpoints.ViewOf(receipt, page), Reasons = ReceiptEndpoints.Reasons, DisputeError = error, Reason = form["reason"], Text = text }, StatusCodes.Status422UnprocessableEntity);

        IResult Wait(TimeSpan span) => ReceiptEndpoints.Page(context, zone, model => model with { Error = page.Words["toll.receipt.wait", page.Text.Whole(PublicLimits.Say(context, span))] }, StatusCodes.Status429TooManyRequests);
    }

    private static DisputeRow RowOf(Dispute dispute, TollDesk desk, PageContext page) => new(
        dispute.Number, dispute.Charge, TollEndpoints.Word(dispute.Reason), dispute.Text, dispute.OpenedBy == Dispute.Driver ? null : dispute.OpenedBy, dispute.OpenedAt, TollEndpoints.Word(dispute.State), dispute.HandledBy, dispute.DecidedBy,
        dispute.IsDecided ? Money(dispute.Refund, desk, page) : null, dispute.Explanation, dispute.IsFinal);

    private static string Money(long minor, TollDesk desk, PageContext page) => MoneyText.Of(minor, desk.Ledger.Identity.Scale, desk.Ledger.Identity.Currency, page.Language, page.Text);

    private static string Text(IFormCollection form) => form["text"].ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Trim();

    /// <summary>Minor units as they were typed, in any digits, with or without separators; null where they are none.</summary>
    private static long? Amount(string? typed) =>
        long.TryParse(string.Concat((typed ?? "").Where(c => c is not (',' or '٬' or ' ')).Select(c => char.IsDigit(c) ? (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c)) : c)), NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount > 0 ? amount : null;
}
