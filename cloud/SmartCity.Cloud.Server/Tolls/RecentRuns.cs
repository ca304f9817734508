using SmartCity.Cloud.Tolling.Reconciliation;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>The last runs of reconciliation that pages show again for a while. Only one runs at a time: whoever comes meanwhile waits for it and gets the same.</summary>
/// <param name="clock">Says how old a run is.</param>
internal sealed class RecentRuns(TimeProvider clock) : IDisposable
{
    /// <summary>How many items a run keeps of each class and state: as many as a page shows, so that every choice of a class finds its first page here.</summary>
    public const int ItemsOfEach = 50;
    private const int ScopesMax = 8;
    private static readonly TimeSpan _shown = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<ReconScope, (ReconRun Run, long Begun, int Generation)> _runs = [];
    private int _generation;

    /// <summary>The last run of a scope, or a new one where there is none that is young enough.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ReconRun Of(ReconScope scope, Func<ReconRun> run, CancellationToken cancellationToken)
    {
        _one.Wait(cancellationToken);
        try
        {
            var (generation, begun) = (Volatile.Read(ref _generation), clock.GetTimestamp());
            foreach (var old in _runs.Where(one => one.Value.Generation != generation || clock.GetElapsedTime(one.Value.Begun) >= _shown).Select(one => one.Key).ToList()) _runs.Remove(old);
            if (_runs.TryGetValue(scope, out var known)) return known.Run;
            var made = Shorten(run());
            if (_runs.Count >= ScopesMax) _runs.Remove(_runs.MinBy(one => one.Value.Begun).Key);
            // Of the generation in which it began: what was judged meanwhile may not be in it.
            _runs.Add(scope, (made, begun, generation));
            return made;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Forgets all runs, one that is under way too.</summary>
    public void Drop() => Interlocked.Increment(ref _generation);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static ReconRun Shorten(ReconRun run) => run with
    {
        Items = [.. run.Items.GroupBy(item => (item.Class, item.IsOpen)).SelectMany(group => group.Take(ItemsOfEach)).OrderBy(item => item.Time).ThenBy(item => item.Key, StringComparer.Ordinal)],
    };
}
