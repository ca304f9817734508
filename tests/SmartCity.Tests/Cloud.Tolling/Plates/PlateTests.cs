using CsCheck;
using SmartCity.Cloud.Tolling.Plates;

namespace SmartCity.Tests.Cloud.Tolling.Plates;

public sealed class PlateTests
{
    private const string Letters = "ابپتثجدزژسشصطعفقکگلمنوهیيكDSTHRIEر0123456789۰۱۲۳۴۵۶۷۸۹٠١٢٣ -‌‎\u0640♿ﭖﺏ";
    private static readonly Gen<string> _texts = Gen.OneOf(Gen.String[Gen.Char[Letters], 0, 14], Gen.String);
    private static readonly Gen<Plate> _cars = Gen.Select(Gen.Int[11, 99], Gen.OneOf("ب", "ج", "پ", "ت", "ث", "ع", "الف", "گ"), Gen.Int[111, 999], Gen.Int[10, 99])
        .Select((two, letter, three, region) => PlateGrammar.Parse($"{two}{letter}{three}{region}")).Where(plate => plate is not null).Select(plate => plate!);

    [Theory]
    [InlineData("12ب34567", "12ب34567", PlateCategory.Private)]
    [InlineData("۱۲ ب ۳۴۵ - ایران ۶۷", "12ب34567", PlateCategory.Private)]
    [InlineData("١٢ب٣٤٥٦٧", "12ب34567", PlateCategory.Private)]
    [InlineData("\u200F12\u200Cب\u0640345\u200E67", "12ب34567", PlateCategory.Private)]
    [InlineData("\u2067۱۲\u2068ب\u2069۳۴۵\u2069\u206A۶۷", "12ب34567", PlateCategory.Private)] // isolates
    [InlineData("\u202B12\u202Eب\u202C345\u061C67\u202A", "12ب34567", PlateCategory.Private)] // embeddings, an override, the Arabic letter mark
    [InlineData("\uFEFF12\u00A0ب\u2011345\u200D67", "12ب34567", PlateCategory.Private)] // a byte order mark, spaces and hyphens that do not break
    [InlineData("12\uFE91345\u06F6\u0667", "12ب34567", PlateCategory.Private)] // a shaped letter, digits of three scripts
    [InlineData("12ي34567", "12ی34567", PlateCategory.Private)]
    [InlineData("12ك34567", "12ک34567", PlateCategory.Agricultural)]
    [InlineData("12ا34567", "12الف34567", PlateCategory.Government)]
    [InlineData("12الف34567", "12الف34567", PlateCategory.Government)]
    [InlineData("12پ34567", "12پ34567", PlateCategory.Police)]
    [InlineData("12ت34567", "12ت34567", PlateCategory.Taxi)]
    [InlineData("12ع34567", "12ع34567", PlateCategory.PublicTransport)]
    [InlineData("12♿34567", "12ژ34567", PlateCategory.Disabled)]
    [InlineData("11 ♿ 111", "11ژ111", PlateCategory.Disabled)]
    [InlineData("12345678", "12345678", PlateCategory.Motorcycle)]
    [InlineData("تاریخی ۱۲۳۴۵", "تاریخی12345", PlateCategory.Historic)]
    [InlineData("THR 12345", "THR12345", PlateCategory.International)]
    public void Writings_of_a_plate_come_to_one(string text, string canonical, PlateCategory category)
    {
        var plate = PlateGrammar.Parse(text);
        Assert.Equal((canonical, category), (plate?.Canonical, plate?.Category));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12ب345")]
    [InlineData("12ب34539")] // a region that is not given out
    [InlineData("10ب34567")] // no zero among the first digits
    [InlineData("12چ34567")] // no plate has this letter
    [InlineData("12بپ34567")]
    [InlineData("१२ب34567")] // digits of another script
    [InlineData("１２ب３４５６７")] // full-width digits
    [InlineData("12B34567")] // a Latin letter that looks like none
    [InlineData("12\u0411\u0433" + "34567")] // Cyrillic
    [InlineData("12\uD800ب34567")] // half of a letter
    [InlineData("12ب345\067")]
    public void What_is_no_plate_is_none(string text) => Assert.Null(PlateGrammar.Parse(text));

    [Fact]
    public void A_foreign_plate_is_known_by_its_country()
    {
        Assert.Equal("TR:34ABC123", PlateGrammar.Parse("34 abc 123", "tr")!.Key);
        Assert.NotEqual(PlateGrammar.Parse("AB123", "DE")!.Key, PlateGrammar.Parse("AB123", "FR")!.Key);
        Assert.Null(PlateGrammar.Parse("AB123", "Germany"));
    }

    [Fact]
    public void Normalising_again_changes_nothing_and_nothing_throws() => _texts.Sample(text =>
    {
        var once = PlateGrammar.Normalise(text);
        Assert.Equal(once, PlateGrammar.Normalise(once));
        foreach (var country in (string?[])[null, "IR", "TR"])
        {
            if (PlateGrammar.Parse(text, country) is not { } plate) continue;
            Assert.Equal(plate, PlateGrammar.Parse(plate.Display, plate.Country));
            Assert.Equal(plate, PlateGrammar.ParseKey(plate.Key));
        }
    }, iter: 5_000);

    [Fact]
    public void A_match_never_crosses_a_letter_by_itself() => Gen.Select(_cars, Gen.Int[0, 7], Gen.Char["بپتثنی2345690"]).Sample((registered, at, other) =>
    {
        // Seldom more than one place from the register, so that there is something to correct.
        var text = registered.Canonical;
        if (PlateGrammar.Parse(text[..at] + other + text[(at + 1)..]) is not { } read) return;
        var match = PlateMatcher.Match(read, 0.5, 1, key => key == registered.Key, _ => true, 0.9);
        if (match.Outcome != PlateOutcome.AutoGradeB) return;
        Assert.Equal(registered, match.Plate);
        Assert.Equal(read.Category, match.Plate.Category);
        Assert.Equal(read.Canonical.Where(c => !char.IsAsciiDigit(c)), match.Plate.Canonical.Where(c => !char.IsAsciiDigit(c)));
    }, iter: 5_000);

    [Theory]
    [InlineData("12ب34567", 0.95, true, PlateOutcome.Exact)] // stands as read
    [InlineData("12ب34567", 0.5, true, PlateOutcome.Review)] // stands, but hardly read
    [InlineData("12ب24567", 0.95, true, PlateOutcome.AutoGradeB)] // 2 for 3, and the tag agrees
    [InlineData("12ب24567", 0.95, false, PlateOutcome.Review)] // nobody agrees
    [InlineData("12پ34567", 0.95, true, PlateOutcome.Review)] // dots make a police car
    public void A_read_is_judged_against_the_register(string text, double weakest, bool agrees, PlateOutcome outcome)
    {
        var match = PlateMatcher.Match(PlateGrammar.Parse(text)!, weakest, 1, key => key == "IR:12ب34567", _ => agrees, 0.9);
        Assert.Equal(outcome, match.Outcome);
        Assert.Equal(outcome == PlateOutcome.Exact, match.MayPenalise);
    }

    [Fact]
    public void Two_registered_neighbours_are_for_a_human() =>
        Assert.Equal(PlateOutcome.Review, PlateMatcher.Match(PlateGrammar.Parse("12ب33567")!, 0.95, 1, key => key is "IR:12ب34567" or "IR:12ب23567", _ => true, 0.9).Outcome);

    [Fact]
    public void A_pseudonym_depends_on_plate_and_key_and_not_on_the_writing()
    {
        byte[] first = [.. Enumerable.Repeat((byte)1, 32)], second = [.. Enumerable.Repeat((byte)2, 32)];
        var plate = PlateGrammar.Parse("12ب34567")!;
        Assert.Equal(PlatePseudonym.Of(first, plate), PlatePseudonym.Of(first, PlateGrammar.Parse("۱۲ب۳۴۵۶۷")!));
        Assert.NotEqual(PlatePseudonym.Of(first, plate), PlatePseudonym.Of(second, plate));
        Assert.NotEqual(PlatePseudonym.Of(first, plate), PlatePseudonym.Of(first, PlateGrammar.Parse("12ب34568")!));
        Assert.Throws<ArgumentException>(() => PlatePseudonym.Of([1, 2, 3], plate));
    }
}
