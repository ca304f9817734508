using System.Security.Cryptography;
using CsCheck;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Tests.Cloud.Tolling.Receipts;

public sealed class TollReceiptTests : IDisposable
{
    private static readonly byte[] _vault = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_receipt_is_valid_with_the_public_key_alone()
    {
        using var publicKey = Public();
        var receipt = TollReceipt.Verify(Receipt().Write(), publicKey);
        Assert.NotNull(receipt);
        Assert.Equal("109000 IRR", receipt.Fields.Single(field => field.Key == "gross").Value);
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(TollReceipt.Verify(Receipt().Write(), another));
    }

    [Fact]
    public void Any_changed_removed_or_added_character_makes_it_invalid()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Char[' ', '~'], Gen.Int[0, 2]).Sample((at, other, how) =>
        {
            var changed = file[..at] + (how == 1 ? "" : other.ToString()) + file[(how == 2 ? at : at + 1)..];
            return changed == file || TollReceipt.Verify(changed, publicKey) is null;
        });
    }

    [Fact]
    public void No_second_way_to_write_the_same_values_passes()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        // The last letter of a base64 text has bits that no byte holds: its neighbour reads alike.
        for (var at = 0; at < file.Length; at++) Assert.Null(TollReceipt.Verify($"{file[..at]}{(char)(file[at] + 1)}{file[(at + 1)..]}", publicKey));
        Assert.Null(TollReceipt.Verify(file.Replace("index 3", "index 03", StringComparison.Ordinal), publicKey));
        Assert.Null(TollReceipt.Verify(file.Replace("\n7\n", "\n07\n", StringComparison.Ordinal), publicKey));
    }

    [Fact]
    public void Any_text_at_all_is_only_invalid()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        Gen.String.Sample(text => TollReceipt.Verify(text, publicKey) is null && Checkpoint.Verify(text, publicKey) is null);
        Gen.Int[0, file.Length - 1].Sample(length => TollReceipt.Verify(file[..length], publicKey) is null);
    }

    [Fact]
    public void A_leaf_tells_nothing_without_the_salt_and_salts_differ_by_charge_and_key()
    {
        var salt = Commitment.Salt(_vault, "charge-3");
        Assert.Equal(salt, Commitment.Salt(_vault, "charge-3"));
        Assert.NotEqual(salt, Commitment.Salt(_vault, "charge-4"));
        Assert.NotEqual(salt, Commitment.Salt([.. _vault.Reverse()], "charge-3"));
        Assert.NotEqual(Commitment.Leaf(salt, "a: b\n"), Commitment.Leaf(Commitment.Salt(_vault, "charge-4"), "a: b\n"));
        Assert.Throws<ArgumentException>(() => Commitment.Salt(_vault.AsSpan(1), "charge-3"));
    }

    [Fact]
    public void A_field_that_could_pass_for_another_line_is_refused() =>
        Assert.All((KeyValuePair<string, string>[])[new("a", "b\nc: d"), new("a: b", "c"), new("", "b"), new("a", "")], field => Assert.Throws<ArgumentException>(() => TollReceipt.TextOf([field])));

    private ECDsa Public()
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_key.ExportSubjectPublicKeyInfo(), out _);
        return key;
    }

    private TollReceipt Receipt()
    {
        var receipts = Enumerable.Range(0, 7).Select(i => (Salt: Commitment.Salt(_vault, $"charge-{i}"), Fields: (KeyValuePair<string, string>[])
            [new("charge", $"charge-{i}"), new("toll point", "تهران–شمال 1"), new("time", "2026-11-24T06:12:03+03:30"), new("gross", "109000 IRR")])).ToList();
        var leaves = receipts.Select(receipt => Commitment.Leaf(receipt.Salt, TollReceipt.TextOf(receipt.Fields))).ToList();
        var checkpoint = new Checkpoint("toll.example/receipts", leaves.Count, MerkleTree.Root(leaves), 1_795_485_689).Sign(_key);
        return new TollReceipt(receipts[3].Fields, receipts[3].Salt, 3, MerkleTree.Inclusion(leaves, 3), checkpoint);
    }
}
