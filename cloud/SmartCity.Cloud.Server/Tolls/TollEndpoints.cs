using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Tolls over HTTP, <c>/api/v1/toll/…</c>: charges, the evidence of each, reconciliation, and periods.</summary>
internal static class TollEndpoints
{
    private const int LimitMax = 10_000, LimitDefault = 100;
    private static readonly Dictionary<string, ChargeOutcome> _outcomes = Enum.GetValues<ChargeOutcome>().ToDictionary(outcome => Word(outcome), StringComparer.Ordinal);
    private static readonly Dictionary<string, ReconState> _states = Enum.GetValues<ReconState>().ToDictionary(state => Word(state), StringComparer.Ordinal);

    public static void MapTolls(this IEndpointRouteBuilder app)
    {
        // Without contracts of their own they are no part of the document that clients are made of.
        var tolls = app.MapGroup("/api/v1/toll").ExcludeFromDescription();
        tolls.MapGet("/totals", Totals).WithSummary("What the charges of each day and toll point come to, by outcome.").Needs(Rights.TollRead);
        tolls.MapGet("/work", (TollDesk desk) => Results.Json(desk.Work(), TollJson.Options)).WithSummary("What is on its way from events to the ledger: spans to correlate, days of vehicles to rate, chains to post.").Needs(Rights.TollRead);
        tolls.MapGet("/charges", Charges).WithSummary("Charges, a page at a time, in the order of their passages' ids.").Needs(Rights.TollRead);
        tolls.MapGet("/passages/{id}", (TollDesk desk, string id) => desk.Ask(queries => queries.Find(id)) is { } evidence ? Results.Json(Shape(evidence), TollJson.Options) : Problems.Missing(new Sentence("say.passage", id)))
            .WithSummary("Everything that is known of one passage: events, reads that lost, charge with its trace, postings.").Needs(Rights.TollRead);
        tolls.MapGet("/reconciliation", (HttpContext context, TollDesk desk, CancellationToken stop) => Reconcile(context, desk, keep: false, stop))
            .WithSummary("Reconciles dates, or one toll point, lane or device of them, and keeps nothing.").Needs(Rights.TollRead);
        tolls.MapPost("/reconciliation", (HttpContext context, TollDesk desk, CancellationToken stop) => Reconcile(context, desk, keep: true, stop))
            .WithSummary("The same, and keeps the run.").Needs(Rights.TollManage);
        tolls.MapGet("/reconciliation/runs", (TollDesk desk) => Results.Json(new { items = desk.Runs(100).Select(Shape) }, TollJson.Options)).WithSummary("Runs that were kept, the newest first.").Needs(Rights.TollRead);
        tolls.MapPut("/items/{key:regex(^[0-9a-f]{{32}}$)}", JudgeAsync).WithSummary("Says of an item of reconciliation what is to become of it, and why.").Needs(Rights.TollManage);
        tolls.MapGet("/periods", (TollDesk desk, CancellationToken stop) => Results.Json(new { items = desk.Ledger.Periods().Select(period => Shape(period, desk)) }, TollJson.Options)).WithSummary("All periods in order.").Needs(Rights.TollRead);
        tolls.MapGet("/periods/{number:int}", (TollDesk desk, int number, CancellationToken stop) => desk.Ledger.Periods().FirstOrDefault(period => period.Number == number) is { } period
            ? Results.Json(new { period = Shape(period, desk), blockers = period.State == PeriodState.Sealed ? [] : desk.Blockers(period, stop) }, TollJson.Options) : Problems.Missing(new Sentence("say.period", number)))
            .WithSummary("A period, and what stands in the way of sealing it.").Needs(Rights.TollRead);
        tolls.MapPost("/periods", OpenAsync).WithSummary("Opens the next period.").Needs(Rights.TollManage);
        tolls.MapPost("/periods/{number:int}/close", (HttpContext context, TollActs acts, int number) => Say(acts.Close(context, number)))
            .WithSummary("Begins to close a period: from here on it takes no postings.").Needs(Rights.TollManage);
        tolls.MapPost("/periods/{number:int}/sign", Sign).WithSummary("Signs a closing period; the second signature, of somebody else, seals it for ever.").Needs(Rights.TollManage);
        tolls.MapGet("/ledger", (TollDesk desk) => Results.Json(new { identity = desk.Ledger.Identity, head = desk.Ledger.Head() }, TollJson.Options)).WithSummary("What the ledger is of, and where it ends.").Needs(Rights.TollRead);
        tolls.MapGet("/ledger/verification", (TollDesk desk, CancellationToken stop) => Results.Json(desk.Ledger.Verify(stop), TollJson.Options)).WithSummary("Reads the whole ledger and names the first row that is not as it was written.").Needs(Rights.TollRead);
    }

