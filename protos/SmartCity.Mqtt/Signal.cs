namespace SmartCity.Mqtt;

/// <summary>
/// Wakes those that wait for a condition. A waiter arms it, looks at the condition again, and only then waits;
/// whoever changes the condition pulses it afterwards. Costs a read where nobody waits. Thread-safe.
/// </summary>
internal sealed class Signal
{
    private TaskCompletionSource? _waiting;

    /// <summary>A task that completes at the next pulse.</summary>
    public Task Arm()
    {
        if (Volatile.Read(ref _waiting) is { } waiting) return waiting.Task;
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _waiting, fresh, null) ?? fresh).Task;
    }

    /// <summary>Wakes all who wait. The change they wait for must have been published by an interlocked operation or a lock.</summary>
    public void Pulse()
    {
        if (Volatile.Read(ref _waiting) is not null) Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
    }
}
