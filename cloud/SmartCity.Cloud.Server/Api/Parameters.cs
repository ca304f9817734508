using System.Globalization;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Hosting.Configuration;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Api;

/// <summary>
/// Reads the parameters of a request and gathers what is wrong with them: all of it is answered at once, as problem details (RFC 9457) with a
/// sentence a parameter. A parameter that nobody asked for is wrong too, or a typing mistake would answer something else than was meant.
/// </summary>
internal sealed class Parameters(IQueryCollection query)
{
    private static readonly Dictionary<string, bool> _flags = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };
    private static readonly Dictionary<string, int> _languages = Dashboards.Languages.Language.All.Select((language, place) => (language.Code, place)).ToDictionary(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Sentence> _errors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _maxima = new(StringComparer.Ordinal);

    /// <summary>What is wrong so far: a sentence a parameter.</summary>
    public IReadOnlyDictionary<string, Sentence> Errors => _errors;

    /// <summary>The problem, or null where everything can be used; call it after the last parameter was read.</summary>
    public IResult? Problem()
    {
        foreach (var name in query.Keys)
            if (!_known.Contains(name)) Wrong(name, new Sentence("say.parameter.unknown").Then(Meant(name, _known)).Then(Known(_known.Order(StringComparer.Ordinal))));
        return _errors.Count == 0 ? null : Problems.Parameters(_errors, _maxima);
    }

    /// <summary>Says what is wrong with a parameter; the first word on each stands.</summary>
    public void Wrong(string name, Sentence what) => _errors.TryAdd(name, what);

    /// <summary>Says that a parameter asks for more than is possible, and how much is.</summary>
    public void TooMuch(string name, long greatest, Sentence what)
    {
        if (_errors.TryAdd(name, what)) _maxima.Add(name, greatest);
    }

    /// <summary>Whether it was given.</summary>
    public bool Has(string name) => One(name) is not null;

    /// <summary>A text; empty is none.</summary>
    public string? Text(string name) => One(name);

    /// <summary>A text given any number of times; commas separate too.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        _known.Add(name);
        return [.. query[name].OfType<string>().SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>One of a few words.</summary>
    public T? OneOf<T>(string name, IReadOnlyDictionary<string, T> words) where T : struct
    {
        if (One(name) is not { } text) return null;
        if (words.TryGetValue(text, out var value)) return value;
        Wrong(name, new Sentence("say.parameter.word", text).Then(Meant(text, words.Keys)).Then(new Sentence("say.possible", string.Join(", ", words.Keys))));
        return null;
    }

    /// <summary>Whether something is wished: <c>true</c> or <c>false</c>.</summary>
    public bool Flag(string name) => OneOf(name, _flags) ?? false;

    /// <summary>A language of people by its code; <paramref name="usual"/> where none was given.</summary>
    public Language Language(string name, Language usual) => OneOf(name, _languages) is { } place ? Dashboards.Languages.Language.All[place] : usual;

    /// <summary>A whole number within bounds.</summary>
    public int? Whole(string name, int least, int greatest)
    {
        if (One(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= greatest) return value;
        var what = new Sentence("say.parameter.whole", text, least, greatest);
        if (text.All(char.IsAsciiDigit) && text.TrimStart('0').Length > 0 && (text.TrimStart('0').Length > 10 || long.Parse(text, CultureInfo.InvariantCulture) > greatest)) TooMuch(name, greatest, what);
        else Wrong(name, what);
        return null;
    }

    /// <summary>Rows of a page.</summary>
    public int Limit(int greatest, int usual) => Whole("limit", 1, greatest) ?? usual;

    /// <summary>The key after which the page begins, in as many parts as the list's key has; null for the first page.</summary>
    public IReadOnlyList<string>? Cursor(int parts)
    {
        if (One(Paging.Parameter) is not { } text) return null;
        if (Paging.Read(text, parts) is { } key) return key;
        Wrong(Paging.Parameter, new Sentence("say.cursor", text));
        return null;
    }

    /// <summary>The number after which the page begins; null for the first page.</summary>
    public long? CursorNumber()
    {
        if (Cursor(1) is not [var text]) return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return number;
        Wrong(Paging.Parameter, new Sentence("say.cursor", query[Paging.Parameter].ToString()));
        return null;
    }

    /// <summary>The whole number above 0 after which the page begins; null for the first page.</summary>
    public int? CursorWhole() => CursorNumber() is { } number ? number is > 0 and <= int.MaxValue ? (int)number : NoPlace<int>() : null;

    /// <summary>Says that the cursor is no place of the list.</summary>
    /// <returns>Null.</returns>
    public T? NoPlace<T>() where T : struct
    {
        Wrong(Paging.Parameter, new Sentence("say.cursor", query[Paging.Parameter].ToString()));
        return null;
    }

    /// <summary>A time: RFC 3339, or a date alone, which is its midnight in <paramref name="zone"/>. µs since 1970 UTC.</summary>
    public long? Time(string name, TimeZoneInfo zone)
    {
        if (One(name) is not { } text) return null;
        // A plus sign that was not escaped arrives as a space.
        if (Times.Parse(text.Replace(' ', '+'), zone) is { } micros) return micros;
        Wrong(name, new Sentence("say.parameter.time", text));
        return null;
    }

    /// <summary>A date of a corridor's calendar, year-month-day.</summary>
    public DateOnly? Date(string name)
    {
        if (One(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return date;
        Wrong(name, new Sentence("say.parameter.date", text));
        return null;
    }

    /// <summary>An IANA zone; <paramref name="usual"/> where none was given.</summary>
    public TimeZoneInfo Zone(string name, string usual)
    {
        var text = One(name) ?? usual;
        if (Times.Zone(text) is { } zone) return zone;
        Wrong(name, new Sentence("say.parameter.zone", text).Then(Meant(text, Times.ZoneNames)).Then(new Sentence("say.parameter.zone.needed")));
        return TimeZoneInfo.Utc;
    }

    /// <summary>West,south,east,north in degrees.</summary>
    public BoundingBox? Box(string name)
    {
        if (One(name) is not { } text) return null;
        var parts = text.Split(',');
        Span<double> degrees = stackalloc double[4];
        var isGood = parts.Length == 4;
        for (var i = 0; isGood && i < 4; i++)
            isGood = double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out degrees[i]) && Math.Abs(degrees[i]) <= (i % 2 == 0 ? 180 : 90);
        if (isGood && degrees[1] <= degrees[3]) return new BoundingBox(degrees[0], degrees[1], degrees[2], degrees[3]);
        Wrong(name, new Sentence("say.parameter.box", text));
        return null;
    }

    /// <summary>What a mistyped word was meant to be, or null where it is like none.</summary>
    public static Sentence? Meant(string word, IEnumerable<string> known) => NearestName.Of(word, known) is { } name ? new Sentence("say.meant", name) : null;

    /// <summary>Which words there are.</summary>
    public static Sentence Known(IEnumerable<string> known) => new("say.known", string.Join(", ", known));

    private string? One(string name)
    {
        _known.Add(name);
        var values = query[name];
        if (values.Count > 1) Wrong(name, new Sentence("say.parameter.twice", values.Count));
        return values is [{ Length: > 0 } text, ..] ? text : null;
    }
}