    private static IResult Totals(HttpContext context, TollDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var (from, to) = Dates(parameters, desk);
        return parameters.Problem() ?? Results.Json(new { from, to, items = desk.Ask(queries => queries.Totals(from, to)).Select(total => new { total.Day, total.Point, outcome = Word(total.Outcome), total.Code, total.Count, total.Net, total.Vat }) }, TollJson.Options);
    }

    private static IResult Charges(HttpContext context, TollDesk desk)
    {
        var parameters = new Parameters(context.Request.Query);
        var (from, to) = Dates(parameters, desk);
        var limit = parameters.Whole("limit", 1, LimitMax) ?? LimitDefault;
        var query = new ChargeQuery(from, to, parameters.Text("point"), parameters.Text("lane"), parameters.OneOf("outcome", _outcomes), parameters.Cursor(1)?[0] ?? "", limit + 1);
        if (parameters.Problem() is { } problem) return problem;
        var found = desk.Ask(queries => queries.Charges(query));
        return Results.Json(new { items = found.Take(limit).Select(Shape), next = found.Count > limit ? Paging.Next(context.Request, found[limit - 1].Passage) : null }, TollJson.Options);
    }

    private static IResult Reconcile(HttpContext context, TollDesk desk, bool keep, CancellationToken stop)
    {
        var parameters = new Parameters(context.Request.Query);
        var (from, to) = Dates(parameters, desk);
        var scope = new ReconScope(from, to, parameters.Text("point"), parameters.Text("lane"), parameters.Text("device"));
        var items = parameters.Whole("items", 0, LimitMax);
        return parameters.Problem() ?? Results.Json(Shape(desk.Reconcile(scope, keep, items, stop)), TollJson.Options);
    }

    private static async Task<IResult> JudgeAsync(HttpContext context, TollActs acts, string key, CancellationToken stop)
    {
        var wanted = await JsonSerializer.DeserializeAsync<JudgementRequest>(context.Request.Body, TollJson.Options, stop);
        return acts.Judge(context, key, wanted?.State is { } name && _states.TryGetValue(name, out var state) ? state : null, wanted?.Owner ?? "", wanted?.Explanation?.Trim() ?? "") switch
        {
            JudgeOutcome.Done => Results.NoContent(),
            JudgeOutcome.NoState => Problems.Of(ProblemKinds.Body, new Sentence("say.possible", string.Join(", ", _states.Keys))),
            JudgeOutcome.NoReason => Problems.Of(ProblemKinds.Body, new Sentence("say.explanation")),
            _ => Problems.Of(ProblemKinds.Body, new Sentence("say.explanation.long", TollActs.ExplanationMax)),
        };
    }

    private static async Task<IResult> OpenAsync(HttpContext context, TollActs acts, CancellationToken stop)
    {
        var wanted = await JsonSerializer.DeserializeAsync<PeriodRequest>(context.Request.Body, TollJson.Options, stop);
        if (wanted is not { From: { } from, To: { } to }) return Problems.Of(ProblemKinds.Body, new Sentence("say.period.dates"));
        return Say(acts.Open(context, from, to));
    }

    private static IResult Sign(HttpContext context, TollActs acts, int number, CancellationToken stop)
    {
        var signed = acts.Sign(context, number, stop);
        return signed.Outcome == PeriodSigned.Refused ? new ProblemAnswer(ProblemKinds.Toll) { Faults = [signed.Message, .. signed.Blockers] } : Results.Json(new { outcome = Word(signed.Outcome), signed.SignedBy }, TollJson.Options);
    }

    private static IResult Say(LedgerResult result) =>
        result.Succeeded ? Results.Json(new { outcome = Word(result.Outcome) }, TollJson.Options) : new ProblemAnswer(ProblemKinds.Toll) { Faults = [result.Message] };

    /// <summary>Dates, of which each that is not given is the first or last with a charge.</summary>
    private static (DateOnly From, DateOnly To) Dates(Parameters parameters, TollDesk desk)
    {
        var (day, from, to) = (Date(parameters, "day"), Date(parameters, "from"), Date(parameters, "to"));
        if (day is { } one) return (one, one);
        if (from is { } first && to is { } last)
        {
            if (first > last) parameters.Wrong("from", new Sentence("say.readings.order", parameters.Text("from")!, parameters.Text("to")!));
            return (first, last);
        }
        var days = desk.Ask(queries => queries.Days()) ?? (DateOnly.FromDateTime(DateTime.UnixEpoch), DateOnly.FromDateTime(DateTime.UnixEpoch));
        return (from ?? days.From, to ?? days.To);
    }

