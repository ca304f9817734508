using System.Globalization;
using System.Text.Json;
using Microsoft.OpenApi;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Tolls over HTTP, <c>/api/v1/toll/…</c>: charges, the evidence of each, reconciliation, and periods.</summary>
internal static class TollEndpoints
{
    private const int LimitMax = 10_000, LimitUsual = 100, ItemsUsual = 1_000, RunsMax = 100, ClassMax = 100;

    public static void MapTolls(this IEndpointRouteBuilder app)
    {
        var tolls = app.MapGroup("/api/v1/toll").WithTags("Tolls");
        MapBooks(tolls.MapGroup("").Needs(Rights.TollRead));
        MapActs(tolls.MapGroup("").Needs(Rights.TollManage));
    }

    private static void MapBooks(RouteGroupBuilder read)
    {
        read.MapGet("/totals", (HttpContext context, ITollQueries queries) =>
        {
            var parameters = new Parameters(context.Request.Query);
            var (from, to) = Dates(parameters);
            return parameters.Problem() ?? Answer.Of(queries.Totals(from, to));
        }).WithName("GetTollTotals").WithSummary("What the charges of each day and toll point come to, by outcome.").TakesDates().Answers<TollTotals>();
        read.MapGet("/work", (ITollQueries queries) => Answer.Of(queries.Backlog()))
            .WithName("GetTollWork").WithSummary("What is on its way from events to the ledger: spans to correlate, days of vehicles to rate, chains to post.").Answers<TollBacklog>();
        read.MapGet("/charges", Charges).WithName("GetTollCharges").WithSummary("Charges, in the order of their passages' ids.").TakesDates()
            .Takes("point", "Only this toll point's.", "THN-1").Takes("lane", "Only this lane's.", "THN-1-L2")
            .Takes("outcome", $"Only these: {string.Join(", ", TollQueries.Outcomes.Keys)}; all but void where left out.", "charged")
            .InPages(Paging.Write(Examples.Passage), LimitMax, LimitUsual).Answers<Page<TollChargeEntry>>();
        read.MapGet("/passages/{id}", (ITollQueries queries, string id) => queries.FindPassage(id) is { } evidence ? Answer.Of(evidence) : Problems.Missing(new Sentence("say.passage", id)))
            .WithName("GetTollPassage").WithSummary("Everything that is known of one passage: events, reads that lost, charge with its trace, postings.")
            .PathExample("id", Examples.Passage).Answers<TollPassageView>().MayFail(ProblemKinds.Missing);
        read.MapGet("/reconciliation", (HttpContext context, ITollQueries queries, CancellationToken stop) => Reconcile(context, (scope, items) => queries.Reconcile(scope, items, stop)))
            .WithName("ReconcileTolls").WithSummary("Reconciles dates, or one toll point, lane or device of them, and keeps nothing.").TakesScope().Answers<TollReconRun>();
        read.MapGet("/reconciliation/runs", (ITollQueries queries) => Answer.Of(new Whole<TollReconRun>(queries.Runs(RunsMax))))
            .WithName("GetTollRuns").WithSummary($"The last {RunsMax} runs that were kept, the newest first.").Answers<Whole<TollReconRun>>();
        read.MapGet("/leakage", Leakage).WithName("GetTollLeakage").WithSummary("Where the money of passages went, as a tree: collected, owed, free, on its way, lost.").TakesDates()
            .Takes("point", "One toll point alone.", "THN-1").Takes("lane", "One lane alone.", "THN-1-L2").Answers<TollLeakage>();
        read.MapGet("/replays", Replays).WithName("GetTollReplays").WithSummary("Numbers of devices that were asked for again, the last first, and whether they are still missing.")
            .InPages(Paging.Write(1_795_485_689_980_000, Examples.Item), LimitMax, LimitUsual).Answers<Page<TollReplay>>();
        read.MapGet("/periods", (ITollQueries queries) => Answer.Of(new Whole<TollPeriodEntry>(queries.Periods())))
            .WithName("GetTollPeriods").WithSummary("All periods in order.").Answers<Whole<TollPeriodEntry>>();
        read.MapGet("/periods/{number:int}", (ITollQueries queries, int number, CancellationToken stop) => queries.FindPeriod(number, stop) is { } period ? Answer.Of(period) : Problems.Missing(new Sentence("say.period", number)))
            .WithName("GetTollPeriod").WithSummary("A period, and what stands in the way of sealing it.").Answers<TollPeriodView>().MayFail(ProblemKinds.Missing);
        read.MapGet("/ledger", (ITollQueries queries) => Answer.Of(queries.Ledger()))
            .WithName("GetTollLedger").WithSummary("What the ledger is of, and where it ends.").Answers<TollLedgerView>();
        read.MapGet("/ledger/verification", (ITollQueries queries, CancellationToken stop) => Answer.Of(queries.VerifyLedger(stop)))
            .WithName("VerifyTollLedger").WithSummary("Reads the whole ledger and names the first row that is not as it was written.").Answers<TollLedgerCheck>();
    }

