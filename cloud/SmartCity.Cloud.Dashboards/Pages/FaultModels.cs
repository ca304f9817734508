using System.Text.Json.Serialization;
using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Shell;

namespace SmartCity.Cloud.Dashboards.Pages;

/// <summary>What the page of faults shows.</summary>
/// <param name="Page">The request.</param>
/// <param name="Now">What is wrong now, alarms first.</param>
/// <param name="Past">What was wrong and is over, the latest first.</param>
public sealed record FaultsModel(PageContext Page, IReadOnlyList<FaultRow> Now, IReadOnlyList<FaultRow> Past);

/// <summary>Something that a person should know: what happened, what is kept, what is not, what to do. Its words are <c>fault.{kind}.what</c>, <c>.kept</c>, <c>.lost</c> and <c>.do</c>.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Subject">What it is of, e.g. a gateway or a consumer; empty where there is one alone. Kind and subject together name a fault.</param>
/// <param name="Gateway">The gateway whose it is; null where it is the server's own.</param>
/// <param name="IsAlarm">Whether it needs attention now.</param>
/// <param name="Parts">What stands in the words for {0}, {1}…</param>
/// <param name="Since">When it was first seen, µs since 1970 UTC.</param>
/// <param name="Until">When it was over; null where it is not.</param>
public sealed record FaultRow(string Kind, string Subject, string? Gateway, bool IsAlarm, IReadOnlyList<FaultPart> Parts, long Since, long? Until = null)
{
    /// <summary>One of the four sentences in a language.</summary>
    /// <param name="which"><c>what</c>, <c>kept</c>, <c>lost</c> or <c>do</c>.</param>
    /// <param name="words">Words.</param>
    /// <param name="text">Numbers and times.</param>
    public string Say(string which, Words words, LocalText text)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words[$"fault.{Kind}.{which}", [.. Parts.Select(part => part.In(words, text))]];
    }
}

/// <summary>A part of a fault's words that each language writes in its own way.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A text of the system's own, or the key of a word.</param>
/// <param name="Number">A count, or µs since 1970 UTC.</param>
public readonly record struct FaultPart([property: JsonConverter(typeof(JsonStringEnumConverter<FaultPartKind>))] FaultPartKind Kind, string? Text, long Number)
{
    /// <summary>A text of the system's own, in no language; long ones are cut.</summary>
    public static FaultPart Of(string? text) => new(FaultPartKind.Text, text is null ? "" : text.Length <= TextMax ? text : text[..TextMax] + "…", 0);
    /// <summary>A count.</summary>
    public static FaultPart Count(long number) => new(FaultPartKind.Count, null, number);
    /// <summary>A time, µs since 1970 UTC.</summary>
    public static FaultPart Time(long micros) => new(FaultPartKind.Time, null, micros);
    /// <summary>A word.</summary>
    public static FaultPart Word(string key) => new(FaultPartKind.Word, key, 0);

    private const int TextMax = 500;

    /// <summary>It in a language. A text keeps its own direction among words of the other (FSI … PDI).</summary>
    public string In(Words words, LocalText text)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(text);
        return Kind switch
        {
            FaultPartKind.Count => text.Whole(Number),
            FaultPartKind.Time => text.DateAndTime(Number),
            FaultPartKind.Word => words[Text!],
            _ => $"\u2068{Text}\u2069",
        };
    }
}

/// <summary>What a part of a fault's words is.</summary>
public enum FaultPartKind
{
    /// <summary>A text of the system's own.</summary>
    Text,
    /// <summary>A count.</summary>
    Count,
    /// <summary>A time.</summary>
    Time,
    /// <summary>A word of the language.</summary>
    Word,
}
