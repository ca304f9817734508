using System.Text.RegularExpressions;

namespace SmartCity.Cloud.Fleet.Registry;

/// <summary>Units as UCUM writes them (case-sensitive form): the grammar whole, the atoms those that cities measure with.</summary>
public static partial class Ucum
{
    // Metric atoms take a prefix; the others stand alone.
    private static readonly HashSet<string> _metric = new(StringComparer.Ordinal)
    {
        "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F", "Ohm", "S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv",
        "l", "L", "ar", "t", "bar", "u", "eV", "B", "B[SPL]", "B[V]", "B[W]", "cal", "bit", "By", "Bd", "mho", "g%",
    };

    private static readonly HashSet<string> _plain = new(StringComparer.Ordinal)
    {
        "10*", "10^", "[pi]", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "min", "h", "d", "wk", "mo", "a", "gon", "deg", "'", "''", "[degF]", "[ft_i]", "[in_i]", "[mi_i]", "[kn_i]", "[gal_us]",
        "atm", "[pH]", "[CFU]", "[psi]", "[lb_av]",
    };

    private static readonly string[] _prefixes = ["Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y", "Ki", "Mi", "Gi", "Ti"];

    /// <summary>Whether a text is a unit. Never throws.</summary>
    public static bool IsUnit(string text)
    {
        if (text.Length is 0 or > 64) return false;
        var rest = text.AsSpan();
        return Term(ref rest, 0) && rest.IsEmpty;
    }

    // term = ["/"] component { ("." | "/") component }
    private static bool Term(ref ReadOnlySpan<char> rest, int depth)
    {
        if (depth > 8) return false;
        if (rest.StartsWith("/")) rest = rest[1..];
        if (!Component(ref rest, depth)) return false;
        while (!rest.IsEmpty && rest[0] is '.' or '/')
        {
            rest = rest[1..];
            if (!Component(ref rest, depth)) return false;
        }
        return true;
    }

    // component = "(" term ")" | annotation | factor | unit [exponent] [annotation]
    private static bool Component(ref ReadOnlySpan<char> rest, int depth)
    {
        if (rest.IsEmpty) return false;
        if (rest[0] == '(')
        {
            rest = rest[1..];
            if (!Term(ref rest, depth + 1) || rest.IsEmpty || rest[0] != ')') return false;
            rest = rest[1..];
            return true;
        }
        if (rest[0] == '{') return Annotation(ref rest);
        foreach (var match in Atom().EnumerateMatches(rest))
        {
            var word = rest[..match.Length].ToString();
            rest = rest[match.Length..];
            var bare = word;
            if (!IsAtom(bare))
            {
                // An exponent, with or without a sign: m2, s-1.
                bare = word.TrimEnd("0123456789".ToCharArray()).TrimEnd('+', '-');
                if (bare.Length > 0 && !IsAtom(bare)) return false;
                // What is left without a unit is a number: 1, 10, 24.
                if (bare.Length == 0 && !word.All(char.IsAsciiDigit)) return false;
            }
            return rest.IsEmpty || rest[0] != '{' || Annotation(ref rest);
        }
        return false;
    }

    private static bool Annotation(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf('}');
        if (end < 1 || rest[1..end].ContainsAnyExceptInRange('!', '~') || rest[1..end].Contains('{')) return false;
        rest = rest[(end + 1)..];
        return true;
    }

    private static bool IsAtom(string word) =>
        _plain.Contains(word) || _metric.Contains(word) || _prefixes.Any(prefix => word.StartsWith(prefix, StringComparison.Ordinal) && _metric.Contains(word[prefix.Length..]));

    [GeneratedRegex(@"^(?:\[[!-Z^-z|~]+\]|[!-'*+,\-0-9:-Z^-z|~%])+")]
    private static partial Regex Atom();
}
