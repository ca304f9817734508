using System.Buffers;
using System.Text;

namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>Reads number plates: <c>text → strip → digits → letters → grammar → plate</c>. Never throws, for any text.</summary>
/// <remarks>
/// <code>
/// car           = d d LETTER d d d region        ; d = 1–9, region of the list
/// disabled, old = d d ژ d d d                    ; without region
/// diplomatic    = 2DIGIT ("D" / "S") 3DIGIT region / ("D" / "S") 3DIGIT *3DIGIT   ; the three are the country's or organisation's
/// motorcycle    = code 5d                        ; code 111–839
/// historic      = "تاریخی" 5DIGIT
/// protocol      = "تشریفات" *5DIGIT
/// abroad        = ("THR" / "TEH") 5DIGIT
/// foreign       = 1*15(letter / DIGIT)
/// </code>
/// Which short diplomatic and protocol numbers are given out is not published; their shape is read generously.
/// Digits mean 0–9 of ASCII only: <c>\d</c> and <see cref="char.IsDigit(char)"/> would let those of forty scripts pass.
/// </remarks>
public static class PlateGrammar
{
    /// <summary>Longest text that is looked at; no plate is longer, however it is spaced.</summary>
    public const int TextCharsMax = 64;

    private const int ForeignCharsMax = 15;
    private const string Historic = "تاریخی";
    private const string Protocol = "تشریفات";
    private const string Alef = "الف";
    /// <summary>What stays as it is in every step of <see cref="Normalise"/>, whatever stands beside it.</summary>
    private static readonly SearchValues<char> _normal = SearchValues.Create("0123456789بجدسصطقلمنوهیپتثشزفکعگژ");

    /// <summary>Reads a plate.</summary>
    /// <param name="text">As a camera or a person wrote it.</param>
    /// <param name="country">ISO 3166 alpha-2, or IRN; null means that nobody said, and only an Iranian plate is recognised then.</param>
    /// <returns>The plate, or null where the text is none.</returns>
    public static Plate? Parse(string? text, string? country = null)
    {
        if (text is null || text.Length > TextCharsMax) return null;
        if (country is null || IsIran(country)) return ParseIranian(Normalise(text));
        if (country.Length != 2 || !char.IsAsciiLetter(country[0]) || !char.IsAsciiLetter(country[1])) return null;
        var foreign = PlateText.FoldLetters(PlateText.FoldDigits(PlateText.StripMarks(text)));
        return foreign.Length is > 0 and <= ForeignCharsMax && foreign.All(letter => char.IsAsciiDigit(letter) || IsPlateLetter(letter))
            ? new Plate(country.ToUpperInvariant(), foreign, Isolated(foreign), PlateCategory.Foreign)
            : null;
    }

    /// <summary>Reads back a <see cref="Plate.Key"/>.</summary>
    public static Plate? ParseKey(string key)
    {
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : Parse(key[(colon + 1)..], key[..colon]);
    }

