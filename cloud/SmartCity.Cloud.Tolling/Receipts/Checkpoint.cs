using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>The size and root of the tree at a time, signed: lines of origin, size, root and time, an empty line, and <c>— origin base64(key id [4], signature)</c>, as in C2SP's signed note.</summary>
/// <param name="Origin">Name of the log, without spaces or plus.</param>
/// <param name="Size">Leaves.</param>
/// <param name="Root">Root over them.</param>
/// <param name="At">Whole seconds since 1970 UTC.</param>
public sealed record Checkpoint(string Origin, long Size, byte[] Root, long At)
{
    private const int KeyIdLength = 4;

    /// <summary>The checkpoint's lines with the signature, ECDSA over P-256 with SHA-256, DER.</summary>
    /// <exception cref="ArgumentException">The origin cannot stand in a line.</exception>
    public string Sign(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (string.IsNullOrEmpty(Origin) || Origin.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+')) throw new ArgumentException($"'{Origin}' is no origin: it has no spaces and no plus.");
        var signature = key.SignData(Encoding.UTF8.GetBytes(Lines), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return $"{Lines}\n— {Origin} {Convert.ToBase64String([.. KeyId(key), .. signature])}\n";
    }

    /// <summary>Reads a checkpoint without checking its signature; null where it is none. Never throws for any text.</summary>
    public static Checkpoint? Read(string text) => Parse(text)?.Checkpoint;

    /// <summary>Reads a checkpoint and checks its signature.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="key">The public key of the log.</param>
    /// <returns>Null where it is no checkpoint or not signed by the key. Never throws for any text.</returns>
    public static Checkpoint? Verify(string text, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Parse(text) is not { } parsed) return null;
        var (read, signature) = parsed;
        return signature.AsSpan(0, KeyIdLength).SequenceEqual(KeyId(key))
            && key.VerifyData(Encoding.UTF8.GetBytes(read.Lines), signature.AsSpan(KeyIdLength), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) ? read : null;
    }

    private static (Checkpoint Checkpoint, byte[] Signature)? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Split('\n') is not [var origin, var size, var root, var at, "", var signed, ""] || !signed.StartsWith($"— {origin} ", StringComparison.Ordinal)) return null;
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var leaves) || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return null;
        if (Bytes(root) is not { Length: MerkleTree.HashLength } hash || Bytes(signed[(origin.Length + 3)..]) is not { Length: > KeyIdLength } signature) return null;
        var read = new Checkpoint(origin, leaves, hash, seconds);
        // Written again it must be the same text: no number with a zero in front, no second form of base64.
        return $"{read.Lines}\n— {origin} {Convert.ToBase64String(signature)}\n" == text ? (read, signature) : null;
    }

    private string Lines => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n{At}\n");

    internal static byte[]? Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }

    private static byte[] KeyId(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..KeyIdLength];
}
