using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Devices.Mappings;

/// <summary>One value of a payload.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Part">Its name or index in what holds it; null where the name is not Unicode.</param>
/// <param name="Text">A text without escapes, a number's digits, <c>true</c> or <c>false</c>; null where it is not Unicode, or holds others.</param>
/// <param name="At">Where in the payload it begins, bytes from 0.</param>
/// <param name="Parent">Index of what holds it; -1 for the payload.</param>
internal readonly record struct PayloadNode(JsonValueKind Kind, string? Part, string? Text, int At, int Parent)
{
    /// <summary>Index behind the last value in it.</summary>
    public int End { get; init; }
    /// <summary>Whether it holds others.</summary>
    public bool IsHolder => Kind is JsonValueKind.Object or JsonValueKind.Array;
}

/// <summary>A payload as a list of its values, each behind what holds it. Filled again and again. Not thread-safe.</summary>
internal sealed class PayloadTree
{
    private static readonly string[] _indexes = [.. Enumerable.Range(0, 256).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
    private readonly List<PayloadNode> _nodes = [];
    private byte[] _unescaped = new byte[1_024];

    /// <summary>Values in it; the first is the payload itself.</summary>
    public int Count => _nodes.Count;

    /// <summary>The value at an index.</summary>
    public PayloadNode this[int index] => _nodes[index];

    /// <summary>Forgets the last payload.</summary>
    public void Clear() => _nodes.Clear();

    /// <summary>Adds a value; one that holds others is closed by <see cref="Close"/>.</summary>
    /// <returns>Its index.</returns>
    public int Add(JsonValueKind kind, string? part, string? text, int at, int parent)
    {
        _nodes.Add(new PayloadNode(kind, part, text, at, parent) { End = _nodes.Count + 1 });
        return _nodes.Count - 1;
    }

    /// <summary>Closes a value behind all that it holds.</summary>
    public void Close(int index) => _nodes[index] = _nodes[index] with { End = _nodes.Count };

    /// <summary>An index as the part of a way.</summary>
    public static string PartOf(int index) => index < _indexes.Length ? _indexes[index] : index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The value that parts lead to; -1 where there is none.</summary>
    public int Find(int from, IReadOnlyList<string> parts)
    {
        foreach (var part in parts)
        {
            var child = from + 1;
            for (; child < _nodes[from].End; child = _nodes[child].End)
                if (_nodes[child].Part == part) break;
            if (child >= _nodes[from].End) return -1;
            from = child;
        }
        return from;
    }

    /// <summary>Reads JSON.</summary>
    /// <returns>Why it cannot be read, at which byte; <see cref="RejectReason.None"/> where it can.</returns>
    public (RejectReason Reason, int At, string Words) ReadJson(ReadOnlySpan<byte> json, PayloadLimits limits)
    {
        Clear();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = limits.DepthMax });
        try
        {
            reader.Read();
            if (!Read(ref reader, null, -1, limits)) return (RejectReason.JsonLimit, (int)reader.TokenStartIndex, $"more than {limits.ValuesMax} values; send smaller messages");
            reader.Read();
            return (RejectReason.None, 0, "");
        }
        catch (JsonException error)
        {
            var (reason, at) = JsonPayload.Explain(error, json, reader, limits.DepthMax);
            return (reason, at, JsonPayload.WordsFor(reason, limits));
        }
    }

    /// <summary>Reads the value that the reader stands on; false where there are too many.</summary>
    private bool Read(ref Utf8JsonReader reader, string? part, int parent, PayloadLimits limits)
    {
        // What holds values is bounded with them: a payload of empty lists has none and would still cost.
        if (_nodes.Count >= 2 * limits.ValuesMax) return false;
        var at = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var map = Add(JsonValueKind.Object, part, null, at, parent);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = TextOf(ref reader);
                    reader.Read();
                    if (!Read(ref reader, name, map, limits)) return false;
                }
                Close(map);
                return true;
            case JsonTokenType.StartArray:
                var list = Add(JsonValueKind.Array, part, null, at, parent);
                for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                    if (!Read(ref reader, PartOf(i), list, limits)) return false;
                Close(list);
                return true;
            case JsonTokenType.String: Add(JsonValueKind.String, part, TextOf(ref reader), at, parent); return true;
            case JsonTokenType.Number: Add(JsonValueKind.Number, part, Encoding.ASCII.GetString(reader.ValueSpan), at, parent); return true;
            case JsonTokenType.True: Add(JsonValueKind.True, part, "true", at, parent); return true;
            case JsonTokenType.False: Add(JsonValueKind.False, part, "false", at, parent); return true;
            default: Add(JsonValueKind.Null, part, null, at, parent); return true;
        }
    }

    /// <summary>The text that the reader stands on; null where it is not Unicode.</summary>
    private string? TextOf(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan;
        if (raw.Length > _unescaped.Length) _unescaped = new byte[raw.Length];
        var length = JsonText.Unescape(raw, _unescaped);
        return length is JsonText.NotUnicode or JsonText.TooLong ? null : Encoding.UTF8.GetString(_unescaped, 0, length);
    }
}
