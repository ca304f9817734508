using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Rating;
using SmartCity.Cloud.Tolling.Sql;
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
public sealed class TollCharging(PassageStore store, ITollLedger ledger, CorrelationOptions options, PeriodPlan? plan, TimeProvider clock)
{
    /// <summary>Who opens periods by the plan.</summary>
    public const string Planner = "period-plan";

    /// <summary>Cells of lanes whose events are in memory at a time: with their context less than an hour of 100 lanes.</summary>
    private const int LaneCellsTogether = 200;

    private readonly HashSet<string> _opened = new(StringComparer.Ordinal);

    /// <summary>Correlates cells in which something came, the earliest first, in one commit.</summary>
    /// <param name="rules">Toll points and prices as they are known now.</param>
    /// <param name="max">How many cells of lanes at most.</param>
    /// <param name="isDue">Which cells of toll points are to be done now; null for all.</param>
    /// <returns>How many were done; 0 where there is nothing to do.</returns>
    public int Correlate(ITollRules rules, int max, Func<string, long, bool>? isDue = null) => Change(() =>
    {
        store.GiveUpErased(time => rules.DayOf("", time), UnixMicros.Now(clock));
        var dirty = store.Dirty(cell => rules.PointOf(cell.Lane) is { } point && (isDue is null || isDue(point.Id, cell.Start)), max);
        var cells = dirty.GroupBy(cell => rules.PointOf(cell.Lane)!.Id, StringComparer.Ordinal)
            .Select(point => (Point: rules.PointOf(point.First().Lane)!, Starts: point.Select(cell => cell.Start).Distinct().Order().ToList())).ToList();
        var wanted = new Wanted();
        foreach (var work in Together(cells.SelectMany(one => WorkOf(one.Point, one.Starts))))
        {
            // The one step that only reckons: beside each other.
            var results = work.AsParallel().AsOrdered().Select(one => Correlator.Correlate(one.Point, one.Windows, one.Events, rules.Knowledge, options)).ToList();
            foreach (var point in work.Zip(results).GroupBy(one => one.First.Point.Id, StringComparer.Ordinal))
                Keep(rules, point.First().First.Point, [.. point.SelectMany(one => one.Second)], point.SelectMany(one => one.First.Standing), wanted);
        }
        // The lanes of a toll point are correlated together, those too that were not asked for.
        store.Clean(cells.SelectMany(one => one.Starts.SelectMany(start => one.Point.Lanes.Select(lane => new DirtyCell(lane.Id, start)))));
        store.MarkDue(wanted.Days);
        Settle([.. wanted.Charges, .. wanted.Gone.Values.Select(passage => Uncharged(rules, passage, ChargeOutcome.Void))]);
        return dirty.Count;
    });

    /// <summary>Rates days of vehicles in which something changed, in one commit: days are rated as wholes, so that the order of their passages is of no matter.</summary>
    /// <param name="rules">Toll points and prices as they are known now.</param>
    /// <param name="max">How many days of vehicles at most.</param>
    /// <returns>How many were done; 0 where there is nothing to do.</returns>
    public int Rate(ITollRules rules, int max) => Change(() =>
    {
        var due = store.Due(max);
        if (due.Count == 0) return 0;
        // Days that decide about each other are looked at once, whichever of them something came for.
        var asked = due.Select(one => (one.Vehicle, Scope: rules.ScopeOf(one.Day))).Distinct().ToList();
        var known = store.OfVehicles(asked.Select(one => (one.Vehicle, one.Scope.Context.From, one.Scope.Context.To)));
        var charges = new Dictionary<string, Charge>(StringComparer.Ordinal);
        foreach (var charge in asked.Zip(known).AsParallel().AsOrdered().SelectMany(one => Rate(rules, one.Second, one.First.Scope))) charges[charge.Passage] = charge;
        Settle(charges.Values);
        FindImpossibleWays(rules, due);
        store.MarkRated(due);
        return due.Count;
    });

