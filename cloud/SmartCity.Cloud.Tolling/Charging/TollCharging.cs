using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>
/// The way from stored events to the ledger: cells in which something came are correlated anew, what differs from what stands is rated, and what differs
/// from what is charged becomes a chain of transfers. Every step can be cut off and done again: passages, charges and chains are one commit, and a chain
/// has its ids before it is sent.
/// </summary>
/// <param name="store">Events, passages and charges.</param>
/// <param name="ledger">Where charges are posted.</param>
/// <param name="options">Thresholds of correlation; those that the store was opened with.</param>
/// <param name="plan">How periods are opened by themselves when a date needs one; null where people open them.</param>
/// <param name="clock">Says when a finding was found.</param>
public sealed class TollCharging(SqlitePassageStore store, ITollLedger ledger, CorrelationOptions options, PeriodPlan? plan, TimeProvider clock)
{
    /// <summary>Who opens periods by the plan.</summary>
    public const string Planner = "period-plan";

    private readonly HashSet<string> _opened = new(StringComparer.Ordinal);

    /// <summary>Correlates cells in which something came, the earliest first, in one commit.</summary>
    /// <param name="rules">Toll points and prices as they are known now.</param>
    /// <param name="max">How many cells of lanes at most.</param>
    /// <param name="isDue">Which cells of toll points are to be done now; null for all.</param>
    /// <returns>How many were done; 0 where there is nothing to do.</returns>
    public int Correlate(ITollRules rules, int max, Func<string, long, bool>? isDue = null) => Change(() =>
    {
        var dirty = store.Dirty(cell => rules.PointOf(cell.Lane) is { } point && (isDue is null || isDue(point.Id, cell.Start)), max);
        foreach (var cells in dirty.GroupBy(cell => rules.PointOf(cell.Lane)!.Id, StringComparer.Ordinal))
        {
            var point = rules.PointOf(cells.First().Lane)!;
            var starts = cells.Select(cell => cell.Start).Distinct().Order().ToList();
            Correlate(rules, point, starts);
            // The lanes of a toll point are correlated together, those too that were not asked for.
            foreach (var start in starts)
                foreach (var lane in point.Lanes) store.Clean(new DirtyCell(lane.Id, start));
        }
        return dirty.Count;
    });

    /// <summary>Rates days of vehicles in which something changed, in one commit: days are rated as wholes, so that the order of their passages is of no matter.</summary>
    /// <param name="rules">Toll points and prices as they are known now.</param>
    /// <param name="max">How many days of vehicles at most.</param>
    /// <returns>How many were done; 0 where there is nothing to do.</returns>
    public int Rate(ITollRules rules, int max) => Change(() =>
    {
        var due = store.Due(max);
        foreach (var (vehicle, day) in due)
        {
            var scope = rules.ScopeOf(day);
            var passages = store.OfVehicle(vehicle, scope.Context.From, scope.Context.To).Where(passage => passage.State == PassageState.Billable).ToList();
            if (passages.Count > 0)
                foreach (var charge in rules.Rate(passages, scope)) Settle(charge);
            store.MarkRated(vehicle, day);
        }
        return due.Count;
    });

    /// <summary>Sends chains to the ledger, in one commit of the ledger.</summary>
    /// <param name="state">Those that were never sent, or those that were refused.</param>
    /// <param name="max">How many at most.</param>
    /// <returns>What became of them.</returns>
    public PostingCount Post(PostingState state, int max)
    {
        var waiting = store.Unposted(state, max);
        if (waiting.Count == 0) return new PostingCount(0, 0);
        OpenAccounts(waiting);
        OpenPeriods(waiting);
        DateOnly? first = ledger.Periods() is [var earliest, ..] ? earliest.From : null;
        var answers = waiting.Zip(ledger.Post([.. waiting.Select(posting => posting.Chain)]), (posting, result) => After(posting, result, first)).ToList();
        Change(() =>
        {
            foreach (var posting in answers)
            {
                store.Put(posting);
                if (posting.State != PostingState.Waiting && store.TakePostDue(posting.Passage)) Enqueue(store.FindCharge(posting.Passage)!);
            }
            return 0;
        });
        return new PostingCount(answers.Count(posting => posting.State == PostingState.Posted), answers.Count(posting => posting.State != PostingState.Posted));
    }

