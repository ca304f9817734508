using System.Globalization;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>The flags that a VictoriaMetrics was started with, as far as the store depends on them.</summary>
/// <param name="Dedup"><c>-dedup.minScrapeInterval</c> as it is written.</param>
/// <param name="Retention"><c>-retentionPeriod</c> as it is written.</param>
public sealed record VictoriaFlags(string Dedup, string Retention)
{
    /// <summary>Reads <c>/flags</c>: lines of <c>-name="value"</c>.</summary>
    public static VictoriaFlags Read(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var at = line.IndexOf('=', StringComparison.Ordinal);
            if (at > 1 && line[0] == '-') found[line[1..at]] = line[(at + 1)..].Trim().Trim('"');
        }
        return new VictoriaFlags(found.GetValueOrDefault("dedup.minScrapeInterval", "0s"), found.GetValueOrDefault("retentionPeriod", "1"));
    }

    /// <summary>What is wrong with them and what to do; null where nothing.</summary>
    public string? Wrong => Dedup == "1ms" ? null
        : $"runs with -dedup.minScrapeInterval={Dedup}: a reading that is written again after a lost answer would stand there twice, or readings would be thinned. Start it with -dedup.minScrapeInterval=1ms";

    /// <summary>How long it keeps readings; null where that cannot be read, and then nothing is assumed.</summary>
    public TimeSpan? Kept
    {
        get
        {
            var digits = Retention.TrimEnd('h', 'd', 'w', 'y', 'm');
            if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var count)) return null;
            // A bare number is months of 31 days.
            var days = Retention[digits.Length..] switch { "h" => count / 24, "d" => count, "w" => count * 7, "y" => count * 365, "" => count * 31, _ => -1 };
            return days > 0 ? TimeSpan.FromDays(Math.Min(days, 365_000)) : null;
        }
    }
}
