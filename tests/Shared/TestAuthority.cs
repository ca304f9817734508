using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Tests;

/// <summary>A certificate authority of one test: the server's certificate and those of gateways.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset _to = DateTimeOffset.UtcNow.AddDays(30);

    private readonly X509Certificate2 _root;

    public TestAuthority(string folder)
    {
        Directory.CreateDirectory(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(_from, _to);
        File.WriteAllText(AuthorityFile = Path.Combine(folder, "ca.pem"), _root.ExportCertificatePem());
        using var server = Issue("localhost", "1.3.6.1.5.5.7.3.1", san => { san.AddDnsName("localhost"); san.AddIpAddress(System.Net.IPAddress.Loopback); });
        File.WriteAllText(ServerFile = Path.Combine(folder, "server.pem"), server.ExportCertificatePem());
        File.WriteAllText(ServerKeyFile = Path.Combine(folder, "server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public string AuthorityFile { get; }
    public string ServerFile { get; }
    public string ServerKeyFile { get; }
    public X509Certificate2 Root => _root;

    public X509Certificate2 Gateway(params string[] uris) => Issue("gateway", "1.3.6.1.5.5.7.3.2", san => { foreach (var uri in uris) san.AddUri(new Uri(uri)); });

    public X509Certificate2 Issue(string name, string use, Action<SubjectAlternativeNameBuilder> names, int days = 20)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        var san = new SubjectAlternativeNameBuilder();
        names(san);
        request.CertificateExtensions.Add(san.Build());
        using var certificate = request.Create(_root, _from, days < 0 ? DateTimeOffset.UtcNow.AddMinutes(-1) : _to.AddDays(-1), RandomNumberGenerator.GetBytes(12));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose() => _root.Dispose();
}
