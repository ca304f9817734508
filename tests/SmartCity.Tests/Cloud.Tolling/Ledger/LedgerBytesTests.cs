using CsCheck;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Tests.Cloud.Tolling.Ledger;

public sealed class LedgerBytesTests
{
    // Made from the layout that LedgerBytes documents by another program, with Python's struct and hashlib.
    private const string Golden =
        "01020a000000000000006024c016fc60060001000000090000000000000002001032547698badcfeefcdab896745230116006c696162696c6974793a707265706169643a343731310d006c696162696c6974793a766174" +
        "282300000000000001524a0b000108006368617267652d31ffffffff080054484e2d312d4c320107000000000000000000000000000000";

    private static readonly TransferPosted _posted = new(1, 9, 2, new Transfer(new UInt128(0x0123456789abcdef, 0xfedcba9876543210), "liability:prepaid:4711", "liability:vat", 9000,
        TransferCode.Charge, new DateOnly(2026, 11, 3), BatchKind.Normal, new TransferLinks(Charge: "charge-1", Lane: "THN-1-L2"), Reverses: 7));

    [Fact]
    public void An_entry_has_its_golden_bytes_and_hash()
    {
        var bytes = LedgerBytes.Encode(10, 1_795_485_689_980_000, _posted);
        Assert.Equal(Golden, Convert.ToHexStringLower(bytes));
        var genesis = LedgerBytes.Genesis(new LedgerIdentity("toll", "IRR", 0));
        Assert.Equal("8f3bcb6f52795524023b5ac3a6244a75879d6d47f66ec7f2a1d7d56d5b696c5c", Convert.ToHexStringLower(genesis));
        Assert.Equal("0945616875ef59af6b90a1a7be6fb6a2912eb65f1fb1d8120a81ddb674989284", Convert.ToHexStringLower(LedgerBytes.Hash(genesis, bytes)));
    }

    [Fact]
    public void Decode_inverts_Encode_for_every_kind()
    {
        var zeros = new string('0', 64);
        foreach (var content in (LedgerEvent[])[_posted, _posted with { Transfer = _posted.Transfer with { Reverses = null, Links = TransferLinks.None } }, new AccountOpened(3, "asset:bank", AccountLimit.NotBelowZero),
            new PeriodOpened(1, DateOnly.MinValue, DateOnly.MaxValue, "آدا"), new PeriodClosing(1, "ada"), new PeriodReopened(1, "ada", "E1"), new PeriodSealed(1, new(2026, 11, 30), "ada", "grace", 9, zeros, zeros, zeros, zeros)])
            Assert.Equal(new LedgerEntry(5, -1, content, ""), LedgerBytes.Decode(LedgerBytes.Encode(5, -1, content)));
    }

    [Fact]
    public void Decode_refuses_what_is_not_canonical_and_throws_nothing_else()
    {
        var golden = Convert.FromHexString(Golden);
        Gen.Select(Gen.Int[0, golden.Length - 1], Gen.Byte, Gen.Int[0, golden.Length + 3]).Sample((at, value, length) =>
        {
            var bytes = golden.ToArray();
            bytes[at] = value;
            Array.Resize(ref bytes, length);
            try
            {
                var entry = LedgerBytes.Decode(bytes);
                return LedgerBytes.Encode(entry.Number, entry.PostedAt, entry.Event).AsSpan().SequenceEqual(bytes);
            }
            catch (FormatException)
            {
                return true;
            }
        });
    }
}
