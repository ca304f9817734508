using System.Globalization;
using System.Text.Json;

namespace SmartCity.Edge.Gateway.Page;

/// <summary>A language of the gateway's pages: its words, from <c>Words/*.json</c>, its digits and its calendar. English and Persian have the same keys.</summary>
internal sealed class PageText
{
    private static readonly PersianCalendar _persian = new();
    private static readonly (string Unit, double Bytes)[] _sizes = [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    private readonly Dictionary<string, string> _words;
    private readonly bool _isPersian;

    private PageText(string code, string name)
    {
        using var stream = typeof(PageText).Assembly.GetManifestResourceStream($"page.{code}.json") ?? throw new InvalidOperationException($"The words of {code} are not in the assembly.");
        _words = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
        (Code, Name, _isPersian) = (code, name, code == "fa");
    }

    /// <summary>English: Latin digits, Gregorian calendar.</summary>
    public static PageText English { get; } = new("en", "English");
    /// <summary>Persian: Persian digits, Solar Hijri calendar, right to left.</summary>
    public static PageText Persian { get; } = new("fa", "فارسی");

    /// <summary>ISO 639-1.</summary>
    public string Code { get; }
    /// <summary>Its own name.</summary>
    public string Name { get; }
    /// <summary>The other one.</summary>
    public PageText Other => _isPersian ? English : Persian;
    /// <summary><c>ltr</c> or <c>rtl</c>.</summary>
    public string Direction => _isPersian ? "rtl" : "ltr";
    /// <summary>Keys, in no order.</summary>
    public IEnumerable<string> Keys => _words.Keys;

    /// <summary>The language of a request: <c>?lang=</c>, else what the browser prefers, else English.</summary>
    public static PageText Of(HttpContext context)
    {
        if (Find(context.Request.Query["lang"]) is { } asked) return asked;
        foreach (var preferred in context.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(one => one.Quality ?? 1))
            if (Find(preferred.Value.Value?.Split('-')[0]) is { } known) return known;
        return English;
    }

    /// <summary>The word of a key with {0}, {1}… replaced.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public string this[string key, params string[] parts]
    {
        get
        {
            var word = _words.TryGetValue(key, out var found) ? found : throw new KeyNotFoundException($"There is no word for {key}.");
            return parts.Length == 0 ? word : string.Format(CultureInfo.InvariantCulture, word, parts);
        }
    }

    /// <summary>A whole number.</summary>
    public string Whole(long value) => Local(value.ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>A rate: whole from 10 on, else with one decimal.</summary>
    public string Rate(double value) => Local(value.ToString(value >= 10 ? "N0" : "0.#", CultureInfo.InvariantCulture));

    /// <summary>Bytes in the largest unit that fits once.</summary>
    public string Bytes(long bytes)
    {
        foreach (var (unit, size) in _sizes)
            if (bytes >= size) return this[$"bytes.{unit}", Local((bytes / size).ToString(bytes / size >= 100 ? "N0" : "0.#", CultureInfo.InvariantCulture))];
        return this["bytes.B", Whole(bytes)];
    }

    /// <summary>A span in the largest unit that fits once.</summary>
    public string Span(TimeSpan span) => span < TimeSpan.FromMinutes(1) ? this["age.seconds", Whole((long)Math.Max(0, span.TotalSeconds))]
        : span < TimeSpan.FromHours(1) ? this["age.minutes", Whole((long)span.TotalMinutes)]
        : span < TimeSpan.FromDays(1) ? this["age.hours", Whole((long)span.TotalHours)]
        : this["age.days", Whole((long)span.TotalDays)];

    /// <summary>How long ago something was.</summary>
    public string Ago(DateTimeOffset then, DateTimeOffset now) => this["age.ago", Span(now - then)];

    /// <summary>Date and time in a zone.</summary>
    public string Time(DateTimeOffset time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone).DateTime;
        // A device's clock may lie before the calendar begins.
        var isPersian = _isPersian && local >= _persian.MinSupportedDateTime;
        var (day, month, year) = isPersian ? (_persian.GetDayOfMonth(local), _persian.GetMonth(local), _persian.GetYear(local)) : (local.Day, local.Month, local.Year);
        return this["date", Digits(day), this[$"month.{month}"], Digits(year), Local(local.ToString("HH:mm:ss", CultureInfo.InvariantCulture))];

        string Digits(int number) => Local(number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Latin digits and separators of a number in the language's own.</summary>
    private string Local(string number) => !_isPersian ? number : string.Create(number.Length, number, static (output, input) =>
    {
        for (var i = 0; i < input.Length; i++)
            output[i] = input[i] switch { ',' => '٬', '.' => '٫', >= '0' and <= '9' => (char)('۰' + input[i] - '0'), var other => other };
    });

    private static PageText? Find(string? code) => string.Equals(code, "en", StringComparison.OrdinalIgnoreCase) ? English : string.Equals(code, "fa", StringComparison.OrdinalIgnoreCase) ? Persian : null;
}