    private void Correlate(ITollRules rules, TollPointLayout point, List<long> starts)
    {
        var length = CorrelationWindows.Micros(options.Cell);
        var standing = new List<Passage>();
        var recomputed = new List<Passage>();
        foreach (var start in starts)
        {
            var window = new TimeWindow(start, start + length);
            var context = CorrelationWindows.ContextOf(window, options);
            var result = Correlator.Correlate(point, window, point.Lanes.SelectMany(lane => store.Events(lane.Id, context)), rules.Knowledge, options);
            standing.AddRange(store.Standing(point.Id, start));
            recomputed.AddRange(result.Passages);
            store.PutReads(point.Id, result, rules.DayOf(point.Id, start), UnixMicros.Now(clock));
        }
        var diff = PassageDiff.Of(standing, recomputed);
        foreach (var passage in diff.Removed) store.Remove(passage);
        foreach (var passage in diff.Added.Concat(diff.Changed.Select(change => change.After)))
            store.Put(passage, CorrelationWindows.CellOf(passage.Time, options), rules.DayOf(point.Id, passage.Time));
        foreach (var passage in diff.Removed.Concat(diff.Changed.Select(change => change.Before))) MarkDue(rules, passage);
        foreach (var passage in diff.Added.Concat(diff.Changed.Select(change => change.After)))
        {
            MarkDue(rules, passage);
            if (passage.State != PassageState.Billable) Settle(Uncharged(rules, passage, OutcomeOf(passage.State)));
        }
        foreach (var passage in diff.Removed) Settle(Uncharged(rules, passage, ChargeOutcome.Void));
    }

    /// <summary>Whom a change concerns: the vehicle's day before and after it.</summary>
    private void MarkDue(ITollRules rules, Passage passage)
    {
        if (passage.Vehicle is { } vehicle) store.MarkDue(vehicle, rules.DayOf(passage.TollPoint, passage.Time));
    }

    /// <summary>Makes a charge say what it is to say, by a new revision where it differs.</summary>
    private void Settle(Charge wanted)
    {
        var standing = store.FindCharge(wanted.Passage);
        if (standing is null ? wanted.Outcome == ChargeOutcome.Void : standing.SaysTheSameAs(wanted)) return;
        var charge = wanted with { Revision = standing is null ? 0 : standing.Revision + 1 };
        store.Put(charge);
        Enqueue(charge);
    }

    /// <summary>
    /// Makes the chain that takes the ledger from what it has of a charge to what it is to have: the last one undone whole, then the new. A charge has one
    /// chain on its way at a time, since only the ledger's answer says what there is to undo.
    /// </summary>
    private void Enqueue(Charge charge)
    {
        var last = store.LastPosting(charge.Passage);
        if (last is { State: PostingState.Waiting })
        {
            store.MarkPostDue(charge.Passage);
            return;
        }
        if (last is { State: PostingState.Refused })
        {
            store.Remove(last);
            last = store.LastPosting(charge.Passage);
        }
        var batch = last is null ? BatchKind.Normal : BatchKind.Rerated;
        var live = last?.Chain.Where(transfer => transfer.Reverses is null).ToList() ?? [];
        var wanted = charge is { Payer: { } payer, Shares.Count: > 0 }
            ? ChargePosting.Chain(payer, charge.Shares, charge.Vat, charge.Day, batch, charge.Revision, new TransferLinks(charge.Passage, charge.Passage, Lane: charge.Lane))
            : [];
        if (MoveTheSame(live, wanted)) return;
        store.Put(new OutgoingChain(charge.Passage, charge.Revision, [.. ChargeChain.Reversal(live, batch), .. wanted], PostingState.Waiting, null, null));
    }

