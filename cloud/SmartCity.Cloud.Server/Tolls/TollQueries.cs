using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model;
using SmartCity.Model.Contracts;
using static SmartCity.Cloud.Server.Tolls.TollEndpoints;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What the toll road's books answer, in the words of the contracts.</summary>
internal sealed class TollQueries(TollDesk desk) : ITollQueries
{
    /// <summary>Outcomes of a charge by name.</summary>
    public static IReadOnlyDictionary<string, ChargeOutcome> Outcomes { get; } = Enum.GetValues<ChargeOutcome>().ToDictionary(outcome => Word(outcome), StringComparer.Ordinal);

    public TollTotals Totals(DateOnly? from, DateOnly? to)
    {
        var (first, last) = Dates(from, to);
        return new TollTotals(first, last, [.. desk.Ask(queries => queries.Totals(first, last)).Select(total => new TollTotal(total.Day, total.Point, Word(total.Outcome), total.Code, total.Count, total.Net, total.Vat))]);
    }

    public TollBacklog Backlog()
    {
        var work = desk.Work();
        return new TollBacklog(work.Cells, work.Days, work.Chains, work.Refused, work.IsDone);
    }

    public IReadOnlyList<TollChargeEntry> Charges(TollChargeFilter filter)
    {
        var (first, last) = Dates(filter.From, filter.To);
        var query = new ChargeQuery(first, last, filter.Point, filter.Lane, filter.Outcome is null ? null : Outcomes[filter.Outcome], filter.After, filter.Limit);
        return [.. desk.Ask(queries => queries.Charges(query)).Select(Of)];
    }

    public TollPassageView? FindPassage(string id) => desk.Ask(queries => queries.Find(id)) is { } evidence ? Of(evidence) : null;

    public TollReconRun Reconcile(TollReconFilter scope, int? itemsMax, CancellationToken cancellationToken) => Of(desk.Reconcile(ScopeOf(scope), keep: false, itemsMax, cancellationToken));

    /// <summary>Reconciles, and keeps the run.</summary>
    public TollReconRun ReconcileAndKeep(TollReconFilter scope, int? itemsMax, CancellationToken cancellationToken) => Of(desk.Reconcile(ScopeOf(scope), keep: true, itemsMax, cancellationToken));

    public IReadOnlyList<TollReconRun> Runs(int max) => [.. desk.Runs(max).Select(Of)];

    public IReadOnlyList<TollPeriodEntry> Periods() => [.. desk.Ledger.Periods().Select(Of)];

    public TollPeriodView? FindPeriod(int number, CancellationToken cancellationToken) => desk.Ledger.Periods().FirstOrDefault(period => period.Number == number) is { } period
        ? new TollPeriodView(Of(period), period.State == PeriodState.Sealed ? [] : desk.Blockers(period, cancellationToken)) : null;

    public TollLedgerView Ledger()
    {
        var (identity, head) = (desk.Ledger.Identity, desk.Ledger.Head());
        return new TollLedgerView(new TollLedgerIdentity(identity.Name, identity.Currency, identity.Scale), new TollLedgerHead(head.Number, head.Hash, head.Accounts, head.Debits, head.Credits));
    }

    public TollLedgerCheck VerifyLedger(CancellationToken cancellationToken)
    {
        var check = desk.Ledger.Verify(cancellationToken);
        return new TollLedgerCheck(check.Entries, check.Hash, check.Fault is { } fault ? new TollLedgerFault(fault.Row, fault.Entry, fault.Day, fault.Lane, fault.Message) : null);
    }

    /// <summary>Dates, of which each that is not given is the first or last with a charge.</summary>
    private (DateOnly From, DateOnly To) Dates(DateOnly? from, DateOnly? to)
    {
        if (from is { } first && to is { } last) return (first, last);
        var days = desk.Ask(queries => queries.Days()) ?? (DateOnly.FromDateTime(DateTime.UnixEpoch), DateOnly.FromDateTime(DateTime.UnixEpoch));
        return (from ?? days.From, to ?? days.To);
    }

