using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>The port of the uplink: HTTP/2 over mutual TLS 1.2 or 1.3, our own authority alone; nothing is answered before the handshake.</summary>
internal static class IngestListener
{
    /// <summary>Listens as the options say.</summary>
    public static void ListenForUplinks(this KestrelServerOptions kestrel, IngestOptions options, ServerCertificates certificates, IngestCounters counters, TimeProvider clock, Func<ILogger> logger)
    {
        var gateways = new GatewayCertificate(certificates.Authorities, options.City);
        kestrel.Listen(Surface.AddressOf(options.Address), options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificates.Uplink;
                https.SslProtocols = System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, _) =>
                {
                    if (gateways.Check(client, out _) is not { } reason) return true;
                    counters.RefuseCertificate();
                    logger().CertificateRefused(reason, client.Subject, client.SerialNumber, null);
                    return false;
                };
            });
            listen.Use(next => connection =>
            {
                connection.Items[typeof(Surface)] = Surface.Uplink;
                connection.Items[typeof(GatewaySenders)] = clock.GetTimestamp();
                if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } client && gateways.Check(client, out var gateway) is null)
                    connection.Items[typeof(GatewayCertificate)] = gateway;
                return next(connection);
            });
        });
    }
}
