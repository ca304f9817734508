using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>A root or an issuing authority.</summary>
/// <param name="Number">Its number, from 1, never given twice.</param>
/// <param name="Root">Number of its root; its own for a root.</param>
/// <param name="Certificate">Its certificate; with its key where it signs.</param>
internal sealed record AuthorityCertificate(int Number, int Root, X509Certificate2 Certificate);

/// <summary>What is kept of the authority, replaced as a whole.</summary>
/// <param name="City">Name of the city.</param>
/// <param name="Roots">Roots that are trusted, the oldest first.</param>
/// <param name="Issuers">Issuing authorities that are trusted, the oldest first; each with its key.</param>
internal sealed record AuthorityState(string City, IReadOnlyList<AuthorityCertificate> Roots, IReadOnlyList<AuthorityCertificate> Issuers) : IDisposable
{
    public void Dispose()
    {
        foreach (var one in Roots.Concat(Issuers)) one.Certificate.Dispose();
    }
}
