using System.CommandLine;
using System.Globalization;

namespace SmartCity.FirmwareSim;

/// <summary>Spans of time on the command line: a number with its unit (<c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>), <c>hh:mm:ss</c>, or plain seconds.</summary>
internal static class Durations
{
    /// <summary>Reads one; null where it is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal)) return TimeSpan.TryParseExact(text, ["h\\:mm\\:ss", "hh\\:mm\\:ss"], CultureInfo.InvariantCulture, out var span) ? span : null;
        var digits = text.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.').Count();
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return null;
        TimeSpan? unit = text[digits..] switch { "ms" => TimeSpan.FromMilliseconds(1), "s" or "" => TimeSpan.FromSeconds(1), "m" => TimeSpan.FromMinutes(1), "h" => TimeSpan.FromHours(1), _ => null };
        return unit is { } one && number * one.TotalHours < 24 * 365 ? one * number : null;
    }

    /// <summary>The option <c>--duration</c>; without it a command goes on until it is told to stop.</summary>
    public static Option<TimeSpan?> Option(string description) => new("--duration")
    {
        Description = description,
        HelpName = "30s|5m|2h",
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Parse(text) is { Ticks: > 0 } span) return span;
            result.AddError($"--duration {text}: {Form}");
            return null;
        },
    };

    /// <summary>An option that has a default and may be zero.</summary>
    public static Option<TimeSpan> Option(string name, string description, TimeSpan usual) => new(name)
    {
        Description = description,
        HelpName = "30s|5m|2h",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Parse(text) is { } span) return span;
            result.AddError($"{name} {text}: {Form}");
            return default;
        },
    };

    private const string Form = "a time is needed, e.g. 500ms, 30s, 5m, 2h.";
}
