using System.Text;
using System.Text.Json;

namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>What a value is.</summary>
internal enum NodeKind
{
    Object,
    Array,
    Text,
    Number,
    Truth,
    Null,
    /// <summary>A field of CSV, which does not say whether it is a text, a number or a truth.</summary>
    Cell,
}

/// <summary>A value of JSON, or a row of CSV as an object, with the line that it stands on. Numbers keep their digits: no value passes through a double.</summary>
internal sealed class ConfigNode(string file, int line, ConfigNode? parent, string name, NodeKind kind, string text)
{
    /// <summary>Most values in one file: they cost about 80 bytes each in memory.</summary>
    public const int NodesMax = 4_000_000;

    /// <summary>Most members of an object, and columns of a table.</summary>
    public const int MembersMax = 100;

    // Made only when asked for: of a table of a hundred thousand rows nobody needs the path to each cell.
    public ConfigPlace Place => new(file, line, Path);
    public NodeKind Kind { get; } = kind;
    /// <summary>Of a text its characters, of a number its digits, of a truth <c>true</c> or <c>false</c>.</summary>
    public string Text { get; } = text;
    public List<(string Name, ConfigNode Value)> Members { get; init; } = _noMembers;
    public List<ConfigNode> Items { get; init; } = _noItems;

    public bool IsText => Kind is NodeKind.Text or NodeKind.Cell;
    public bool IsNumber => Kind is NodeKind.Number or NodeKind.Cell;
    public bool IsTruth => Kind is NodeKind.Truth or NodeKind.Cell;

    private static readonly List<(string, ConfigNode)> _noMembers = [];
    private static readonly List<ConfigNode> _noItems = [];

    private string Path => parent is null ? name : name is ['[', ..] || parent.Path.Length == 0 ? parent.Path + name : $"{parent.Path}.{name}";

    /// <summary>For messages.</summary>
    public string Shown => Kind switch { NodeKind.Object => "an object", NodeKind.Array => "a list", NodeKind.Null => "null", NodeKind.Text or NodeKind.Cell => ConfigIssues.Quote(Text), _ => Text };

    /// <summary>Reads a document: RFC 8259 without comments, trailing commas, or a name twice in an object.</summary>
    /// <returns>Null where something is wrong, which then stands among the issues.</returns>
    public static ConfigNode? Parse(ConfigFile file, ConfigIssues issues)
    {
        var bytes = file.Content.Span;
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[3..];
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 16 });
        var lines = new LineCount(bytes);
        try
        {
            reader.Read();
            var left = NodesMax;
            var root = Value(ref reader, ref lines, file.Name, null, "$", issues, ref left);
            while (reader.Read()) { }
            return root;
        }
        catch (JsonException error)
        {
            var line = error.LineNumber is { } at ? (int)Math.Min(at + 1, int.MaxValue) : 0;
            issues.Add(new ConfigPlace(file.Name, line), $"no JSON as RFC 8259 has it: {Reason(error)}");
        }
        catch (InvalidOperationException error)
        {
            // Of a lone surrogate in an escape.
            issues.Add(new ConfigPlace(file.Name, lines.At(reader.TokenStartIndex)), $"no JSON text: {error.Message}");
        }
        return null;
    }

    private static string Reason(JsonException error)
    {
        var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? error.Message : error.Message[..end];
    }

    private static ConfigNode Value(ref Utf8JsonReader reader, ref LineCount lines, string file, ConfigNode? parent, string name, ConfigIssues issues, ref int left)
    {
        var line = lines.At(reader.TokenStartIndex);
        if (--left < 0) throw new JsonException($"more than {NodesMax} values", null, line - 1, null);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var node = new ConfigNode(file, line, parent, name, NodeKind.Object, "") { Members = [] };
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var member = reader.GetString()!;
                    reader.Read();
                    var value = Value(ref reader, ref lines, file, node, member, issues, ref left);
                    // Objects are small: a look through the list is quicker than a table for each.
                    var before = node.Members.FindIndex(known => known.Name == member);
                    if (before < 0) node.Members.Add((member, value));
                    else issues.Add(value.Place, $"{ConfigIssues.Quote(member)} stands twice in this object, before on line {node.Members[before].Value.Place.Line}", node.Members[before].Value.Place);
                    if (node.Members.Count > MembersMax) throw new JsonException($"an object with more than {MembersMax} names", null, line - 1, null);
                }
                return node;
            case JsonTokenType.StartArray:
                var list = new ConfigNode(file, line, parent, name, NodeKind.Array, "") { Items = [] };
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    list.Items.Add(Value(ref reader, ref lines, file, list, $"[{list.Items.Count}]", issues, ref left));
                return list;
            case JsonTokenType.String: return new ConfigNode(file, line, parent, name, NodeKind.Text, reader.GetString()!);
            case JsonTokenType.Number: return new ConfigNode(file, line, parent, name, NodeKind.Number, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True: return new ConfigNode(file, line, parent, name, NodeKind.Truth, "true");
            case JsonTokenType.False: return new ConfigNode(file, line, parent, name, NodeKind.Truth, "false");
            default: return new ConfigNode(file, line, parent, name, NodeKind.Null, "");
        }
    }

    /// <summary>Lines of ascending places, counted once over the file.</summary>
    private ref struct LineCount(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at;
        private int _line = 1;

        public int At(long index)
        {
            if (index > _at)
            {
                _line += _bytes[_at..(int)index].Count((byte)'\n');
                _at = (int)index;
            }
            return _line;
        }
    }
}
