using System.Globalization;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>
/// How series are called in VictoriaMetrics: the metric's name is the metric, the label <c>device</c> the device. Quality flags, where there are any, are a
/// second series with the label <c>of="quality"</c>. Names may be any UTF-8 there.
/// </summary>
internal static class VictoriaNames
{
    /// <summary>One point that says whose readings the engine holds, with the index's id as label <c>id</c>. A metric's name has no line break in it.</summary>
    public const string OwnerMetric = "smartcity\nstore";

    /// <summary>Sets apart what is not a value.</summary>
    public const string QualityLabel = "quality";

    /// <summary>Least event time, ms: it holds none before 1970.</summary>
    public const long MillisMin = 0;

    /// <summary>Numbers beyond are kept in the index: the engine keeps a block of a series in one power of ten, where a great one costs its neighbours their digits.</summary>
    public const double NumberMax = 1e15;

    /// <summary>How a line of an import begins: the metric as JSON.</summary>
    public static byte[] PrefixOf(SeriesKey series, string? of) =>
        Encoding.UTF8.GetBytes($"{{\"metric\":{{\"__name__\":{Json(series.Metric)},\"device\":{Json(series.Device)}{(of is null ? "" : $",\"of\":\"{of}\"")}}},\"values\":[");

    /// <summary>Selector of a series. An empty label is a missing one.</summary>
    public static string SelectorOf(SeriesKey series, string of) => $"{{__name__=\"{Quoted(series.Metric)}\",device=\"{Quoted(series.Device)}\",of=\"{of}\"}}";

    /// <summary>A text between quotation marks, as in Go.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c)) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        }
        return quoted.ToString();
    }

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