    /// <summary>Takes off charges what disputes gave back, in one commit: by what they were rated at, so that nothing is given back twice.</summary>
    /// <param name="max">How many charges at most.</param>
    /// <returns>How many were done; 0 where there is nothing to do.</returns>
    public int Adjust(int max) => Change(() =>
    {
        var due = store.AdjustDue(max);
        Settle([.. store.FindCharges(due).Values.Select(ChargeAdjustment.Undo)]);
        store.MarkAdjusted(due);
        return due.Count;
    });

    /// <summary>Sends chains to the ledger, in one commit of the ledger.</summary>
    /// <param name="state">Those that were never sent, or those that were refused.</param>
    /// <param name="max">How many at most.</param>
    /// <returns>What became of them.</returns>
    public PostingCount Post(PostingState state, int max) => Note(Send(store.Unposted(state, max)));

    /// <summary>
    /// Sends chains that were never sent while something else is done here: the ledger works beside it. What changes meanwhile leaves a chain that is on its
    /// way alone, and asks for the next one when that is answered.
    /// </summary>
    /// <param name="max">How many at most.</param>
    /// <param name="beside">What is done meanwhile, by this thread.</param>
    /// <returns>What became of the chains, and what was done beside.</returns>
    public (PostingCount Sent, int Beside) PostBeside(int max, Func<int> beside)
    {
        ArgumentNullException.ThrowIfNull(beside);
        var waiting = store.Unposted(PostingState.Waiting, max);
        var sending = Task.Run(() => Send(waiting));
        try
        {
            var done = beside();
            return (Note(sending.GetAwaiter().GetResult()), done);
        }
        finally
        {
            // Nobody else may send before it has ended, whatever failed here.
            ((IAsyncResult)sending).AsyncWaitHandle.WaitOne();
        }
    }

    private List<OutgoingChain> Send(IReadOnlyList<OutgoingChain> waiting)
    {
        if (waiting.Count == 0) return [];
        OpenAccounts(waiting);
        OpenPeriods(waiting);
        DateOnly? first = ledger.Periods() is [var earliest, ..] ? earliest.From : null;
        return [.. waiting.Zip(ledger.Post([.. waiting.Select(posting => posting.Chain)]), (posting, result) => After(posting, result, first))];
    }

    /// <summary>Keeps what the ledger answered.</summary>
    private PostingCount Note(List<OutgoingChain> answers)
    {
        if (answers.Count == 0) return new PostingCount(0, 0);
        Change(() =>
        {
            store.MarkPosted(answers.Where(posting => posting.State == PostingState.Posted));
            store.Put(answers.Where(posting => posting.State != PostingState.Posted));
            var due = store.TakePostDue(answers.Where(posting => posting.State != PostingState.Waiting).Select(posting => posting.Passage));
            Enqueue(store.FindCharges(due).Values, _ => true);
            return 0;
        });
        return new PostingCount(answers.Count(posting => posting.State == PostingState.Posted), answers.Count(posting => posting.State != PostingState.Posted));
    }

    /// <summary>Cells of a toll point that follow each other, with what stands there and what decides about them.</summary>
    private sealed record Work(TollPointLayout Point, IReadOnlyList<TimeWindow> Windows, List<NamedEvent> Events, List<Passage> Standing);

    /// <summary>Cells that follow each other are correlated as one window, so that their events are read once.</summary>
    private IEnumerable<Work> WorkOf(TollPointLayout point, List<long> starts)
    {
        var length = CorrelationWindows.Micros(options.Cell);
        foreach (var run in Runs(starts, length).SelectMany(run => run.Chunk(Math.Max(1, LaneCellsTogether / point.Lanes.Count))))
        {
            var whole = new TimeWindow(run[0], run[^1] + length);
            yield return new Work(point, Array.ConvertAll(run, start => new TimeWindow(start, start + length)),
                store.Events(point.Lanes.Select(lane => lane.Id), CorrelationWindows.ContextOf(whole, options)), store.Standing(point.Id, whole.From, whole.To));
        }
    }