    private static void MapActs(RouteGroupBuilder manage)
    {
        manage.MapPost("/reconciliation", (HttpContext context, TollActs acts, CancellationToken stop) => Reconcile(context, (scope, items) => acts.Keep(context, scope, items, stop)))
            .WithName("KeepTollReconciliation").WithSummary("Reconciles as GET does, and keeps the run.").TakesScope().Answers<TollReconRun>();
        manage.MapPut("/items/{key:regex(^[0-9a-f]{{32}}$)}", Judge).WithName("JudgeTollItem").WithSummary("Says of an item of reconciliation what is to become of it, and why.")
            .PathExample("key", Examples.Item).AnswersNothing();
        manage.MapPut("/items", JudgeAll).WithName("JudgeTollItems").WithSummary("Says the same of all items of a class that are open, of some dates or of one toll point.")
            .Answers<TollItemsJudged>();
        manage.MapPost("/replays", (HttpContext context, TollActs acts, NewTollReplay wanted, CancellationToken stop) => wanted.All == (wanted.Keys is { Count: > 0 })
            ? Problems.Of(ProblemKinds.Body, new Sentence("say.replay"))
            : Results.Json(new Whole<TollReplay>([.. acts.AskReplay(context, wanted.All ? null : wanted.Keys, stop).Select(replay => Entry(replay, isMissing: true))])))
            .WithName("AskTollReplay").WithSummary("Asks for numbers again that devices gave and nobody got: those of some items, or of all that are open.").Answers<Whole<TollReplay>>();
        manage.MapPost("/periods", (HttpContext context, TollActs acts, NewTollPeriod wanted) =>
            wanted is { From: { } from, To: { } to } ? Say(acts.Open(context, from, to)) : Problems.Of(ProblemKinds.Body, new Sentence("say.period.dates")))
            .WithName("OpenTollPeriod").WithSummary("Opens the next period.").Answers<TollPeriodChange>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/periods/{number:int}/close", (HttpContext context, TollActs acts, int number) => Say(acts.Close(context, number)))
            .WithName("CloseTollPeriod").WithSummary("Begins to close a period: from here on it takes no postings.").Answers<TollPeriodChange>().MayFail(ProblemKinds.Toll);
        manage.MapPost("/periods/{number:int}/sign", Sign)
            .WithName("SignTollPeriod").WithSummary("Signs a closing period; the second signature, of somebody else, seals it for ever.").Answers<TollPeriodChange>().MayFail(ProblemKinds.Toll);
    }

