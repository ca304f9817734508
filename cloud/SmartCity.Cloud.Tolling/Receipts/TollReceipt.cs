using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// A receipt that its holder checks without us: what was charged, the salt, the path to the root and the signed checkpoint, as one text file.
/// Any change to the file makes it invalid.
/// </summary>
/// <remarks>
/// <code>
/// smartcity toll receipt 1
/// {name}: {value}            one line a field, in order; what the leaf commits to
///
/// salt {base64}
/// index {leaf}
/// key {base64}               public key that signed, as a subject public key of P-256
/// {base64}                   one line a hash beside the path, lowest first
///
/// {checkpoint}
/// </code>
/// What stands before the title is for people; whoever writes it has to check it, see <see cref="Check"/>.
/// </remarks>
/// <param name="Fields">Names and values in order; none is empty or holds a line break, and names hold no colon.</param>
/// <param name="Salt">Salt of the leaf.</param>
/// <param name="Index">The leaf's number, from 0.</param>
/// <param name="PublicKey">Key that signed, as a subject public key (DER). By itself it says nothing of whose it is.</param>
/// <param name="Path">Hashes beside the path.</param>
/// <param name="Checkpoint">The signed checkpoint.</param>
public sealed record TollReceipt(IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Salt, long Index, byte[] PublicKey, IReadOnlyList<byte[]> Path, string Checkpoint)
{
    /// <summary>The longest text that is looked at, characters.</summary>
    public const int TextMax = 64 * 1024;
    private const string Title = "smartcity toll receipt 1";

    /// <summary>The value of a field; null where there is none.</summary>
    public string? this[string name] => Fields.FirstOrDefault(field => field.Key == name).Value;

