using System.Text;

namespace SmartCity.Cloud.Tolling.Plates;

/// <summary>The steps that bring the writings of a plate to one, in their order. None throws, for any text.</summary>
/// <remarks>
/// Not by culture and not by <see cref="NormalizationForm.FormKC"/>: fa-IR calls ي and ی equal, ordinal does not, and FormKC leaves them apart.
/// </remarks>
internal static class PlateText
{
    /// <summary>Step 1: takes out direction marks, joiners, tatweel, spaces and hyphens.</summary>
    public static string StripMarks(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var letter in text)
            if (!IsMark(letter)) kept.Append(letter);
        return kept.ToString();
    }

    /// <summary>Step 1, second half: takes out the country's name as it stands on Iranian plates. Wants a text without marks.</summary>
    public static string StripCountry(string text)
    {
        if (text.AsSpan().IndexOfAny('R', 'r', 'ر') < 0) return text;
        // Again until none is left: what is taken out of "IIRR" leaves another one.
        for (var before = ""; before != text;)
        {
            before = text;
            text = text.Replace("ایران", "", StringComparison.Ordinal).Replace("ايران", "", StringComparison.Ordinal)
                .Replace("IRAN", "", StringComparison.OrdinalIgnoreCase).Replace("IR", "", StringComparison.OrdinalIgnoreCase);
        }
        return text;
    }

    /// <summary>Step 2: Persian and Arabic digits to ASCII.</summary>
    public static string FoldDigits(string text) => string.Create(text.Length, text, static (folded, text) =>
    {
        for (var i = 0; i < text.Length; i++)
            folded[i] = text[i] switch
            {
                >= '\u06F0' and <= '\u06F9' => (char)(text[i] - '\u06F0' + '0'),
                >= '\u0660' and <= '\u0669' => (char)(text[i] - '\u0660' + '0'),
                _ => text[i],
            };
    });

    /// <summary>Step 3: the writings of a letter to one, Latin letters to capitals, the wheelchair to ژ.</summary>
    public static string FoldLetters(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            // Shaped letters of old software; what a shape stands for beside letters is dropped.
            if (letter is (>= '\uFB50' and <= '\uFDFF') or (>= '\uFE70' and <= '\uFEFF'))
            {
                if (!char.IsLetter(letter)) continue;
                foreach (var plain in letter.ToString().Normalize(NormalizationForm.FormKC))
                    if (char.IsLetter(plain)) folded.Append(Fold(plain));
            }
            else folded.Append(Fold(letter));
        }
        return folded.ToString();
    }

    /// <summary>Step 3, last part: a lone ا is الف, as the plate has it.</summary>
    public static string FoldAlef(string text)
    {
        var at = text.IndexOf('ا', StringComparison.Ordinal);
        if (at < 0 || text.LastIndexOf('ا') != at) return text;
        foreach (var letter in text)
            if (letter != 'ا' && !char.IsAsciiDigit(letter)) return text;
        return string.Concat(text.AsSpan(0, at), "الف", text.AsSpan(at + 1));
    }

    private static bool IsMark(char letter) => letter is
        '\u200B' or '\u200C' or '\u200D' or '\u200E' or '\u200F' or '\u061C' or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or '\uFEFF'
        or '\uFE0E' or '\uFE0F' or '\u0640'
        or '-' or '_' or '.' or '|' or '/' or '\u00AD' or (>= '\u2010' and <= '\u2015') or '\u2212'
        || char.IsWhiteSpace(letter);

    private static char Fold(char letter) => letter switch
    {
        'ي' or 'ى' or 'ے' => 'ی',
        'ك' or 'ڪ' => 'ک',
        'ة' or 'ۀ' or 'ہ' or 'ھ' or 'ە' => 'ه',
        'أ' or 'إ' or 'آ' or 'ٱ' => 'ا',
        '♿' => 'ژ',
        >= 'a' and <= 'z' => (char)(letter - 'a' + 'A'),
        _ => letter,
    };
}
