using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>
/// Bounds the connections of some endpoints together from before they are accepted: a TLS handshake that is never ended, and a request that is never sent, hold a file as well,
/// and a crowd is accepted faster than it could be turned away. Who finds no room waits in the kernel's queue.
/// </summary>
internal sealed class ConnectionGate : IDisposable
{
    private readonly SemaphoreSlim _room;

    /// <param name="max">Most at a time.</param>
    public ConnectionGate(int max) => _room = new SemaphoreSlim(max);

    /// <summary>Waits for room for one more.</summary>
    public Task EnterAsync(CancellationToken stop) => _room.WaitAsync(stop);

    /// <summary>Gives the room of one back that did not come.</summary>
    public void Leave() => _room.Release();

    /// <summary>Gives the room of each connection of an endpoint back when it is over. Comes before all else that the endpoint uses.</summary>
    public void Guard(ListenOptions endpoint) => endpoint.Use(next => async connection =>
    {
        try
        {
            await next(connection);
        }
        finally
        {
            Leave();
        }
    });

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();
}
