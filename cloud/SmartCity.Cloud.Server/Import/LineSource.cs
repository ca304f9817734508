using System.Globalization;
using System.Text;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Import;

/// <summary>
/// Line protocol, of our export or of others. Ours: the measurement is the metric, the tag <c>device</c> the device, one field <c>value</c>, <c>int</c>,
/// <c>bool</c> or <c>text</c>, beside it <c>quality</c> and <c>received</c>. Of others each field is a reading: its metric is the measurement, the values of further
/// tags and the field, joined by full stops; its device is the tag <c>device</c>, else <c>host</c>.
/// </summary>
/// <remarks>https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/; times in ns, which are cut to µs.</remarks>
internal sealed class LineSource(Stream file, ImportRules rules) : IImportSource
{
    private const int LineBytesMax = 65_536;
    private static readonly string[] _own = ["value", "int", "bool", "text"];
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private readonly StreamReader _lines = new(file, _strict, detectEncodingFromByteOrderMarks: false, 1 << 16, leaveOpen: true);
    private readonly Queue<(string Metric, ValueKind Kind, long Bits, string? Text)> _fields = new();
    private readonly char[] _one = new char[1];
    private long _line, _linesInside;
    private string _device = "";

    public ImportRow Row { get; } = new() { Unit = "line" };

