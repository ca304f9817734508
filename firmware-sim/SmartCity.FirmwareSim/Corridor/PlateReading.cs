using System.Text;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>How cameras write plates, and what they take them for when they err.</summary>
internal static class PlateReading
{
    /// <summary>Writings of a plate; a make of camera keeps to one.</summary>
    public const int Styles = 4;

    private static readonly string[] _digitPairs = ["23", "34", "50", "69"];
    private static readonly string[] _skeletons = ["بپتثنی", "زژ", "سش", "فق", "کگ"];
    private static readonly string[] _latinPairs = ["O0", "B8", "S5", "Z2", "1I"];
    private const string CarLetters = "بجدسصطقلمنوهیپتثشزفکعگژ";

    /// <summary>The text that a camera sends.</summary>
    public static string Write(NumberPlate plate, int style) => plate.Kind == PlateKind.Foreign ? (style == 0 ? plate.Text : Spaced(plate.Text)) : style switch
    {
        1 => "\u2066" + Folded(Spaced(plate.Text), '\u06F0') + "\u2069",
        2 => Folded(plate.Text, '\u0660').Replace('ی', 'ي').Replace('ک', 'ك'),
        3 => Spaced(plate.Text) + "\u200F ایران",
        _ => plate.Text,
    };

    /// <summary>The plate that a camera takes this one for: one character becomes another that looks alike, and what comes out is a plate.</summary>
    /// <returns>Null where nothing in it looks like anything else.</returns>
    public static NumberPlate? Misread(NumberPlate plate, ref Chance chance)
    {
        var found = new List<string>();
        foreach (var group in plate.Kind == PlateKind.Foreign ? _latinPairs : [.. _digitPairs, .. _skeletons])
        {
            for (var i = 0; i < plate.Text.Length; i++)
            {
                if (!group.Contains(plate.Text[i], StringComparison.Ordinal)) continue;
                foreach (var other in group)
                {
                    if (other == plate.Text[i]) continue;
                    var text = string.Concat(plate.Text.AsSpan(0, i), [other], plate.Text.AsSpan(i + 1));
                    if (IsValid(text, plate.Kind)) found.Add(text);
                }
            }
        }
        return found.Count == 0 ? null : plate with { Text = found[chance.Below(found.Count)] };
    }

    /// <summary>Whether a text is a plate of a kind.</summary>
    public static bool IsValid(string text, PlateKind kind) => kind switch
    {
        PlateKind.Motorcycle => text.Length == 8 && AreDigits(text) && !text.AsSpan(3).Contains('0') && string.CompareOrdinal(text[..3], "111") >= 0 && string.CompareOrdinal(text[..3], "839") <= 0,
        PlateKind.Diplomatic => text.Length == 8 && text[2] is 'D' or 'S' && AreDigits(text.AsSpan(0, 2)) && AreDigits(text.AsSpan(3)) && IsRegion(text.AsSpan(6)),
        PlateKind.Historic => text.Length == 11 && text.StartsWith("تاریخی", StringComparison.Ordinal) && AreDigits(text.AsSpan(6)),
        PlateKind.Foreign => text.Length is > 0 and <= 15 && text.All(letter => char.IsAsciiDigit(letter) || char.IsAsciiLetterUpper(letter)),
        _ => IsCar(text),
    };

    private static bool IsCar(string text)
    {
        if (text.Length < 8) return false;
        var letter = text[2..^5];
        return (letter == "الف" || (letter.Length == 1 && CarLetters.Contains(letter[0], StringComparison.Ordinal)))
            && AreDigits(text.AsSpan(0, 2)) && AreDigits(text.AsSpan(text.Length - 5))
            && !text.AsSpan(0, 2).Contains('0') && !text.AsSpan(text.Length - 5, 3).Contains('0') && IsRegion(text.AsSpan(text.Length - 2));
    }

    private static bool IsRegion(ReadOnlySpan<char> text) => text[0] != '0' && text is not ("39" or "50" or "54" or "60" or "70" or "80" or "90");

    private static bool AreDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static string Folded(string text, char zero)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var letter in text) folded.Append(char.IsAsciiDigit(letter) ? (char)(letter - '0' + zero) : letter);
        return folded.ToString();
    }

    /// <summary>With a space where digits and letters meet.</summary>
    private static string Spaced(string text)
    {
        var spaced = new StringBuilder(text.Length + 3);
        for (var i = 0; i < text.Length; i++)
        {
            if (i > 0 && char.IsAsciiDigit(text[i]) != char.IsAsciiDigit(text[i - 1])) spaced.Append(' ');
            spaced.Append(text[i]);
        }
        return spaced.ToString();
    }
}
