using System.Collections.Concurrent;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The gateways seen since the start of the process, and the one open stream of each. Thread-safe.</summary>
public sealed class GatewayDirectory
{
    private readonly ConcurrentDictionary<string, GatewayState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UplinkTurn> _streams = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Raised after a state has changed.</summary>
    public event Action<GatewayState>? Changed;

    /// <summary>All gateways, ordered by id.</summary>
    public IReadOnlyList<GatewayState> All() => [.. _states.Values.OrderBy(state => state.Gateway, StringComparer.Ordinal)];

    /// <summary>One gateway, or null where it was never seen.</summary>
    public GatewayState? Find(string gateway) => _states.GetValueOrDefault(gateway);

    internal void Update(string gateway, DateTimeOffset now, Func<GatewayState, GatewayState> change) =>
        Changed?.Invoke(_states.AddOrUpdate(gateway, id => change(new GatewayState(id, false, now)), (_, state) => change(state)));

    /// <summary>Makes a stream the gateway's only one: the older one is told to end, and has ended when this returns.</summary>
    internal async Task<UplinkTurn> TakeOverAsync(string gateway, CancellationToken cancellationToken)
    {
        var turn = new UplinkTurn();
        UplinkTurn? older;
        lock (_gate)
        {
            older = _streams.GetValueOrDefault(gateway);
            _streams[gateway] = turn;
        }
        try
        {
            if (older is not null)
            {
                await older.Replaced.CancelAsync();
                await older.Ended.Task.WaitAsync(cancellationToken);
            }
            return turn;
        }
        catch
        {
            // Whoever replaces this one must still wait for the older one.
            _ = older!.Ended.Task.ContinueWith(_ => End(gateway, turn), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    internal bool IsOpen(string gateway)
    {
        lock (_gate) return _streams.ContainsKey(gateway);
    }

    internal void End(string gateway, UplinkTurn turn)
    {
        lock (_gate)
            if (_streams.GetValueOrDefault(gateway) == turn) _streams.Remove(gateway);
        turn.Ended.TrySetResult();
    }
}

/// <summary>One stream's time as the gateway's only one.</summary>
internal sealed class UplinkTurn
{
    public CancellationTokenSource Replaced { get; } = new();
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
