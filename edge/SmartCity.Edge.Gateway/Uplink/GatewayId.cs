using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>The gateway's id: the last part of the URI in its certificate, <c>spiffe://{city}/gateway/{id}</c>.</summary>
internal static class GatewayId
{
    /// <summary>The id, or <c>gateway</c> where there is no certificate that names one.</summary>
    public static string Of(UplinkOptions options)
    {
        try
        {
            if (options.Files.Certificate is not { } file || !File.Exists(file)) return "gateway";
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return certificate.Extensions["2.5.29.17"] is { } names && UriOf(names.RawData) is { } uri ? uri[(uri.LastIndexOf('/') + 1)..] : "gateway";
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            return "gateway";
        }
    }

    private static string? UriOf(byte[] names)
    {
        var sequence = new AsnReader(names, AsnEncodingRules.DER).ReadSequence();
        var uri = new Asn1Tag(TagClass.ContextSpecific, 6);
        while (sequence.HasData)
        {
            if (sequence.PeekTag() == uri) return sequence.ReadCharacterString(UniversalTagNumber.IA5String, uri);
            sequence.ReadEncodedValue();
        }
        return null;
    }
}
