using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmartCity.Hosting.Files;

namespace SmartCity.Hosting.Certificates;

/// <summary>
/// A certificate authority in a folder, for a city on one machine and for tests: P-256 keys, PEM files readable by their owner alone. What it has
/// issued is kept between runs and renewed when it ends within <see cref="RenewBefore"/> or is not of this authority.
/// </summary>
public sealed class LocalAuthority : IDisposable
{
    /// <summary>Time before its end at which a certificate is renewed.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int AuthorityDays = 3650;
    private const int LeafDays = 365;

    private readonly string _folder;
    private readonly string _city;
    private readonly TimeProvider _clock;
    private readonly X509Certificate2 _root;

    private LocalAuthority(string folder, string city, TimeProvider clock, X509Certificate2 root) => (_folder, _city, _clock, _root) = (folder, city, clock, root);

    /// <summary>PEM file of the authority's own certificate, for those who are to trust it.</summary>
    public string AuthorityFile => Path.Combine(_folder, "ca.pem");

    /// <summary>Opens the authority in a folder, or makes it there.</summary>
    /// <param name="folder">Its folder; made at need (0700).</param>
    /// <param name="city">Name of the city in the gateways' ids: a-z, 0-9 and hyphens.</param>
    /// <param name="clock">Tells whether certificates have ended; the system's if null.</param>
    /// <exception cref="ArgumentException">The city's name cannot stand in an id.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static LocalAuthority Open(string folder, string city, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        if (city.Length is 0 or > 63 || !city.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
            throw new ArgumentException($"\"{city}\" is no name of a city: 1–63 of a-z, 0-9 and - are needed.", nameof(city));
        folder = Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var files = new CertificateFiles(Path.Combine(folder, "ca.pem"), Path.Combine(folder, "ca.key"));
        return new LocalAuthority(folder, city, clock, TryLoad(files) is { } kept && kept.NotAfter.ToUniversalTime() > (clock.GetUtcNow() + RenewBefore).UtcDateTime ? kept : MakeRoot(files, city, clock));
    }

    /// <summary>A server's certificate for <c>localhost</c>, 127.0.0.1 and ::1.</summary>
    public CertificateFiles Server(string name = "server") => Issue(name, ServerAuthentication, names =>
    {
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
    });

    /// <summary>A gateway's certificate with its id as the one URI name, <c>spiffe://{city}/gateway/{id}</c>.</summary>
    /// <exception cref="ArgumentException">The id is not 1–128 of A-Za-z0-9 . _ : -</exception>
    public CertificateFiles Gateway(string id)
    {
        // Dots alone would be steps of the path in which the id stands.
        if (id.Length is 0 or > 128 || id is "." or ".." || !id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or ':' or '-'))
            throw new ArgumentException($"\"{id}\" is no gateway id: 1–128 of A-Za-z0-9 . _ : - are needed.", nameof(id));
        return Issue($"gateway-{id}", ClientAuthentication, names => names.AddUri(new Uri($"spiffe://{_city}/gateway/{id}")));
    }

    /// <summary>Lets go of the authority's key.</summary>
    public void Dispose() => _root.Dispose();

    private CertificateFiles Issue(string name, string use, Action<SubjectAlternativeNameBuilder> names)
    {
        var files = new CertificateFiles(Path.Combine(_folder, name + ".pem"), Path.Combine(_folder, name + ".key"));
        var san = new SubjectAlternativeNameBuilder();
        names(san);
        var named = san.Build();
        using (var kept = TryLoad(files))
            if (kept is not null && kept.NotAfter.ToUniversalTime() > (_clock.GetUtcNow() + RenewBefore).UtcDateTime && IsOurs(kept) && Names(kept, named)) return files;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(name.Length > 64 ? name[..64] : name)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(named);
        var now = _clock.GetUtcNow();
        var until = now.AddDays(LeafDays);
        using var certificate = request.Create(_root, now.AddHours(-1), until < _root.NotAfter ? until : _root.NotAfter, RandomNumberGenerator.GetBytes(16));
        Save(files, certificate, key);
        return files;
    }

    private static X509Certificate2 MakeRoot(CertificateFiles files, string city, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Local authority of {city}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = clock.GetUtcNow();
        var root = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(AuthorityDays));
        Save(files, root, key);
        return root;
    }

    /// <summary>The key first: a certificate without its key would look whole.</summary>
    private static void Save(CertificateFiles files, X509Certificate2 certificate, ECDsa key)
    {
        DurableFile.Replace(files.Key, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        DurableFile.Replace(files.Certificate, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
    }

    private bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.VerificationTime = _clock.GetUtcNow().UtcDateTime;
        return chain.Build(certificate);
    }

    private static bool Names(X509Certificate2 certificate, X509Extension names) =>
        certificate.Extensions[names.Oid!.Value!] is { } kept && kept.RawData.AsSpan().SequenceEqual(names.RawData);

    /// <summary>The pair, or null where a file is missing, damaged or not of the other's key.</summary>
    private static X509Certificate2? TryLoad(CertificateFiles files)
    {
        if (!File.Exists(files.Certificate) || !File.Exists(files.Key)) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
