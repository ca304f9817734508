using System.Globalization;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// Reads CSV strictly as RFC 4180 writes it, in UTF-8, with commas, from a file of any length: a row is bounded, so that a quotation mark that is never
/// closed does not swallow the rest. Line ends are LF or CR LF.
/// </summary>
internal sealed class CsvLines(Stream file)
{
    /// <summary>A row of ours has some hundred bytes.</summary>
    public const int RowBytesMax = 65_536;

    private readonly byte[] _buffer = new byte[1 << 17];
    private readonly List<(int Start, int Length)> _cells = [];
    private byte[] _row = new byte[1024];
    private int _rowLength;
    private int _at, _end;
    private bool _begun;
    private long _line = 1;
    private int _column;

    /// <summary>Line on which the row read last begins, from 1.</summary>
    public long Line { get; private set; }
    /// <summary>Bytes taken of the file.</summary>
    public long Taken { get; private set; }
    public int Count => _cells.Count;

    /// <summary>A cell's bytes without its quotation marks, valid until the next row.</summary>
    public ReadOnlySpan<byte> this[int cell] => _row.AsSpan(_cells[cell].Start, _cells[cell].Length);

    /// <summary>Reads the next row; false at the end.</summary>
    /// <exception cref="ImportStructureException">What follows is no CSV.</exception>
    public bool Read()
    {
        _cells.Clear();
        (_rowLength, Line, _column) = (0, _line, 0);
        if (!_begun) Begin();
        if (Peek() < 0) return false;
        while (ReadCell()) { }
        return true;
    }

    private void Begin()
    {
        _begun = true;
        Fill();
        ReadOnlySpan<byte> head = _buffer.AsSpan(_at, Math.Min(4, _end - _at));
        if (head is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] || (head.Length >= 2 && head[..2].Contains((byte)0)))
            throw new ImportStructureException("line 1", "byte 1", "UTF-16", "UTF-8. Save the file as UTF-8");
        if (head is [0xEF, 0xBB, 0xBF, ..]) throw new ImportStructureException("line 1", "byte 1", "a byte order mark", "the name of the first column. Save the file as UTF-8 without a byte order mark");
    }

    /// <summary>Reads one cell and what follows it.</summary>
    /// <returns>Whether another cell follows in the same row.</returns>
    private bool ReadCell()
    {
        var start = _rowLength;
        if (Peek() == '"')
        {
            ReadQuoted();
        }
        else
        {
            while (true)
            {
                var run = _buffer.AsSpan(_at, _end - _at);
                var stop = run.IndexOfAny("\",\r\n\0"u8);
                Keep(stop < 0 ? run : run[..stop]);
                if (stop >= 0 || Peek() < 0) break;
            }
        }
        _cells.Add((start, _rowLength - start));
        switch (Peek())
        {
            case ',':
                Skip();
                return true;
            case '\n':
                Skip();
                EndLine();
                return false;
            case '\r':
                Skip();
                if (Peek() != '\n') throw Wrong("CR alone", "LF or CR LF at the end of a line");
                Skip();
                EndLine();
                return false;
            case < 0:
                return false;
            case '"':
                throw Wrong("a quotation mark inside a cell", "the whole cell in quotation marks, and those within doubled");
            case 0:
                throw Wrong("a NUL byte", "UTF-8 text");
            default:
                throw Wrong("more after a closing quotation mark", "a comma or the end of the line");
        }
    }

    private void ReadQuoted()
    {
        var (line, column) = (_line, _column + 1);
        Skip();
        while (true)
        {
            if (Peek() < 0) throw NeverClosed(line, column, "the end of the file");
            var run = _buffer.AsSpan(_at, _end - _at);
            var stop = run.IndexOfAny("\"\n"u8);
            var part = stop < 0 ? run : run[..stop];
            if (_rowLength + part.Length > RowBytesMax) throw NeverClosed(line, column, $"more than {RowBytesMax.ToString("N0", CultureInfo.InvariantCulture)} bytes");
            Keep(part);
            if (stop < 0) continue;
            if (_buffer[_at] == '\n')
            {
                Keep(_buffer.AsSpan(_at, 1));
                EndLine();
                continue;
            }
            Skip();
            if (Peek() != '"') return;
            Keep(_buffer.AsSpan(_at, 1));
        }
    }

    private void EndLine()
    {
        _line++;
        _column = 0;
    }

    private int Peek()
    {
        if (_at == _end) Fill();
        return _at == _end ? -1 : _buffer[_at];
    }

    private void Skip()
    {
        _at++;
        _column++;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_rowLength + bytes.Length > RowBytesMax)
            throw Wrong($"a row of more than {RowBytesMax.ToString("N0", CultureInfo.InvariantCulture)} bytes", "shorter rows");
        if (_rowLength + bytes.Length > _row.Length) Array.Resize(ref _row, Math.Min(RowBytesMax, Math.Max(_row.Length * 2, _rowLength + bytes.Length)));
        bytes.CopyTo(_row.AsSpan(_rowLength));
        _rowLength += bytes.Length;
        _at += bytes.Length;
        _column += bytes.Length;
    }

    private void Fill()
    {
        (_at, _end) = (0, file.Read(_buffer, 0, _buffer.Length));
        Taken += _end;
    }

    private ImportStructureException Wrong(string found, string expected) => new($"line {_line}", $"byte {_column + 1}", found, expected);

    private static ImportStructureException NeverClosed(long line, int column, string found) => new($"line {line}", $"byte {column}", $"{found} after a quotation mark", "another that closes it");
}
