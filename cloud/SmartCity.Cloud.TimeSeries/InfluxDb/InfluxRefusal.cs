using System.Net;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>An answer that refuses some or all lines of a write for good.</summary>
/// <param name="Words">The engine's words.</param>
/// <param name="Named">Lines that the answer quotes.</param>
/// <param name="Dropped">How many lines the answer says were dropped; null where it does not say.</param>
/// <param name="Status">Its status.</param>
internal sealed record InfluxRefusal(string Words, IReadOnlyCollection<string> Named, int? Dropped, HttpStatusCode Status)
{
    private const string Quoting = "unable to parse '";

    /// <summary>Whether the engine has reached a limit of its configuration, so that the very same line will be welcome after a change of it.</summary>
    public bool IsLimit => Words.Contains("max-series-per-database", StringComparison.Ordinal) || Words.Contains("max-values-per-tag", StringComparison.Ordinal);

    /// <summary>Reads the answer line by line: <c>unable to parse 'LINE': why</c>, and at its end <c>dropped=N</c>.</summary>
    public static InfluxRefusal Read(string words, HttpStatusCode status)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in words.Split('\n'))
        {
            var at = line.IndexOf(Quoting, StringComparison.Ordinal);
            var end = at < 0 ? -1 : line.LastIndexOf("':", StringComparison.Ordinal);
            if (end > at) named.Add(line[(at + Quoting.Length)..end]);
        }
        int? dropped = words.LastIndexOf("dropped=", StringComparison.Ordinal) is var place and >= 0 && int.TryParse(words.AsSpan(place + 8), out var count) ? count : null;
        return new InfluxRefusal(words, named, dropped, status);
    }
}
