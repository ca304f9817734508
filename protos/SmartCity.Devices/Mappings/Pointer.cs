namespace SmartCity.Devices.Mappings;

/// <summary>A JSON pointer (RFC 6901) from the message, or with a leading dot from the value at hand; in CSV <c>/column</c>.</summary>
internal sealed class Pointer
{
    private Pointer(string text, bool isOfNode, IReadOnlyList<string> parts) => (Text, IsOfNode, Parts) = (text, isOfNode, parts);

    /// <summary>As it was written.</summary>
    public string Text { get; }
    /// <summary>Whether it begins at the value at hand.</summary>
    public bool IsOfNode { get; }
    /// <summary>Names and indexes on the way.</summary>
    public IReadOnlyList<string> Parts { get; }

    /// <summary>Reads a pointer.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryParse(string text, bool hasNode, out Pointer? pointer)
    {
        pointer = null;
        var isOfNode = text.StartsWith("./", StringComparison.Ordinal);
        if (isOfNode && !hasNode) return $"\"{text}\" begins at the value at hand, of which there is none here; begin with /.";
        if (!isOfNode && !text.StartsWith('/')) return $"\"{text}\" is no pointer; write /member/member, with ~1 for a / and ~0 for a ~ in a name.";
        if (Split(isOfNode ? text[1..] : text) is not { } parts) return $"\"{text}\" has a ~ that is neither ~0 nor ~1.";
        pointer = new Pointer(text, isOfNode, parts);
        return null;
    }

    /// <summary>The parts of a pointer without their escapes; null where an escape is none.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var parts = text[1..].Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            for (var at = parts[i].IndexOf('~', StringComparison.Ordinal); at >= 0; at = parts[i].IndexOf('~', at + 1))
                if (at + 1 == parts[i].Length || parts[i][at + 1] is not ('0' or '1')) return null;
            parts[i] = parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }
        return parts;
    }
}