    /// <summary>As many as may be in memory together.</summary>
    private static IEnumerable<List<Work>> Together(IEnumerable<Work> all)
    {
        var (some, cells) = (new List<Work>(), 0);
        foreach (var work in all)
        {
            some.Add(work);
            cells += work.Windows.Count * work.Point.Lanes.Count;
            if (cells < LaneCellsTogether) continue;
            yield return some;
            (some, cells) = ([], 0);
        }
        if (some.Count > 0) yield return some;
    }

    /// <summary>Keeps what differs from what stands at a toll point.</summary>
    private void Keep(ITollRules rules, TollPointLayout point, IReadOnlyList<CorrelationResult> results, IEnumerable<Passage> standing, Wanted wanted)
    {
        store.PutReads(point.Id, [.. results.Select(result => (result, rules.DayOf(point.Id, result.Window.From)))], UnixMicros.Now(clock));
        var diff = PassageDiff.Of(standing, results.SelectMany(result => result.Passages));
        var after = diff.Added.Concat(diff.Changed.Select(change => change.After)).ToList();
        store.Remove(diff.Removed);
        store.Put(after.Select(passage => (passage, rules.DayOf(point.Id, passage.Time))));
        // Whom a change concerns: the vehicle's day before and after it.
        foreach (var passage in diff.Removed.Concat(diff.Changed.Select(change => change.Before)).Concat(after))
            if (passage.Vehicle is { } vehicle) wanted.Days.Add((vehicle, rules.DayOf(point.Id, passage.Time)));
        wanted.Charges.AddRange(after.Where(passage => passage.State != PassageState.Billable).Select(passage => Uncharged(rules, passage, OutcomeOf(passage.State))));
        // One that comes up in a cell further on was moved, not removed.
        foreach (var passage in diff.Removed) wanted.Gone[passage.Id] = passage;
        foreach (var passage in after) wanted.Gone.Remove(passage.Id);
    }

    private static IReadOnlyList<Charge> Rate(ITollRules rules, List<Passage> passages, RatingScope scope)
    {
        var billable = passages.Where(passage => passage.State == PassageState.Billable).ToList();
        return billable.Count == 0 ? [] : rules.Rate(billable, scope);
    }

    /// <summary>
    /// Names passages of vehicles that were at two toll points sooner than any vehicle drives. What changed on a day may show on the days beside it, and what
    /// shows on those follows from the days beside them.
    /// </summary>
    private void FindImpossibleWays(ITollRules rules, IReadOnlyList<(string Vehicle, DateOnly Day)> due)
    {
        var hasFound = store.HasTravel;
        var asked = due.Select(one => (one.Vehicle, From: Shifted(one.Day, -2), To: Shifted(one.Day, 2))).ToList();
        foreach (var ((vehicle, from, to), ways) in asked.Zip(store.WaysOf(asked)))
        {
            var isImpossible = ImpossibleTravel.MayBe(ways, rules.MetresBetween, options);
            if (!isImpossible && !hasFound) continue;
            var (first, last) = (Shifted(from, 1), Shifted(to, -1));
            var found = isImpossible ? ImpossibleTravel.Find(store.OfVehicles([(vehicle, from, to)])[0], rules.MetresBetween, options) : [];
            // A passage that does not fit to those on both sides is one thing to explain.
            var passages = found.GroupBy(finding => finding.Passage, StringComparer.Ordinal)
                .Select(some => (Finding: some.First() with { Detail = string.Join("; ", some.Select(finding => finding.Detail)) }, Day: rules.DayOf(some.First().TollPoint, some.First().Time)));
            store.PutTravel(vehicle, first, last, [.. passages.Where(one => one.Day >= first && one.Day <= last)], UnixMicros.Now(clock));
        }
    }

