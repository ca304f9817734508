using System.Collections.Concurrent;

namespace SmartCity.Simulation;

/// <summary>Runs every continuation of the simulated nodes on the simulation's own thread, when it says so.</summary>
internal sealed class Turns : SynchronizationContext
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _waiting = new();

    public override void Post(SendOrPostCallback d, object? state) => _waiting.Enqueue((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing in the simulation waits for a turn.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs what waits and what comes of it.</summary>
    public bool Run()
    {
        var ran = false;
        while (_waiting.TryDequeue(out var turn))
        {
            turn.Callback(turn.State);
            ran = true;
        }
        return ran;
    }
}
