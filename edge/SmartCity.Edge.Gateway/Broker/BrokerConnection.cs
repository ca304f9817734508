using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;

namespace SmartCity.Edge.Gateway.Broker;

/// <summary>TCP and TLS to a broker, and what is said when they fail.</summary>
internal static class BrokerConnection
{
    /// <summary>How the library connects.</summary>
    /// <exception cref="BrokerException">A file of the settings cannot be used.</exception>
    public static MqttClientOptions Options(BrokerAddress address, BrokerClientOptions options, bool isVersion5)
    {
        var builder = new MqttClientOptionsBuilder().WithTcpServer(address.Host, address.Port)
            .WithProtocolVersion(isVersion5 ? MqttProtocolVersion.V500 : MqttProtocolVersion.V311).WithoutPacketFragmentation();
        if (!address.IsTls) return builder.Build();
        try
        {
            var certificate = options.Certificate is null || options.Key is null ? null : X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
            var trusted = new X509Certificate2Collection();
            if (options.Authority is { } authority) trusted.ImportFromPemFile(authority);
            return builder.WithTlsOptions(tls =>
            {
                tls.UseTls().WithTargetHost(address.Host).WithRevocationMode(X509RevocationMode.NoCheck);
                if (certificate is not null) tls.WithClientCertificates([certificate]);
                if (trusted.Count > 0) tls.WithTrustChain(trusted);
            }).Build();
        }
        catch (CryptographicException error)
        {
            throw new BrokerException($"{options.Authority}, {options.Certificate} or {options.Key} cannot be used: {error.Message} Each must be a PEM file, and the key that of the certificate.");
        }
    }

    /// <summary>Whether an exception means that there is no connection, or none any more.</summary>
    public static bool IsLost(Exception error) =>
        error is BrokerException or MqttCommunicationException or MqttProtocolViolationException or SocketException or IOException or OperationCanceledException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException;

    /// <summary>What happened, without the library's layers.</summary>
    public static string Describe(Exception error)
    {
        while (error is not BrokerException && error.InnerException is not null) error = error.InnerException;
        return error is OperationCanceledException or ObjectDisposedException ? "the connection was closed" : error.Message;
    }
}

/// <summary>A broker said no, or something that it may not say.</summary>
internal class BrokerException(string message) : Exception(message);

/// <summary>A broker does not speak the version of MQTT in which it was asked.</summary>
internal sealed class BrokerVersionException(string message) : BrokerException(message);
