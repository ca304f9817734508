using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Tests.Cloud.Fleet;

/// <summary>Signs with SHA-1, whatever is asked for: .NET makes no such signature any more, and an old device may still send one.</summary>
internal sealed class Sha1Signature(RSA key) : X509SignatureGenerator
{
    private const string Sha1WithRsa = "1.2.840.113549.1.1.5";

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Sha1WithRsa);
            writer.WriteNull();
        }
        return writer.Encode();
    }

#pragma warning disable CA5350 // That it is weak is what the tests are about.
    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);
#pragma warning restore CA5350

    protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
}
