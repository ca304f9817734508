using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>Opens the gRPC channel: mutual TLS, our own authority alone, a dead link found by HTTP/2 pings.</summary>
public static class UplinkConnector
{
    /// <summary>A channel that connects at its first call.</summary>
    /// <exception cref="UplinkSettingsException">A file is missing or unusable, or the address is no https address.</exception>
    public static GrpcChannel Open(UplinkOptions options)
    {
        if (!Uri.TryCreate(options.Address, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)
            throw new UplinkSettingsException($"{UplinkOptions.Section}:Address is \"{options.Address}\"; an https address is needed, e.g. https://cloud.example:8443.");
        var handler = new SocketsHttpHandler
        {
            SslOptions = Tls(options),
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = options.KeepAlive,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        };
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 1 << 20 });
    }

    /// <summary>TLS as the uplink speaks it: our certificate, our authority, the server's name checked.</summary>
    /// <exception cref="UplinkSettingsException">A file is missing or unusable.</exception>
    public static SslClientAuthenticationOptions Tls(UplinkOptions options)
    {
        var certificateFile = Needed(options.Certificate, "Certificate");
        var keyFile = Needed(options.Key, "Key");
        var authorityFile = Needed(options.Authority, "Authority");
        try
        {
            var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            trust.CustomTrustStore.ImportFromPemFile(authorityFile);
            trust.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));   // server authentication
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            return new SslClientAuthenticationOptions
            {
                ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
                CertificateChainPolicy = trust,
            };
        }
        catch (CryptographicException error)
        {
            throw new UplinkSettingsException($"{certificateFile}, {keyFile} or {authorityFile} cannot be used: {error.Message} Each must be a PEM file, and the key that of the certificate.", error);
        }
    }

    private static string Needed(string? file, string key)
    {
        if (string.IsNullOrWhiteSpace(file)) throw new UplinkSettingsException($"{UplinkOptions.Section}:{key} is not set; enrol the gateway, or name its PEM file.");
        if (!File.Exists(file)) throw new UplinkSettingsException($"{UplinkOptions.Section}:{key} names {file}, which does not exist; enrol the gateway, or correct the path.");
        return file;
    }
}

/// <summary>The uplink's settings cannot be used; the message says which and what to do.</summary>
public sealed class UplinkSettingsException : Exception
{
    /// <summary>Creates it without words.</summary>
    public UplinkSettingsException() { }
    /// <summary>Creates it with expected, actual and remedy.</summary>
    public UplinkSettingsException(string message) : base(message) { }
    /// <summary>Creates it around the cause.</summary>
    public UplinkSettingsException(string message, Exception inner) : base(message, inner) { }
}
