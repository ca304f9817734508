using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>Disputes over HTTP, <c>/api/v1/toll/disputes…</c>.</summary>
internal static class DisputeEndpoints
{
    private const int LimitMax = 1_000, LimitDefault = 100;
    private static readonly Dictionary<string, DisputeState> _states = Enum.GetValues<DisputeState>().ToDictionary(state => TollEndpoints.Word(state), StringComparer.Ordinal);

    /// <summary>The reasons by their words.</summary>
    public static IReadOnlyDictionary<string, DisputeReason> ReasonsByWord { get; } = Enum.GetValues<DisputeReason>().ToDictionary(reason => TollEndpoints.Word(reason), StringComparer.Ordinal);

    public static void MapDisputes(this IEndpointRouteBuilder app)
    {
        var disputes = app.MapGroup("/api/v1/toll/disputes").ExcludeFromDescription();
        disputes.MapGet("", List).WithSummary("Disputes, the newest first.").Needs(Rights.TollRead);
        disputes.MapPost("", OpenAsync).WithSummary("Opens a dispute of a charge; while one is not decided it is that one.").Needs(Rights.TollManage);
        disputes.MapGet("/{number:int}", (DisputeActs acts, int number) => acts.Ask(store => store.Find(number) is { } dispute
            ? Results.Json(new { dispute = Shape(dispute), steps = store.Steps(number).Select(step => new { at = UnixMicros.ToTime(step.At), step.By, step.What, step.Text }), batches = store.Batches(number).Select(Shape) }, TollJson.Options) : Missing(number)))
            .WithSummary("A dispute, what was done to it, and what was given back to others because of it.").Needs(Rights.TollRead);
        disputes.MapPost("/{number:int}/take", (HttpContext context, DisputeActs acts, int number, CancellationToken stop) => DoAsync(context, body => acts.Take(context, number, body.Text ?? ""), stop)).WithSummary("Takes a dispute up to look into it.").Needs(Rights.TollManage);
        disputes.MapPost("/{number:int}/decide", (HttpContext context, DisputeActs acts, int number, CancellationToken stop) => DoAsync(context, body => body.Decision switch
        {
            "uphold" => acts.Decide(context, number, body.Refund, body.Text ?? ""),
            "reject" => acts.Decide(context, number, 0, body.Text ?? ""),
            _ => null,
        }, stop)).WithSummary("Decides a dispute, by somebody who neither opened nor looked into it; what is given back is a new posting.").Needs(Rights.TollManage);
        disputes.MapPost("/{number:int}/appeal", (HttpContext context, DisputeActs acts, int number, CancellationToken stop) => DoAsync(context, body => acts.Appeal(context, number, body.Text ?? ""), stop)).WithSummary("Objects to a decision, once.").Needs(Rights.TollManage);
        disputes.MapGet("/{number:int}/similar", Similar).WithSummary("Everybody whom the same fault hit, and what would be given back; changes nothing.").Needs(Rights.TollRead);
        disputes.MapPost("/{number:int}/refund", Refund).WithSummary("Gives back to everybody of a preview, which its digest names, in one batch.").Needs(Rights.TollManage);
    }

    /// <summary>Whom a search is for: what the dispute suggests, with what is given in its place; <c>any</c> leaves something out.</summary>
    /// <param name="store">Disputes.</param>
    /// <param name="number">Dispute.</param>
    /// <param name="given">What is given, by name.</param>
    /// <param name="wrong">What is given and no date or time; null where nothing is.</param>
    /// <returns>Null where there is no such dispute, or something is wrong.</returns>
    public static FaultScope? ScopeOf(SqliteDisputes store, int number, Func<string, string?> given, out string? wrong)
    {
        string? bad = null;
        var (from, to, begin, end) = (Date("from"), Date("to"), Time("begin"), Time("end"));
        wrong = bad;
        if (bad is not null || store.Suggest(number) is not { } scope) return null;
        return scope with
        {
            From = from ?? scope.From, To = to ?? scope.To, Point = Of("point", scope.Point), Lane = Of("lane", scope.Lane), Device = Of("device", scope.Device), Cause = Of("cause", scope.Cause), Tariff = Of("tariff", scope.Tariff), Begin = begin, End = end,
        };

        string? Of(string name, string? suggested) => given(name) switch { null or "" => suggested, "any" => null, var one => one };

        DateOnly? Date(string name)
        {
            var input = DateInput.Of(given(name));
            if (input.IsWrong) bad ??= input.Text;
            return input.Date;
        }

        long? Time(string name)
        {
            if (given(name) is not { Length: > 0 } text) return null;
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return UnixMicros.From(time);
            bad ??= text;
            return null;
        }
    }

    private static IResult List(HttpContext context, DisputeActs acts)
    {
        var parameters = new Parameters(context.Request.Query);
        var (state, limit, before) = (parameters.OneOf("state", _states), parameters.Whole("limit", 1, LimitMax) ?? LimitDefault, parameters.Whole("before", 1, int.MaxValue));
        return parameters.Problem() ?? Results.Json(new { items = acts.Ask(store => store.List(state, before, limit)).Select(Shape) }, TollJson.Options);
    }

