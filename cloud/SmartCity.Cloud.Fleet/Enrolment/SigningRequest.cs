using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Fleet.Authority;

namespace SmartCity.Cloud.Fleet.Enrolment;

/// <summary>
/// A gateway's signing request (PKCS #10, RFC 2986) after every rule: signed by its own key, a key of a kind and size that holds, and nothing asked for but
/// what its code gives it. What is issued is made from the code, never from the request: only the public key is taken from here.
/// </summary>
public sealed class SigningRequest
{
    /// <summary>Most characters of a request in PEM; one with an RSA key of 4096 bits has 1,700.</summary>
    public const int CharactersMax = 16_384;

    private const string BasicConstraints = "2.5.29.19", KeyUsage = "2.5.29.15", ExtendedKeyUsage = "2.5.29.37", AlternativeNames = "2.5.29.17", SubjectKeyIdentifier = "2.5.29.14";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string EllipticCurve = "1.2.840.10045.2.1", Rsa = "1.2.840.113549.1.1.1";
    private const int RsaBitsMin = 2048, RsaBitsMax = 4096;
    /// <summary>P-256, P-384, P-521.</summary>
    private static readonly string[] _curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];
    /// <summary>ECDSA and RSA with SHA-256, SHA-384 or SHA-512; RSA-PSS.</summary>
    private static readonly string[] _signatures = ["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.10"];

    private readonly string? _commonName;
    private readonly IReadOnlyList<string> _identities;

    private SigningRequest(PublicKey key, string? commonName, IReadOnlyList<string> identities)
    {
        (Key, _commonName, _identities) = (key, commonName, identities);
        KeyHash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The public key.</summary>
    public PublicKey Key { get; }
    /// <summary>SHA-256 of its SubjectPublicKeyInfo.</summary>
    public byte[] KeyHash { get; }

    /// <summary>SHA-256 of the public key of a certificate.</summary>
    public static byte[] KeyHashOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Reads a request and judges it by every rule that needs no knowledge of gateways.</summary>
    /// <param name="pem">PEM of one request.</param>
    /// <exception cref="SigningRequestException">It breaks a rule.</exception>
    public static SigningRequest Read(string? pem)
    {
        if (string.IsNullOrWhiteSpace(pem)) throw new SigningRequestException(SigningRequestFault.Malformed, "the signing request is missing; PEM with BEGIN CERTIFICATE REQUEST is needed.");
        if (pem.Length > CharactersMax) throw new SigningRequestException(SigningRequestFault.TooLarge, $"the signing request has {pem.Length} characters; at most {CharactersMax} are taken.");
        try
        {
            if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] is not ("CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST")) throw Malformed(null);
            var der = Convert.FromBase64String(pem[fields.Base64Data]);
            CheckAlgorithm(der);
            var request = CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.SkipSignatureValidation | CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            CheckKey(request.PublicKey);
            CheckSignature(der);
            var identities = CheckExtensions(request);
            return new SigningRequest(request.PublicKey, CommonNameOf(request.SubjectName), identities);
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException or FormatException or ArgumentException or NotSupportedException)
        {
            throw Malformed(error);
        }
    }

    /// <summary>Fails where it asks for the name of another gateway than the one that its code is for.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <exception cref="SigningRequestException">It does.</exception>
    public void MustName(string gateway)
    {
        if (_commonName is not null && _commonName != gateway) throw new SigningRequestException(SigningRequestFault.Subject, "the subject is not the gateway that the code is for; leave it empty, or name that one.");
        foreach (var identity in _identities)
            if (!identity.StartsWith("spiffe://", StringComparison.Ordinal) || !identity.EndsWith($"/gateway/{gateway}", StringComparison.Ordinal))
                throw new SigningRequestException(SigningRequestFault.Names, "it asks for a name other than the identity of the gateway that the code is for; leave the names out, they come from the code.");
    }

    private static void CheckAlgorithm(byte[] der)
    {
        var request = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        request.ReadEncodedValue();
        var algorithm = request.ReadSequence().ReadObjectIdentifier();
        if (!_signatures.Contains(algorithm)) throw new SigningRequestException(SigningRequestFault.Algorithm, $"it is signed with {new Oid(algorithm).FriendlyName ?? algorithm}; SHA-256 or better with ECDSA or RSA is needed.");
    }

    private static void CheckSignature(byte[] der)
    {
        try
        {
            CertificateRequest.LoadSigningRequest(der, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
        }
        catch (CryptographicException error)
        {
            throw new SigningRequestException(SigningRequestFault.Signature, "it is not signed by the key in it.", error);
        }
    }

    private static void CheckKey(PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case EllipticCurve:
                if (key.EncodedParameters is not { } parameters || !_curves.Contains(new AsnReader(parameters.RawData, AsnEncodingRules.DER).ReadObjectIdentifier())) throw Weak("its key is on another curve than P-256, P-384 or P-521.");
                using (var curve = key.GetECDsaPublicKey())
                    if (curve is null) throw Weak("its key is no point of the curve.");
                break;
            case Rsa:
                using (var rsa = key.GetRSAPublicKey())
                    if (rsa is null || rsa.KeySize < RsaBitsMin || rsa.KeySize > RsaBitsMax) throw Weak($"its RSA key has {rsa?.KeySize ?? 0} bits; {RsaBitsMin} to {RsaBitsMax} are needed.");
                break;
            default:
                throw Weak("its key is neither of an elliptic curve nor RSA.");
        }

        static SigningRequestException Weak(string message) => new(SigningRequestFault.Key, message);
    }

    private static List<string> CheckExtensions(CertificateRequest request)
    {
        var identities = new List<string>();
        foreach (var extension in request.CertificateExtensions)
        {
            switch (extension.Oid?.Value)
            {
                case BasicConstraints:
                    if (new X509BasicConstraintsExtension(extension, extension.Critical).CertificateAuthority) throw new SigningRequestException(SigningRequestFault.AuthorityAsked, "it asks to be an authority (CA:TRUE); gateways never are.");
                    break;
                case KeyUsage:
                    if ((new X509KeyUsageExtension(extension, extension.Critical).KeyUsages & (X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)) != 0) throw new SigningRequestException(SigningRequestFault.AuthorityAsked, "it asks for the right to sign certificates; gateways never have it.");
                    break;
                case ExtendedKeyUsage:
                    if (new X509EnhancedKeyUsageExtension(extension, extension.Critical).EnhancedKeyUsages.OfType<Oid>().Any(use => use.Value != ClientAuthentication)) throw new SigningRequestException(SigningRequestFault.Use, "it asks for another use than client authentication.");
                    break;
                case AlternativeNames:
                    identities.AddRange(CertificateNames.UrisAlone(extension.RawData) ?? throw new SigningRequestException(SigningRequestFault.Names, "it asks for names that are no identity of a gateway; leave the names out, they come from the code."));
                    if (identities.Count > 1) throw new SigningRequestException(SigningRequestFault.Names, $"it asks for {identities.Count} names; a gateway has one, which comes from the code.");
                    break;
                case SubjectKeyIdentifier:
                    break;
                default:
                    throw new SigningRequestException(SigningRequestFault.Use, $"it asks for the extension {extension.Oid?.Value}; leave it out.");
            }
        }
        return identities;
    }

    /// <summary>The common name; null where the subject is empty.</summary>
    private static string? CommonNameOf(X500DistinguishedName subject)
    {
        var parts = subject.EnumerateRelativeDistinguishedNames().ToList();
        if (parts.Count == 0) return null;
        return parts is [{ HasMultipleElements: false } only] && only.GetSingleElementType().Value == "2.5.4.3" && only.GetSingleElementValue() is { Length: > 0 } name ? name
            : throw new SigningRequestException(SigningRequestFault.Subject, "its subject holds more than a common name; leave it empty.");
    }

    private static SigningRequestException Malformed(Exception? error) => new(SigningRequestFault.Malformed, "it is no PKCS #10 signing request; PEM with BEGIN CERTIFICATE REQUEST is needed.", error);
}
