using System.Globalization;
using System.Text;
using SmartCity.Cloud.Server.Api;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// CSV as the export writes it: <c>device</c>, <c>metric</c>, <c>ts</c> and <c>value</c> in any order, and where they are there <c>received</c> (else <c>ts</c>), <c>quality</c>
/// (else 0) and <c>type</c> (<c>double</c>, <c>int64</c>, <c>bool</c> or <c>text</c>; without that column every value is a double, since nothing is guessed).
/// </summary>
internal sealed class CsvSource : IImportSource
{
    private static readonly string[] _names = ["device", "metric", "ts", "received", "value", "quality", "type"];
    private static readonly string[] _needed = ["device", "metric", "ts", "value"];
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly Stream _file;
    private readonly CsvLines _lines;
    private readonly ImportRules _rules;
    private readonly int[] _places;
    private readonly int _cells;
    private byte[] _device = [], _metric = [];

    /// <summary>Reads the header.</summary>
    /// <exception cref="ImportStructureException">It is not one of ours.</exception>
    public CsvSource(Stream file, ImportRules rules)
    {
        (_file, _lines, _rules) = (file, new CsvLines(file), rules);
        if (!_lines.Read()) throw new ImportStructureException("line 1", "byte 1", "an empty file", $"a header: {string.Join(',', _names)}");
        var header = Enumerable.Range(0, _lines.Count).Select(cell => Encoding.UTF8.GetString(_lines[cell])).ToArray();
        if (header is [var only])
            foreach (var (letter, name) in (ReadOnlySpan<(char, string)>)[(';', "semicolons"), ('\t', "tabs"), ('|', "bars")])
                if (only.Contains(letter, StringComparison.Ordinal)) throw new ImportStructureException("line 1", $"byte {only.IndexOf(letter, StringComparison.Ordinal) + 1}", $"{name} between the columns", "commas");
        for (var cell = 0; cell < header.Length; cell++)
        {
            if (!_names.Contains(header[cell], StringComparer.Ordinal))
                throw new ImportStructureException("line 1", $"column {cell + 1}", ImportErrors.Shown(header[cell]), $"one of {string.Join(", ", _names)}.{Hosting.Configuration.NearestName.Hint(header[cell], _names)}");
            if (Array.IndexOf(header, header[cell]) < cell) throw new ImportStructureException("line 1", $"column {cell + 1}", $"{header[cell]} a second time", "each column once");
        }
        if (_needed.FirstOrDefault(name => !header.Contains(name, StringComparer.Ordinal)) is { } missing)
            throw new ImportStructureException("line 1", "header", $"no column {missing}", $"at least {string.Join(", ", _needed)}");
        _places = [.. _names.Select(name => Array.IndexOf(header, name))];
        _cells = header.Length;
    }

    public ImportRow Row { get; } = new() { Unit = "line" };

    public double Progress => _file.Length == 0 ? 1 : _lines.Taken / (double)_file.Length;

    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_lines.Read()) return ValueTask.FromResult(false);
        Row.Number = _lines.Line;
        if (_lines.Count != _cells) throw new ImportStructureException(Row.Place, "row", _lines.Count == 1 && _lines[0].IsEmpty ? "an empty line" : $"{_lines.Count} cells", $"{_cells} as in the header");
        Row.IsGood = Series() & Times() & Quality() & Value() && _rules.Check(Row);
        return ValueTask.FromResult(true);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>The bytes of a column by its place in the list of names; empty where the file has it not.</summary>
    private ReadOnlySpan<byte> Cell(int name) => _places[name] < 0 ? default : _lines[_places[name]];

    private bool Series()
    {
        // Rows of one series come together, as the export writes them.
        if (Row.IsGood && Cell(0).SequenceEqual(_device) && Cell(1).SequenceEqual(_metric)) return true;
        if (!Text(0, out var device) || !Text(1, out var metric)) return false;
        (_device, _metric) = (Cell(0).ToArray(), Cell(1).ToArray());
        Row.Series = new SeriesKey(device, metric);
        return _rules.Names(Row);
    }

    private bool Times()
    {
        if (!Time(2, out var time)) return false;
        (Row.Time, Row.Received) = (time, time);
        if (Cell(3).IsEmpty) return true;
        if (!Time(3, out var received)) return false;
        Row.Received = received;
        return true;
    }

    private bool Time(int name, out long micros)
    {
        micros = 0;
        Span<char> text = stackalloc char[40];
        var cell = Cell(name);
        // A date alone is no instant.
        if (cell.Length is > 15 and < 40 && Encoding.UTF8.TryGetChars(cell, text, out var length) && Api.Times.Parse(new string(text[..length]), TimeZoneInfo.Utc) is { } found)
        {
            micros = found;
            return true;
        }
        return _rules.Wrong(Row, _names[name], Found(cell), "RFC 3339 with an offset, e.g. 2026-11-24T06:12:03.412Z");
    }

    private bool Quality()
    {
        Row.Quality = ReadingQuality.Good;
        if (Cell(5).IsEmpty) return true;
        if (!byte.TryParse(Cell(5), NumberStyles.None, CultureInfo.InvariantCulture, out var flags)) return _rules.Wrong(Row, "quality", Found(Cell(5)), "flags from 0 to 255");
        Row.Quality = (ReadingQuality)flags;
        return true;
    }

    private bool Value()
    {
        (Row.Text, Row.Bits) = (null, 0);
        var cell = Cell(4);
        var type = Cell(6);
        if (_places[6] < 0 || type.SequenceEqual("double"u8))
        {
            Row.Kind = ValueKind.Double;
            if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
                return _rules.Wrong(Row, "value", Found(cell), $"a number with a decimal point, e.g. 12.5{(_places[6] < 0 ? " (other kinds need a column type)" : "")}");
            Row.Bits = BitConverter.DoubleToInt64Bits(number);
            return true;
        }
        if (type.SequenceEqual("int64"u8))
        {
            Row.Kind = ValueKind.Int64;
            if (!long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return _rules.Wrong(Row, "value", Found(cell), "a whole number of 64 bits");
            Row.Bits = whole;
            return true;
        }
        if (type.SequenceEqual("bool"u8))
        {
            Row.Kind = ValueKind.Bool;
            Row.Bits = cell.SequenceEqual("true"u8) ? 1 : 0;
            return Row.Bits == 1 || cell.SequenceEqual("false"u8) || _rules.Wrong(Row, "value", Found(cell), "true or false");
        }
        if (!type.SequenceEqual("text"u8)) return _rules.Wrong(Row, "type", Found(type), "double, int64, bool or text");
        Row.Kind = ValueKind.Text;
        if (!Text(4, out var text)) return false;
        Row.Text = text;
        return true;
    }

    private bool Text(int name, out string text)
    {
        try
        {
            text = CsvText.Unguarded(_strict.GetString(Cell(name)));
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return _rules.Wrong(Row, _names[name], Found(Cell(name)), "UTF-8");
        }
    }

    private static string? Found(ReadOnlySpan<byte> cell) => cell.IsEmpty ? null : Encoding.UTF8.GetString(cell[..Math.Min(cell.Length, 400)]);
}
