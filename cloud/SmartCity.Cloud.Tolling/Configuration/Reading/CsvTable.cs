using System.Text;

namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>
/// A table in CSV as RFC 4180 has it, UTF-8, comma, a header of known names. Each row is an object, so that a row and an object of JSON are read by the same code.
/// An empty field is one that is not there.
/// </summary>
internal static class CsvTable
{
    /// <summary>Reads the rows.</summary>
    /// <param name="file">File; it has been seen to be UTF-8.</param>
    /// <param name="text">Its text.</param>
    /// <param name="issues">Takes what is wrong.</param>
    /// <returns>Names of the header, in its order, and the rows.</returns>
    public static (IReadOnlyList<string> Header, List<ConfigNode> Rows) Read(ConfigFile file, string text, ConfigIssues issues)
    {
        var rows = new List<ConfigNode>();
        string[] header = [];
        var (at, line) = (text is ['\uFEFF', ..] ? 1 : 0, 1);
        var fields = new List<string>();
        while (at < text.Length)
        {
            var start = line;
            fields.Clear();
            if (!Row(text, ref at, ref line, fields))
            {
                issues.Add(new ConfigPlace(file.Name, start), "a quoted field of this row does not end, or goes on after its quote");
                break;
            }
            if (fields is [""]) continue;
            if (fields.Count > ConfigNode.MembersMax || (long)(rows.Count + 1) * (header.Length + 1) > ConfigNode.NodesMax)
            {
                issues.Add(new ConfigPlace(file.Name, start), $"the table has more than {ConfigNode.MembersMax} columns or {ConfigNode.NodesMax} fields; split it");
                break;
            }
            if (header.Length == 0)
            {
                header = [.. fields.Select(field => field.Trim())];
                if (header.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
                    issues.Add(new ConfigPlace(file.Name, start), $"column {ConfigIssues.Quote(twice.Key)} stands twice in the header");
                continue;
            }
            if (fields.Count != header.Length)
            {
                issues.Add(new ConfigPlace(file.Name, start), $"{fields.Count} fields; the header has {header.Length}");
                continue;
            }
            var row = new ConfigNode(file.Name, start, null, "", NodeKind.Object, "") { Members = new(header.Length) };
            for (var i = 0; i < header.Length; i++)
                row.Members.Add((header[i], new ConfigNode(file.Name, start, row, header[i], fields[i].Length == 0 ? NodeKind.Null : NodeKind.Cell, fields[i])));
            rows.Add(row);
        }
        return (header, rows);
    }

    private static bool Row(string text, ref int at, ref int line, List<string> fields)
    {
        while (true)
        {
            if (at < text.Length && text[at] == '"')
            {
                if (Quoted(text, ref at, ref line) is not { } quoted) return false;
                fields.Add(quoted);
            }
            else
            {
                var end = text.AsSpan(at).IndexOfAny(",\r\n");
                end = end < 0 ? text.Length : at + end;
                fields.Add(text[at..end]);
                at = end;
            }
            if (at == text.Length) return true;
            if (fields.Count > ConfigNode.MembersMax) return true;
            if (text[at] == ',')
            {
                at++;
                continue;
            }
            if (text[at] == '\r') at++;
            if (at < text.Length && text[at] == '\n') at++;
            line++;
            return true;
        }
    }

    private static string? Quoted(string text, ref int at, ref int line)
    {
        var field = new StringBuilder();
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '\n') line++;
            if (text[i] != '"') field.Append(text[i]);
            else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else
            {
                at = i + 1;
                return at == text.Length || text[at] is ',' or '\r' or '\n' ? field.ToString() : null;
            }
        }
        return null;
    }
}
