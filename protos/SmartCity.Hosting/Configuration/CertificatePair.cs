using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmartCity.Hosting.Configuration;

/// <summary>Judges PEM files of certificates that settings name, so that their errors come with all others at the start.</summary>
public static class CertificatePair
{
    /// <summary>What is wrong with a certificate and its private key, under the names of the two settings; nothing where both are absent, or a file is missing, which <see cref="ExistingFileAttribute"/> says.</summary>
    /// <param name="certificate">PEM file of the certificate.</param>
    /// <param name="key">PEM file of its private key.</param>
    /// <param name="certificateName">Name of the first setting.</param>
    /// <param name="keyName">Name of the second.</param>
    public static IEnumerable<ValidationResult> Validate(string? certificate, string? key, string certificateName = "Certificate", string keyName = "Key")
    {
        var (hasCertificate, hasKey) = (!string.IsNullOrEmpty(certificate), !string.IsNullOrEmpty(key));
        if (hasCertificate != hasKey) yield return new ValidationResult("a certificate and its key are set together or not at all.", [hasKey ? certificateName : keyName]);
        if (!hasCertificate || !hasKey || !File.Exists(certificate) || !File.Exists(key)) yield break;
        if (WrongCertificate(certificate!) is { } wrong) yield return new ValidationResult(wrong, [certificateName]);
        else if (WrongKey(certificate!, key!) is { } wrongKey) yield return new ValidationResult(wrongKey, [keyName]);
    }

    /// <summary>What is wrong with a file of trusted certificates; null where nothing is, or the file is missing.</summary>
    public static string? WrongAuthority(string? authority) => string.IsNullOrEmpty(authority) || !File.Exists(authority) ? null : WrongCertificate(authority);

    private static string? WrongCertificate(string file) => Try(file, "holds no certificate; a PEM file with BEGIN CERTIFICATE is needed.", () =>
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPemFile(file);
        foreach (var one in found) one.Dispose();
        return found.Count > 0;
    });

    private static string? WrongKey(string certificate, string key) => Try(key, $"is not the private key of {certificate}; a PEM file without a password is needed.", () =>
    {
        using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
        return pair.HasPrivateKey;
    });

    private static string? Try(string file, string otherwise, Func<bool> isGood)
    {
        try
        {
            return isGood() ? null : $"{Path.GetFullPath(file)} {otherwise}";
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // An argument exception says that the key is another certificate's.
            return $"{Path.GetFullPath(file)} {otherwise}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The file's own rule says it.
            return null;
        }
    }
}
