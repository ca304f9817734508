using System.Text;
using SmartCity.Devices;

namespace SmartCity.FirmwareSim.Replay;

/// <summary>Reads one recorded file as elements of telemetry, in the order of its rows, and accounts for every cell that is a metric's.</summary>
internal sealed class CsvSource : IDisposable
{
    private readonly ReplayMapping _mapping;
    private readonly FileStream _file;
    private readonly CsvRows _rows;
    private readonly string[] _header;
    private readonly RowTemplate _device;
    private readonly RowTemplate _time;
    private readonly HashSet<string> _missing;

    /// <summary>Opens a file and reads its heading.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public CsvSource(ReplayMapping mapping, string file)
    {
        _mapping = mapping;
        Name = Path.GetFileName(file);
        _file = File.OpenRead(file);
        _rows = new CsvRows(new StreamReader(Open(file), Encoding.UTF8, true, 64 * 1024), mapping.Delimiter);
        _device = new RowTemplate(mapping.Device);
        _time = new RowTemplate(mapping.Time.Text ?? "");
        _missing = [.. mapping.Missing, ""];
        if (!ReadRow()) throw new InvalidDataException($"{Name} is empty; its first line names the columns.");
        _header = [.. _rows.Cells.Select(heading => heading.Trim())];
    }

    /// <summary>Name of the file.</summary>
    public string Name { get; }
    /// <summary>Bytes read of the file.</summary>
    public long Position => _file.Position;
    /// <summary>Rows read, without the heading.</summary>
    public long Rows { get; private set; }

    /// <summary>Columns that the mapping names and the heading lacks.</summary>
    public IReadOnlyList<string> MissingColumns =>
        [.. _mapping.Columns.Select(rule => rule.Column).Concat(_device.Columns.Where(name => _mapping.Wide is null || name != "column")).Concat(_time.Columns).Distinct().Except(_header)];

    /// <summary>Reads to the end.</summary>
    /// <param name="account">Where every cell is counted that becomes no value.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or lacks a column.</exception>
    public IEnumerable<ReplayElement> Read(ReplayAccount account)
    {
        if (MissingColumns is { Count: > 0 } missing) throw new InvalidDataException($"{Name} has no column {string.Join(", ", missing)}; it has {string.Join(", ", _header)}.");
        var clock = new RowClock(_mapping.Time);
        var places = _header.Select((name, i) => (name, i)).GroupBy(one => one.name).ToDictionary(group => group.Key, group => group.First().i);
        var columns = _mapping.Wide is { } wide
            ? [.. _header.Select((heading, i) => new Column(i, heading, wide.Metric, wide.Kind, _missing, account.Of(wide.Metric, wide.Unit)))]
            : _mapping.Columns.Select(rule => new Column(places[rule.Column], rule.Column, rule.Metric, rule.Kind, [.. _missing, .. rule.Missing], account.Of(rule.Metric, rule.Unit))).ToArray();
        while (ReadRow())
        {
            var row = Rows++;
            foreach (var column in columns) column.Count.Cells++;
            var cells = _rows.Cells;
            if (cells.Count != _header.Length)
            {
                foreach (var column in columns) column.Count.Reject("row:columns");
                continue;
            }
            string Cell(string name) => cells[places[name]].Trim();
            if (clock.TryRead(row, _time.Of(Cell), out var time) is { } wrong)
            {
                foreach (var column in columns) column.Count.Reject(wrong);
                continue;
            }
            if (_mapping.Wide is null)
            {
                var device = IdOf(_device.Of(Cell));
                foreach (var element in ElementsOf(clock, time, device, cells, columns)) yield return element;
                continue;
            }
            for (var i = 0; i < columns.Length; i++)
            {
                var heading = columns[i].Heading;
                var device = IdOf(_device.Of(name => name == "column" ? heading : Cell(name)));
                foreach (var element in ElementsOf(clock, time, device, cells, columns.AsSpan(i, 1).ToArray())) yield return element;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _file.Dispose();
    }

    /// <summary>The values of a row; two elements where an ambiguous hour parts them.</summary>
    private static IEnumerable<ReplayElement> ElementsOf(RowClock clock, RowTime time, string? device, IReadOnlyList<string> cells, Column[] columns)
    {
        List<ReplayValue>? first = null, second = null;
        foreach (var column in columns)
        {
            var cell = cells[column.Place].Trim();
            if (column.Missing.Contains(cell)) column.Count.Nulls++;
            else if (device is null) column.Count.Reject("device:id");
            else if (ReplayValue.TryRead(column.Metric, column.Kind, cell, column.Count, out var value) is { } wrong) column.Count.Reject(wrong);
            else if (clock.Of(time, device, column.Metric, cell) == time.First) (first ??= []).Add(value);
            else (second ??= []).Add(value);
        }
        if (first is not null) yield return new ReplayElement(device!, time.First, first);
        if (second is not null) yield return new ReplayElement(device!, time.Second, second);
    }

    private static string? IdOf(string text)
    {
        try
        {
            return DeviceId.IsValid(text) ? text : DeviceId.Encode(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private Stream Open(string file)
    {
        try
        {
            return file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new WholeGzip(_file) : _file;
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{Name}: {error.Message}", error);
        }
    }

    private bool ReadRow()
    {
        try
        {
            return _rows.Read();
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new InvalidDataException($"{Name}, {(error.Message.StartsWith("line ", StringComparison.Ordinal) ? "" : $"after line {_rows.Line}: ")}{error.Message}", error);
        }
    }

    private sealed record Column(int Place, string Heading, string Metric, CellKind Kind, HashSet<string> Missing, MetricCount Count);
}
