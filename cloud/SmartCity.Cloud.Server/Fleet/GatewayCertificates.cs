using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Fleet.Authority;
using SmartCity.Cloud.Fleet.Enrolment;
using SmartCity.Cloud.Fleet.Trust;

namespace SmartCity.Cloud.Server.Fleet;

/// <summary>Whether a certificate makes its holder a gateway of ours, and which one: chain, use, key, name, and that its key still holds.</summary>
/// <param name="authority">The city's own authority.</param>
/// <param name="others">Roots of an authority elsewhere that settings name; none by default.</param>
/// <param name="city">City that certificates of those must carry; null accepts any.</param>
/// <param name="trust">Which keys hold.</param>
/// <param name="clock">Tells whether a certificate holds yet, and still.</param>
internal sealed class GatewayCertificates(CertificateAuthority authority, X509Certificate2Collection others, string? city, GatewayTrust trust, TimeProvider clock)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string EllipticCurve = "1.2.840.10045.2.1";
    private const int RsaBitsMin = 2048, CurveBitsMin = 256;

    /// <summary>Checks everything.</summary>
    /// <param name="certificate">The client's.</param>
    /// <param name="sent">What it sent with it.</param>
    /// <param name="identity">Whose it is, where the result is null.</param>
    /// <param name="forRenewal">Whether one of our own authority that has ended will do, if its key is known.</param>
    /// <returns>Why it was refused, or null.</returns>
    public string? Check(X509Certificate2 certificate, X509Certificate2Collection? sent, out GatewayIdentity? identity, bool forRenewal = false)
    {
        identity = null;
        using var chain = new X509Chain();
        var (policy, now) = (chain.ChainPolicy, clock.GetUtcNow());
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.UtcDateTime;
        policy.VerificationTimeIgnored = false;
        policy.CustomTrustStore.AddRange(others);
        policy.CustomTrustStore.AddRange(authority.Roots.ToArray());
        policy.ExtraStore.AddRange(authority.Issuers.ToArray());
        if (sent is not null) policy.ExtraStore.AddRange(sent);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (forRenewal) policy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        if (!chain.Build(certificate))
        {
            var reasons = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
            return chain.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid)
                ? $"{reasons} It holds from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}; this server's clock says {now:u}" : reasons;
        }
        var isOurs = authority.Roots.Any(root => root.Thumbprint == chain.ChainElements[^1].Certificate.Thumbprint);
        var ended = new DateTimeOffset(certificate.NotAfter) <= now;
        if (new DateTimeOffset(certificate.NotBefore) > now) return $"it holds only from {certificate.NotBefore.ToUniversalTime():u} on; this server's clock says {now:u}";
        if (WrongOf(certificate, chain) is { } wrong) return wrong;
        if (NameOf(certificate, isOurs ? authority.City : city, out var gateway) is { } misnamed) return misnamed;
        var key = SigningRequest.KeyHashOf(certificate);
        if (trust.Refusal(gateway, key) is { } refusal) return refusal;
        if (ended && (!isOurs || trust.OwnerOf(key) != gateway)) return $"it has ended at {certificate.NotAfter.ToUniversalTime():u} and its key is not known here; enrol the gateway again";
        identity = new GatewayIdentity(gateway, key, certificate.SerialNumber, certificate.NotAfter, ended);
        return null;
    }

    private static string? WrongOf(X509Certificate2 certificate, X509Chain chain)
    {
        foreach (var extension in certificate.Extensions.OfType<X509BasicConstraintsExtension>())
            if (extension.CertificateAuthority) return "it is an authority's certificate, not a gateway's";
        // A certificate without extended key usage would be good for anything; ours always say what they are for.
        if (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any()) return "it does not say that it is for client authentication";
        foreach (var element in chain.ChainElements)
        {
            using (var rsa = element.Certificate.GetRSAPublicKey())
                if (rsa is { KeySize: < RsaBitsMin }) return $"an RSA key in its chain has {rsa.KeySize} bits; at least {RsaBitsMin} are needed";
            using (var curve = element.Certificate.PublicKey.Oid.Value == EllipticCurve ? element.Certificate.GetECDsaPublicKey() : null)
                if (curve is { KeySize: < CurveBitsMin }) return $"an elliptic key in its chain has {curve.KeySize} bits; at least {CurveBitsMin} are needed";
            if (element.Certificate.SignatureAlgorithm.FriendlyName is { } algorithm && (algorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase) || algorithm.Contains("md5", StringComparison.OrdinalIgnoreCase)))
                return $"its chain is signed with {algorithm}";
        }
        return null;
    }

    private static string? NameOf(X509Certificate2 certificate, string? city, out string gateway)
    {
        gateway = "";
        var uris = CertificateNames.UrisOf(certificate);
        if (uris.Count != 1) return $"it has {uris.Count} URI names; a gateway's has exactly one, {CityName.Identity(city ?? "{city}", "{id}")}";
        if (!Uri.TryCreate(uris[0], UriKind.Absolute, out var uri) || uri.Scheme != "spiffe" || !uri.AbsolutePath.StartsWith("/gateway/", StringComparison.Ordinal))
            return $"its name {uris[0]} is not of the form {CityName.Identity(city ?? "{city}", "{id}")}";
        if (city is not null && uri.Host != city) return $"it belongs to the city {uri.Host}, not {city}";
        var id = uris[0][(uris[0].IndexOf("/gateway/", StringComparison.Ordinal) + "/gateway/".Length)..];
        if (!CityName.IsGateway(id)) return "its gateway id must be 1–128 of A-Za-z0-9 . _ : -";
        gateway = id;
        return null;
    }
}
