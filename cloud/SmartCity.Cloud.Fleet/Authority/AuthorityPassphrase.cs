using System.Security.Cryptography;
using System.Text;
using SmartCity.Hosting.Files;

namespace SmartCity.Cloud.Fleet.Authority;

/// <summary>
/// The passphrase of the authority's keys: from a systemd credential, from a file that settings name, or, where there is neither, from one of 256 random
/// bits that the first start makes. Each is there without a person, so that a server comes up again by itself.
/// </summary>
/// <param name="Text">The passphrase.</param>
/// <param name="Iterations">Rounds of PBKDF2 that it is worth: many for words of a person, few for 256 random bits, which nobody guesses.</param>
public sealed record AuthorityPassphrase(string Text, int Iterations)
{
    /// <summary>Name of the credential in systemd's <c>LoadCredential=</c>.</summary>
    public const string CredentialName = "smartcity-authority-passphrase";
    private const string MadeName = "passphrase";
    private const int LengthMin = 12;
    /// <summary>OWASP 2023 for PBKDF2 with SHA-256.</summary>
    private const int IterationsOfWords = 600_000;
    private const int IterationsOfRandomBits = 1_000;

    /// <summary>Finds it.</summary>
    /// <param name="folder">Folder of the authority; a made one is kept there.</param>
    /// <param name="file">File that settings name; null where they name none.</param>
    /// <param name="credentials">systemd's folder of credentials (<c>$CREDENTIALS_DIRECTORY</c>); null where there is none.</param>
    /// <param name="mayMake">Whether a new one may be made.</param>
    /// <exception cref="AuthorityException">It is too short, or others may read it.</exception>
    public static AuthorityPassphrase Find(string folder, string? file, string? credentials, bool mayMake)
    {
        if (file is not null) return Words(file);
        if (credentials is { Length: > 0 } && Path.Combine(credentials, CredentialName) is var credential && File.Exists(credential)) return Words(credential);
        var made = Path.Combine(folder, MadeName);
        if (File.Exists(made))
        {
            Refuse(made);
            return new AuthorityPassphrase(File.ReadAllText(made).Trim(), IterationsOfRandomBits);
        }
        if (!mayMake)
            throw new AuthorityException($"The passphrase of the authority's keys is missing: {made} is not there, no setting Cloud:Fleet:PassphraseFile names another, and systemd gave no credential {CredentialName}. " +
                "Put it back, or restore the authority from a backup (smartcity authority restore).");
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        DurableFile.Replace(made, Encoding.ASCII.GetBytes(text + "\n"));
        return new AuthorityPassphrase(text, IterationsOfRandomBits);
    }

    private static AuthorityPassphrase Words(string file)
    {
        string text;
        try
        {
            Refuse(file);
            text = File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AuthorityException($"The passphrase of the authority's keys cannot be read: {error.Message}", error);
        }
        return text.Length >= LengthMin ? new AuthorityPassphrase(text, IterationsOfWords) : throw new AuthorityException($"The passphrase in {file} has {text.Length} characters; at least {LengthMin} are needed.");
    }

    private static void Refuse(string file)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & Others) != 0) throw new AuthorityException($"{file} can be read by others; run: chmod 600 {file}");
    }
}
