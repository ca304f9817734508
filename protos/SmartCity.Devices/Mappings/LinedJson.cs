using System.Text;
using System.Text.Json;

namespace SmartCity.Devices.Mappings;

/// <summary>JSON of a file that people write, with the line of each value, so that a mistake can be pointed at. Comments are allowed.</summary>
internal sealed class LinedJson
{
    private const int DepthMax = 32;

    private LinedJson(JsonValueKind kind, int line, string text) => (Kind, Line, Text) = (kind, line, text);

    /// <summary>What it is.</summary>
    public JsonValueKind Kind { get; }
    /// <summary>Line, from 1.</summary>
    public int Line { get; }
    /// <summary>A text without its escapes; a number's digits; else the value as it stands in the file.</summary>
    public string Text { get; private set; }
    /// <summary>Members of an object, in their order.</summary>
    public List<(string Name, LinedJson Value)> Members { get; } = [];
    /// <summary>Items of an array.</summary>
    public List<LinedJson> Items { get; } = [];

    /// <summary>The member of that name; null where there is none.</summary>
    public LinedJson? this[string name] => Members.Find(member => member.Name == name).Value;

    /// <summary>Reads a file.</summary>
    /// <returns>The file's value; null where it is no JSON, which is then among <paramref name="errors"/>.</returns>
    public static LinedJson? Parse(ReadOnlySpan<byte> json, List<MappingError> errors)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax, CommentHandling = JsonCommentHandling.Skip });
        var line = new LineCounter(json);
        try
        {
            reader.Read();
            var value = Read(ref reader, ref line, json, errors);
            reader.Read();
            return value;
        }
        catch (JsonException error)
        {
            // The reader takes a lone carriage return in a comment for the end of a line, as no editor does.
            var lines = json.Count((byte)'\n') + 1;
            errors.Add(new MappingError((int)Math.Min((error.LineNumber ?? 0) + 1, lines), $"this is not JSON at column {(error.BytePositionInLine ?? 0) + 1}; look for a missing comma, quote or bracket before it."));
        }
        catch (InvalidOperationException)
        {
            errors.Add(new MappingError(line.At(reader.TokenStartIndex), "a text here is not Unicode; save the file as UTF-8."));
        }
        return null;
    }

    private static LinedJson Read(ref Utf8JsonReader reader, ref LineCounter line, ReadOnlySpan<byte> json, List<MappingError> errors)
    {
        var start = (int)reader.TokenStartIndex;
        var at = line.At(start);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = new LinedJson(JsonValueKind.Object, at, "");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    var nameLine = line.At(reader.TokenStartIndex);
                    if (map[name] is not null) errors.Add(new MappingError(nameLine, $"\"{name}\" stands here twice; leave one out."));
                    reader.Read();
                    map.Members.Add((name, Read(ref reader, ref line, json, errors)));
                }
                map.Text = Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
                return map;
            case JsonTokenType.StartArray:
                var list = new LinedJson(JsonValueKind.Array, at, "");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Items.Add(Read(ref reader, ref line, json, errors));
                list.Text = Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
                return list;
            case JsonTokenType.String: return new LinedJson(JsonValueKind.String, at, reader.GetString()!);
            case JsonTokenType.Number: return new LinedJson(JsonValueKind.Number, at, Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.True: return new LinedJson(JsonValueKind.True, at, "true");
            case JsonTokenType.False: return new LinedJson(JsonValueKind.False, at, "false");
            default: return new LinedJson(JsonValueKind.Null, at, "null");
        }
    }

    /// <summary>Counts lines up to places that only ever grow.</summary>
    private ref struct LineCounter(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _at, _line = 1;

        public int At(long offset)
        {
            if (offset > _at)
            {
                _line += _json[_at..(int)offset].Count((byte)'\n');
                _at = (int)offset;
            }
            return _line;
        }
    }
}