    /// <summary>What is reconciled, with the dates that were left out.</summary>
    public ReconScope ScopeOf(TollReconFilter scope)
    {
        var (from, to) = Dates(scope.From, scope.To);
        return new ReconScope(from, to, scope.Point, scope.Lane, scope.Device);
    }

    private static TollChargeEntry Of(Charge charge) => new(
        charge.Passage, charge.Revision, charge.TollPoint, charge.Lane, charge.Day, UnixMicros.ToTime(charge.Time), Word(charge.Outcome), charge.Code, charge.Payer,
        [.. charge.Shares.Select(share => new TollShare(share.Concession, share.Net))], charge.Net, charge.Vat, charge.Gross, charge.Tariff,
        [.. charge.Trace.Select(step => new TollRuleStep(step.Rule, step.Input, step.Change, step.Amount))]);

    private static TollPassageView Of(PassageEvidence evidence) => new(
        evidence.Passage is { } passage ? Of(passage) : null,
        evidence.Charge is { } charge ? Of(charge) : null,
        [.. evidence.Events.Select(e => new TollEventEntry(e.Device, Whole(e.Boot), Whole(e.Sequence), UnixMicros.ToTime(e.Time), UnixMicros.ToTime(e.Received), e.Lane, Word(e.Kind), JsonSerializer.Deserialize<JsonElement>(e.Json.Span)))],
        [.. evidence.Suppressed.Select(read => new TollSuppressed(read.Event.ToString(), Word(read.Kind), read.Lane, Word(read.Reason), read.Winner.ToString(), read.WinnerPassage))],
        evidence.Findings,
        [.. evidence.Chains.Select(chain => new TollPosting(chain.Revision, Word(chain.State), chain.Refusal, chain.Entry, [.. chain.Chain.Select(Of)]))]);

    private static TollPassageEntry Of(Passage passage) => new(
        passage.Id, passage.TollPoint, passage.Lane, passage.Direction, UnixMicros.ToTime(passage.Time), Word(passage.Clock), passage.Tag?.ToString(), passage.TagPlate?.Display, passage.Plate?.Display, Word(passage.PlateState),
        passage.ClassDeclared, passage.ClassMeasured, passage.ClassCharged, Word(passage.ClassRule), passage.Grade.ToString(), Word(passage.State), passage.Review.ToString(), passage.DuplicateOf);

    private static TollTransfer Of(Transfer transfer) => new(
        Hex(transfer.Id), transfer.Debit, transfer.Credit, transfer.Amount, Word(transfer.Code), transfer.EffectiveDate, Word(transfer.Batch), transfer.Reverses is { } reverses ? Hex(reverses) : null);

    private static TollReconRun Of(ReconRun run) => new(
        run.Number, new TollReconFilter(run.Scope.From, run.Scope.To, run.Scope.Point, run.Scope.Lane, run.Scope.Device), UnixMicros.ToTime(run.At), run.IsReconciled, run.StatementRoot,
        [.. run.Identities.Select(identity => new TollReconIdentity(identity.Id, Of(identity.Left), [.. identity.Right.Select(Of)], identity.ResidualCount, identity.ResidualMoney, identity.Holds))],
        [.. run.Classes.Select(one => new TollReconClass(one.Class, one.Items, one.Open, one.Count, one.Money))],
        [.. run.Items.Select(Of)]);

    private static TollReconTerm Of(ReconTerm term) => new(term.Name, term.Count, term.Money);

    private static TollReconItem Of(ReconItem item) => new(
        item.Key, item.Class, item.TollPoint, item.Subject, UnixMicros.ToTime(item.Time), item.Day, item.Count, item.Money, item.Detail, item.Found is { } found ? UnixMicros.ToTime(found) : null,
        Word(item.Judgement?.State ?? ReconState.Open), item.Judgement?.Owner, item.Judgement?.Explanation, item.Judgement?.By);

    private TollPeriodEntry Of(Period period) => new(period.Number, period.From, period.To, Word(period.State), period.Seal, period.State == PeriodState.Closing ? desk.FirstSignature(period.Number) : null);

    private static string Whole(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Hex(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);
}
