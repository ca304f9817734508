using System.Globalization;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Server.Api.Contracts;
using SmartCity.Cloud.Server.Api.Description;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Disputes over HTTP, <c>/api/v1/toll/disputes…</c>.</summary>
internal static class DisputeEndpoints
{
    private const int LimitMax = 1_000, LimitUsual = 100;
    private static readonly string[] _scope = ["point", "lane", "device", "cause", "tariff"];
    private static readonly Dictionary<string, DisputeState> _states = Enum.GetValues<DisputeState>().ToDictionary(state => TollEndpoints.Word(state), StringComparer.Ordinal);

    /// <summary>The reasons by their words.</summary>
    public static IReadOnlyDictionary<string, DisputeReason> ReasonsByWord { get; } = Enum.GetValues<DisputeReason>().ToDictionary(reason => TollEndpoints.Word(reason), StringComparer.Ordinal);

    public static void MapDisputes(this IEndpointRouteBuilder app)
    {
        var disputes = app.MapGroup("/api/v1/toll/disputes").WithTags("Tolls");
        var (read, manage) = (disputes.MapGroup("").Needs(Rights.TollRead), disputes.MapGroup("").Needs(Rights.TollManage));
        read.MapGet("", List).WithName("GetTollDisputes").WithSummary("Disputes, the newest first.").Takes("state", $"Only these: {string.Join(", ", _states.Keys)}.", "open")
            .InPages(Paging.Write(7), LimitMax, LimitUsual).Answers<Page<TollDisputeEntry>>();
        manage.MapPost("", (HttpContext context, DisputeActs acts, NewTollDispute wanted) => wanted is { Charge: { Length: > 0 and <= 128 } charge, Reason: { } reason } && ReasonsByWord.TryGetValue(reason, out var known)
                ? Done(context, acts.Open(context, charge, known, wanted.Text ?? "")) : Problems.Of(ProblemKinds.Body, new Sentence("say.possible", string.Join(", ", ReasonsByWord.Keys))))
            .WithName("OpenTollDispute").WithSummary("Opens a dispute of a charge; while one is not decided it is that one.").Answers<TollDisputeChange>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        read.MapGet("/{number:int}", (DisputeActs acts, int number) => acts.Ask(store => store.Find(number) is { } dispute
                ? Answer.Of(new TollDisputeView(Entry(dispute), [.. store.Steps(number).Select(step => new TollDisputeStep(UnixMicros.ToTime(step.At), step.By, step.What, step.Text))], [.. store.Batches(number).Select(Entry)])) : Missing(number)))
            .WithName("GetTollDispute").WithSummary("A dispute, what was done to it, and what was given back to others because of it.").Answers<TollDisputeView>().MayFail(ProblemKinds.Missing);
        manage.MapPost("/{number:int}/take", (HttpContext context, DisputeActs acts, int number, TollDisputeNote wanted) => Done(context, acts.Take(context, number, wanted.Text ?? "")))
            .WithName("TakeTollDispute").WithSummary("Takes a dispute up to look into it.").Answers<TollDisputeChange>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        manage.MapPost("/{number:int}/decide", (HttpContext context, DisputeActs acts, int number, TollDisputeDecision wanted) => wanted.Decision switch
        {
            "uphold" => Done(context, acts.Decide(context, number, wanted.Refund, wanted.Text ?? "")),
            "reject" => Done(context, acts.Decide(context, number, 0, wanted.Text ?? "")),
            _ => Problems.Of(ProblemKinds.Body, new Sentence("say.possible", "uphold, reject")),
        }).WithName("DecideTollDispute").WithSummary("Decides a dispute, by somebody who neither opened nor looked into it; what is given back is a new posting.").Answers<TollDisputeChange>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        manage.MapPost("/{number:int}/appeal", (HttpContext context, DisputeActs acts, int number, TollDisputeNote wanted) => Done(context, acts.Appeal(context, number, wanted.Text ?? "")))
            .WithName("AppealTollDispute").WithSummary("Objects to a decision, once.").Answers<TollDisputeChange>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        read.MapGet("/{number:int}/similar", Similar).WithName("FindSimilarTollCharges").WithSummary("Everybody whom the same fault hit, and what would be given back; changes nothing.")
            .TakesFault().Answers<TollRefundPreview>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
        manage.MapPost("/{number:int}/refund", Refund).WithName("RefundSimilarTollCharges").WithSummary("Gives back to everybody of a preview, which its digest names, in one batch.")
            .TakesFault().Takes("digest", "Digest of the preview: nobody else is given anything, and no other amount.", new string('4', 64)).Answers<TollRefundReleased>().MayFail(ProblemKinds.Missing, ProblemKinds.Toll);
    }

    /// <summary>Whom a search is for: what the dispute suggests, with what is given in its place; <c>any</c> leaves something out.</summary>
    /// <param name="store">Disputes.</param>
    /// <param name="number">Dispute.</param>
    /// <param name="days">Dates that are given.</param>
    /// <param name="times">Times that are given, µs since 1970 UTC.</param>
    /// <param name="given">What else is given, by name.</param>
    /// <returns>Null where there is no such dispute.</returns>
    public static FaultScope? ScopeOf(SqliteDisputes store, int number, (DateOnly? From, DateOnly? To) days, (long? Begin, long? End) times, Func<string, string?> given)
    {
        if (store.Suggest(number) is not { } scope) return null;
        return scope with
        {
            From = days.From ?? scope.From, To = days.To ?? scope.To, Point = Of("point", scope.Point), Lane = Of("lane", scope.Lane), Device = Of("device", scope.Device), Cause = Of("cause", scope.Cause), Tariff = Of("tariff", scope.Tariff),
            Begin = times.Begin, End = times.End,
        };

        string? Of(string name, string? suggested) => given(name) switch { null or "" => suggested, "any" => null, var one => one };
    }

