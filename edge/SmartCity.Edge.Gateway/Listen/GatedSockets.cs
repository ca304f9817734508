using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace SmartCity.Edge.Gateway.Listen;

/// <summary>Kestrel's sockets, which accept no more than the endpoint's gate has room for.</summary>
/// <param name="sockets">Kestrel's own.</param>
/// <param name="gateOf">The gate of an endpoint; null for one without.</param>
internal sealed class GatedSockets(SocketTransportFactory sockets, Func<EndPoint, ConnectionGate?> gateOf) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var gate = gateOf(endpoint);
        var listener = await sockets.BindAsync(endpoint, cancellationToken);
        return gate is null ? listener : new Listener(listener, gate);
    }

    private sealed class Listener(IConnectionListener listener, ConnectionGate gate) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                await gate.EnterAsync(_unbound.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            ConnectionContext? accepted = null;
            try
            {
                return accepted = await listener.AcceptAsync(cancellationToken);
            }
            finally
            {
                if (accepted is null) gate.Leave();
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await listener.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await listener.DisposeAsync();
            _unbound.Dispose();
        }
    }
}
