using System.Net.Security;
using System.Security.Cryptography;
using Grpc.Net.Client;
using SmartCity.Edge.Gateway.Enrolment;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>Opens the gRPC channel: mutual TLS, our own authority alone, a dead link found by HTTP/2 pings.</summary>
public static class UplinkConnector
{
    /// <summary>A channel that connects at its first call.</summary>
    /// <exception cref="UplinkSettingsException">A file is missing or unusable, or the address is no https address.</exception>
    public static GrpcChannel Open(UplinkOptions options)
    {
        var files = options.Files;
        if (!Uri.TryCreate(files.Address, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps)
            throw new UplinkSettingsException($"{UplinkOptions.Section}:Address is \"{files.Address}\"; an https address is needed, e.g. https://cloud.example:8443.");
        var handler = new SocketsHttpHandler
        {
            SslOptions = Tls(files),
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
    internal static SslClientAuthenticationOptions Tls(UplinkFiles files)
    {
        var certificateFile = Needed(files.Certificate, "Certificate");
        var keyFile = Needed(files.Key, "Key");
        var authorityFile = Needed(files.Authority, "Authority");
        try
        {
            var own = Enroller.Own(certificateFile, keyFile);
            // A clock that stands before our own certificate began is wrong for certain; the link is what sets it right.
            return CityClient.Tls(Enroller.Roots(authorityFile), own, own.TargetCertificate.NotBefore, TimeProvider.System);
        }
        catch (CryptographicException error)
        {
            throw new UplinkSettingsException($"{certificateFile}, {keyFile} or {authorityFile} cannot be used: {error.Message} Each must be a PEM file, and the key that of the certificate.", error);
        }
    }

    private static string Needed(string? file, string key)
    {
        if (string.IsNullOrWhiteSpace(file)) throw new UplinkSettingsException($"{UplinkOptions.Section}:{key} is not set; enrol the gateway (smartcity-gateway enrol), or name its PEM file.");
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
