using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.Hosting.Commands;

/// <summary>
/// Prints rows as a table, JSON, NDJSON or CSV. A cell is null, a bool, a number, a time or text; times are written as RFC 3339.
/// NDJSON and CSV are written as the rows come; a table waits for all of them to know its widths.
/// </summary>
public static class RowWriter
{
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes all rows; each has as many cells as there are columns.</summary>
    public static void Write(TextWriter output, OutputFormat format, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        switch (format)
        {
            case OutputFormat.Json: WriteJson(output, columns, rows); break;
            case OutputFormat.Ndjson: foreach (var row in rows) output.Write(JsonOf(columns, row) + "\n"); break;
            case OutputFormat.Csv:
                output.Write(string.Join(',', columns.Select(Quoted)) + "\r\n");
                foreach (var row in rows) output.Write(string.Join(',', row.Select(cell => Quoted(TextOf(cell)))) + "\r\n");
                break;
            default: WriteTable(output, columns, [.. rows]); break;
        }
    }

    private static void WriteJson(TextWriter output, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var between = "[\n  ";
        foreach (var row in rows)
        {
            output.Write(between + JsonOf(columns, row));
            between = ",\n  ";
        }
        output.Write(between[0] == '[' ? "[]\n" : "\n]\n");
    }

    private static string JsonOf(IReadOnlyList<string> columns, IReadOnlyList<object?> row)
    {
        var line = new StringBuilder("{");
        for (var i = 0; i < columns.Count; i++)
        {
            if (i > 0) line.Append(',');
            line.Append(JsonSerializer.Serialize(columns[i], _json)).Append(':').Append(row[i] switch
            {
                null => "null",
                double.NaN or double.PositiveInfinity or double.NegativeInfinity => "null",
                bool or byte or short or int or long or uint or ulong or float or double or decimal => JsonSerializer.Serialize(row[i]),
                var other => JsonSerializer.Serialize(TextOf(other), _json),
            });
        }
        return line.Append('}').ToString();
    }

    private static void WriteTable(TextWriter output, IReadOnlyList<string> columns, List<IReadOnlyList<object?>> rows)
    {
        var cells = rows.Select(row => row.Select(cell => OneLine(TextOf(cell))).ToArray()).ToList();
        var widths = columns.Select((column, i) => cells.Select(row => Width(row[i])).Append(Width(column)).Max()).ToArray();
        var isNumber = columns.Select((_, i) => rows.Count > 0 && rows.All(row => row[i] is null or byte or short or int or long or uint or ulong or float or double or decimal)).ToArray();
        WriteLine(columns);
        WriteLine([.. widths.Select(width => new string('-', width))]);
        foreach (var row in cells) WriteLine(row);

        void WriteLine(IReadOnlyList<string> row)
        {
            var padded = row.Select((cell, i) => isNumber[i] ? new string(' ', widths[i] - Width(cell)) + cell : cell + new string(' ', widths[i] - Width(cell)));
            output.Write(string.Join("  ", padded).TrimEnd() + "\n");
        }
    }

    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    /// <summary>Keeps a value's control characters from moving the reader's cursor.</summary>
    private static string OneLine(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? '·' : letter)) : text;

    private static string TextOf(object? cell) => cell switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        DateTimeOffset time => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    };

    private static string Quoted(string text) => text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : '"' + text.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
