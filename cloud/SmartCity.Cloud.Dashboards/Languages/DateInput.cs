namespace SmartCity.Cloud.Dashboards.Languages;

/// <summary>A date as it came from a form or an address.</summary>
/// <param name="Text">What was typed; null where nothing was.</param>
/// <param name="Date">The date; null where nothing was typed or it is none.</param>
public sealed record DateInput(string? Text, DateOnly? Date)
{
    /// <summary>Nothing typed.</summary>
    public static DateInput None { get; } = new(null, null);

    /// <summary>Whether something was typed that is no date.</summary>
    public bool IsWrong => Text is not null && Date is null;

    /// <summary>Reads it.</summary>
    public static DateInput Of(string? text) => string.IsNullOrWhiteSpace(text) ? None : new DateInput(text.Trim(), CityDates.Parse(text));

    /// <summary>What its field shows: the date in the calendar of the page, or what was typed.</summary>
    public string? ShownBy(LocalText text) => Date is { } date ? text.Date(date) : Text;
}
