using System.Globalization;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>Readings as lines of line protocol in files, spelled as the store of InfluxDB spells them, with times in ns.</summary>
/// <remarks>
/// <c>pm25,device=air-1 value=12.5,quality=4i,received=1795485689981000i 1795485689980000000</c>: the measurement is the metric; the value's field is <c>value</c>,
/// <c>int</c>, <c>bool</c> or <c>text</c>. In names what line protocol cannot spell stands as %XX.
/// </remarks>
public static class LineProtocol
{
    /// <summary>The field of a kind's value.</summary>
    public static string FieldOf(ValueKind kind) => InfluxNames.FieldOf(kind);

    /// <summary>A name as it was before it was spelled for line protocol.</summary>
    public static string Decode(string name) => InfluxNames.Decode(name);

    /// <summary>Adds the line of a reading, with its line break. A number that is not finite cannot be spelled, and is left out.</summary>
    /// <returns>Whether a line was added.</returns>
    public static bool TryAppend(StringBuilder lines, in Reading reading)
    {
        if (reading.Value.Kind == ValueKind.Double && !double.IsFinite(reading.Value.AsNumber()!.Value)) return false;
        lines.Append(InfluxNames.Encode(reading.Series.Metric)).Append(",device=").Append(InfluxNames.Encode(reading.Series.Device)).Append(' ').Append(FieldOf(reading.Value.Kind)).Append('=');
        switch (reading.Value.Kind)
        {
            case ValueKind.Text:
                lines.Append('"').Append(reading.Value.Text!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
                break;
            case ValueKind.Int64:
                lines.Append(reading.Value).Append('i');
                break;
            default:
                lines.Append(reading.Value);
                break;
        }
        lines.Append(CultureInfo.InvariantCulture, $",quality={(long)reading.Quality}i,received={reading.Received}i {(Int128)reading.Time * 1000}\n");
        return true;
    }
}
