using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>
/// The city's own certificate authority: roots that gateways trust, and under each an issuing authority that signs. Keys are P-384 and P-256, encrypted
/// (PKCS #8, AES-256), in files of their owner alone. Roots and issuers that are kept stay trusted, so that a rotation overlaps: after it new
/// certificates come from the new one, while the server goes on showing a certificate of the oldest kept root, which every gateway knows. Thread-safe.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>By so much certificates begin in the past: a gateway whose clock is hours behind is served all the same.</summary>
    public static readonly TimeSpan Backdate = TimeSpan.FromHours(24);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int RootDays = 20 * 365, IssuerDays = 10 * 365, ServerDays = 90;
    private const int SerialBytes = 16;

    private readonly AuthorityFiles _files;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private volatile AuthorityState _state;

    private CertificateAuthority(AuthorityFiles files, AuthorityState state, TimeProvider clock) => (_files, _state, _clock) = (files, state, clock);

    /// <summary>Raised after roots or issuers have changed.</summary>
    public event Action? Changed;

    /// <summary>Name of the city in identities.</summary>
    public string City => _state.City;
    /// <summary>The roots that are kept, the oldest first.</summary>
    public IReadOnlyList<X509Certificate2> Roots => [.. _state.Roots.Select(root => root.Certificate)];
    /// <summary>The issuing authorities that are kept, the oldest first.</summary>
    public IReadOnlyList<X509Certificate2> Issuers => [.. _state.Issuers.Select(issuer => issuer.Certificate)];
    /// <summary>The issuing authority that signs what is issued now.</summary>
    public X509Certificate2 Issuer => _state.Issuers[^1].Certificate;
    /// <summary>The kept roots, PEM: what gateways trust.</summary>
    public string RootsPem => string.Concat(_state.Roots.Select(root => root.Certificate.ExportCertificatePem() + "\n"));
    /// <summary>SHA-256 of the root under which the server shows itself, lower-case hexadecimal; it stands in enrolment codes.</summary>
    public string Fingerprint => FingerprintOf(_state.Roots[0].Certificate);

    /// <summary>SHA-256 of a certificate, lower-case hexadecimal.</summary>
    public static string FingerprintOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
    }

    /// <summary>Opens the authority in a folder, or makes it there.</summary>
    /// <param name="folder">Its folder; made at need (0700).</param>
    /// <param name="city">Name of the city: 1–63 of a-z, 0-9 and -.</param>
    /// <param name="passphraseFile">File of the passphrase; null where a credential of systemd or a made one serves.</param>
    /// <param name="clock">Dates certificates.</param>
    /// <exception cref="AuthorityException">A file is missing, damaged, of another city or of another passphrase.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static CertificateAuthority Open(string folder, string city, string? passphraseFile, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (!CityName.IsCity(city)) throw new AuthorityException($"\"{city}\" is no name of a city; 1–63 of a-z, 0-9 and - are needed. Set Cloud:Ingest:City.");
        var files = AuthorityFiles.In(folder, passphraseFile);
        if (files.Read() is { } kept)
            return kept.City == city ? new CertificateAuthority(files, kept, clock)
                : throw new AuthorityException($"The authority in {files.Folder} is that of the city \"{kept.City}\", not of \"{city}\". Set Cloud:Ingest:City={kept.City}, or name another data folder.");
        var root = MakeRoot(city, 1, clock);
        var state = new AuthorityState(city, [root], [MakeIssuer(city, 1, root, clock)]);
        files.Write(state, null);
        return new CertificateAuthority(files, state, clock);
    }

    /// <summary>Whether a folder holds an authority.</summary>
    public static bool IsIn(string folder) => AuthorityFiles.IsIn(folder);

    /// <summary>Issues a gateway's certificate: its identity as the one name, for client authentication alone.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="key">The gateway's public key, checked by <see cref="Enrolment.SigningRequest"/>.</param>
    /// <param name="life">How long it holds.</param>
    public IssuedCertificate IssueGateway(string gateway, PublicKey key, TimeSpan life)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(CityName.Identity(City, gateway)));
        var issuer = _state.Issuers[^1];
        using var certificate = Issue(issuer, key, gateway, ClientAuthentication, names, life, isRsa: key.Oid.Value == "1.2.840.113549.1.1.1");
        return IssuedCertificate.Of(certificate, issuer.Certificate);
    }

    /// <summary>Issues a certificate of the server's own, with a new key, under the oldest root that is kept.</summary>
    /// <param name="names">DNS names and IP addresses.</param>
    /// <returns>The certificate with its key, and its issuer's.</returns>
    public (X509Certificate2 Certificate, X509Certificate2 Issuer) IssueServer(IReadOnlyCollection<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var san = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            if (IPAddress.TryParse(name, out var address)) san.AddIpAddress(address);
            else san.AddDnsName(name);
        var state = _state;
        var issuer = state.Issuers.Last(one => one.Root == state.Roots[0].Number);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(issuer, new PublicKey(key), names.FirstOrDefault() ?? "server", ServerAuthentication, san, TimeSpan.FromDays(ServerDays), isRsa: false);
        return (certificate.CopyWithPrivateKey(key), issuer.Certificate);
    }

    /// <summary>Makes a new issuing authority, which signs from now on; what the older ones signed goes on holding.</summary>
    /// <param name="withRoot">Whether it gets a new root too. Gateways learn the new root with their next renewal.</param>
    public void Rotate(bool withRoot)
    {
        lock (_gate)
        {
            var before = _state;
            var root = withRoot ? MakeRoot(City, before.Roots[^1].Number + 1, _clock) : before.Roots[^1];
            var issuer = MakeIssuer(City, before.Issuers[^1].Number + 1, _files.Unlocked(root), _clock);
            var after = new AuthorityState(City, withRoot ? [.. before.Roots, root] : before.Roots, [.. before.Issuers, issuer]);
            _files.Write(after, before);
            _state = after;
        }
        Changed?.Invoke();
    }

    /// <summary>Ends the trust in a root or an issuing authority that has been rotated away: what it signed holds no longer.</summary>
    /// <param name="fingerprint">Its SHA-256, or at least the first eight digits of it.</param>
    /// <returns>What was retired; null where nothing has this fingerprint.</returns>
    /// <exception cref="AuthorityException">It is the one in use.</exception>
    public X509Certificate2? Retire(string fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        X509Certificate2? retired;
        lock (_gate)
        {
            var (before, after) = (_state, _state);
            bool Named(X509Certificate2 certificate) => fingerprint.Length >= 8 && FingerprintOf(certificate).StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase);
            if (before.Roots.FirstOrDefault(root => Named(root.Certificate)) is { } root)
            {
                if (root == before.Roots[^1]) throw new AuthorityException("This root is the one in use. Make another first (smartcity authority rotate --root), and retire this one when the gateways have renewed.");
                (retired, after) = (root.Certificate, before with { Roots = [.. before.Roots.Where(one => one != root)], Issuers = [.. before.Issuers.Where(one => one.Root != root.Number)] });
            }
            else if (before.Issuers.FirstOrDefault(issuer => Named(issuer.Certificate)) is { } issuer)
            {
                if (before.Issuers.Last(one => one.Root == issuer.Root) == issuer) throw new AuthorityException("This issuing authority is the one in use under its root. Make another first (smartcity authority rotate).");
                (retired, after) = (issuer.Certificate, before with { Issuers = [.. before.Issuers.Where(one => one != issuer)] });
            }
            else return null;
            _files.Write(after, before);
            _state = after;
        }
        Changed?.Invoke();
        return retired;
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();

    private X509Certificate2 Issue(AuthorityCertificate issuer, PublicKey key, string name, string use, SubjectAlternativeNameBuilder names, TimeSpan life, bool isRsa)
    {
        var request = new CertificateRequest(NameOf(name.Length > 64 ? name[..64] : name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | (isRsa ? X509KeyUsageFlags.KeyEncipherment : 0), true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer.Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(names.Build());
        var now = _clock.GetUtcNow();
        return Sign(request, issuer, now - Backdate, now + life, _gate);
    }

    private static X509Certificate2 Sign(CertificateRequest request, AuthorityCertificate issuer, DateTimeOffset from, DateTimeOffset until, Lock? gate = null)
    {
        var (begin, end) = (new DateTimeOffset(issuer.Certificate.NotBefore), new DateTimeOffset(issuer.Certificate.NotAfter));
        if (until <= begin || from >= end) throw new AuthorityException($"The issuing authority holds from {begin:u} to {end:u}; set this machine's clock right ({from:u} to {until:u} was wanted), or rotate it (smartcity authority rotate).");
        using var key = issuer.Certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("The issuer's key is not there.");
        lock (gate ?? new Lock()) return request.Create(issuer.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from < begin ? begin : from, until > end ? end : until, Serial());
    }

    /// <summary>Positive, of one length, with 126 random bits.</summary>
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private static AuthorityCertificate MakeRoot(string city, int number, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = Authority($"Root {number} of {city}", new PublicKey(key), HashAlgorithmName.SHA384, pathLength: 1);
        var now = clock.GetUtcNow();
        return new AuthorityCertificate(number, number, request.Create(NameOf($"Root {number} of {city}"), X509SignatureGenerator.CreateForECDsa(key), now - Backdate, now.AddDays(RootDays), Serial()).CopyWithPrivateKey(key));
    }

    private static AuthorityCertificate MakeIssuer(string city, int number, AuthorityCertificate root, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Authority($"Issuer {number} of {city}", new PublicKey(key), HashAlgorithmName.SHA384, pathLength: 0);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root.Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var now = clock.GetUtcNow();
        return new AuthorityCertificate(number, root.Number, Sign(request, root, now - Backdate, now.AddDays(IssuerDays)).CopyWithPrivateKey(key));
    }

    private static CertificateRequest Authority(string name, PublicKey key, HashAlgorithmName hash, int pathLength)
    {
        var request = new CertificateRequest(NameOf(name), key, hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        return request;
    }

    private static X500DistinguishedName NameOf(string commonName)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName);
        return name.Build();
    }
}
