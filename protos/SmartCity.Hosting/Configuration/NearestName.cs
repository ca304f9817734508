namespace SmartCity.Hosting.Configuration;

/// <summary>Finds what a mistyped word was meant to be.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest edits, letter case aside; null when more than a third of the word would have to change.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        var best = known.Select(name => (Name: name, Edits: Edits(word.ToUpperInvariant(), name.ToUpperInvariant())))
            .OrderBy(candidate => candidate.Edits).ThenBy(candidate => candidate.Name, StringComparer.Ordinal).FirstOrDefault();
        return best.Name is not null && best.Edits <= Math.Max(2, word.Length / 3) && best.Edits < word.Length ? best.Name : null;
    }

    /// <summary>" Did you mean …?", or nothing.</summary>
    public static string Hint(string word, IEnumerable<string> known) => Of(word, known) is { } name ? $" Did you mean {name}?" : "";

    /// <summary>Optimal string alignment distance: an insertion, deletion, substitution or swap of neighbours is one edit.</summary>
    private static int Edits(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        return rows[a.Length, b.Length];
    }
}