    private static Task<IResult> OpenAsync(HttpContext context, DisputeActs acts, CancellationToken stop) => DoAsync(context, body =>
        body.Charge is { Length: > 0 and <= 128 } charge && body.Reason is { } reason && ReasonsByWord.TryGetValue(reason, out var known) ? acts.Open(context, charge, known, body.Text ?? "") : null, stop);

    private static async Task<IResult> DoAsync(HttpContext context, Func<DisputeRequest, DisputeResult?> act, CancellationToken stop)
    {
        var body = await JsonSerializer.DeserializeAsync<DisputeRequest>(context.Request.Body, TollJson.Options, stop);
        if (body is null || act(body) is not { } result) return Problems.Of(ProblemKinds.Body, new Sentence("say.possible", string.Join(", ", ReasonsByWord.Keys) + "; uphold, reject"));
        if (result.Refusal is DisputeRefusal.Missing or DisputeRefusal.NoCharge) return Problems.Missing(new Sentence(result.Refusal == DisputeRefusal.NoCharge ? "say.toll.charge" : "say.toll.dispute"));
        return result.Succeeded ? Results.Json(new { dispute = Shape(result.Dispute!), result.Repeated }, TollJson.Options) : Refused(context, result.Refusal);
    }

    private static IResult Similar(HttpContext context, DisputeActs acts, int number) => acts.Ask(store =>
    {
        if (Scope(context, store, number, out var problem) is not { } scope) return problem!;
        return store.Preview(number, scope) is { } preview ? Results.Json(Shape(preview), TollJson.Options) : Refused(context, DisputeRefusal.NotUpheld);
    });

    private static IResult Refund(HttpContext context, DisputeActs acts, int number, string? digest)
    {
        IResult? problem = null;
        if (acts.Ask(store => Scope(context, store, number, out problem)) is not { } scope) return problem!;
        var result = acts.Release(context, number, scope, digest ?? "");
        return result.Batch is { } batch ? Results.Json(new { batch = Shape(batch), result.Repeated }, TollJson.Options) : Refused(context, result.Refusal);
    }

    private static FaultScope? Scope(HttpContext context, SqliteDisputes store, int number, out IResult? problem)
    {
        problem = null;
        if (ScopeOf(store, number, name => context.Request.Query[name], out var wrong) is not { } scope) problem = wrong is null ? Missing(number) : Problems.Of(ProblemKinds.Parameters, new Sentence("say.parameter.date", wrong));
        else if (!scope.IsNarrow || scope.From > scope.To) problem = Problems.Of(ProblemKinds.Parameters, new Sentence("say.toll.scope"));
        else return scope;
        return null;
    }

    private static ProblemAnswer Missing(int number) => Problems.Missing(new Sentence("say.toll.dispute", number.ToString(CultureInfo.InvariantCulture)));

    private static ProblemAnswer Refused(HttpContext context, DisputeRefusal refusal) => new(ProblemKinds.Toll) { Faults = [DisputeActs.Say(refusal, Language.Accepted(context))] };

    private static object Shape(Dispute dispute) => new
    {
        dispute.Number, dispute.Charge, reason = TollEndpoints.Word(dispute.Reason), dispute.Text, dispute.OpenedBy, opened = UnixMicros.ToTime(dispute.OpenedAt), state = TollEndpoints.Word(dispute.State), dispute.HandledBy, dispute.Finding,
        dispute.DecidedBy, decided = dispute.DecidedAt is { } at ? UnixMicros.ToTime(at) : (DateTimeOffset?)null, dispute.Refund, dispute.Of, dispute.Explanation, dispute.Appealed, dispute.IsFinal,
    };

    private static object Shape(RefundBatch batch) => new { batch.Id, batch.Dispute, batch.Scope, batch.Digest, batch.By, at = UnixMicros.ToTime(batch.At), batch.Count, batch.Amount, batch.Posted };

    private static object Shape(RefundPreview preview) => new
    {
        preview.Scope, preview.Count, preview.Amount, preview.Digest,
        items = preview.Hits.Select(hit => new { hit.Charge, hit.Day, time = UnixMicros.ToTime(hit.Time), hit.Point, hit.Lane, hit.Payer, hit.Gross, hit.Refund, hit.Dispute }),
    };
}

/// <summary>What is asked of a dispute.</summary>
/// <param name="Charge">Charge id, to open one.</param>
/// <param name="Reason">Why it is opened.</param>
/// <param name="Decision"><c>uphold</c> or <c>reject</c>.</param>
/// <param name="Refund">What is given back, minor units; null for all.</param>
/// <param name="Text">What is said.</param>
internal sealed record DisputeRequest(string? Charge, string? Reason, string? Decision, long? Refund, string? Text);
