using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What people ask of the toll road's books, and what they do there. Each question opens the files anew, beside whoever writes them.</summary>
internal sealed class TollDesk(ServerOptions options, Func<ITollLedger> ledger, TimeProvider clock) : IDisposable
{
    private const int ItemsMax = 1_000;

    private readonly RecentRuns _recent = new(clock);

    /// <summary>Zone of business dates.</summary>
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(options.DuckDb.CityZone);

    /// <summary>The ledger.</summary>
    public ITollLedger Ledger => ledger();

    /// <summary>Asks something of passages and charges.</summary>
    public T Ask<T>(Func<SqliteTollQueries, T> question)
    {
        using var queries = new SqliteTollQueries(TollService.FileOf(options));
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
        var run = reconciliation.Run(scope, Ledger, itemsMax ?? ItemsMax, UnixMicros.Now(clock), cancellationToken);
        return keep ? reconciliation.Keep(run) : run;
    }

    /// <summary>
    /// Reconciles for a page: since that reads all books, a run is shown for up to 10 s, or until somebody judges or signs. Of each class it has the oldest
    /// items that are open, and that are not, <see cref="RecentRuns.ItemsOfEach"/> at most.
    /// </summary>
    public ReconRun Recent(ReconScope scope, CancellationToken cancellationToken) => _recent.Of(scope, () => Reconcile(scope, keep: false, int.MaxValue, cancellationToken), cancellationToken);

    /// <summary>Runs that were kept, the newest first.</summary>
    public IReadOnlyList<ReconRun> Runs(int max)
    {
        using var reconciliation = Open();
        return reconciliation.Runs(max);
    }

    /// <summary>Says something of an item.</summary>
    public void Judge(string key, ReconState state, string owner, string explanation, string by)
    {
        using var reconciliation = Open();
        reconciliation.Judge(key, new ReconJudgement(state, owner, explanation, by, UnixMicros.Now(clock)));
        _recent.Drop();
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

    private TollReconciliation Open() => new(TollService.FileOf(options), Zone);
}
