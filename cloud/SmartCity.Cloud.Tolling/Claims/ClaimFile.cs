using System.Security.Cryptography;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>Writes the file of a claim.</summary>
internal static class ClaimFile
{
    /// <summary>Writes it.</summary>
    /// <returns>SHA-256 of what was written, lower-case hexadecimal.</returns>
    public static string Write(Stream to, Claim claim, IEnumerable<ClaimLine> lines)
    {
        using var hash = SHA256.Create();
        using (var both = new CryptoStream(to, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            if (claim.Dialect == ClaimDialect.EZPass) Files.IctxWriter.Write(both, claim, lines);
            else Files.NiopWriter.Write(both, claim, lines);
        }
        return Convert.ToHexStringLower(hash.Hash!);
    }
}
