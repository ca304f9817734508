namespace SmartCity.Cloud.Server.Live;

/// <summary>A connection's place in the hub; leaves it when disposed.</summary>
internal sealed class LiveSubscription(LiveConnection connection, Action restart, Action leave) : IDisposable
{
    private readonly List<LiveMessage> _taken = [];

    /// <summary>Waits for messages. The list is good until the next call.</summary>
    public async Task<IReadOnlyList<LiveMessage>> NextAsync(CancellationToken cancellationToken)
    {
        _taken.Clear();
        while (!await connection.TakeAsync(_taken, cancellationToken)) restart();
        return _taken;
    }

    public void Dispose() => leave();
}
