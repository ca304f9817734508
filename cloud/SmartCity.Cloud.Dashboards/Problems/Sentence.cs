using System.Globalization;
using SmartCity.Cloud.Dashboards.Languages;

namespace SmartCity.Cloud.Dashboards.Problems;

/// <summary>A sentence that is said in the language of whoever reads it, which its writer does not know.</summary>
/// <param name="key">Key of its words in <c>Words/problems.*.json</c>.</param>
/// <param name="parts">What stands at {0}, {1}…: whole numbers, written with the language's digits and separators; anything else as it is.</param>
public sealed class Sentence(string key, params IReadOnlyList<object> parts)
{
    private Sentence? _next;

    /// <summary>Key of its words.</summary>
    public string Key => key;

    /// <summary>The same with another one after it; null = nothing more to say.</summary>
    public Sentence Then(Sentence? next)
    {
        if (next is null) return this;
        return new Sentence(key, parts) { _next = _next?.Then(next) ?? next };
    }

    /// <summary>Its words in a language.</summary>
    /// <exception cref="KeyNotFoundException">The key has no words.</exception>
    public string In(Language language)
    {
        ArgumentNullException.ThrowIfNull(language);
        var text = new LocalText(language, TimeZoneInfo.Utc);
        var said = Words.OfProblems(language)[key, [.. parts.Select(Written)]];
        return _next is null ? said : $"{said} {_next.In(language)}";

        string Written(object part) => part switch
        {
            int or long => text.Whole(Convert.ToInt64(part, CultureInfo.InvariantCulture)),
            // An id of Latin letters must not turn the Persian around it; the marks do what <bdi> does on a page.
            _ when language.IsRightToLeft => $"\u2068{part}\u2069",
            _ => Convert.ToString(part, CultureInfo.InvariantCulture) ?? "",
        };
    }
}
