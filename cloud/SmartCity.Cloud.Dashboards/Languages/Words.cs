using System.Globalization;
using System.Text.Json;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>
/// Everything that the pages say, from <c>Words/*.json</c>, the one place of it; scripts get the same words with the page.
/// Every language has the same keys.
/// </summary>
public sealed class Words
{
    /// <summary>What no script says anything of, and what has many words.</summary>
    private static readonly string[] _ofPagesAlone = ["toll.", "claim.", "dispute.", "receipt.", "retention.", "statement.", "fault.", "alarm.", "fleet."];

    private static readonly Dictionary<string, Words> _byCode = Language.All.ToDictionary(language => language.Code, language => new Words(language.Code));
    private static readonly Dictionary<string, Words> _problemsByCode = Language.All.ToDictionary(language => language.Code, language => new Words($"problems.{language.Code}"));

    private readonly Dictionary<string, string> _words;

    private Words(string file)
    {
        using var stream = typeof(Words).Assembly.GetManifestResourceStream($"{file}.json") ?? throw new InvalidOperationException($"The words of {file} are not in the assembly.");
        _words = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
        // < is escaped too, so that no word can end the element that holds the words.
        Json = JsonSerializer.Serialize(_words.Where(word => !_ofPagesAlone.Any(prefix => word.Key.StartsWith(prefix, StringComparison.Ordinal))).ToDictionary());
    }

    /// <summary>Those that scripts may say as JSON, safe inside HTML.</summary>
    public string Json { get; }

    /// <summary>Keys, in no order.</summary>
    public IEnumerable<string> Keys => _words.Keys;

    /// <summary>Stands between the parts of a list.</summary>
    public string Separator => this["separator"];

    /// <summary>The word of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public string this[string key] => _words.TryGetValue(key, out var word) ? word : throw new KeyNotFoundException($"There is no word for {key}.");

    /// <summary>The word of a key with {0}, {1}… replaced.</summary>
    public string this[string key, params string[] parts] => string.Format(CultureInfo.InvariantCulture, this[key], parts);

    /// <summary>The words of a language.</summary>
    public static Words Of(Language language) => _byCode[language.Code];

    /// <summary>What is said of problems in a language: much, and on few pages, so that it stands apart.</summary>
    public static Words OfProblems(Language language) => _problemsByCode[language.Code];

    /// <summary>What a metric is called; a metric without a word keeps its own name. <paramref name="kind"/> is the device's.</summary>
    public string Metric(string? kind, string metric) => Find("metric", kind, metric) ?? metric;

    /// <summary>Its unit; empty where none is known.</summary>
    public string Unit(string? kind, string metric) => Find("unit", kind, metric) ?? "";

    /// <summary>What a kind of device is called.</summary>
    public string Kind(string? kind) => kind is null ? "" : _words.GetValueOrDefault($"kind.{kind}", kind);

    /// <summary>A text that devices send, in this language where it is known.</summary>
    public string Text(string text) => _words.GetValueOrDefault($"text.{text}", text);

    private string? Find(string what, string? kind, string metric) =>
        kind is not null && _words.TryGetValue($"{what}.{kind}.{metric}", out var special) ? special : _words.GetValueOrDefault($"{what}.{metric}");
}
