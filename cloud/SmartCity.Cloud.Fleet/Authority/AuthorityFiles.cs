using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>
/// The authority's folder: <c>root-N.pem</c>, <c>issuer-N.pem</c>, the encrypted keys beside them (<c>.key</c>), and <c>authority.json</c>, which says which
/// of them are kept. That file is written last, so that a crash leaves the authority before or the one after.
/// </summary>
internal sealed class AuthorityFiles
{
    private const string ListName = "authority.json";
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly AuthorityPassphrase _passphrase;

    private AuthorityFiles(string folder, AuthorityPassphrase passphrase) => (Folder, _passphrase) = (folder, passphrase);

    /// <summary>Absolute path.</summary>
    public string Folder { get; }

    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, ListName));

    /// <summary>City of the authority in a folder, without opening its keys.</summary>
    /// <exception cref="AuthorityException">Its list cannot be read.</exception>
    public static string CityOf(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(Path.Combine(folder, ListName)), _json)?.City ?? throw new JsonException("it names no city");
        }
        catch (JsonException error)
        {
            throw new AuthorityException($"{Path.Combine(folder, ListName)} cannot be read: {error.Message}", error);
        }
    }

    /// <exception cref="AuthorityException">There is no passphrase for keys that are there.</exception>
    public static AuthorityFiles In(string folder, string? passphraseFile)
    {
        folder = Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new AuthorityFiles(folder, AuthorityPassphrase.Find(folder, passphraseFile, Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"), mayMake: !IsIn(folder)));
    }

    /// <summary>What is kept; null where nothing is yet. Issuers come with their keys, roots without: they sign only in a rotation.</summary>
    /// <exception cref="AuthorityException">Something cannot be read.</exception>
    public AuthorityState? Read()
    {
        if (!IsIn(Folder)) return null;
        try
        {
            var list = JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(Path.Combine(Folder, ListName)), _json);
            if (list is not { Format: 1, City: not null, Roots.Count: > 0, Issuers.Count: > 0 })
                throw new AuthorityException($"{Path.Combine(Folder, ListName)} is not of this program's format; was it written by a newer one? Restore the authority from a backup.");
            return new AuthorityState(list.City,
                [.. list.Roots.Select(number => new AuthorityCertificate(number, number, X509CertificateLoader.LoadCertificateFromFile(PathOf("root", number, "pem"))))],
                [.. list.Issuers.Select(one => new AuthorityCertificate(one.Number, one.Root, WithKey("issuer", one.Number)))]);
        }
        catch (Exception error) when (error is JsonException or CryptographicException or FileNotFoundException)
        {
            throw new AuthorityException($"The authority in {Folder} cannot be opened: {error.Message} Is the passphrase the one it was made with? If a file is damaged, restore the authority from a backup (smartcity authority restore).", error);
        }
    }

    /// <summary>A root with its key.</summary>
    /// <exception cref="AuthorityException">Its key cannot be read.</exception>
    public AuthorityCertificate Unlocked(AuthorityCertificate root)
    {
        if (root.Certificate.HasPrivateKey) return root;
        try
        {
            return root with { Certificate = WithKey("root", root.Number) };
        }
        catch (Exception error) when (error is CryptographicException or IOException)
        {
            throw new AuthorityException($"The key of root {root.Number} cannot be used: {error.Message} If it is kept elsewhere, put it back into {Folder} for this step.", error);
        }
    }

    /// <summary>Writes what was not kept before, and then the list. Files of a rotation that a crash ended stand in no list and are written over.</summary>
    public void Write(AuthorityState state, AuthorityState? before)
    {
        foreach (var root in state.Roots.Where(root => before?.Roots.Any(kept => kept.Number == root.Number) != true)) Write("root", root);
        foreach (var issuer in state.Issuers.Where(issuer => before?.Issuers.Any(kept => kept.Number == issuer.Number) != true)) Write("issuer", issuer);
        var list = new Kept(1, state.City, [.. state.Roots.Select(root => root.Number)], [.. state.Issuers.Select(issuer => new KeptIssuer(issuer.Number, issuer.Root))]);
        DurableFile.Replace(Path.Combine(Folder, ListName), JsonSerializer.SerializeToUtf8Bytes(list, _json));
    }

    private void Write(string kind, AuthorityCertificate one)
    {
        using var key = one.Certificate.GetECDsaPrivateKey()!;
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, _passphrase.Iterations);
        // The key first: a certificate without its key would look whole.
        DurableFile.Replace(PathOf(kind, one.Number, "key"), Encoding.ASCII.GetBytes(key.ExportEncryptedPkcs8PrivateKeyPem(_passphrase.Text, encryption) + "\n"));
        DurableFile.Replace(PathOf(kind, one.Number, "pem"), Encoding.ASCII.GetBytes(one.Certificate.ExportCertificatePem() + "\n"));
    }

    private X509Certificate2 WithKey(string kind, int number) => X509Certificate2.CreateFromEncryptedPemFile(PathOf(kind, number, "pem"), _passphrase.Text, PathOf(kind, number, "key"));

    private string PathOf(string kind, int number, string ending) => Path.Combine(Folder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind}-{number}.{ending}"));

    private sealed record Kept(int Format, string City, IReadOnlyList<int> Roots, IReadOnlyList<KeptIssuer> Issuers);

    private sealed record KeptIssuer(int Number, int Root);
}
