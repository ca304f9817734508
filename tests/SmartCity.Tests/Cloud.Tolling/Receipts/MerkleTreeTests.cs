using CsCheck;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Tests.Cloud.Tolling.Receipts;

public sealed class MerkleTreeTests
{
    // The leaves and roots that implementations of RFC 6962 share as their reference.
    private static readonly string[] _data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] _roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly Gen<(int Size, int First, int Index)> _sizes =
        Gen.Int[1, 70].SelectMany(size => Gen.Select(Gen.Const(size), Gen.Int[1, size], Gen.Int[0, size - 1]));

    [Fact]
    public void The_roots_are_those_of_the_reference_leaves()
    {
        var leaves = _data.Select(data => MerkleTree.Leaf(Convert.FromHexString(data))).ToList();
        Assert.Equal(_roots, Enumerable.Range(0, 9).Select(count => Convert.ToHexStringLower(MerkleTree.Root(leaves.Take(count).ToList()))));
    }

    [Fact]
    public void Leaves_that_come_one_by_one_have_the_same_root() => _sizes.Sample((size, _, _) =>
    {
        var (leaves, root) = (Leaves(size), new MerkleRoot());
        foreach (var leaf in leaves) root.Add(leaf);
        Assert.Equal(MerkleTree.Root(leaves), root.Value());
        Assert.Equal(MerkleTree.Root([]), new MerkleRoot().Value());
    });

    [Fact]
    public void Every_leaf_is_shown_to_be_in_the_tree_and_no_other() => _sizes.Sample((size, _, index) =>
    {
        var leaves = Leaves(size);
        var (root, path) = (MerkleTree.Root(leaves), MerkleTree.Inclusion(leaves, index));
        Assert.True(MerkleTree.VerifyInclusion(leaves[index], index, size, path, root));
        Assert.False(MerkleTree.VerifyInclusion(MerkleTree.Leaf([1, 2, 3]), index, size, path, root));
        Assert.False(MerkleTree.VerifyInclusion(leaves[index], size, size, path, root));
        Assert.False(MerkleTree.VerifyInclusion(leaves[index], index, size, [.. path, root], root));
        for (var other = 0; other < size; other++)
            if (other != index) Assert.False(MerkleTree.VerifyInclusion(leaves[index], other, size, path, root));
        for (var at = 0; at < path.Count; at++) Assert.False(MerkleTree.VerifyInclusion(leaves[index], index, size, [.. path.Take(at), Flipped(path[at]), .. path.Skip(at + 1)], root));
    });

    [Fact]
    public void Every_tree_is_shown_to_continue_every_earlier_one_and_no_other() => _sizes.Sample((size, first, index) =>
    {
        var leaves = Leaves(size);
        var (root, before, path) = (MerkleTree.Root(leaves), MerkleTree.Root(leaves.Take(first).ToList()), MerkleTree.Consistency(leaves, first));
        Assert.True(MerkleTree.VerifyConsistency(first, size, path, before, root));
        leaves[index] = Flipped(leaves[index]);
        if (index < first) Assert.False(MerkleTree.VerifyConsistency(first, size, path, MerkleTree.Root(leaves.Take(first).ToList()), root));
        Assert.False(MerkleTree.VerifyConsistency(first, size, path, before, MerkleTree.Root(leaves)));
        for (var at = 0; at < path.Count; at++) Assert.False(MerkleTree.VerifyConsistency(first, size, [.. path.Take(at), Flipped(path[at]), .. path.Skip(at + 1)], before, root));
    });

    private static List<byte[]> Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleTree.Leaf([(byte)i]))];

    private static byte[] Flipped(byte[] hash) => [(byte)(hash[0] ^ 1), .. hash[1..]];
}