    /// <summary>The text that a leaf commits to.</summary>
    /// <exception cref="ArgumentException">A field cannot stand in a line.</exception>
    public static string TextOf(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Count == 0) throw new ArgumentException("A receipt has at least one field.");
        var text = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (!IsField(name, value)) throw new ArgumentException($"'{name}: {value}' cannot stand in a line.");
            text.Append(name).Append(": ").Append(value).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The fields of a text that <see cref="TextOf"/> made; null for any other.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? FieldsOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.EndsWith('\n')) return null;
        var fields = text[..^1].Split('\n').Select(FieldOf).ToList();
        return fields.Any(field => field is null) ? null : [.. fields.Select(field => field!.Value)];
    }

    /// <summary>The file, without anything for people before it.</summary>
    public string Write()
    {
        var text = new StringBuilder().Append(Title).Append('\n').Append(TextOf(Fields)).Append('\n');
        text.Append("salt ").Append(Convert.ToBase64String(Salt)).Append('\n').Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        text.Append("key ").Append(Convert.ToBase64String(PublicKey)).Append('\n');
        foreach (var hash in Path) text.Append(Convert.ToBase64String(hash)).Append('\n');
        return text.Append('\n').Append(Checkpoint).ToString();
    }

    /// <summary>Reads and checks a file: the leaf stands under the checkpoint's root, and the key signed that.</summary>
    /// <param name="file">Its text.</param>
    /// <param name="key">The public key of whom it is to be from; null to check by the key that it brings along, which proves only that it was not changed since that key signed it.</param>
    /// <param name="readable">What may stand before the receipt for people, made from it; null where nothing may.</param>
    /// <returns>What was found. Never throws for any text.</returns>
    public static ReceiptCheck Check(string file, ECDsa? key, Func<TollReceipt, IEnumerable<string>>? readable = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Length > TextMax || At(file) is not (>= 0 and var begin)) return Wrong(ReceiptFault.NoReceipt);
        var (preface, before) = (file[..begin], file.AsSpan(0, begin).Count('\n'));
        if (file[begin..].Split("\n\n", 3) is not [var head, var proof, var checkpoint]) return Wrong(ReceiptFault.Incomplete);
        var (lines, proofLines) = (head.Split('\n'), proof.Split('\n'));
        var fields = new List<KeyValuePair<string, string>>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (FieldOf(lines[i]) is not { } field) return Wrong(ReceiptFault.Line, before + i + 1);
            fields.Add(field);
        }
        var first = before + lines.Length + 2;
        if (fields.Count == 0 || proofLines.Length < 3) return Wrong(ReceiptFault.Incomplete);
        if (Named(proofLines[0], "salt ") is not { Length: MerkleTree.HashLength } salt) return Wrong(ReceiptFault.Line, first);
        if (!proofLines[1].StartsWith("index ", StringComparison.Ordinal) || !long.TryParse(proofLines[1].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return Wrong(ReceiptFault.Line, first + 1);
        if (Named(proofLines[2], "key ") is not { } publicKey || KeyOf(publicKey) is not { } own) return Wrong(ReceiptFault.Line, first + 2);
        using (own)
        {
            var path = new List<byte[]>();
            for (var i = 3; i < proofLines.Length; i++)
            {
                if (Receipts.Checkpoint.Bytes(proofLines[i]) is not { Length: MerkleTree.HashLength } hash) return Wrong(ReceiptFault.Line, first + i);
                path.Add(hash);
            }
            var receipt = new TollReceipt(fields, salt, index, publicKey, path, checkpoint);
            // Written again it must be the same text: no number with a zero in front, no second form of base64.
            if (receipt.Write() is var again && again != file[begin..]) return Wrong(ReceiptFault.Line, before + LineOfDifference(again, file[begin..]));
            if (key is not null && !key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey)) return Wrong(ReceiptFault.OtherKey);
            if (Receipts.Checkpoint.Read(checkpoint) is null) return Wrong(ReceiptFault.Checkpoint);
            if (Receipts.Checkpoint.Verify(checkpoint, own) is not { } signed) return Wrong(ReceiptFault.Signature);
            if (!MerkleTree.VerifyInclusion(Commitment.Leaf(salt, TextOf(fields)), index, signed.Size, path, signed.Root)) return Wrong(ReceiptFault.Content);
            return preface.Length == 0 || readable?.Invoke(receipt).Contains(preface, StringComparer.Ordinal) == true ? new ReceiptCheck(ReceiptFault.None, receipt) : Wrong(ReceiptFault.Readable);
        }
    }

    private static ReceiptCheck Wrong(ReceiptFault fault, int line = 0) => new(fault, null, line);

    /// <summary>Where the receipt begins: at the last line that is its title, so that nothing for people can hide a second one.</summary>
    private static int At(string file)
    {
        var at = file.LastIndexOf('\n' + Title + '\n', StringComparison.Ordinal);
        return at >= 0 ? at + 1 : file.StartsWith(Title + '\n', StringComparison.Ordinal) ? 0 : -1;
    }

    private static bool IsField(string name, string value) => name.Length > 0 && value.Length > 0 && !name.Contains(':', StringComparison.Ordinal) && !(name + value).Any(char.IsControl);

    private static KeyValuePair<string, string>? FieldOf(string line) => line.Split(": ", 2) is [var name, var value] && IsField(name, value) ? KeyValuePair.Create(name, value) : null;

    private static byte[]? Named(string line, string name) => line.StartsWith(name, StringComparison.Ordinal) ? Receipts.Checkpoint.Bytes(line[name.Length..]) : null;

    /// <summary>A public key of P-256; null for anything else.</summary>
    private static ECDsa? KeyOf(byte[] publicKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read == publicKey.Length && key.KeySize == 256 && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey)) return key;
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            // Any other bytes, a point that is not on the curve among them.
        }
        key.Dispose();
        return null;
    }

    private static int LineOfDifference(string one, string other)
    {
        var same = one.AsSpan().CommonPrefixLength(other);
        return other.AsSpan(0, same).Count('\n') + 1;
    }
}
