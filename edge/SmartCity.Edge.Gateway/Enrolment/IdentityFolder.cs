using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using SmartCity.Hosting.Files;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>
/// The gateway's identity, <c>{data}/identity</c>: its key, which never leaves the box (0600), its certificate with that of the issuer, the roots that it
/// trusts, and <c>identity.json</c>, which is written last and names the others: a crash leaves the identity before or the one after.
/// </summary>
internal sealed class IdentityFolder
{
    private const string ListName = "identity.json", RootsName = "authorities.pem", WaitingKeyName = "waiting.key";
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly string _folder;

    private IdentityFolder(string folder) => _folder = folder;

    /// <summary>The folder in a gateway's data folder; it need not exist.</summary>
    public static IdentityFolder In(string data) => new(Path.Combine(data, "identity"));

    /// <summary>PEM file of the roots.</summary>
    public string RootsFile => Path.Combine(_folder, RootsName);

    /// <summary>The identity; null where the gateway is not enrolled.</summary>
    public Identity? Read()
    {
        try
        {
            var kept = JsonSerializer.Deserialize<Identity>(File.ReadAllBytes(Path.Combine(_folder, ListName)), _json);
            return kept is { Gateway: not null, Key: not null, Certificate: not null } && File.Exists(PathOf(kept.Key)) && File.Exists(PathOf(kept.Certificate)) && File.Exists(RootsFile) ? kept : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Path of a file of the identity.</summary>
    public string PathOf(string name) => Path.Combine(_folder, Path.GetFileName(name));

    /// <summary>The key to enrol with: the one in use, else one that waits for an answer, else a new one. It is on the disk before it is used.</summary>
    /// <param name="makesNew">Whether a new one is made whatever there is.</param>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public ECDsa Key(bool makesNew)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
        else Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var waiting = PathOf(WaitingKeyName);
        if (!makesNew && (Read() is { } identity ? PathOf(identity.Key) : File.Exists(waiting) ? waiting : null) is { } file)
        {
            var kept = ECDsa.Create();
            try
            {
                kept.ImportFromPem(File.ReadAllText(file));
                return kept;
            }
            catch (Exception error) when (error is ArgumentException or CryptographicException)
            {
                kept.Dispose();
                throw new IOException($"{file} is no key: {error.Message} Make a new one: smartcity-gateway enrol --new-key", error);
            }
        }
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.Replace(waiting, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        return key;
    }

    /// <summary>Keeps what the city gave.</summary>
    /// <param name="key">The key that it is for.</param>
    /// <param name="issued">What came.</param>
    /// <param name="cloud">Address that it came from.</param>
    /// <exception cref="EnrolmentException">The certificate is not of this key.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Identity Save(ECDsa key, IssuedIdentity issued, Uri cloud)
    {
        using (var certificate = X509Certificate2.CreateFromPem(issued.Certificate))
        {
            if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())) throw new EnrolmentException("The city answered with a certificate of another key. Try again.", EnrolmentFault.Unreachable);
        }
        var name = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8]);
        var identity = new Identity(issued.Gateway, issued.City, cloud.ToString(), string.Create(CultureInfo.InvariantCulture, $"https://{cloud.Host}:{issued.UplinkPort}"), $"{name}.key", $"{name}.pem", issued.ServerTime, issued.NotAfter);
        if (!File.Exists(PathOf(identity.Key))) DurableFile.Replace(PathOf(identity.Key), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        DurableFile.Replace(PathOf(identity.Certificate), Encoding.ASCII.GetBytes(issued.Certificate));
        DurableFile.Replace(RootsFile, Encoding.ASCII.GetBytes(issued.Authorities));
        var before = Read();
        DurableFile.Replace(PathOf(ListName), JsonSerializer.SerializeToUtf8Bytes(identity, _json));
        File.Delete(PathOf(WaitingKeyName));
        if (before is not null && before.Key != identity.Key) foreach (var old in new[] { before.Key, before.Certificate }) File.Delete(PathOf(old));
        return identity;
    }
}

/// <summary>Who the gateway is.</summary>
/// <param name="Gateway">Gateway id.</param>
/// <param name="City">Name of the city.</param>
/// <param name="Cloud">Address by which it enrolled and renews.</param>
/// <param name="Uplink">Address of the uplink.</param>
/// <param name="Key">File of the key.</param>
/// <param name="Certificate">File of the certificate.</param>
/// <param name="Issued">When it was issued, by the server's clock.</param>
/// <param name="NotAfter">End of the certificate.</param>
internal sealed record Identity(string Gateway, string City, string Cloud, string Uplink, string Key, string Certificate, DateTimeOffset Issued, DateTimeOffset NotAfter);

/// <summary>What the city answers to an enrolment or a renewal.</summary>
internal sealed record IssuedIdentity(string Gateway, string City, string Certificate, string Authorities, int UplinkPort, DateTimeOffset NotAfter, DateTimeOffset ServerTime);
