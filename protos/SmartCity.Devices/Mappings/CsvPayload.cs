using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SmartCity.Devices.Mappings;

/// <summary>
/// CSV (RFC 4180, with any separator and line end) as a list of rows, each a map of its columns to texts. An empty cell is no value; blank lines and a byte order mark are
/// passed over; a row with another number of cells than columns is a null in the list.
/// </summary>
internal static class CsvPayload
{
    private const int ColumnsMax = 256;

    /// <summary>Reads it.</summary>
    /// <param name="csv">The payload.</param>
    /// <param name="format">Separator and columns.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="tree">Takes the rows.</param>
    /// <returns>Why it cannot be read, at which byte; <see cref="RejectReason.None"/> where it can.</returns>
    public static (RejectReason Reason, int At, string Words) Read(ReadOnlySpan<byte> csv, CsvFormat format, PayloadLimits limits, PayloadTree tree)
    {
        tree.Clear();
        var at = csv.StartsWith("\uFEFF"u8) ? 3 : 0;
        if (csv[at..].IsEmpty) return (RejectReason.CsvSyntax, 0, "the payload is empty; send rows of CSV");
        if (csv.Contains((byte)0)) return (RejectReason.CsvSyntax, csv.IndexOf((byte)0), "there are zero bytes in it; send UTF-8, not UTF-16");
        var root = tree.Add(JsonValueKind.Array, null, null, at, -1);
        var columns = format.Columns;
        var cells = new List<(string? Text, int At)>();
        var rows = 0;
        while (at < csv.Length)
        {
            var start = at;
            if (ReadRow(csv, format.Separator, ref at, cells) is { } unclosed) return (RejectReason.CsvSyntax, unclosed, "this quote is never closed; close it, or double each quote inside a quoted cell");
            if (cells is [{ Text: "" }]) continue;
            if (columns is null)
            {
                columns = [.. cells.Select(static cell => cell.Text ?? "")];
                if (columns.Count > ColumnsMax) return (RejectReason.CsvSyntax, start, $"more than {ColumnsMax} columns");
                if (columns.Distinct().Count() < columns.Count || columns.Contains("")) return (RejectReason.CsvSyntax, start, "the first row must name each column, each by its own name; or name them in the mapping (csv, columns)");
                continue;
            }
            if (tree.Count + cells.Count > 2 * limits.ValuesMax) return (RejectReason.JsonLimit, start, $"more than {limits.ValuesMax} values; send smaller messages");
            var part = PayloadTree.PartOf(rows++);
            if (cells.Count != columns.Count)
            {
                tree.Add(JsonValueKind.Null, part, $"{cells.Count} cells in a row of {columns.Count} columns", start, root);
                continue;
            }
            var row = tree.Add(JsonValueKind.Object, part, null, start, root);
            for (var i = 0; i < cells.Count; i++)
                if (cells[i].Text != "") tree.Add(JsonValueKind.String, columns[i], cells[i].Text, cells[i].At, row);
            tree.Close(row);
        }
        tree.Close(root);
        return (RejectReason.None, 0, "");
    }

    /// <summary>Reads one row and its line end.</summary>
    /// <returns>Where a quote begins that is never closed; null where there is none.</returns>
    private static int? ReadRow(ReadOnlySpan<byte> csv, byte separator, ref int at, List<(string? Text, int At)> cells)
    {
        cells.Clear();
        while (true)
        {
            while (at < csv.Length && csv[at] is (byte)' ' or (byte)'\t' && csv[at] != separator) at++;
            var start = at;
            if (at < csv.Length && csv[at] == '"')
            {
                var text = new List<byte>();
                for (at++; ; at++)
                {
                    if (at >= csv.Length) return start;
                    if (csv[at] == '"' && (at + 1 >= csv.Length || csv[at + 1] != '"')) break;
                    if (csv[at] == '"') at++;
                    text.Add(csv[at]);
                }
                at++;
                // What stands behind the closing quote belongs to no cell: such a cell is shown for what it is, and is no number.
                var rest = Until(csv[at..], separator);
                text.AddRange(csv.Slice(at, rest).TrimEnd(" \t"u8));
                at += rest;
                cells.Add((TextOf([.. text]), start));
            }
            else
            {
                var length = Until(csv[at..], separator);
                cells.Add((TextOf(csv.Slice(at, length).TrimEnd(" \t"u8)), start));
                at += length;
            }
            if (at >= csv.Length) return null;
            var mark = csv[at++];
            if (mark == separator) continue;
            if (mark == '\r' && at < csv.Length && csv[at] == '\n') at++;
            return null;
        }
    }

    private static int Until(ReadOnlySpan<byte> csv, byte separator)
    {
        var end = csv.IndexOfAny(separator, (byte)'\r', (byte)'\n');
        return end < 0 ? csv.Length : end;
    }

    private static string? TextOf(ReadOnlySpan<byte> text) => Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : null;
}

/// <summary>How a mapping's CSV is written.</summary>
/// <param name="Separator">Between cells.</param>
/// <param name="Columns">Names of the columns; null where the first row holds them.</param>
/// <param name="Decimal">Decimal mark of numbers.</param>
internal sealed record CsvFormat(byte Separator, IReadOnlyList<string>? Columns, char Decimal);
