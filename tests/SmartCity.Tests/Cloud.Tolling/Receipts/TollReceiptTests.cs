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
        var check = TollReceipt.Check(Receipt().Write(), publicKey);
        Assert.Equal((ReceiptFault.None, "109000 IRR"), (check.Fault, check.Receipt?["total"]));
        Assert.True(TollReceipt.Check(Receipt().Write(), null).IsValid);
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(ReceiptFault.OtherKey, TollReceipt.Check(Receipt().Write(), another).Fault);
    }

    [Fact]
    public void Any_changed_removed_or_added_character_makes_it_invalid_whether_the_key_is_given_or_not()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Char[' ', '~'], Gen.Int[0, 2], Gen.Bool).Sample((at, other, how, isGiven) =>
        {
            var changed = file[..at] + (how == 1 ? "" : other.ToString()) + file[(how == 2 ? at : at + 1)..];
            return changed == file || !TollReceipt.Check(changed, isGiven ? publicKey : null).IsValid;
        });
    }

    [Theory]
    [InlineData("total: 109000 IRR", "total: 109 IRR", ReceiptFault.Content, 0)]
    [InlineData("index 3", "index 2", ReceiptFault.Content, 0)]
    [InlineData("index 3", "index 03", ReceiptFault.Line, 8)]
    [InlineData("index 3", "index", ReceiptFault.Line, 8)]
    [InlineData("charge: charge-3", "charge charge-3", ReceiptFault.Line, 2)]
    [InlineData("\n7\n", "\n8\n", ReceiptFault.Signature, 0)]
    [InlineData("\n7\n", "\n07\n", ReceiptFault.Checkpoint, 0)]
    [InlineData("smartcity toll receipt 1", "smartcity toll receipt 2", ReceiptFault.NoReceipt, 0)]
    public void What_is_wrong_is_named(string part, string by, ReceiptFault fault, int line)
    {
        var file = Receipt().Write();
        Assert.Contains(part, file, StringComparison.Ordinal);
        var check = TollReceipt.Check(file.Replace(part, by, StringComparison.Ordinal), null);
        Assert.Equal((fault, line), (check.Fault, check.Line));
    }

    [Fact]
    public void A_readable_part_says_what_the_receipt_says_or_makes_it_invalid()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        Assert.Equal(ReceiptFault.Readable, TollReceipt.Check("109000\n" + file, publicKey).Fault);
        Assert.True(TollReceipt.Check("109000\n" + file, publicKey, Readable).IsValid);
        Assert.Equal(ReceiptFault.Readable, TollReceipt.Check("109\n" + file, publicKey, Readable).Fault);
        // A second receipt before the one that is checked is nothing that people may be shown.
        Assert.Equal(ReceiptFault.Readable, TollReceipt.Check(file.Replace("109000", "109", StringComparison.Ordinal) + "\n" + file, publicKey, Readable).Fault);

        static IEnumerable<string> Readable(TollReceipt receipt) => [receipt["total"]!.Split(' ')[0] + "\n"];
    }

    [Fact]
    public void No_second_way_to_write_the_same_values_passes()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        // The last letter of a base64 text has bits that no byte holds: its neighbour reads alike.
        for (var at = 0; at < file.Length; at++) Assert.False(TollReceipt.Check($"{file[..at]}{(char)(file[at] + 1)}{file[(at + 1)..]}", publicKey).IsValid);
    }

    [Fact]
    public void Any_text_at_all_is_only_invalid()
    {
        using var publicKey = Public();
        var file = Receipt().Write();
        Gen.String.Sample(text => !TollReceipt.Check(text, publicKey).IsValid && Checkpoint.Verify(text, publicKey) is null);
        Gen.Int[0, file.Length - 1].Sample(length => !TollReceipt.Check(file[..length], null).IsValid);
        Assert.False(TollReceipt.Check(new string('a', TollReceipt.TextMax) + "\n" + file, null).IsValid);
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
            [new("charge", $"charge-{i}"), new("point", "تهران–شمال 1"), new("time", "2026-11-24T06:12:03+03:30"), new("total", "109000 IRR")])).ToList();
        var leaves = receipts.Select(receipt => Commitment.Leaf(receipt.Salt, TollReceipt.TextOf(receipt.Fields))).ToList();
        var checkpoint = new Checkpoint("toll.example/receipts", leaves.Count, MerkleTree.Root(leaves), 1_795_485_689).Sign(_key);
        return new TollReceipt(receipts[3].Fields, receipts[3].Salt, 3, _key.ExportSubjectPublicKeyInfo(), MerkleTree.Inclusion(leaves, 3), checkpoint);
    }
}
