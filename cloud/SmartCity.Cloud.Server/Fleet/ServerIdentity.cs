using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Server.Operations;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>
/// The certificates that the server shows: those that settings name, else one of the city's own authority, which is issued at the start, again from half of
/// its life on, and whenever the authority changes; connections that are open go on. Thread-safe.
/// </summary>
internal sealed class ServerIdentity : IDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly TimeProvider _clock;
    private readonly ILogger<ServerIdentity> _logger;
    private readonly string[] _names;
    private readonly X509Certificate2Collection _others;
    private readonly SslStreamCertificateContext? _uplink, _https;
    private readonly Lock _gate = new();
    private Own? _own;

    public ServerIdentity(ServerOptions options, ServerCertificates files, CertificateAuthority authority, TimeProvider clock, ILogger<ServerIdentity> logger)
    {
        (_authority, _clock, _logger, _others) = (authority, clock, logger, files.Authorities);
        // The first one is the certificate's common name.
        _names = [.. options.Fleet.Names.Concat(PublicHost(options)).Append(Dns.GetHostName()).Concat(["localhost", "127.0.0.1", "::1"]).Where(name => name.Length is > 0 and <= 253 && (IPAddress.TryParse(name, out _) || Uri.CheckHostName(name) == UriHostNameType.Dns)).Distinct(StringComparer.OrdinalIgnoreCase)];
        _uplink = files.Uplink is { } uplink ? Context(uplink.Certificate, uplink.Others) : null;
        _https = files.Https is { } https ? Context(https.Certificate, https.Others) : null;
        authority.Changed += Forget;
    }

    /// <summary>Shown to gateways.</summary>
    public SslStreamCertificateContext Uplink => _uplink ?? OwnContext();

    /// <summary>Shown to browsers.</summary>
    public SslStreamCertificateContext Https => _https ?? OwnContext();

    public void Dispose()
    {
        _authority.Changed -= Forget;
        _own?.Certificate.Dispose();
    }

    private static IEnumerable<string> PublicHost(ServerOptions options) => Uri.TryCreate(options.Access.PublicOrigin?.ToString(), UriKind.Absolute, out var origin) ? [origin.Host] : [];

    private SslStreamCertificateContext OwnContext()
    {
        lock (_gate)
        {
            if (_own is { } own && _clock.GetUtcNow() is var now && now < own.RenewAt && now >= own.From) return own.Context;
            var (certificate, issuer) = _authority.IssueServer(_names);
            var (begin, end) = (_clock.GetUtcNow(), new DateTimeOffset(certificate.NotAfter));
            // The old one is left to the connections that use it.
            _own = new Own(certificate, Context(certificate, [issuer]), certificate.NotBefore, begin + ((end - begin) / 2));
            _logger.OwnCertificate(certificate.Subject, certificate.NotAfter.ToUniversalTime());
            return _own.Context;
        }
    }

    private void Forget()
    {
        lock (_gate) _own = null;
    }

    /// <summary>Names the roots of gateways to clients, so that a browser does not offer its owner certificates that are of no use here.</summary>
    private SslStreamCertificateContext Context(X509Certificate2 certificate, X509Certificate2Collection others) =>
        SslStreamCertificateContext.Create(certificate, others, offline: true, SslCertificateTrust.CreateForX509Collection([.. _authority.Roots, .. _others], sendTrustInHandshake: true));

    private sealed record Own(X509Certificate2 Certificate, SslStreamCertificateContext Context, DateTimeOffset From, DateTimeOffset RenewAt);
}