    /// <summary>A wrong clock may say the first day that there is.</summary>
    private static DateOnly Shifted(DateOnly day, int days) => DateOnly.FromDayNumber(Math.Clamp(day.DayNumber + days, DateOnly.MinValue.DayNumber, DateOnly.MaxValue.DayNumber));

    private static IEnumerable<List<long>> Runs(List<long> starts, long length)
    {
        var run = new List<long>();
        foreach (var start in starts)
        {
            if (run.Count > 0 && start != run[^1] + length)
            {
                yield return run;
                run = [];
            }
            run.Add(start);
        }
        if (run.Count > 0) yield return run;
    }

    /// <summary>Makes charges say what they are to say, less what disputes gave back, by a new revision of each that differs.</summary>
    private void Settle(IReadOnlyCollection<Charge> rated)
    {
        var standing = store.FindCharges(rated.Select(charge => charge.Passage));
        var refunds = store.RefundsOf(rated.Select(charge => charge.Passage));
        var changed = new List<Charge>();
        foreach (var one in rated)
        {
            var charge = refunds.TryGetValue(one.Passage, out var refund) ? ChargeAdjustment.Apply(one, refund, ledger.Identity.Scale) : one;
            if (!standing.TryGetValue(charge.Passage, out var before))
            {
                if (charge.Outcome != ChargeOutcome.Void) changed.Add(charge);
            }
            else if (!before.SaysTheSameAs(charge)) changed.Add(charge with { Revision = before.Revision + 1 });
        }
        store.Put(changed);
        Enqueue(changed, charge => charge.Revision > 0);
    }

    /// <summary>
    /// Makes the chains that take the ledger from what it has of each charge to what it is to have: the last one undone whole, then the new. A charge has one
    /// chain on its way at a time, since only the ledger's answer says what there is to undo.
    /// </summary>
    /// <param name="charges">The charges.</param>
    /// <param name="mayHaveOne">Which of them may have had a chain before.</param>
    private void Enqueue(IReadOnlyCollection<Charge> charges, Func<Charge, bool> mayHaveOne)
    {
        var known = store.LastPostings(charges.Where(mayHaveOne).Select(charge => charge.Passage));
        var (sent, waiting) = (new List<OutgoingChain>(charges.Count), new List<string>());
        foreach (var charge in charges)
        {
            var last = known.GetValueOrDefault(charge.Passage);
            if (last is { State: PostingState.Waiting })
            {
                waiting.Add(charge.Passage);
                continue;
            }
            if (last is { State: PostingState.Refused })
            {
                store.Remove(last);
                last = store.LastPostings([charge.Passage]).GetValueOrDefault(charge.Passage);
            }
            if (ChainOf(charge, last) is { } chain) sent.Add(chain);
        }
        store.MarkPostDue(waiting);
        store.Put(sent);
    }

    /// <summary>The chain of a charge; null where what stands in the ledger is what it comes to.</summary>
    private static OutgoingChain? ChainOf(Charge charge, OutgoingChain? last)
    {
        var batch = last is null ? BatchKind.Normal : BatchKind.Rerated;
        var live = last?.Chain.Where(transfer => transfer.Reverses is null).ToList() ?? [];
        var wanted = charge is { Payer: { } payer, Shares.Count: > 0 }
            ? ChargePosting.Chain(payer, charge.Shares, charge.Vat, charge.Day, batch, charge.Revision, new TransferLinks(charge.Passage, charge.Passage, Lane: charge.Lane))
            : [];
        return MoveTheSame(live, wanted) ? null : new OutgoingChain(charge.Passage, charge.Revision, [.. ChargeChain.Reversal(live, batch), .. wanted], PostingState.Waiting, null, null);
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

    /// <summary>What a correlation asks for: days of vehicles to rate, charges of passages that have no price, and passages that are none any more.</summary>
    private sealed class Wanted
    {
        public HashSet<(string Vehicle, DateOnly Day)> Days { get; } = [];
        public List<Charge> Charges { get; } = [];
        public Dictionary<string, Passage> Gone { get; } = new(StringComparer.Ordinal);
    }

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
