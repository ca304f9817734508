using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>A certificate that the authority has just issued.</summary>
/// <param name="Serial">Serial number, upper-case hexadecimal.</param>
/// <param name="NotBefore">From then on it holds.</param>
/// <param name="NotAfter">Until then.</param>
/// <param name="ChainPem">The certificate and that of its issuer, PEM.</param>
public sealed record IssuedCertificate(string Serial, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string ChainPem)
{
    internal static IssuedCertificate Of(X509Certificate2 certificate, X509Certificate2 issuer) =>
        new(certificate.SerialNumber, certificate.NotBefore, certificate.NotAfter, certificate.ExportCertificatePem() + "\n" + issuer.ExportCertificatePem() + "\n");
}
