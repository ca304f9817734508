using System.Security.Cryptography;

namespace SmartCity.Devices.Credentials;

/// <summary>PBKDF2 with SHA-256, written <c>pbkdf2$iterations$salt$hash</c>, the last two in base 64.</summary>
/// <param name="Iterations">Rounds, 1 to 10,000,000.</param>
/// <param name="Salt">8 bytes or more.</param>
/// <param name="Hash">32 bytes.</param>
public sealed record PasswordHash(int Iterations, byte[] Salt, byte[] Hash)
{
    private const int UsualIterations = 100_000;

    /// <summary>The hash of a password, under a salt of its own.</summary>
    public static PasswordHash Of(ReadOnlySpan<byte> password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return new PasswordHash(UsualIterations, salt, Rfc2898DeriveBytes.Pbkdf2(password, salt, UsualIterations, HashAlgorithmName.SHA256, 32));
    }

    /// <summary>Reads one; null where the text is none.</summary>
    public static PasswordHash? TryParse(string? text)
    {
        if (text?.Split('$') is not ["pbkdf2", var iterations, var salt, var hash]) return null;
        if (!int.TryParse(iterations, out var count) || count is < 1 or > 10_000_000) return null;
        var saltBytes = new byte[64];
        var hashBytes = new byte[64];
        return Convert.TryFromBase64String(salt, saltBytes, out var saltLength) && saltLength >= 8 && Convert.TryFromBase64String(hash, hashBytes, out var hashLength) && hashLength == 32
            ? new PasswordHash(count, saltBytes[..saltLength], hashBytes[..hashLength]) : null;
    }

    /// <summary>Whether it is that of a password; takes as long for any.</summary>
    public bool Fits(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(Rfc2898DeriveBytes.Pbkdf2(password, Salt, Iterations, HashAlgorithmName.SHA256, Hash.Length), Hash);

    /// <inheritdoc/>
    public override string ToString() => $"pbkdf2${Iterations}${Convert.ToBase64String(Salt)}${Convert.ToBase64String(Hash)}";
}
