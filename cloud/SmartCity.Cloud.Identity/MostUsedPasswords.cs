using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Identity;

/// <summary>
/// The most used passwords that are long enough for <see cref="PasswordRules"/> and that none of its other rules catches. Of the 30,000 most used fewer than 230
/// have twelve characters; the rest is refused by its length.
/// </summary>
internal static class MostUsedPasswords
{
    private const string Resource = "SmartCity.Cloud.Identity.most-used-passwords.txt";
    private static readonly FrozenSet<ulong> _hashes = Read();

    /// <summary>How many are known, each with and without the digits at its end.</summary>
    public static int Count => _hashes.Count;

    /// <summary>Whether a password is one of them, whatever its case, and whatever digits and marks stand at its end.</summary>
    public static bool Has(string password)
    {
        var small = password.ToLowerInvariant();
        var bare = small.AsSpan().TrimEnd("0123456789!?.,-_*#$@+ ");
        return _hashes.Contains(HashOf(small)) || _hashes.Contains(HashOf(bare));
    }

    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4 * PasswordRules.LengthMax];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    private static FrozenSet<ulong> Read()
    {
        using var reader = new StreamReader(typeof(MostUsedPasswords).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in the assembly."));
        var hashes = new HashSet<ulong>();
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#')) hashes.Add(ulong.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return hashes.ToFrozenSet();
    }
}
