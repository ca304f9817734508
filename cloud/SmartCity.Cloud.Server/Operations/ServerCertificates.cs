using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>The certificates that the server shows, and the authority that it trusts.</summary>
internal sealed class ServerCertificates : IDisposable
{
    private ServerCertificates(X509Certificate2 uplink, X509Certificate2 https, X509Certificate2Collection authorities) => (Uplink, Https, Authorities) = (uplink, https, authorities);

    /// <summary>Shown to gateways.</summary>
    public X509Certificate2 Uplink { get; }
    /// <summary>Shown to browsers; may be the same.</summary>
    public X509Certificate2 Https { get; }
    /// <summary>Sign the gateways' certificates.</summary>
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
            if (options.Ingest.Authority is { Length: > 0 } file) authorities.ImportFromPemFile(file);
            if (authorities.Count == 0) Add(authorityKey, $"{options.Ingest.Authority ?? "(not set)"} holds no certificate; a PEM file is needed.");
        }
        catch (Exception error) when (error is CryptographicException or IOException)
        {
            Add(authorityKey, $"{options.Ingest.Authority} cannot be used: {error.Message} A PEM file is needed.");
        }
        return errors.Count == 0 ? new ServerCertificates(uplink!, https!, authorities) : throw new SettingsException(errors);

        void Add(string key, string message) => errors.Add(new SettingsError("certificates", key, message));
    }

    public void Dispose()
    {
        Uplink.Dispose();
        if (Https != Uplink) Https.Dispose();
        foreach (var authority in Authorities) authority.Dispose();
    }

    private static X509Certificate2? Pair(string name, string? certificate, string? key, List<SettingsError> errors)
    {
        try
        {
            if (certificate is { Length: > 0 } && key is { Length: > 0 }) return X509Certificate2.CreateFromPemFile(certificate, key);
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
