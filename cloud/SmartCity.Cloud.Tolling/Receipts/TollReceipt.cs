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
/// {base64}                   one line a hash beside the path, lowest first
///
/// {checkpoint}
/// </code>
/// </remarks>
/// <param name="Fields">Names and values in order; none is empty or holds a line break, and names hold no colon.</param>
/// <param name="Salt">Salt of the leaf.</param>
/// <param name="Index">The leaf's number, from 0.</param>
/// <param name="Path">Hashes beside the path.</param>
/// <param name="Checkpoint">The signed checkpoint.</param>
public sealed record TollReceipt(IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Salt, long Index, IReadOnlyList<byte[]> Path, string Checkpoint)
{
    private const string Title = "smartcity toll receipt 1";

    /// <summary>The text that a leaf commits to.</summary>
    /// <exception cref="ArgumentException">A field cannot stand in a line.</exception>
    public static string TextOf(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Count == 0) throw new ArgumentException("A receipt has at least one field.");
        var text = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (name.Length == 0 || value.Length == 0 || name.Contains(':', StringComparison.Ordinal) || (name + value).Any(char.IsControl)) throw new ArgumentException($"'{name}: {value}' cannot stand in a line.");
            text.Append(name).Append(": ").Append(value).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The file.</summary>
    public string Write()
    {
        var text = new StringBuilder().Append(Title).Append('\n').Append(TextOf(Fields)).Append('\n');
        text.Append("salt ").Append(Convert.ToBase64String(Salt)).Append('\n').Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (var hash in Path) text.Append(Convert.ToBase64String(hash)).Append('\n');
        return text.Append('\n').Append(Checkpoint).ToString();
    }

    /// <summary>Reads and checks a file: the leaf stands under the checkpoint's root, and the log's key signed that.</summary>
    /// <param name="file">Its text.</param>
    /// <param name="key">The public key of the log.</param>
    /// <returns>The receipt; null where the file is not valid. Never throws for any text.</returns>
    public static TollReceipt? Verify(string file, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Split("\n\n", 3) is not [var head, var proof, var checkpoint] || head.Split('\n') is not [Title, .. var lines] || proof.Split('\n') is not [var salt, var index, .. var path]) return null;
        var fields = lines.Select(line => line.Split(": ", 2)).ToList();
        if (fields.Count == 0 || fields.Any(field => field.Length != 2 || field[0].Length == 0 || field[1].Length == 0 || field[0].Contains(':', StringComparison.Ordinal) || string.Concat(field).Any(char.IsControl))) return null;
        if (!salt.StartsWith("salt ", StringComparison.Ordinal) || Receipts.Checkpoint.Bytes(salt[5..]) is not { Length: MerkleTree.HashLength } saltBytes) return null;
        if (!index.StartsWith("index ", StringComparison.Ordinal) || !long.TryParse(index[6..], NumberStyles.None, CultureInfo.InvariantCulture, out var leaf)) return null;
        var hashes = path.Select(Receipts.Checkpoint.Bytes).ToList();
        if (hashes.Any(hash => hash is not { Length: MerkleTree.HashLength }) || Receipts.Checkpoint.Verify(checkpoint, key) is not { } signed) return null;
        var receipt = new TollReceipt([.. fields.Select(field => KeyValuePair.Create(field[0], field[1]))], saltBytes, leaf, hashes!, checkpoint);
        return receipt.Write() == file && MerkleTree.VerifyInclusion(Commitment.Leaf(saltBytes, TextOf(receipt.Fields)), leaf, signed.Size, receipt.Path, signed.Root) ? receipt : null;
    }
}
