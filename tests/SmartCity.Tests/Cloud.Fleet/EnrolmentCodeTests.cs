using CsCheck;
using SmartCity.Model;

namespace SmartCity.Tests.Cloud.Fleet;

public sealed class EnrolmentCodeTests
{
    private const string Fingerprint = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Fact]
    public void A_code_has_65_random_bits_and_is_read_back_however_it_is_written()
    {
        Assert.True(EnrolmentCode.RandomCharacters * 5 >= 64);
        for (var i = 0; i < 200; i++)
        {
            var code = EnrolmentCode.Make();
            Assert.Equal(14, code.Length);
            Assert.DoesNotContain(code, letter => "ILOU".Contains(letter, StringComparison.Ordinal));
            var whole = EnrolmentCode.Whole(code, Fingerprint);
            foreach (var written in (string[])[code, EnrolmentCode.Grouped(code), whole, whole.ToLowerInvariant(), whole.Replace('-', ' '), whole.Replace('0', 'O').Replace('1', 'l'), $"  {whole}\n", EnrolmentCode.Qr("tehran:g.1", code, Fingerprint)])
                Assert.Equal(code, EnrolmentCode.Read(written));
        }
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => EnrolmentCode.Make()).Distinct().Count());
    }

    [Fact]
    public void Every_single_wrong_character_and_every_two_that_changed_places_are_found()
    {
        for (var round = 0; round < 20; round++)
        {
            var code = EnrolmentCode.Make();
            for (var i = 0; i < code.Length; i++)
            {
                foreach (var letter in EnrolmentCode.Alphabet.Where(letter => letter != code[i])) Assert.Null(EnrolmentCode.Read(code[..i] + letter + code[(i + 1)..]));
                for (var j = i + 1; j < code.Length; j++)
                {
                    if (code[i] == code[j]) continue;
                    var swapped = code.ToCharArray();
                    (swapped[i], swapped[j]) = (swapped[j], swapped[i]);
                    Assert.Null(EnrolmentCode.Read(new string(swapped)));
                }
            }
        }
    }

    [Fact]
    public void Both_forms_carry_the_root_s_fingerprint_and_another_root_is_told_from_it()
    {
        var code = EnrolmentCode.Make();
        foreach (var form in (string[])[EnrolmentCode.Whole(code, Fingerprint), EnrolmentCode.Qr("g1", code, Fingerprint)])
        {
            var named = EnrolmentCode.FingerprintIn(form)!;
            Assert.True(EnrolmentCode.Names(named, Fingerprint));
            // Any bit of the first 80.
            for (var bit = 0; bit < 80; bit++)
            {
                var other = Convert.FromHexString(Fingerprint);
                other[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(EnrolmentCode.Names(named, Convert.ToHexStringLower(other)));
            }
        }
        Assert.Null(EnrolmentCode.FingerprintIn(EnrolmentCode.Grouped(code)));
    }

    [Fact]
    public void Nothing_that_is_typed_makes_it_throw() => Gen.OneOf(Gen.String, Gen.String[Gen.Char["SC1:-0123456789ABCDEFGHJKMNPQRSTVWXYZ "], 0, 120]).Sample(text =>
    {
        _ = EnrolmentCode.Read(text);
        _ = EnrolmentCode.FingerprintIn(text);
        return EnrolmentCode.Read(text + new string('A', 500)) is null;
    });
}
