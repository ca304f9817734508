using SmartCity.Model;

namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>Days from one to another, both with it, as they came from a form or an address.</summary>
/// <param name="From">The first day; without one, from the beginning.</param>
/// <param name="To">The last day; without one, to the end.</param>
public sealed record DateRange(DateInput From, DateInput To)
{
    /// <summary>Whether both days are there in the wrong order.</summary>
    public bool IsBackwards => From.Date > To.Date;

    /// <summary>Whether it cannot be used.</summary>
    public bool IsWrong => From.IsWrong || To.IsWrong || IsBackwards;

    /// <summary>Whether it holds all times.</summary>
    public bool IsAll => From.Text is null && To.Text is null;

    /// <summary>Reads it.</summary>
    public static DateRange Of(string? from, string? to) => new(DateInput.Of(from), DateInput.Of(to));

    /// <summary>Its first instant, µs since 1970 UTC; null = from the beginning.</summary>
    public long? Begin(TimeZoneInfo zone) => From.Date is { } date ? ZonedDates.StartOf(date, zone) : null;

    /// <summary>The first instant after it; null = to the end.</summary>
    public long? End(TimeZoneInfo zone) => To.Date is { } date ? ZonedDates.EndOf(date, zone) : null;

    /// <summary>What is wrong with its first day, in words.</summary>
    public string? FromError(Words words) => From.IsWrong ? words["date.wrong"] : null;

    /// <summary>What is wrong with its last day, in words.</summary>
    public string? ToError(Words words) => To.IsWrong ? words["date.wrong"] : IsBackwards ? words["date.order"] : null;
}