    /// <summary>The steps before the grammar, for an Iranian plate. Applying it again changes nothing.</summary>
    /// <param name="text">Any text.</param>
    public static string Normalise(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(_normal)) return text;
        // The country's name may come out of shaped letters, or of what stood around another: again until nothing changes.
        for (var before = ""; ;)
        {
            before = text;
            text = PlateText.FoldAlef(PlateText.FoldLetters(PlateText.FoldDigits(PlateText.StripCountry(PlateText.StripMarks(text)))));
            if (text == before) return text;
        }
    }

    private static Plate? ParseIranian(string text)
    {
        if (text.StartsWith(Historic, StringComparison.Ordinal)) return AreDigits(text, Historic.Length, 5, 5) ? Plate(PlateCategory.Historic, Spaced(text, Historic.Length)) : null;
        if (text.StartsWith(Protocol, StringComparison.Ordinal)) return AreDigits(text, Protocol.Length, 0, 5) ? Plate(PlateCategory.Protocol, Spaced(text, Protocol.Length)) : null;
        if (text.StartsWith("THR", StringComparison.Ordinal) || text.StartsWith("TEH", StringComparison.Ordinal))
            return AreDigits(text, 3, 5, 5) ? Plate(PlateCategory.International, $"{text[..3]} {text[3..]}") : null;
        if (text.Length > 0 && text[0] is 'D' or 'S')
            return AreDigits(text, 1, 3, 6) ? Plate(DiplomatOrEmbassy(text[0]), $"{text[0]} {text[1..4]}{(text.Length > 4 ? " " + text[4..] : "")}") : null;
        if (text.Length == 8 && AreDigits(text, 0, 8, 8))
            return IsMotorcycle(text) ? Plate(PlateCategory.Motorcycle, $"{Persian(text[..3])} {Persian(text[3..])}") : null;
        return ParseCar(text);

        Plate Plate(PlateCategory category, string display) => new("IR", text, Isolated(display), category);
    }

    private static Plate? ParseCar(string text)
    {
        if (text.Length < 6 || !char.IsAsciiDigit(text[0]) || !char.IsAsciiDigit(text[1])) return null;
        var letter = text.AsSpan(2).StartsWith(Alef, StringComparison.Ordinal) ? Alef : text.Substring(2, 1);
        if (CategoryOf(letter) is not { } category) return null;
        var number = text[(2 + letter.Length)..];
        var isDiplomatic = letter is "D" or "S";
        if (!isDiplomatic && text.AsSpan(0, 2).Contains('0')) return null;
        if (number.Length is not (3 or 5) || !AreDigits(number, 0, 3, 5) || (!isDiplomatic && number.AsSpan(0, 3).Contains('0'))) return null;
        if (number.Length == 3)
            return letter == "ژ" ? new Plate("IR", text, Isolated($"{Persian(text[..2])} {letter}\u200e {Persian(number)}"), category) : null;
        return PlateRegions.Exists((number[3] - '0') * 10 + number[4] - '0')
            ? new Plate("IR", text, Isolated($"{Persian(text[..2])} {letter}\u200e {Persian(number[..3])} ایران\u200e {Persian(number[3..])}"), category)
            : null;
    }

    private static PlateCategory? CategoryOf(string letter) => letter switch
    {
        "ب" or "ج" or "د" or "س" or "ص" or "ط" or "ق" or "ل" or "م" or "ن" or "و" or "ه" or "ی" => PlateCategory.Private,
        Alef => PlateCategory.Government,
        "پ" => PlateCategory.Police,
        "ث" => PlateCategory.RevolutionaryGuards,
        "ش" => PlateCategory.Army,
        "ز" => PlateCategory.DefenceMinistry,
        "ف" => PlateCategory.GeneralStaff,
        "ک" => PlateCategory.Agricultural,
        "ع" => PlateCategory.PublicTransport,
        "گ" => PlateCategory.TemporaryPassage,
        "ژ" => PlateCategory.Disabled,
        "ت" => PlateCategory.Taxi,
        "D" => PlateCategory.Diplomatic,
        "S" => PlateCategory.Embassy,
        _ => null,
    };

    private static PlateCategory DiplomatOrEmbassy(char letter) => letter == 'D' ? PlateCategory.Diplomatic : PlateCategory.Embassy;

    private static bool IsIran(string country) => country.Equals("IR", StringComparison.OrdinalIgnoreCase) || country.Equals("IRN", StringComparison.OrdinalIgnoreCase);

    private static bool IsMotorcycle(string digits) =>
        string.CompareOrdinal(digits, 0, "111", 0, 3) >= 0 && string.CompareOrdinal(digits, 0, "839", 0, 3) <= 0 && !digits.AsSpan(3).Contains('0');

    private static bool IsPlateLetter(char letter) => char.IsLetter(letter) && !char.IsLower(letter);

    private static bool AreDigits(string text, int from, int min, int max)
    {
        if (text.Length - from < min || text.Length - from > max) return false;
        for (var i = from; i < text.Length; i++)
            if (!char.IsAsciiDigit(text[i])) return false;
        return true;
    }

    private static string Spaced(string text, int at) => at == text.Length ? text : $"{text[..at]} {Persian(text[at..])}";

    private static string Persian(string digits)
    {
        var persian = new StringBuilder(digits.Length);
        foreach (var digit in digits) persian.Append((char)(digit - '0' + '\u06F0'));
        return persian.ToString();
    }

    /// <summary>A plate reads from the left, also within a line that runs from the right; its letters are marked, or the digits after one would run with it.</summary>
    private static string Isolated(string text) => $"\u2066{text}\u2069";
}
