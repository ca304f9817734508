namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>Wakes one waiting loop; signals that come while none waits are remembered as one. Thread-safe.</summary>
internal sealed class Signal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set()
    {
        lock (_gate) _set.TrySetResult();
    }

    /// <summary>Returns when signalled, or after <paramref name="patience"/>.</summary>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Task set;
        lock (_gate) set = _set.Task;
        if (!set.IsCompleted)
        {
            try
            {
                await set.WaitAsync(patience, cancellationToken);
            }
            catch (TimeoutException)
            {
                return;
            }
        }
        lock (_gate) _set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
