using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Writes rows as CSV (RFC 4180, UTF-8, lines end in CR LF).</summary>
internal sealed class CsvText : IRowWriter
{
    /// <summary>Media type.</summary>
    public const string MediaType = "text/csv";
    /// <summary>What a spreadsheet would run as a formula begins with one of these; a text with one in front gets an apostrophe, as spreadsheets write it.</summary>
    /// <remarks>The apostrophe itself is among them, so that taking one away again (<see cref="Unguarded"/>) gives back every text.</remarks>
    private const string Formulas = "=+-@\t\r'";
    private const int FlushBytes = 32_768;

    private readonly PipeWriter _output;
    private bool _isFirst = true;

    public CsvText(PipeWriter output, IReadOnlyList<RowColumn> columns)
    {
        _output = output;
        foreach (var column in columns) Text(column.Name);
        EndRow();
    }

    public bool IsDue => _output.UnflushedBytes >= FlushBytes;

    /// <summary>The text of a cell without the apostrophe that made it harmless.</summary>
    public static string Unguarded(string cell) => cell.Length >= 2 && cell[0] == '\'' && Formulas.Contains(cell[1], StringComparison.Ordinal) ? cell[1..] : cell;

    /// <summary>A text as a cell: harmless for spreadsheets, in quotation marks where it needs them.</summary>
    public static string? Guarded(string? text)
    {
        if (text is { Length: > 0 } && Formulas.Contains(text[0], StringComparison.Ordinal)) text = "'" + text;
        return text is not null && text.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    public void Text(string? text)
    {
        Separate();
        if (Guarded(text) is { } cell) Raw(cell);
    }

    public void Number(double? number)
    {
        Separate();
        if (number is { } one) Raw(one.ToString("R", CultureInfo.InvariantCulture));
    }

    public void Whole(long number)
    {
        Separate();
        Raw(number.ToString(CultureInfo.InvariantCulture));
    }

    public void Time(long micros, TimeZoneInfo? zone = null)
    {
        Separate();
        Raw(zone is null ? Times.Write(micros) : Times.Write(micros, zone));
    }

    public void Value(ReadingValue? value)
    {
        if (value is not { } one || one.Kind == ValueKind.Text)
        {
            Text(value?.Text);
            return;
        }
        Separate();
        Raw(one.ToString());
    }

    public void EndRow()
    {
        _output.Write("\r\n"u8);
        _isFirst = true;
    }

    public async Task<bool> FlushAsync(CancellationToken cancellationToken) => !(await _output.FlushAsync(cancellationToken)).IsCompleted;

    public Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private void Separate()
    {
        if (!_isFirst) _output.Write(","u8);
        _isFirst = false;
    }

    private void Raw(string text) => Encoding.UTF8.GetBytes(text, _output);
}
