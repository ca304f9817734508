using System.Data;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using MiniExcelLibs;
using MiniExcelLibs.OpenXml;

namespace SmartCity.Cloud.Tolling.Claims.Files;

/// <summary>Writes tables for people: CSV as RFC 4180 has it, or an Excel sheet. The same table gives the same bytes.</summary>
public static partial class TableFile
{
    /// <summary>Most rows of a sheet; longer tables are written as CSV.</summary>
    public const int SheetRowsMax = 200_000;

    private static readonly DateTimeOffset _stamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes CSV: UTF-8 with its mark, which Excel needs to read it, lines ended by CR LF.</summary>
    /// <param name="to">Takes it.</param>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="rows">Rows, each with as many cells: text, whole numbers, or null.</param>
    public static void WriteCsv(Stream to, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        using var writer = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true) { NewLine = "\r\n" };
        writer.WriteLine(string.Join(',', columns.Select(Quoted)));
        foreach (var row in rows) writer.WriteLine(string.Join(',', row.Select(cell => Quoted(Text(cell)))));
    }

    /// <summary>Writes a workbook of one sheet.</summary>
    /// <param name="to">Takes it.</param>
    /// <param name="sheet">Name of the sheet, 1–31 characters.</param>
    /// <param name="columns">Names of the columns, all different.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="isRightToLeft">Whether the sheet runs from right to left.</param>
    /// <exception cref="InvalidDataException">There are more than <see cref="SheetRowsMax"/> rows; nothing was written.</exception>
    public static void WriteXlsx(Stream to, string sheet, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows, bool isRightToLeft)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        using var table = new DataTable { Locale = CultureInfo.InvariantCulture };
        foreach (var column in columns) table.Columns.Add(column, typeof(object));
        foreach (var row in rows)
        {
            if (table.Rows.Count == SheetRowsMax) throw new InvalidDataException($"A sheet holds {SheetRowsMax} rows; take CSV, or fewer rows.");
            table.Rows.Add([.. row.Select(cell => cell is long or int ? cell : Text(cell))]);
        }
        using var made = new MemoryStream();
        made.SaveAs(table, sheetName: sheet, configuration: new OpenXmlConfiguration { RightToLeft = isRightToLeft, AutoFilter = false, FastMode = true, EnableAutoWidth = true, Culture = CultureInfo.InvariantCulture });
        made.Position = 0;
        // Written anew without the time of day, so that the same table is the same file.
        using var from = new ZipArchive(made, ZipArchiveMode.Read);
        using var archive = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var part in from.Entries.OrderBy(part => part.FullName, StringComparer.Ordinal))
        {
            var entry = archive.CreateEntry(part.FullName, CompressionLevel.Optimal);
            entry.LastWriteTime = _stamp;
            using var source = part.Open();
            using var target = entry.Open();
            if (part.FullName is not ("xl/workbook.xml" or "xl/_rels/workbook.xml.rels"))
            {
                source.CopyTo(target);
                continue;
            }
            // Here the sheet is named by a new random id each time.
            using var reader = new StreamReader(source, Encoding.UTF8);
            target.Write(Encoding.UTF8.GetBytes(SheetId().Replace(reader.ReadToEnd(), "sheet1")));
        }
    }

    [GeneratedRegex("R[0-9a-f]{32}(?=\")")]
    private static partial Regex SheetId();

    private static string Text(object? cell) => cell switch
    {
        null => "",
        string text => Harmless(text),
        _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>A text that a spreadsheet would run as a formula stands behind an apostrophe.</summary>
    private static string Harmless(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
