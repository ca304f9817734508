using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// What of a charge stands in the tree: HMAC-SHA-256 of the receipt's text under a salt, the salt being HMAC-SHA-256 of the charge id under a key of the vault.
/// Without the salt the text cannot be guessed from the leaf; with the key erased nobody can make the salt again, and the tree stays as it is.
/// </summary>
public static class Commitment
{
    /// <summary>The salt of a charge.</summary>
    /// <param name="vaultKey">At least 32 bytes.</param>
    /// <param name="charge">Charge id.</param>
    /// <exception cref="ArgumentException">The key is short.</exception>
    public static byte[] Salt(ReadOnlySpan<byte> vaultKey, string charge) => vaultKey.Length >= MerkleTree.HashLength
        ? HMACSHA256.HashData(vaultKey, Encoding.UTF8.GetBytes(charge))
        : throw new ArgumentException($"The key of the vault has at least {MerkleTree.HashLength} bytes, not {vaultKey.Length}.");

    /// <summary>The leaf's hash of a receipt's text.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> salt, string text) => MerkleTree.Leaf(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)));
}
