using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>Reads the names of certificates. RFC 5280, 4.2.1.6: GeneralName ::= CHOICE { … uniformResourceIdentifier [6] IA5String … }.</summary>
public static class CertificateNames
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag _uri = new(TagClass.ContextSpecific, 6);

    /// <summary>The URI names of a certificate; none where they cannot be read.</summary>
    public static IReadOnlyList<string> UrisOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != SubjectAlternativeName) continue;
            try
            {
                Read(extension.RawData, uris);
            }
            catch (AsnContentException)
            {
                return [];
            }
        }
        return uris;
    }

    /// <summary>The URI names of an extension; null where it holds names of other kinds too.</summary>
    /// <exception cref="AsnContentException">It cannot be read.</exception>
    public static IReadOnlyList<string>? UrisAlone(byte[] extension)
    {
        var uris = new List<string>();
        return Read(extension, uris) ? uris : null;
    }

    private static bool Read(byte[] extension, List<string> uris)
    {
        var (names, alone) = (new AsnReader(extension, AsnEncodingRules.DER).ReadSequence(), true);
        while (names.HasData)
            if (names.PeekTag().HasSameClassAndValue(_uri)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, _uri));
            else
            {
                names.ReadEncodedValue();
                alone = false;
            }
        return alone;
    }
}
