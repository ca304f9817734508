using Microsoft.AspNetCore.Http.Features;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    /// <exception cref="ServerSettingsException">A PEM file is missing or cannot be used.</exception>
    public static void ListenForUplinks(this KestrelServerOptions kestrel, IngestOptions options, IngestCounters counters, Func<ILogger> logger)
    {
        var (certificate, authorities) = Load(options);
        var gateways = new GatewayCertificate(authorities, options.City);
        kestrel.Listen(Surface.AddressOf(options.Address, IngestOptions.Section), options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
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
                if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } client && gateways.Check(client, out var gateway) is null)
                    connection.Items[typeof(GatewayCertificate)] = gateway;
                return next(connection);
            });
        });
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Authorities) Load(IngestOptions options)
    {
        var certificateFile = Needed(options.Certificate, nameof(options.Certificate));
        var keyFile = Needed(options.Key, nameof(options.Key));
        var authorityFile = Needed(options.Authority, nameof(options.Authority));
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authorityFile);
            if (authorities.Count == 0) throw new ServerSettingsException($"{IngestOptions.Section}:Authority names {authorityFile}, which holds no certificate; a PEM file is needed.");
            return (X509Certificate2.CreateFromPemFile(certificateFile, keyFile), authorities);
        }
        catch (CryptographicException error)
        {
            throw new ServerSettingsException($"{certificateFile}, {keyFile} or {authorityFile} cannot be used: {error.Message} Each must be a PEM file, and the key that of the certificate.", error);
        }
    }

    private static string Needed(string? file, string key)
    {
        if (string.IsNullOrWhiteSpace(file)) throw new ServerSettingsException($"{IngestOptions.Section}:{key} is not set; name a PEM file.");
        if (!File.Exists(file)) throw new ServerSettingsException($"{IngestOptions.Section}:{key} names {file}, which does not exist; correct the path.");
        return file;
    }
}
