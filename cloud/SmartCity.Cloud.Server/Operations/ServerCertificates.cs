using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The certificates and the authority that settings name; without them the city's own authority serves.</summary>
internal sealed class ServerCertificates : IDisposable
{
    private ServerCertificates(ServerCertificate? uplink, ServerCertificate? https, X509Certificate2Collection authorities) => (Uplink, Https, Authorities) = (uplink, https, authorities);

    /// <summary>Shown to gateways.</summary>
    public ServerCertificate? Uplink { get; }
    /// <summary>Shown to browsers; may be the same.</summary>
    public ServerCertificate? Https { get; }
    /// <summary>Sign gateways' certificates beside the city's own authority; none where settings name none.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>Reads the PEM files.</summary>
    /// <exception cref="SettingsException">Some file is missing or cannot be used; every one is named.</exception>
    public static ServerCertificates Load(ServerOptions options)
    {
        var errors = new List<SettingsError>();
        var uplink = Pair($"{IngestOptions.Section}:{nameof(IngestOptions.Certificate)}", options.Ingest.Certificate, options.Ingest.Key, errors);
        var https = options.HttpsCertificate is null ? uplink
            : Pair($"{ServerOptions.Section}:{nameof(ServerOptions.HttpsCertificate)}", options.HttpsCertificate, options.HttpsKey, errors);
        var authorities = new X509Certificate2Collection();
        var authorityKey = $"{IngestOptions.Section}:{nameof(IngestOptions.Authority)}";
        try
        {
            if (options.Ingest.Authority is { Length: > 0 } file)
            {
                authorities.ImportFromPemFile(file);
                if (authorities.Count == 0) Add(authorityKey, $"{file} holds no certificate; a PEM file is needed.");
            }
        }
        catch (Exception error) when (error is CryptographicException or IOException)
        {
            Add(authorityKey, $"{options.Ingest.Authority} cannot be used: {error.Message} A PEM file is needed.");
        }
        return errors.Count == 0 ? new ServerCertificates(uplink, https, authorities) : throw new SettingsException(errors);

        void Add(string key, string message) => errors.Add(new SettingsError("certificates", key, message));
    }

    public void Dispose()
    {
        Uplink?.Certificate.Dispose();
        if (Https != Uplink) Https?.Certificate.Dispose();
        foreach (var authority in Authorities) authority.Dispose();
    }

    private static ServerCertificate? Pair(string name, string? certificate, string? key, List<SettingsError> errors)
    {
        if (string.IsNullOrEmpty(certificate) && string.IsNullOrEmpty(key)) return null;
        try
        {
            if (certificate is { Length: > 0 } && key is { Length: > 0 })
            {
                var others = new X509Certificate2Collection();
                others.ImportFromPemFile(certificate);
                if (others.Count > 0) others.RemoveAt(0);
                return new ServerCertificate(X509Certificate2.CreateFromPemFile(certificate, key), others);
            }
            errors.Add(new SettingsError("certificates", name, "is not set; name a PEM file, and one of its key."));
        }
        catch (Exception error) when (error is CryptographicException or IOException or ArgumentException)
        {
            // An argument exception says that the key is another certificate's.
            errors.Add(new SettingsError("certificates", name, $"{certificate} with the key {key} cannot be used: {error.Message} Each must be a PEM file, and the key that of the certificate."));
        }
        return null;
    }
}

/// <summary>A certificate that the server shows.</summary>
/// <param name="Certificate">The certificate with its key.</param>
/// <param name="Others">Those between it and its root.</param>
internal sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Others);
