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
        return Inclusion((from, count) => Root(leaves, from, count), index, leaves.Count);
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
        return Consistency((from, count) => Root(leaves, from, count), first, leaves.Count);
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

    internal static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        // Of each tree there are as many as leaves, so it is done without an object for each.
        if (left.Length != HashLength || right.Length != HashLength) return Prefixed(1, left, right);
        Span<byte> both = stackalloc byte[1 + (2 * HashLength)];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashLength)..]);
        return SHA256.HashData(both);
    }

    /// <summary>The path, where <paramref name="root"/> gives the root of the leaves from one on.</summary>
    internal static List<byte[]> Inclusion(Func<long, long, byte[]> root, long index, long size)
    {
        var path = new List<byte[]>();
        for (var (from, count) = (0L, size); count > 1;)
        {
            var left = Left(count);
            var inLeft = index - from < left;
            path.Add(inLeft ? root(from + left, count - left) : root(from, left));
            (from, count) = inLeft ? (from, left) : (from + left, count - left);
        }
        path.Reverse();
        return path;
    }

    internal static List<byte[]> Consistency(Func<long, long, byte[]> root, long first, long size)
    {
        var path = new List<byte[]>();
        var (from, count, whole) = (0L, size, true);
        while (first - from < count)
        {
            var left = Left(count);
            var inLeft = first - from <= left;
            path.Add(inLeft ? root(from + left, count - left) : root(from, left));
            (from, count, whole) = inLeft ? (from, left, whole) : (from + left, count - left, false);
        }
        // The earlier tree itself is known to whoever asks.
        if (!whole) path.Add(root(from, count));
        path.Reverse();
        return path;
    }

    /// <summary>The largest power of two below a count of at least 2.</summary>
    internal static long Left(long count) => 1L << BitOperations.Log2((ulong)(count - 1));

    private static byte[] Root(IReadOnlyList<byte[]> leaves, long from, long count) =>
        count == 1 ? leaves[(int)from] : Left(count) is var left ? Node(Root(leaves, from, left), Root(leaves, from + left, count - left)) : [];

    private static byte[] Prefixed(byte prefix, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([prefix]);
        hash.AppendData(left);
        hash.AppendData(right);
        return hash.GetHashAndReset();
    }
}
