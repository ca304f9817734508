using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SmartCity.Cloud.Server.Ingest;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>
/// TLS of the two ports that gateways use. On the uplink's nobody comes in without a gateway's certificate. On that of pages and API whoever shows none is a
/// browser or program; whoever shows one is a gateway, and one that has ended is taken there, for a renewal alone, if its key is known.
/// </summary>
internal sealed class GatewayTls(ServerIdentity own, GatewayCertificates gateways, GatewayConnections connections, IngestCounters counters, EnrolmentAudit audit, ILogger<GatewayTls> logger)
{
    private static readonly TimeSpan _handshakeWithin = TimeSpan.FromSeconds(10);

    /// <summary>Puts TLS in front of an endpoint; after it the gateway's identity stands among the connection's items.</summary>
    public void Use(ListenOptions listen, bool isUplink)
    {
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = _handshakeWithin,
            OnConnection = context => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = isUplink ? own.Uplink : own.Https,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateRequired = true,
                // The framework's own look at the chain is not asked for its opinion, and must fetch nothing that a stranger's certificate names.
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, VerificationFlags = X509VerificationFlags.AllFlags },
                RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsLetIn(certificate as X509Certificate2, chain, isUplink, context.Connection),
            }),
        });
        listen.Use(next => async connection =>
        {
            if (!connection.Items.TryGetValue(typeof(GatewayIdentity), out var identity))
            {
                await next(connection);
                return;
            }
            connections.Add(connection, (GatewayIdentity)identity!);
            try
            {
                await next(connection);
            }
            finally
            {
                connections.Remove(connection);
            }
        });
    }

    /// <summary>Into the audit log; that it cannot be written must not let anybody in.</summary>
    private void Write(X509Certificate2 certificate, string reason, ConnectionContext connection)
    {
        try
        {
            audit.RefuseCertificate(EnrolEndpoints.Counted((connection.RemoteEndPoint as IPEndPoint)?.Address), certificate.SerialNumber, certificate.Subject, reason);
        }
        catch (SqliteException error)
        {
            logger.RefusalNotWritten(error.Message);
        }
    }

    /// <summary>The gateway that a request's connection belongs to; null where it showed no certificate.</summary>
    public static GatewayIdentity? IdentityOf(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items is { } items && items.TryGetValue(typeof(GatewayIdentity), out var identity) ? (GatewayIdentity?)identity : null;

    private bool IsLetIn(X509Certificate2? certificate, X509Chain? chain, bool isUplink, ConnectionContext connection)
    {
        if (certificate is null) return !isUplink;
        if (gateways.Check(certificate, chain?.ChainPolicy.ExtraStore, out var identity, forRenewal: !isUplink) is { } reason)
        {
            counters.RefuseCertificate();
            Write(certificate, reason, connection);
            logger.CertificateRefused(reason, certificate.Subject, certificate.SerialNumber, connection.RemoteEndPoint?.ToString());
            return false;
        }
        connection.Items[typeof(GatewayIdentity)] = identity;
        return true;
    }
}