    private static IResult Charges(HttpContext context, ITollQueries queries)
    {
        var parameters = new Parameters(context.Request.Query);
        var (from, to) = Dates(parameters);
        var limit = parameters.Limit(LimitMax, LimitUsual);
        _ = parameters.OneOf("outcome", TollQueries.Outcomes);
        var filter = new TollChargeFilter(from, to, parameters.Text("point"), parameters.Text("lane"), parameters.Text("outcome"), parameters.Cursor(1)?[0] ?? "", limit + 1);
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, queries.Charges(filter), limit, charge => [charge.Passage]));
    }

    private static IResult Reconcile(HttpContext context, Func<TollReconFilter, int, TollReconRun> reconcile)
    {
        var parameters = new Parameters(context.Request.Query);
        var (from, to) = Dates(parameters);
        var scope = new TollReconFilter(from, to, parameters.Text("point"), parameters.Text("lane"), parameters.Text("device"));
        var items = parameters.Whole("items", 0, LimitMax) ?? ItemsUsual;
        return parameters.Problem() ?? Results.Json(reconcile(scope, items));
    }

    private static IResult Leakage(HttpContext context, TollDesk desk, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var ((from, to), days) = (Dates(parameters), desk.Ask(queries => queries.Days()));
        var (first, last) = (from ?? days?.From, to ?? days?.To);
        var scope = new ReconScope(first ?? DateOnly.MinValue, last ?? DateOnly.MaxValue, parameters.Text("point"), parameters.Text("lane"));
        return parameters.Problem() ?? Answer.Of(new TollLeakage(first, last, Entry(desk.Leakage(scope, stop))));
    }

    private static IResult Replays(HttpContext context, TollDesk desk, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var limit = parameters.Limit(LimitMax, LimitUsual);
        var after = parameters.Cursor(2) is [var time, var key] ? long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? (At: at, Key: key) : parameters.NoPlace<(long At, string Key)>() : null;
        if (parameters.Problem() is { } problem) return problem;
        var following = desk.Replays(stop).Where(one => after is not { } last || one.Replay.At < last.At || (one.Replay.At == last.At && string.CompareOrdinal(one.Replay.Key, last.Key) > 0));
        return Answer.Of(Paging.Of(context.Request, following.Select(one => Entry(one.Replay, one.IsMissing)), limit, replay => [UnixMicros.From(replay.At), replay.Key]));
    }

    private static TollReplay Entry(ReconReplay replay, bool isMissing) => new(replay.Key, replay.Subject, replay.By, UnixMicros.ToTime(replay.At), isMissing ? "missing" : "came");

    private static TollLeakageBranch Entry(LeakageNode node) => new(node.Name, node.Count, node.Money, node.IsEstimate, [.. node.Parts.Select(Entry)]);

    private static IResult Judge(HttpContext context, TollActs acts, string key, TollJudgement wanted) =>
        acts.Judge(context, key, wanted.State, wanted.Owner ?? "", wanted.Explanation?.Trim() ?? "") switch
        {
            JudgeOutcome.Done => Results.NoContent(),
            var refused => Refuse(refused),
        };

    private static IResult JudgeAll(HttpContext context, TollActs acts, TollClassJudgement wanted, CancellationToken stop)
    {
        if (wanted.Class is not { Length: > 0 and <= ClassMax } name) return Problems.Of(ProblemKinds.Body, new Sentence("say.judge.class"));
        if (wanted.From > wanted.To) return Problems.Of(ProblemKinds.Body, new Sentence("say.readings.order", Day(wanted.From.Value), Day(wanted.To.Value)));
        var outcome = acts.JudgeAll(context, new TollReconFilter(wanted.From, wanted.To, wanted.Point, null, null), name, wanted.State, wanted.Owner ?? "", wanted.Explanation?.Trim() ?? "", out var count, stop);
        return outcome == JudgeOutcome.Done ? Results.Json(new TollItemsJudged(count)) : Refuse(outcome);

        static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private static ProblemAnswer Refuse(JudgeOutcome outcome) => outcome switch
    {
        JudgeOutcome.NoState => Problems.Of(ProblemKinds.Body, new Sentence("say.possible", string.Join(", ", TollActs.States.Keys))),
        JudgeOutcome.NoReason => Problems.Of(ProblemKinds.Body, new Sentence("say.explanation")),
        _ => Problems.Of(ProblemKinds.Body, new Sentence("say.explanation.long", TollActs.ExplanationMax)),
    };

    private static IResult Sign(HttpContext context, TollActs acts, int number, CancellationToken stop)
    {
        var signed = acts.Sign(context, number, stop);
        return signed.Outcome == PeriodSigned.Refused ? new ProblemAnswer(ProblemKinds.Toll) { Faults = [signed.Message, .. signed.Blockers] } : Results.Json(new TollPeriodChange(Word(signed.Outcome), signed.SignedBy));
    }

    private static IResult Say(LedgerResult result) =>
        result.Succeeded ? Results.Json(new TollPeriodChange(Word(result.Outcome))) : new ProblemAnswer(ProblemKinds.Toll) { Faults = [result.Message] };

    /// <summary>The name of an enumeration's value in a contract.</summary>
    internal static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>One date, or the first and the last.</summary>
    private static (DateOnly? From, DateOnly? To) Dates(Parameters parameters)
    {
        var (day, from, to) = (parameters.Date("day"), parameters.Date("from"), parameters.Date("to"));
        if (from > to) parameters.Wrong("from", new Sentence("say.readings.order", parameters.Text("from")!, parameters.Text("to")!));
        return day is { } one ? (one, one) : (from, to);
    }

    private static RouteHandlerBuilder TakesDates(this RouteHandlerBuilder route) => route
        .Takes("day", "One business date alone.", "2026-11-24").Takes("from", "First business date; the first with a charge where left out.", "2026-11-01").Takes("to", "Last business date; the last with a charge where left out.", "2026-11-30");

    private static RouteHandlerBuilder TakesScope(this RouteHandlerBuilder route) => route.TakesDates()
        .Takes("point", "One toll point alone.", "THN-1").Takes("lane", "One lane alone.", "THN-1-L2").Takes("device", "One device alone.", "L1")
        .Takes("items", string.Create(CultureInfo.InvariantCulture, $"Items of the answer, 0 to {LimitMax:N0}; {ItemsUsual:N0} where left out."), "100", JsonSchemaType.Integer);
}

/// <summary>How the toll road's files and the operator's command write JSON.</summary>
internal static class TollJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Encoder = ApiJson.Encoder };
}
