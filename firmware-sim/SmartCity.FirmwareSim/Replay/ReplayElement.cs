using System.Buffers;
using System.Globalization;
using System.Text;
using SmartCity.Devices.Telemetry;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>What one device said at one time.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Time">µs since 1970 UTC.</param>
/// <param name="Values">Its values.</param>
internal sealed record ReplayElement(string Device, long Time, IReadOnlyList<ReplayValue> Values);

/// <summary>One value of an element.</summary>
/// <param name="Metric">Name of the metric.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a number JSON's digits as recorded, so that none is lost or invented.</param>
/// <param name="Count">Where it is counted.</param>
internal readonly record struct ReplayValue(string Metric, CellKind Kind, string Text, MetricCount Count)
{
    private const int TextBytesMax = 256;
    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789");

    /// <summary>Reads a cell.</summary>
    /// <returns>Why it is of no use, or null.</returns>
    public static string? TryRead(string metric, CellKind kind, string cell, MetricCount count, out ReplayValue value)
    {
        value = default;
        switch (kind)
        {
            case CellKind.Text:
                if (Encoding.UTF8.GetByteCount(cell) > TextBytesMax) return "value:too-long";
                break;
            case CellKind.Bool:
                if (cell is "1" || cell.Equals("true", StringComparison.OrdinalIgnoreCase)) cell = "true";
                else if (cell is "0" || cell.Equals("false", StringComparison.OrdinalIgnoreCase)) cell = "false";
                else return "value:not-a-bool";
                break;
            default:
                if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || double.IsNaN(number)) return "value:not-a-number";
                if (double.IsInfinity(number)) return "value:overflow";
                if (!IsJson(cell)) cell = number.ToString("R", CultureInfo.InvariantCulture);
                break;
        }
        value = new ReplayValue(metric, kind, cell, count);
        return null;
    }

    /// <summary>Writes it as a member of the open element.</summary>
    public void WriteTo(TelemetryWriter writer)
    {
        var name = Encoding.UTF8.GetBytes(Metric);
        switch (Kind)
        {
            case CellKind.Number: writer.AddDigits(name, Encoding.ASCII.GetBytes(Text)); break;
            case CellKind.Bool: writer.Add(name, Text == "true"); break;
            default: writer.Add(name, Encoding.UTF8.GetBytes(Text)); break;
        }
    }

    /// <summary>Whether a number is written as JSON writes it: <c>-?(0|[1-9]\d*)(\.\d+)?</c>; what has an exponent is written anew.</summary>
    private static bool IsJson(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("-")) text = text[1..];
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        if (whole.IsEmpty || whole.ContainsAnyExcept(_digits) || whole.Length > 1 && whole[0] == '0') return false;
        return point < 0 || point + 1 < text.Length && !text[(point + 1)..].ContainsAnyExcept(_digits);
    }
}