    private static DateOnly? Date(Parameters parameters, string name)
    {
        if (parameters.Text(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return date;
        parameters.Wrong(name, new Sentence("say.parameter.date", text));
        return null;
    }

    internal static object Shape(Charge charge) => new
    {
        charge.Passage, charge.Revision, charge.TollPoint, charge.Lane, charge.Day, time = UnixMicros.ToTime(charge.Time), outcome = Word(charge.Outcome), charge.Code, charge.Payer, charge.Shares, charge.Net, charge.Vat, charge.Gross,
        charge.Tariff, charge.Trace,
    };

    private static object Shape(PassageEvidence evidence) => new
    {
        passage = evidence.Passage is { } passage ? new
        {
            passage.Id, passage.TollPoint, passage.Lane, passage.Direction, time = UnixMicros.ToTime(passage.Time), clock = Word(passage.Clock), tag = passage.Tag?.ToString(), tagPlate = passage.TagPlate?.Display, plate = passage.Plate?.Display,
            plateState = Word(passage.PlateState), passage.ClassDeclared, passage.ClassMeasured, passage.ClassCharged, classRule = Word(passage.ClassRule), grade = passage.Grade.ToString(), state = Word(passage.State),
            review = passage.Review.ToString(), passage.DuplicateOf,
        } : null,
        charge = evidence.Charge is { } charge ? Shape(charge) : null,
        events = evidence.Events.Select(e => new { e.Device, e.Boot, e.Sequence, time = UnixMicros.ToTime(e.Time), received = UnixMicros.ToTime(e.Received), e.Lane, kind = Word(e.Kind), json = JsonSerializer.Deserialize<JsonElement>(e.Json.Span) }),
        suppressed = evidence.Suppressed.Select(read => new { @event = read.Event.ToString(), kind = Word(read.Kind), read.Lane, reason = Word(read.Reason), winner = read.Winner.ToString(), read.WinnerPassage }),
        evidence.Findings,
        postings = evidence.Chains.Select(chain => new { chain.Revision, state = Word(chain.State), chain.Refusal, chain.Entry, transfers = chain.Chain.Select(transfer => new { id = transfer.Id.ToString("x32", CultureInfo.InvariantCulture), transfer.Debit, transfer.Credit, transfer.Amount, code = Word(transfer.Code), transfer.EffectiveDate, batch = Word(transfer.Batch), reverses = transfer.Reverses?.ToString("x32", CultureInfo.InvariantCulture) }) }),
    };

    internal static object Shape(ReconRun run) => new
    {
        run.Number, run.Scope, at = UnixMicros.ToTime(run.At), run.IsReconciled, run.StatementRoot,
        identities = run.Identities.Select(identity => new { identity.Id, identity.Left, identity.Right, identity.ResidualCount, identity.ResidualMoney, identity.Holds }),
        run.Classes,
        items = run.Items.Select(item => new { item.Key, item.Class, item.TollPoint, item.Subject, time = UnixMicros.ToTime(item.Time), item.Day, item.Count, item.Money, item.Detail, found = item.Found is { } found ? UnixMicros.ToTime(found) : (DateTimeOffset?)null,
            state = Word(item.Judgement?.State ?? ReconState.Open), item.Judgement?.Owner, item.Judgement?.Explanation, item.Judgement?.By }),
    };

    private static object Shape(Period period, TollDesk desk) => new { period.Number, period.From, period.To, state = Word(period.State), period.Seal, signedBy = period.State == PeriodState.Closing ? desk.FirstSignature(period.Number) : null };

    internal static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}

/// <summary>What is said of an item.</summary>
/// <param name="State"><c>open</c>, <c>inWork</c>, <c>explained</c> or <c>accepted</c>.</param>
/// <param name="Owner">Whose it is; null for nobody's.</param>
/// <param name="Explanation">Why it is so.</param>
internal sealed record JudgementRequest(string? State, string? Owner, string? Explanation);

/// <summary>A period to open.</summary>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
internal sealed record PeriodRequest(DateOnly? From, DateOnly? To);

/// <summary>How tolls are written as JSON.</summary>
internal static class TollJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Encoder = ApiJson.Encoder };
}
