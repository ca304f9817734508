using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>Whether a certificate makes its holder a gateway of ours, and which one.</summary>
internal sealed class GatewayCertificate(X509Certificate2Collection authorities, string? city)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int RsaBitsMin = 2048;
    private const int GatewayIdMax = 128;

    /// <summary>Checks chain, use, key and name.</summary>
    /// <param name="certificate">The client's.</param>
    /// <param name="gateway">Its gateway id, where the result is null.</param>
    /// <returns>Why it was refused, or null.</returns>
    public string? Check(X509Certificate2 certificate, out string gateway)
    {
        gateway = "";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!chain.Build(certificate)) return string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        foreach (var extension in certificate.Extensions.OfType<X509BasicConstraintsExtension>())
            if (extension.CertificateAuthority) return "it is an authority's certificate, not a gateway's";
        // A certificate without extended key usage would be good for anything; ours always say what they are for.
        if (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any()) return "it does not say that it is for client authentication";
        using (var rsa = certificate.GetRSAPublicKey())
            if (rsa is { KeySize: < RsaBitsMin }) return $"its RSA key has {rsa.KeySize} bits; at least {RsaBitsMin} are needed";
        if (certificate.SignatureAlgorithm.FriendlyName?.Contains("sha1", StringComparison.OrdinalIgnoreCase) == true) return "it is signed with SHA-1";
        return NameOf(certificate, out gateway);
    }

    private string? NameOf(X509Certificate2 certificate, out string gateway)
    {
        gateway = "";
        var uris = Uris(certificate);
        if (uris.Count != 1) return $"it has {uris.Count} URI names; a gateway's has exactly one, spiffe://{city ?? "{city}"}/gateway/{{id}}";
        if (!Uri.TryCreate(uris[0], UriKind.Absolute, out var uri) || uri.Scheme != "spiffe" || !uri.AbsolutePath.StartsWith("/gateway/", StringComparison.Ordinal))
            return $"its name {uris[0]} is not of the form spiffe://{city ?? "{city}"}/gateway/{{id}}";
        if (city is not null && uri.Host != city) return $"it belongs to the city {uri.Host}, not {city}";
        var id = uris[0][(uris[0].IndexOf("/gateway/", StringComparison.Ordinal) + "/gateway/".Length)..];
        if (id.Length is 0 or > GatewayIdMax || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-'))
            return $"its gateway id must be 1–{GatewayIdMax} of A-Za-z0-9 . _ : -";
        gateway = id;
        return null;
    }

    /// <summary>The URI names of a certificate. RFC 5280, 4.2.1.6: GeneralName ::= CHOICE { … uniformResourceIdentifier [6] IA5String … }.</summary>
    private static List<string> Uris(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != SubjectAlternativeName) continue;
            try
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                var uri = new Asn1Tag(TagClass.ContextSpecific, 6);
                while (names.HasData)
                    if (names.PeekTag().HasSameClassAndValue(uri)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
                    else names.ReadEncodedValue();
            }
            catch (AsnContentException)
            {
                return [];
            }
        }
        return uris;
    }
}
