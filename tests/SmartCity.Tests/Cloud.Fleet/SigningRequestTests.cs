using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using SmartCity.Cloud.Fleet.Enrolment;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class SigningRequestTests
{
    /// <summary>Requests that break a rule, each with the rule, without those that need a registry of gateways.</summary>
    internal static IReadOnlyList<(string What, SigningRequestFault Fault)> Cases { get; } =
    [
        ("rsa-1024", SigningRequestFault.Key), ("secp256k1", SigningRequestFault.Key), ("signature", SigningRequestFault.Signature), ("sha-1", SigningRequestFault.Algorithm), ("authority", SigningRequestFault.AuthorityAsked),
        ("cert-sign", SigningRequestFault.AuthorityAsked), ("server-use", SigningRequestFault.Use), ("dns-name", SigningRequestFault.Names), ("two-names", SigningRequestFault.Names), ("large", SigningRequestFault.TooLarge),
        ("garbage", SigningRequestFault.Malformed), ("certificate", SigningRequestFault.Malformed), ("empty", SigningRequestFault.Malformed), ("organisation", SigningRequestFault.Subject), ("strange-extension", SigningRequestFault.Use),
    ];

    /// <summary>Makes one of them.</summary>
    internal static string Make(string what)
    {
        using var key = ECDsa.Create(what == "secp256k1" ? ECCurve.CreateFromValue("1.3.132.0.10") : ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(what == "organisation" ? "CN=g1, O=City" : what.StartsWith("CN=", StringComparison.Ordinal) ? what : "", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        switch (what)
        {
            case "rsa-1024":
                using (var rsa = RSA.Create(1024)) return new CertificateRequest("", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
            case "sha-1":
                using (var rsa = RSA.Create(2048)) return new CertificateRequest("", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(new Sha1Signature(rsa));
            case "signature":
                using (var other = ECDsa.Create(ECCurve.NamedCurves.nistP256)) return Resigned(request.CreateSigningRequest(), other);
            case "authority": request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true)); break;
            case "cert-sign": request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true)); break;
            case "server-use": request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); break;
            case "dns-name":
                names.AddDnsName("city.example");
                request.CertificateExtensions.Add(names.Build());
                break;
            case "two-names" or "other-name":
                names.AddUri(new Uri("spiffe://smartcity/gateway/g2"));
                if (what == "two-names") names.AddUri(new Uri("spiffe://smartcity/gateway/g1"));
                request.CertificateExtensions.Add(names.Build());
                break;
            case "strange-extension": request.CertificateExtensions.Add(new X509Extension("1.2.3.4.5", [5, 0], false)); break;
            case "large": return $"-----BEGIN CERTIFICATE REQUEST-----\n{new string('A', 1 << 20)}\n-----END CERTIFICATE REQUEST-----\n";
            case "garbage": return "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
            case "empty": return "";
            case "certificate":
                using (var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1))) return certificate.ExportCertificatePem();
        }
        return request.CreateSigningRequestPem();
    }

    [Fact]
    public void A_request_that_breaks_a_rule_is_refused_by_that_rule() =>
        Assert.All(Cases, one => Assert.Equal(one.Fault, Assert.Throws<SigningRequestException>(() => SigningRequest.Read(Make(one.What))).Fault));

    [Fact]
    public void A_right_request_gives_its_key_and_may_name_the_gateway_of_its_code_and_no_other()
    {
        foreach (var curve in (ECCurve[])[ECCurve.NamedCurves.nistP256, ECCurve.NamedCurves.nistP384, ECCurve.NamedCurves.nistP521])
        {
            using var key = ECDsa.Create(curve);
            var read = SigningRequest.Read(new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
            Assert.Equal(SHA256.HashData(key.ExportSubjectPublicKeyInfo()), read.KeyHash);
            read.MustName("g1");
            Assert.Equal(SigningRequestFault.Subject, Assert.Throws<SigningRequestException>(() => read.MustName("g2")).Fault);
        }
        var named = SigningRequest.Read(Make("other-name"));
        named.MustName("g2");
        Assert.Equal(SigningRequestFault.Names, Assert.Throws<SigningRequestException>(() => named.MustName("g1")).Fault);
        using var rsa = RSA.Create(2048);
        SigningRequest.Read(new CertificateRequest("", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem()).MustName("g1");
    }

    [Fact]
    public void Any_bytes_are_refused_by_a_rule_and_nothing_else_is_thrown()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = new CertificateRequest("CN=g1", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            var bytes = good.ToArray();
            bytes[at] = value;
            try
            {
                SigningRequest.Read(PemEncoding.WriteString("CERTIFICATE REQUEST", bytes.AsSpan(0, length == 0 ? bytes.Length : length)));
                // Nothing was changed, or nothing that counts.
                return length == 0 || length == good.Length;
            }
            catch (SigningRequestException)
            {
                return true;
            }
        }, iter: 500);
    }

    /// <summary>The same request with the signature of another key.</summary>
    private static string Resigned(byte[] request, ECDsa other)
    {
        var parts = new AsnReader(request, AsnEncodingRules.DER).ReadSequence();
        var (content, algorithm) = (parts.ReadEncodedValue(), parts.ReadEncodedValue());
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(content.Span);
            writer.WriteEncodedValue(algorithm.Span);
            writer.WriteBitString(other.SignData(content.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
        return PemEncoding.WriteString("CERTIFICATE REQUEST", writer.Encode());
    }
}
