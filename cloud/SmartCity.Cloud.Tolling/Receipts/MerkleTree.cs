using System.Numerics;
using System.Security.Cryptography;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>
/// The Merkle tree of RFC 6962, section 2.1: a leaf's hash is SHA-256(0x00, data), a node's SHA-256(0x01, left, right), and the left subtree of n leaves holds
/// the largest power of two below n. Pure functions of hashes.
/// </summary>
public static class MerkleTree
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashLength = 32;

    /// <summary>The hash of a leaf.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> data) => Prefixed(0, data, []);

    /// <summary>The root over leaf hashes; of none it is SHA-256 of nothing.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        return leaves.Count == 0 ? SHA256.HashData([]) : Root(leaves, 0, leaves.Count);
    }

    /// <summary>The hashes beside the path from a leaf to the root, lowest first.</summary>
    /// <param name="leaves">Leaf hashes.</param>
    /// <param name="index">The leaf, 0 to their number − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf.</exception>
    public static IReadOnlyList<byte[]> Inclusion(IReadOnlyList<byte[]> leaves, long index)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Count);
        var path = new List<byte[]>();
        Inclusion(leaves, (int)index, 0, leaves.Count, path);
        return path;
    }

    /// <summary>The hashes that show that the tree of all leaves continues the tree of the first ones.</summary>
    /// <param name="leaves">Leaf hashes.</param>
    /// <param name="first">Size of the earlier tree, 1 to their number.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such earlier tree.</exception>
    public static IReadOnlyList<byte[]> Consistency(IReadOnlyList<byte[]> leaves, long first)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, leaves.Count);
        var path = new List<byte[]>();
        Consistency(leaves, (int)first, 0, leaves.Count, whole: true, path);
        return path;
    }

    /// <summary>Whether a leaf stands in a tree (RFC 9162, section 2.1.3.2). Never throws.</summary>
    public static bool VerifyInclusion(ReadOnlySpan<byte> leaf, long index, long size, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (path is null || index < 0 || index >= size) return false;
        var (node, last, hash) = (index, size - 1, leaf.ToArray());
        foreach (var sibling in path)
        {
            if (last == 0 || sibling.Length != HashLength) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = Node(sibling, hash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = Node(hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>Whether one tree continues another (RFC 9162, section 2.1.4.2). Never throws.</summary>
    public static bool VerifyConsistency(long first, long second, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> firstRoot, ReadOnlySpan<byte> secondRoot)
    {
        if (path is null || first < 1 || first > second || path.Any(hash => hash.Length != HashLength)) return false;
        if (first == second) return path.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        // A first tree that is a whole subtree is the first hash itself.
        var hashes = BitOperations.IsPow2(first) ? [firstRoot.ToArray(), .. path] : path.ToList();
        if (path.Count == 0) return false;
        var (node, last) = (first - 1, second - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        var (one, two) = (hashes[0], hashes[0]);
        foreach (var hash in hashes.Skip(1))
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                (one, two) = (Node(hash, one), Node(hash, two));
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                two = Node(two, hash);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && one.AsSpan().SequenceEqual(firstRoot) && two.AsSpan().SequenceEqual(secondRoot);
    }

    private static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => Prefixed(1, left, right);

    private static byte[] Root(IReadOnlyList<byte[]> leaves, int from, int count) =>
        count == 1 ? leaves[from] : Left(count) is var left ? Node(Root(leaves, from, left), Root(leaves, from + left, count - left)) : [];

    private static void Inclusion(IReadOnlyList<byte[]> leaves, int index, int from, int count, List<byte[]> path)
    {
        if (count == 1) return;
        var left = Left(count);
        var inLeft = index < left;
        Inclusion(leaves, inLeft ? index : index - left, inLeft ? from : from + left, inLeft ? left : count - left, path);
        path.Add(inLeft ? Root(leaves, from + left, count - left) : Root(leaves, from, left));
    }

    private static void Consistency(IReadOnlyList<byte[]> leaves, int first, int from, int count, bool whole, List<byte[]> path)
    {
        if (first == count)
        {
            if (!whole) path.Add(Root(leaves, from, count));
            return;
        }
        var left = Left(count);
        var inLeft = first <= left;
        Consistency(leaves, inLeft ? first : first - left, inLeft ? from : from + left, inLeft ? left : count - left, whole && inLeft, path);
        path.Add(inLeft ? Root(leaves, from + left, count - left) : Root(leaves, from, left));
    }

    /// <summary>The largest power of two below a count of at least 2.</summary>
    private static int Left(int count) => 1 << BitOperations.Log2((uint)(count - 1));

    private static byte[] Prefixed(byte prefix, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([prefix]);
        hash.AppendData(left);
        hash.AppendData(right);
        return hash.GetHashAndReset();
    }
}
