using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>
/// Bounds the connections of some endpoints together from the instant at which they are accepted: a TLS handshake that is never ended, and a request that is never sent, hold
/// a file as well. What comes beyond is closed at once.
/// </summary>
/// <param name="max">Most at a time.</param>
internal sealed class ConnectionGate(int max)
{
    private int _open;

    /// <summary>Puts the gate in front of all else on an endpoint.</summary>
    public void Guard(ListenOptions endpoint) => endpoint.Use(next => async connection =>
    {
        try
        {
            if (Interlocked.Increment(ref _open) > max) connection.Abort();
            else await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    });
}
