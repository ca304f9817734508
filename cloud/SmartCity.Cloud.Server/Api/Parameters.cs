using System.Globalization;
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
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _maxima = new(StringComparer.Ordinal);

    /// <summary>What is wrong so far: a sentence a parameter.</summary>
    public IReadOnlyDictionary<string, string> Errors => _errors;

    /// <summary>The problem, or null where everything can be used; call it after the last parameter was read.</summary>
    public IResult? Problem()
    {
        foreach (var name in query.Keys)
            if (!_known.Contains(name)) Wrong(name, $"There is no such parameter.{NearestName.Hint(name, _known)} Known: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
        return _errors.Count == 0 ? null : Problems.Parameters(_errors, _maxima);
    }

    /// <summary>Says what is wrong with a parameter; the first word on each stands.</summary>
    public void Wrong(string name, string what) => _errors.TryAdd(name, what);

    /// <summary>Says that a parameter asks for more than is possible, and how much is.</summary>
    public void TooMuch(string name, long greatest, string what)
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
        Wrong(name, $"\"{text}\" is not possible.{NearestName.Hint(text, words.Keys)} Possible: {string.Join(", ", words.Keys)}.");
        return null;
    }

    /// <summary>A whole number within bounds.</summary>
    public int? Whole(string name, int least, int greatest)
    {
        if (One(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= greatest) return value;
        var what = $"\"{text}\" is not possible: a whole number from {least.ToString("N0", CultureInfo.InvariantCulture)} to {greatest.ToString("N0", CultureInfo.InvariantCulture)} is needed.";
        if (text.All(char.IsAsciiDigit) && text.TrimStart('0').Length > 0 && (text.TrimStart('0').Length > 10 || long.Parse(text, CultureInfo.InvariantCulture) > greatest)) TooMuch(name, greatest, what);
        else Wrong(name, what);
        return null;
    }

    /// <summary>A time: RFC 3339, or a date alone, which is its midnight in <paramref name="zone"/>. µs since 1970 UTC.</summary>
    public long? Time(string name, TimeZoneInfo zone)
    {
        if (One(name) is not { } text) return null;
        // A plus sign that was not escaped arrives as a space.
        if (Times.Parse(text.Replace(' ', '+'), zone) is { } micros) return micros;
        Wrong(name, $"\"{text}\" is no time. Needed is RFC 3339, e.g. 2026-11-24T06:00:00Z or 2026-11-24T09:30:00+03:30 (write + as %2B), or a date, e.g. 2026-11-24.");
        return null;
    }

    /// <summary>An IANA zone; <paramref name="usual"/> where none was given.</summary>
    public TimeZoneInfo Zone(string name, string usual)
    {
        var text = One(name) ?? usual;
        if (Times.Zone(text) is { } zone) return zone;
        Wrong(name, $"There is no time zone \"{text}\".{NearestName.Hint(text, Times.ZoneNames)} Needed is an IANA name, e.g. Asia/Tehran.");
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
        Wrong(name, $"\"{text}\" is no box. Needed are west,south,east,north in degrees, e.g. 51.2,35.6,51.6,35.8.");
        return null;
    }

    private string? One(string name)
    {
        _known.Add(name);
        var values = query[name];
        if (values.Count > 1) Wrong(name, $"It was given {values.Count} times; once is possible.");
        return values is [{ Length: > 0 } text, ..] ? text : null;
    }
}
