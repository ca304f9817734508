using SmartCity.Cloud.Dashboards.Languages;
using SmartCity.Cloud.Dashboards.Pages;

namespace SmartCity.Cloud.Server.Faults;

/// <summary>A fault in the words of the log: English, times in UTC.</summary>
internal static class FaultWords
{
    private static readonly LocalText _text = new(Language.English, TimeZoneInfo.Utc);

    /// <summary>One of the four sentences.</summary>
    public static string Say(FaultRow row, string which) =>
        // The page's marks of direction are nothing to a log.
        row.Say(which, Language.English.Words, _text).Replace("\u2068", "", StringComparison.Ordinal).Replace("\u2069", "", StringComparison.Ordinal);

    /// <summary>Whether a fault that was written by this or another version can be said.</summary>
    public static bool Has(FaultRow row)
    {
        try
        {
            return ((string[])["what", "kept", "lost", "do"]).All(which => Say(row, which).Length > 0);
        }
        catch (Exception error) when (error is KeyNotFoundException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
