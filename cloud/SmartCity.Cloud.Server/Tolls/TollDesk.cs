using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What people ask of the toll road's books, and what they do there. Each question opens the files anew, beside whoever writes them.</summary>
/// <param name="options">Zone of business dates.</param>
/// <param name="books">Opens passages and charges.</param>
/// <param name="gateways">What gateways numbered.</param>
/// <param name="ledger">The ledger.</param>
/// <param name="receipts">Where the receipts of sealed periods stand.</param>
/// <param name="sealedOne">Told that a period was sealed.</param>
/// <param name="clock">The time.</param>
internal sealed class TollDesk(ServerOptions options, TollBooks books, GatewayBooks gateways, Func<ITollLedger> ledger, Func<SqliteReceiptStore> receipts, Action sealedOne, TimeProvider clock) : IDisposable
{
    private const int ItemsMax = 1_000;

    private readonly RecentRuns _recent = new(clock);

    /// <summary>Zone of business dates.</summary>
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);

    /// <summary>The ledger.</summary>
    public ITollLedger Ledger => ledger();

    /// <summary>Asks something of passages and charges.</summary>
    public T Ask<T>(Func<PassageQueries, T> question)
    {
        using var queries = books.OpenQueries();
        return question(queries);
    }

    /// <summary>What is on its way from events to the ledger.</summary>
    public TollWork Work()
    {
        using var reconciliation = Open();
        return reconciliation.Work(DateOnly.MaxValue);
    }

    /// <summary>Reconciles, and keeps the run where it is asked to.</summary>
    public ReconRun Reconcile(ReconScope scope, bool keep, int? itemsMax, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        var run = reconciliation.Run(scope, Ledger, itemsMax ?? ItemsMax, UnixMicros.Now(clock), cancellationToken, gateways.Count(), receipts());
        return keep ? reconciliation.Keep(run) : run;
    }

    /// <summary>
    /// Reconciles for a page: since that reads all books, a run is shown for up to 10 s, or until somebody judges or signs. Of each class it has the oldest
    /// items that are open, and that are not, <see cref="RecentRuns.ItemsOfEach"/> at most.
    /// </summary>
    public ReconRun Recent(ReconScope scope, CancellationToken cancellationToken) => _recent.Of(scope, () => Reconcile(scope, keep: false, int.MaxValue, cancellationToken), cancellationToken);

    /// <summary>Where the money of passages went.</summary>
    public LeakageNode Leakage(ReconScope scope, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        return reconciliation.Leakage(scope, Ledger, cancellationToken);
    }

    /// <summary>Runs that were kept, the newest first.</summary>
    public IReadOnlyList<ReconRun> Runs(int max)
    {
        using var reconciliation = Open();
        return reconciliation.Runs(max);
    }

    /// <summary>Lets the next page reconcile anew.</summary>
    public void Forget() => _recent.Drop();

    /// <summary>Says something of an item.</summary>
    public void Judge(string key, ReconState state, string owner, string explanation, string by)
    {
        using var reconciliation = Open();
        reconciliation.Judge(key, new ReconJudgement(state, owner, explanation, by, UnixMicros.Now(clock)));
        _recent.Drop();
    }

    /// <summary>Says something of all items of a class that are open, or of those that are judged where they are to be open again.</summary>
    /// <returns>How many.</returns>
    public int JudgeAll(ReconScope scope, string @class, ReconState state, string owner, string explanation, string by, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        var items = reconciliation.Run(scope, null, int.MaxValue, UnixMicros.Now(clock), cancellationToken).Items
            .Where(item => item.Class == @class && (state == ReconState.Open ? item.Judgement is { State: not ReconState.Open } : item.IsOpen)).Select(item => item.Key).ToList();
        reconciliation.Judge(items, new ReconJudgement(state, owner, explanation, by, UnixMicros.Now(clock)));
        _recent.Drop();
        return items.Count;
    }

    /// <summary>Asks for numbers again that devices gave and nobody got.</summary>
    /// <param name="keys">Keys of items; null for every such item that is open.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is asked for now; keys of no such item are left out.</returns>
    public IReadOnlyList<ReconReplay> AskReplay(IReadOnlyCollection<string>? keys, string by, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        var gaps = reconciliation.Run(new ReconScope(DateOnly.MinValue, DateOnly.MaxValue), null, int.MaxValue, UnixMicros.Now(clock), cancellationToken).Items
            .Where(item => item.Class == ReconItem.SequenceGap && (keys?.Contains(item.Key, StringComparer.Ordinal) ?? item.IsOpen));
        var asked = gaps.Select(item => new ReconReplay(item.Key, item.Subject, by, UnixMicros.Now(clock))).ToList();
        foreach (var replay in asked) reconciliation.AskReplay(replay);
        _recent.Drop();
        return asked;
    }

    /// <summary>What was asked for again, and whether it is still missing.</summary>
    public IReadOnlyList<(ReconReplay Replay, bool IsMissing)> Replays(CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        var missing = reconciliation.Run(new ReconScope(DateOnly.MinValue, DateOnly.MaxValue), null, int.MaxValue, UnixMicros.Now(clock), cancellationToken).Items
            .Where(item => item.Replay is not null).Select(item => item.Key).ToHashSet(StringComparer.Ordinal);
        return [.. reconciliation.Replays().Select(replay => (replay, missing.Contains(replay.Key)))];
    }

    /// <summary>What stands in the way of sealing a period.</summary>
    public IReadOnlyList<string> Blockers(Period period, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        return new PeriodDesk(reconciliation, Ledger, Zone, clock).Blockers(period, cancellationToken);
    }

    /// <summary>Signs a closing period.</summary>
    public PeriodSignature Sign(int number, string by, CancellationToken cancellationToken)
    {
        using var reconciliation = Open();
        var signed = new PeriodDesk(reconciliation, Ledger, Zone, clock).Sign(number, by, cancellationToken);
        _recent.Drop();
        if (signed.Outcome == PeriodSigned.Sealed) sealedOne();
        return signed;
    }

    /// <summary>Who signed a period first; null where nobody did.</summary>
    public string? FirstSignature(int number)
    {
        using var reconciliation = Open();
        return reconciliation.FirstSignature(number);
    }

    /// <inheritdoc/>
    public void Dispose() => _recent.Dispose();

    private TollReconciliation Open() => books.OpenReconciliation(Zone);
}
