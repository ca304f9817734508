using System.Text;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>
/// Texts as they are compared: keyboards and old systems write one Persian letter with several code points, and digits in three alphabets.
/// <c>web/src/search-text.ts</c> does the same in the browser; one golden file holds both to it.
/// </summary>
public static class SearchText
{
    /// <summary>Persian and Arabic digits as Latin ones, their separators as . and nothing; the rest as it is.</summary>
    public static string Latin(string text)
    {
        var latin = new StringBuilder(text.Length);
        foreach (var letter in text)
            if (letter is not '٬') latin.Append(letter switch { >= '۰' and <= '۹' => (char)(letter - '۰' + '0'), >= '٠' and <= '٩' => (char)(letter - '٠' + '0'), '٫' => '.', _ => letter });
        return latin.ToString();
    }

    /// <summary>
    /// A text as a search compares it: one letter for ی ي ى ئ, ک ك, ه ة ۀ, و ؤ, ا آ أ إ; no marks of vowels, direction or joining, digits Latin, letters small,
    /// blanks single.
    /// </summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var letter in Latin(text).Normalize(NormalizationForm.FormKC).ToLowerInvariant())
        {
            var one = letter switch
            {
                'ي' or 'ى' or 'ئ' => 'ی',
                'ك' => 'ک',
                'ة' or 'ۀ' => 'ه',
                'ؤ' => 'و',
                'آ' or 'أ' or 'إ' => 'ا',
                // Zero-width non-joiner and joiner, marks of direction, tatweel, vowels.
                '\u200C' or '\u200D' or '\u200E' or '\u200F' or '\u061C' or 'ـ' or (>= '\u064B' and <= '\u0655') or '\u0670' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') => '\0',
                _ => char.IsWhiteSpace(letter) ? ' ' : letter,
            };
            if (one == '\0' || (one == ' ' && (folded.Length == 0 || folded[^1] == ' '))) continue;
            folded.Append(one);
        }
        return folded.ToString().TrimEnd();
    }
}
