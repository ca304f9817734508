using System.Buffers;
using System.Globalization;
using System.Text;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Api;

/// <summary>Writes CSV (RFC 4180, UTF-8, lines end in CR LF) into a buffer.</summary>
internal sealed class CsvText(IBufferWriter<byte> output)
{
    /// <summary>Media type.</summary>
    public const string MediaType = "text/csv";
    private bool _isFirst = true;

    public CsvText Add(string? text)
    {
        Separate();
        if (text is null) return this;
        // A cell that a spreadsheet would run is made plain text by an apostrophe, as spreadsheets write it.
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        if (text.AsSpan().IndexOfAny(",\"\r\n") >= 0) text = $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        Raw(text);
        return this;
    }

    public CsvText Add(double? value)
    {
        Separate();
        if (value is { } number) Raw(number.ToString("R", CultureInfo.InvariantCulture));
        return this;
    }

    public CsvText Add(long value)
    {
        Separate();
        Raw(value.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    public CsvText Add(ReadingValue? value)
    {
        if (value is not { } one || one.Kind == ValueKind.Text) return Add(value?.Text);
        Separate();
        Raw(one.ToString());
        return this;
    }

    public void End()
    {
        output.Write("\r\n"u8);
        _isFirst = true;
    }

    private void Separate()
    {
        if (!_isFirst) output.Write(","u8);
        _isFirst = false;
    }

    private void Raw(string text) => Encoding.UTF8.GetBytes(text, output);
}
