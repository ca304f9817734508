using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using SmartCity.Cloud.Fleet.Trust;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>The open connections that gateways have shown a certificate on. When a key ends, what is open under it is closed at once, whatever it is doing. Thread-safe.</summary>
internal sealed class GatewayConnections : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, GatewayIdentity> _open = new();
    private readonly GatewayTrust _trust;
    private readonly ILogger<GatewayConnections> _logger;

    public GatewayConnections(GatewayTrust trust, ILogger<GatewayConnections> logger)
    {
        (_trust, _logger) = (trust, logger);
        trust.Ended += Close;
    }

    /// <summary>Keeps a connection until it is closed.</summary>
    public void Add(ConnectionContext connection, GatewayIdentity identity)
    {
        _open[connection] = identity;
        // Ended between the handshake and the line above.
        if (_trust.Refusal(identity.Gateway, identity.KeyHash) is { } reason) Abort(connection, identity, reason);
    }

    public void Remove(ConnectionContext connection) => _open.TryRemove(connection, out _);

    public void Dispose() => _trust.Ended -= Close;

    private void Close(string gateway)
    {
        foreach (var (connection, identity) in _open)
            if (identity.Gateway == gateway && _trust.Refusal(gateway, identity.KeyHash) is { } reason) Abort(connection, identity, reason);
    }

    private void Abort(ConnectionContext connection, GatewayIdentity identity, string reason)
    {
        _logger.ConnectionClosed(identity.Gateway, connection.RemoteEndPoint?.ToString(), reason);
        connection.Abort(new ConnectionAbortedException(reason));
    }
}
