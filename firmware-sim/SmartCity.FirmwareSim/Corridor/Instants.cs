using System.Globalization;

namespace SmartCity.FirmwareSim.Corridor;

/// <summary>Instants in ms since 1970 UTC, as RFC 3339.</summary>
internal static class Instants
{
    /// <summary>Writes one.</summary>
    public static string Write(long millis) => DateTimeOffset.FromUnixTimeMilliseconds(millis).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
