using System.Security.Cryptography;

namespace SmartCity.Model;

/// <summary>
/// A secret as a person copies it: 13 random characters of Crockford's 32 (no I, L, O, U: 65 bits) and a check character, <c>XXXXX-XXXXX-XXXX</c>. The check
/// character finds every single wrong character and every two that changed places: it is the sum of the characters, each times another power of x, in GF(32).
/// Small letters, spaces and other dashes are taken, and I, L, O for the digits that they look like.
/// </summary>
public static class EnrolmentCode
{
    /// <summary>The 32 characters, by value.</summary>
    public const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    /// <summary>Random characters; 5 bits each.</summary>
    public const int RandomCharacters = 13;
    /// <summary>Characters of the root's fingerprint that stand behind a code where it is copied whole; 80 bits.</summary>
    public const int FingerprintCharacters = 16;
    private const int Length = RandomCharacters + 1;
    /// <summary>What stands in front of a code as a QR symbol holds it.</summary>
    public const string QrPrefix = "SC1:";

    /// <summary>A new code without separators.</summary>
    public static string Make()
    {
        var random = RandomNumberGenerator.GetBytes(RandomCharacters);
        Span<char> code = stackalloc char[Length];
        for (var i = 0; i < RandomCharacters; i++) code[i] = Alphabet[random[i] & 31];
        code[^1] = Check(code[..RandomCharacters]);
        return new string(code);
    }

    /// <summary>A code in groups, for people.</summary>
    public static string Grouped(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return $"{code[..5]}-{code[5..10]}-{code[10..]}";
    }

    /// <summary>The code and the beginning of a fingerprint in one: what a gateway takes. Both are needed: one proves the gateway to the city, the other the city to the gateway.</summary>
    /// <param name="code">A code without separators.</param>
    /// <param name="fingerprint">SHA-256 of the root, hexadecimal.</param>
    public static string Whole(string code, string fingerprint) => $"{Grouped(code)}-{Groups(FingerprintText(fingerprint))}";

    /// <summary>What a QR symbol holds: <c>SC1:{gateway}:{code}:{fingerprint}</c>.</summary>
    /// <param name="gateway">Gateway id, for whoever scans it.</param>
    /// <param name="code">A code without separators.</param>
    /// <param name="fingerprint">SHA-256 of the root, hexadecimal.</param>
    public static string Qr(string gateway, string code, string fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        return $"{QrPrefix}{gateway}:{code}:{fingerprint.ToUpperInvariant()}";
    }

    /// <summary>The code in what was typed or scanned, without separators; null where there is none or its check character is wrong.</summary>
    public static string? Read(string? typed)
    {
        if (typed is null or { Length: > 400 }) return null;
        typed = typed.Trim();
        // The id of a gateway may hold colons; the code is the last part but one.
        if (typed.StartsWith(QrPrefix, StringComparison.OrdinalIgnoreCase)) typed = typed.Split(':') is [_, .., var middle, _] ? middle : "";
        Span<char> code = stackalloc char[Length];
        var count = 0;
        foreach (var letter in typed)
        {
            if (letter is '-' or ' ' or '–' or '‐' or '\u00AD') continue;
            var upper = char.ToUpperInvariant(letter) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
            if (!Alphabet.Contains(upper, StringComparison.Ordinal)) return null;
            // What follows is the beginning of a fingerprint.
            if (count == Length) break;
            code[count++] = upper;
        }
        return count == Length && Check(code[..RandomCharacters]) == code[^1] ? new string(code) : null;
    }

    /// <summary>The first 80 bits of a fingerprint in the same 32 characters.</summary>
    /// <param name="fingerprint">SHA-256, hexadecimal.</param>
    public static string FingerprintText(string fingerprint)
    {
        var bytes = Convert.FromHexString(fingerprint);
        Span<char> text = stackalloc char[FingerprintCharacters];
        for (var i = 0; i < FingerprintCharacters; i++)
        {
            var bit = i * 5;
            var pair = (bytes[bit / 8] << 8) | bytes[(bit / 8) + 1];
            text[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }
        return new string(text);
    }

    /// <summary>What stands behind the code in what was typed or scanned: a whole fingerprint in hexadecimal, or the beginning of one in these characters; null where there is none.</summary>
    public static string? FingerprintIn(string? typed)
    {
        if (typed is null or { Length: > 400 }) return null;
        typed = typed.Trim();
        if (typed.StartsWith(QrPrefix, StringComparison.OrdinalIgnoreCase)) return typed.Split(':') is [_, .., { Length: 64 } whole] && whole.All(char.IsAsciiHexDigit) ? whole.ToLowerInvariant() : null;
        var letters = typed.Where(letter => letter is not ('-' or ' ' or '–' or '‐' or '\u00AD')).Select(letter => char.ToUpperInvariant(letter) switch { 'O' => '0', 'I' or 'L' => '1', var other => other }).ToArray();
        return letters.Length == Length + FingerprintCharacters && letters.All(letter => Alphabet.Contains(letter, StringComparison.Ordinal)) ? new string(letters, Length, FingerprintCharacters) : null;
    }

    /// <summary>Whether a root is the one that a code names.</summary>
    /// <param name="named">What <see cref="FingerprintIn"/> gives.</param>
    /// <param name="fingerprint">SHA-256 of the root, lower-case hexadecimal.</param>
    public static bool Names(string named, string fingerprint)
    {
        ArgumentNullException.ThrowIfNull(named);
        return named.Length == FingerprintCharacters ? FingerprintText(fingerprint) == named : named.Equals(fingerprint, StringComparison.OrdinalIgnoreCase);
    }

    private static string Groups(string text) => string.Join('-', text.Chunk(4).Select(group => new string(group)));

    private static char Check(ReadOnlySpan<char> code)
    {
        var sum = 0;
        foreach (var letter in code) sum = Times(sum) ^ Alphabet.IndexOf(letter, StringComparison.Ordinal);
        return Alphabet[Times(sum)];
    }

    /// <summary>Times x in GF(32) by x⁵ + x² + 1, in which x has the order 31: no two of the first 31 places have the same weight.</summary>
    private static int Times(int value) => (value & 16) == 0 ? value << 1 : ((value << 1) ^ 0b100101) & 31;
}