    public double Progress => file.Length == 0 ? 1 : file.Position / (double)file.Length;

    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_fields.Count == 0)
        {
            if (Next() is not { } line) return ValueTask.FromResult(false);
            Row.Number = _line;
            if (line.Length == 0 || line[0] == '#') continue;
            // A line that is wrong is one row, so that it is counted.
            if (!Take(line))
            {
                _fields.Clear();
                Row.IsGood = false;
                return ValueTask.FromResult(true);
            }
        }
        var field = _fields.Dequeue();
        Row.Series = new SeriesKey(_device, field.Metric);
        (Row.Kind, Row.Bits, Row.Text) = (field.Kind, field.Bits, field.Text);
        Row.IsGood = rules.Names(Row) && rules.Check(Row);
        return ValueTask.FromResult(true);
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        return file.DisposeAsync();
    }

    /// <summary>The next line; a line break inside of a quoted text belongs to it.</summary>
    private string? Next()
    {
        var line = new StringBuilder();
        var (isQuoted, isEscaped, any) = (false, false, false);
        _line += 1 + _linesInside;
        _linesInside = 0;
        try
        {
            while (_lines.Read(_one, 0, 1) == 1)
            {
                any = true;
                var c = _one[0];
                if (c == '\n' && !isQuoted) break;
                if (c == '\n') _linesInside++;
                line.Append(c);
                if (line.Length > LineBytesMax) throw new ImportStructureException($"line {_line}", "byte 1", $"a line of more than {LineBytesMax:N0} characters", "a shorter one, or the quotation mark that closes a text");
                if (isEscaped) isEscaped = false;
                else if (c == '\\') isEscaped = true;
                else if (c == '"') isQuoted = !isQuoted;
            }
        }
        catch (DecoderFallbackException)
        {
            throw new ImportStructureException($"line {_line}", "row", "bytes that are no UTF-8", "UTF-8");
        }
        if (!any) return null;
        if (isQuoted) throw new ImportStructureException($"line {_line}", "row", "the end of the file after a quotation mark", "another that closes it");
        return line.ToString().TrimEnd('\r');
    }

    private bool Take(string line)
    {
        var at = 0;
        var head = Until(line, ref at, ' ', quotes: false);
        var set = Until(line, ref at, ' ', quotes: true);
        var time = at < line.Length ? line[at..].Trim() : "";
        if (head.Length == 0 || set.Length == 0) return rules.Wrong(Row, "row", line.Length > 80 ? line[..80] : line, "measurement,tag=value field=value time");
        var parts = Split(head, ',', quotes: false);
        var measurement = Name(parts[0]);
        var (device, others) = ((string?)null, new List<(string Tag, string Value)>());
        var host = (string?)null;
        foreach (var part in parts.Skip(1))
        {
            if (Pair(part, quotes: false) is not { } tag) return rules.Wrong(Row, "tag", part, "name=value");
            if (tag.Name == "device") device = Name(tag.Value);
            else if (tag.Name == "host" && host is null) host = Name(tag.Value);
            else others.Add((tag.Name, Name(tag.Value)));
        }
        if (device is null && host is null) return rules.Wrong(Row, "tag", null, "a tag device, or host, that says whose reading it is");
        if (device is not null && host is not null) others.Add(("host", host));
        _device = device ?? host!;
        if (!Int128.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nanos)) return rules.Wrong(Row, "time", time, "a time in ns since 1970; without one nobody knows when it was");
        var micros = nanos / 1000;
        if (micros < UnixMicros.Min || micros > UnixMicros.Max) return rules.Wrong(Row, "time", time, "a time in ns in the years 1 to 9999");
        (Row.Time, Row.Received, Row.Quality) = ((long)micros, (long)micros, ReadingQuality.Good);
        var fields = Split(set, ',', quotes: true).Select(part => (Part: part, Pair: Pair(part, quotes: true))).ToList();
        if (fields.FirstOrDefault(field => field.Pair is null) is { Part: { } bad }) return rules.Wrong(Row, "field", bad, "name=value");
        var names = fields.ConvertAll(field => field.Pair!.Value.Name);
        var isOurs = others.Count == 0 && names.Count(_own.Contains) == 1 && names.All(name => _own.Contains(name) || name is "quality" or "received" or "offset");
        var prefix = string.Join('.', others.OrderBy(tag => tag.Tag, StringComparer.Ordinal).Select(tag => tag.Value).Prepend(measurement));
        foreach (var field in fields)
        {
            var (name, text) = field.Pair!.Value;
            if (Value(text) is not { } value) return rules.Wrong(Row, name, text, "a number, 7i, true, false or \"text\"");
            if (isOurs && name == "quality") Row.Quality = value.Kind == ValueKind.Int64 && value.Bits is >= 0 and <= 255 ? (ReadingQuality)value.Bits : (ReadingQuality)255;
            else if (isOurs && name == "received") Row.Received = value.Bits;
            else if (isOurs && name == "offset") continue;
            else _fields.Enqueue((isOurs ? measurement : $"{prefix}.{Name(name)}", value.Kind, value.Bits, value.Text));
        }
        return true;
    }

    private static (ValueKind Kind, long Bits, string? Text)? Value(string text)
    {
        if (text is ['"', .., '"'] && text.Length > 1) return (ValueKind.Text, 0, Unescape(text[1..^1], "\"\\"));
        if (text is "t" or "T" or "true" or "True" or "TRUE") return (ValueKind.Bool, 1, null);
        if (text is "f" or "F" or "false" or "False" or "FALSE") return (ValueKind.Bool, 0, null);
        if (text is [.. var whole, 'i'] && long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bits)) return (ValueKind.Int64, bits, null);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? (ValueKind.Double, BitConverter.DoubleToInt64Bits(number), null) : null;
    }

    private static string Name(string text) => LineProtocol.Decode(Unescape(text, ",= \\"));

    private static (string Name, string Value)? Pair(string part, bool quotes) =>
        Split(part, '=', quotes) is [{ Length: > 0 } name, { Length: > 0 } value] ? (Unescape(name, ",= "), value) : null;

    private static string Unescape(string text, string what)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && what.Contains(text[i + 1], StringComparison.Ordinal)) i++;
            plain.Append(text[i]);
        }
        return plain.ToString();
    }

    /// <summary>The text up to a letter that is neither escaped nor, where texts may stand, between quotation marks; goes beyond it.</summary>
    private static string Until(string text, ref int at, char end, bool quotes)
    {
        var start = at;
        for (var isQuoted = false; at < text.Length; at++)
        {
            if (text[at] == '\\') at++;
            else if (quotes && text[at] == '"') isQuoted = !isQuoted;
            else if (text[at] == end && !isQuoted) return text[start..at++];
        }
        at = text.Length;
        return text[start..];
    }

    private static List<string> Split(string text, char between, bool quotes)
    {
        var parts = new List<string>();
        var at = 0;
        while (true)
        {
            var start = at;
            parts.Add(Until(text, ref at, between, quotes));
            // Ended at the end, not at what stands between.
            if (start + parts[^1].Length == text.Length) return parts;
        }
    }
}