    private static bool MoveTheSame(List<Transfer> live, IReadOnlyList<Transfer> wanted) => live.Count == wanted.Count && live.Zip(wanted).All(pair =>
        (pair.First.Amount, pair.First.Credit, pair.First.EffectiveDate) == (pair.Second.Amount, pair.Second.Credit, pair.Second.EffectiveDate)
        && (pair.First.Debit == pair.Second.Debit || pair.First.Debit == AccountLimits.OnCredit(pair.Second).Debit));

    private void OpenPeriods(IReadOnlyList<OutgoingChain> postings)
    {
        if (plan is not { } months) return;
        var dates = postings.SelectMany(posting => posting.Chain).Select(transfer => transfer.EffectiveDate).ToList();
        if (ledger.Periods().Count == 0) Open(months.PeriodOf(dates.Min()));
        foreach (var period in months.ToOpen(ledger.Periods()[^1].To, dates.Max())) Open(period);

        void Open((DateOnly From, DateOnly To) period) => ledger.OpenPeriod(period.From, period.To, Planner);
    }

    private void OpenAccounts(IReadOnlyList<OutgoingChain> postings)
    {
        var names = postings.SelectMany(posting => posting.Chain).SelectMany(transfer => new[] { transfer.Debit, transfer.Credit }).Where(name => !_opened.Contains(name))
            .Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0) return;
        var results = ledger.OpenAccounts([.. names.Select(name => new AccountOpening(name, AccountLimits.Of(name)))]);
        foreach (var (name, result) in names.Zip(results))
            if (result.Succeeded) _opened.Add(name);
    }

    private static OutgoingChain After(OutgoingChain posting, LedgerResult result, DateOnly? firstDate) => result switch
    {
        { Succeeded: true } => posting with { State = PostingState.Posted, Entry = result.First, Refusal = null },
        // Its own period has closed meanwhile: it is late, and goes into the first open one under its own date.
        { Refusal: LedgerRefusal.PeriodClosing or LedgerRefusal.PeriodSealed } => In(posting, BatchKind.Delayed),
        { Refusal: LedgerRefusal.NoPeriod } when posting.Chain[0] is { Batch: BatchKind.Normal } transfer && transfer.EffectiveDate < firstDate => In(posting, BatchKind.Delayed),
        { Refusal: LedgerRefusal.NotDelayed } => In(posting, BatchKind.Normal),
        { Refusal: LedgerRefusal.BelowZero } => posting with { Chain = [.. posting.Chain.Select(AccountLimits.OnCredit)], State = PostingState.Waiting },
        _ => posting with { State = PostingState.Refused, Refusal = $"{result.Refusal}: {result.Message}" },
    };

    private static OutgoingChain In(OutgoingChain posting, BatchKind batch) =>
        posting with { Chain = [.. posting.Chain.Select(transfer => transfer with { Batch = batch })], State = PostingState.Waiting };

    private static Charge Uncharged(ITollRules rules, Passage passage, ChargeOutcome outcome) => new(
        passage.Id, 0, passage.TollPoint, passage.Lane, rules.DayOf(passage.TollPoint, passage.Time), passage.Time, passage.Vehicle, outcome,
        outcome == ChargeOutcome.Review ? passage.Review.ToString() : null, null, [], 0, null, []);

    private static ChargeOutcome OutcomeOf(PassageState state) => state switch
    {
        PassageState.Review => ChargeOutcome.Review,
        PassageState.Duplicate => ChargeOutcome.Duplicate,
        _ => ChargeOutcome.Unreadable,
    };

    private T Change<T>(Func<T> change)
    {
        store.Begin();
        try
        {
            var result = change();
            store.Commit();
            return result;
        }
        catch
        {
            store.Abandon();
            throw;
        }
    }
}

/// <summary>What became of chains that were sent.</summary>
/// <param name="Posted">In the ledger.</param>
/// <param name="NotPosted">Refused, or changed to be sent again.</param>
public sealed record PostingCount(int Posted, int NotPosted);
