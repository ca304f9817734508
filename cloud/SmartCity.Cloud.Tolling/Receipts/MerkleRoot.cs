namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>The root over leaf hashes that come one after the other. Holds one hash for each level of the tree, however many come.</summary>
internal sealed class MerkleRoot
{
    /// <summary>Roots of whole subtrees, the largest first.</summary>
    private readonly List<byte[]> _whole = [];

    /// <summary>Leaves so far.</summary>
    public long Count { get; private set; }

    /// <summary>Takes the next leaf.</summary>
    public void Add(byte[] leaf)
    {
        var hash = leaf;
        for (var before = Count++; (before & 1) == 1; before >>= 1)
        {
            hash = MerkleTree.Node(_whole[^1], hash);
            _whole.RemoveAt(_whole.Count - 1);
        }
        _whole.Add(hash);
    }

    /// <summary>The root over all that came.</summary>
    public byte[] Value() => _whole.Count == 0 ? MerkleTree.Root([]) : _whole.AsEnumerable().Reverse().Aggregate((right, left) => MerkleTree.Node(left, right));
}
