using System.Text;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>Rows of a CSV text (RFC 4180; LF, CRLF or CR end a row; empty lines are none). Bounded, so that a file that is no CSV does not fill the memory.</summary>
internal sealed class CsvRows(TextReader text, char delimiter) : IDisposable
{
    private const int CellsMax = 100_000;
    private const int RowCharactersMax = 4 << 20;

    private readonly char[] _buffer = new char[64 * 1024];
    private readonly List<string> _cells = [];
    private readonly StringBuilder _cell = new();
    private int _at, _end;
    private int _characters;

    /// <summary>Line on which the row at hand begins, from 1.</summary>
    public long Line { get; private set; }
    /// <summary>Cells of the row at hand; valid until the next one.</summary>
    public IReadOnlyList<string> Cells => _cells;

    private long _nextLine = 1;

    /// <summary>Reads the next row.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidDataException">A quote is never closed, or the row is larger than any row of records.</exception>
    public bool Read()
    {
        do
        {
            _cells.Clear();
            _characters = 0;
            Line = _nextLine;
            if (Peek() < 0) return false;
            while (ReadCell())
                if (_cells.Count > CellsMax) throw new InvalidDataException($"line {Line}: more than {CellsMax} cells.");
        }
        while (_cells is [""]);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => text.Dispose();

    /// <summary>Reads one cell; false where it was the row's last.</summary>
    private bool ReadCell()
    {
        _cell.Clear();
        if (Peek() == '"') ReadQuoted();
        while (true)
        {
            var next = Take();
            if (next < 0 || next == '\n' || next == '\r')
            {
                if (next == '\r' && Peek() == '\n') Take();
                if (next >= 0) _nextLine++;
                _cells.Add(_cell.ToString());
                return false;
            }
            if (next == delimiter)
            {
                _cells.Add(_cell.ToString());
                return true;
            }
            _cell.Append((char)next);
        }
    }

    private void ReadQuoted()
    {
        Take();
        while (true)
        {
            var next = Take();
            if (next < 0) throw new InvalidDataException($"line {Line}: a quote is never closed.");
            if (next == '"')
            {
                if (Peek() != '"') return;
                Take();
            }
            if (next == '\n') _nextLine++;
            _cell.Append((char)next);
        }
    }

    private int Peek()
    {
        if (_at == _end && (_end = text.Read(_buffer, _at = 0, _buffer.Length)) == 0) return -1;
        return _buffer[_at];
    }

    private int Take()
    {
        var next = Peek();
        if (next < 0) return next;
        _at++;
        return ++_characters <= RowCharactersMax ? next : throw new InvalidDataException($"line {Line}: more than {RowCharactersMax} characters.");
    }
}
