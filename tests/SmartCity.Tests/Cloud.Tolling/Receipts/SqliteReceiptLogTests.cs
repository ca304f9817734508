using CsCheck;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Tests.Cloud.Tolling.Receipts;

public sealed class SqliteReceiptLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Roots_and_proofs_are_those_of_the_leaves_at_every_size_after_any_batches_and_restarts() => Gen.Int[1, 20].Array[1, 5].Sample(batches =>
    {
        var (file, leaves) = (_folder[$"{Guid.NewGuid():N}.db"], new List<byte[]>());
        foreach (var batch in batches)
        {
            var more = Enumerable.Range(leaves.Count, batch).Select(i => ($"charge-{i}", MerkleTree.Leaf([(byte)i]))).ToList();
            using var log = new SqliteReceiptLog(file);
            log.Append(more);
            log.Append(more);
            leaves.AddRange(more.Select(leaf => leaf.Item2));
            Assert.Equal(leaves.Count, log.Size);
        }
        using var read = new SqliteReceiptLog(file);
        var (size, index) = (leaves.Count, leaves.Count / 3);
        for (var first = 0; first <= size; first++) Assert.Equal(MerkleTree.Root(leaves.Take(first).ToList()), read.Root(first));
        for (var first = 1; first <= size; first++) Assert.Equal(MerkleTree.Consistency(leaves, first), read.Consistency(first, size));
        Assert.Equal(index, read.Find($"charge-{index}"));
        Assert.Equal(MerkleTree.Inclusion(leaves, index), read.Inclusion(index, size));
    }, iter: 8, threads: 1);

    [Fact]
    public void A_charge_has_one_leaf_and_a_refused_batch_leaves_nothing()
    {
        using var log = new SqliteReceiptLog(_folder["receipts.db"]);
        log.Append([("charge-1", MerkleTree.Leaf([1]))]);
        Assert.Throws<ArgumentException>(() => log.Append([("charge-2", MerkleTree.Leaf([2])), ("charge-1", MerkleTree.Leaf([3]))]));
        Assert.Throws<ArgumentException>(() => log.Append([("charge-2", [1, 2, 3])]));
        Assert.Equal((1L, null), (log.Size, log.Find("charge-2")));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Root(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Inclusion(1, 1));
    }
}
