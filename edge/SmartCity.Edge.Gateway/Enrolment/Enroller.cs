using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmartCity.Model;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>Gets the gateway its identity, and renews it. Nothing of the gateway's work waits for it.</summary>
internal sealed class Enroller(IdentityFolder folder, TimeProvider clock)
{
    /// <summary>Enrols with a code or claim secret.</summary>
    /// <param name="cloud">Address of the city's server.</param>
    /// <param name="typed">Code and fingerprint, as typed or scanned.</param>
    /// <param name="fingerprint">The root's fingerprint, or its beginning as codes hold it, where the code was typed without it.</param>
    /// <param name="makesNewKey">Whether a new key is made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EnrolmentException">It failed.</exception>
    /// <exception cref="IOException">The identity cannot be kept.</exception>
    public async Task<Identity> EnrolAsync(Uri cloud, string typed, string? fingerprint, bool makesNewKey, CancellationToken cancellationToken)
    {
        var code = EnrolmentCode.Read(typed) ?? throw new EnrolmentException("This is no enrolment code: it has 14 characters, the last of which checks the others, and one of them is wrong or missing. Compare each group; there is no I, L, O or U in it.", EnrolmentFault.Typed);
        var named = EnrolmentCode.FingerprintIn(typed) ?? Fingerprint(fingerprint) ?? throw new EnrolmentException(
            "The beginning of the root's fingerprint is missing: it proves the city to this gateway, as the code proves the gateway to the city. Give the whole code as smartcity gateway enrol-code prints it, or --fingerprint.", EnrolmentFault.Typed);
        using var key = folder.Key(makesNewKey);
        var client = new CityClient(cloud, clock);
        var root = await RootAsync(client, cloud, named, cancellationToken);
        try
        {
            return folder.Save(key, await client.EnrolAsync([root], code, key, cancellationToken), cloud);
        }
        catch (EnrolmentException error) when (error.Fault == EnrolmentFault.Refused && !makesNewKey)
        {
            // The answer to an earlier attempt may have been lost after the code was spent: then the city knows the key.
            try
            {
                return folder.Save(key, await client.EnrolAsync([root], null, key, cancellationToken), cloud);
            }
            catch (EnrolmentException again) when (again.Fault == EnrolmentFault.Refused)
            {
                throw error;
            }
        }
    }

    /// <summary>Renews the certificate.</summary>
    /// <param name="identity">The present one, ended or not.</param>
    /// <param name="address">Address of the city's server, where settings name one; null = the one that it enrolled by.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EnrolmentException">It failed.</exception>
    /// <exception cref="IOException">The identity cannot be read or kept.</exception>
    public async Task<Identity> RenewAsync(Identity identity, string? address, CancellationToken cancellationToken)
    {
        using var key = folder.Key(makesNew: false);
        var cloud = new Uri(address ?? identity.Cloud);
        return folder.Save(key, await new CityClient(cloud, clock).RenewAsync(Roots(folder.RootsFile), Own(folder, identity), key, cancellationToken), cloud);
    }

    /// <summary>The certificate to show, with that of its issuer.</summary>
    /// <exception cref="IOException">A file cannot be used.</exception>
    public static SslStreamCertificateContext Own(IdentityFolder folder, Identity identity) => Own(folder.PathOf(identity.Certificate), folder.PathOf(identity.Key));

    /// <summary>A certificate to show, with those between it and its root that stand in its file.</summary>
    /// <exception cref="CryptographicException">A file cannot be used.</exception>
    public static SslStreamCertificateContext Own(string certificateFile, string keyFile)
    {
        var others = new X509Certificate2Collection();
        others.ImportFromPemFile(certificateFile);
        if (others.Count > 0) others.RemoveAt(0);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificateFile, keyFile), others, offline: true);
    }

    /// <summary>The roots of a file.</summary>
    /// <exception cref="CryptographicException">It cannot be used.</exception>
    public static X509Certificate2Collection Roots(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots;
    }

    private static async Task<X509Certificate2> RootAsync(CityClient client, Uri cloud, string named, CancellationToken cancellationToken)
    {
        var roots = await client.RootsAsync(cancellationToken);
        return roots.FirstOrDefault(root => EnrolmentCode.Names(named, Convert.ToHexStringLower(SHA256.HashData(root.RawData)))) ?? throw new EnrolmentException(
            $"The server at {cloud} is not that of the code: the fingerprint of its root is {string.Join(" or ", roots.Select(root => Convert.ToHexStringLower(SHA256.HashData(root.RawData))[..16] + "…"))}, another than the code names. Nothing was sent to it. Check the address; if it is right, somebody stands between.", EnrolmentFault.Stranger);
    }

    private static string? Fingerprint(string? given)
    {
        if (given is null) return null;
        var text = new string([.. given.Where(letter => letter is not (':' or '-' or ' '))]);
        if (text.Length == 64 && text.All(char.IsAsciiHexDigit)) return text.ToLowerInvariant();
        return text.Length == EnrolmentCode.FingerprintCharacters ? text.ToUpperInvariant() : throw new EnrolmentException($"\"{given}\" is no fingerprint; 64 hexadecimal digits are needed, or the {EnrolmentCode.FingerprintCharacters} characters behind a code.", EnrolmentFault.Typed);
    }
}