    private static IResult List(HttpContext context, DisputeActs acts)
    {
        var parameters = new Parameters(context.Request.Query);
        var (state, limit, before) = (parameters.OneOf("state", _states), parameters.Limit(LimitMax, LimitUsual), parameters.CursorWhole());
        return parameters.Problem() ?? Answer.Of(Paging.Of(context.Request, acts.Ask(store => store.List(state, before, limit + 1)).Select(Entry), limit, dispute => [dispute.Number]));
    }

    private static IResult Done(HttpContext context, DisputeResult result)
    {
        if (result.Refusal is DisputeRefusal.Missing or DisputeRefusal.NoCharge) return Problems.Missing(new Sentence(result.Refusal == DisputeRefusal.NoCharge ? "say.toll.charge" : "say.toll.dispute"));
        return result.Succeeded ? Results.Json(new TollDisputeChange(Entry(result.Dispute!), result.Repeated)) : Refused(context, result.Refusal);
    }

    private static IResult Similar(HttpContext context, DisputeActs acts, int number) => acts.Ask(store =>
    {
        var parameters = new Parameters(context.Request.Query);
        if (Scope(parameters, store, number, out var problem) is not { } scope) return problem!;
        return store.Preview(number, scope) is { } preview ? Answer.Of(Entry(preview)) : Refused(context, DisputeRefusal.NotUpheld);
    });

    private static IResult Refund(HttpContext context, DisputeActs acts, int number)
    {
        var parameters = new Parameters(context.Request.Query);
        var (digest, problem) = (parameters.Text("digest") ?? "", (IResult?)null);
        if (acts.Ask(store => Scope(parameters, store, number, out problem)) is not { } scope) return problem!;
        var result = acts.Release(context, number, scope, digest);
        return result.Batch is { } batch ? Results.Json(new TollRefundReleased(Entry(batch), result.Repeated)) : Refused(context, result.Refusal);
    }

    private static FaultScope? Scope(Parameters parameters, SqliteDisputes store, int number, out IResult? problem)
    {
        var days = (From: parameters.Date("from"), To: parameters.Date("to"));
        var times = (Begin: parameters.Time("begin", TimeZoneInfo.Utc), End: parameters.Time("end", TimeZoneInfo.Utc));
        // Each is read, so that all that is wrong is told at once.
        var given = _scope.ToDictionary(name => name, parameters.Text, StringComparer.Ordinal);
        problem = parameters.Problem();
        if (problem is not null) return null;
        if (ScopeOf(store, number, days, times, name => given[name]) is not { } scope) problem = Missing(number);
        else if (!scope.IsNarrow || scope.From > scope.To) problem = Problems.Of(ProblemKinds.Parameters, new Sentence("say.toll.scope"));
        else return scope;
        return null;
    }

    private static RouteHandlerBuilder TakesFault(this RouteHandlerBuilder route) => route
        .Takes("from", "First business date; that of the dispute's charge where left out.", "2026-11-24").Takes("to", "Last business date; the same where left out.", "2026-11-24")
        .Takes("point", "Toll point; any leaves it out, as of those below; what the dispute suggests where left out.", "THN-1").Takes("lane", "Lane.", "THN-1-L2").Takes("device", "Device whose event the passage is made of.", "L1")
        .Takes("cause", "Code of what was found about the passage.", "CLASS_MISMATCH").Takes("tariff", "Tariff and version.", "road/3").Takes("begin", "First moment.", "2026-11-24T02:00:00+03:30").Takes("end", "The moment after the last.", "2026-11-24T04:00:00+03:30");

    private static ProblemAnswer Missing(int number) => Problems.Missing(new Sentence("say.toll.dispute", number.ToString(CultureInfo.InvariantCulture)));

    private static ProblemAnswer Refused(HttpContext context, DisputeRefusal refusal) => new(ProblemKinds.Toll) { Faults = [DisputeActs.Say(refusal, Language.Accepted(context))] };

    private static TollDisputeEntry Entry(Dispute dispute) => new(
        dispute.Number, dispute.Charge, TollEndpoints.Word(dispute.Reason), dispute.Text, dispute.OpenedBy, UnixMicros.ToTime(dispute.OpenedAt), TollEndpoints.Word(dispute.State), dispute.HandledBy, dispute.Finding,
        dispute.DecidedBy, TimeOf(dispute.DecidedAt), dispute.Refund, dispute.Of, dispute.Explanation, dispute.Appealed, dispute.IsFinal);

    private static TollRefundBatch Entry(RefundBatch batch) => new(batch.Id, batch.Dispute, Entry(batch.Scope), batch.Digest, batch.By, UnixMicros.ToTime(batch.At), batch.Count, batch.Amount, batch.Posted);

    private static TollRefundPreview Entry(RefundPreview preview) => new(
        Entry(preview.Scope), preview.Count, preview.Amount, preview.Digest,
        [.. preview.Hits.Select(hit => new TollFaultHit(hit.Charge, hit.Day, UnixMicros.ToTime(hit.Time), hit.Point, hit.Lane, hit.Payer, hit.Gross, hit.Refund, hit.Dispute))]);

    private static TollFaultScope Entry(FaultScope scope) => new(scope.From, scope.To, scope.Point, scope.Lane, scope.Device, scope.Cause, scope.Tariff, TimeOf(scope.Begin), TimeOf(scope.End));

    private static DateTimeOffset? TimeOf(long? micros) => micros is { } time ? UnixMicros.ToTime(time) : null;
}
