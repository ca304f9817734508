using System.Globalization;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Times and zones as requests write them.</summary>
internal static class Times
{
    private static readonly string[] _formats =
    [
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Names of all IANA zones that this system knows.</summary>
    public static IReadOnlyList<string> ZoneNames { get; } = [.. TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id)];

    /// <summary>The zone of an IANA name, or null.</summary>
    public static TimeZoneInfo? Zone(string name) =>
        !name.Contains('\\', StringComparison.Ordinal) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;

    /// <summary>µs since 1970 UTC of an RFC 3339 time, or of the first instant of a date in <paramref name="zone"/>; null where it is neither.</summary>
    public static long? Parse(string text, TimeZoneInfo zone)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return StartOf(date, zone);
        // Without an offset it could be any time.
        if (!text.EndsWith('Z') && !text.EndsWith('z') && (text.Length < 6 || text[^6] is not ('+' or '-'))) return null;
        return DateTimeOffset.TryParseExact(text.ToUpperInvariant(), _formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? UnixMicros.From(time) : null;
    }

    /// <summary>RFC 3339 in UTC with as many fractions as needed, at least milliseconds.</summary>
    public static string Write(long micros) =>
        UnixMicros.ToTime(micros).ToString(micros % 1000 == 0 ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>RFC 3339 with the offset of <paramref name="zone"/>; fractions only where there are any.</summary>
    public static string Write(long micros, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(UnixMicros.ToTime(micros), zone).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture);

    private static long StartOf(DateOnly date, TimeZoneInfo zone)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        // A day may begin after a skipped midnight; nowhere is more than three hours skipped but for a whole skipped day.
        for (var minutes = 0; zone.IsInvalidTime(midnight) && minutes < 24 * 60; minutes++) midnight = midnight.AddMinutes(1);
        // Of two midnights the first, which has the greater offset.
        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        var ticks = midnight.Ticks - offset.Ticks;
        return ticks < 0 ? UnixMicros.Min : ticks > DateTime.MaxValue.Ticks ? UnixMicros.Max : UnixMicros.From(new DateTimeOffset(ticks, TimeSpan.Zero));
    }
}
