using System.Text;

namespace SmartCity.Devices.Mappings;

/// <summary>A text with places to fill: <c>{name}</c> of a capture, <c>{/pointer}</c> of what stands in the payload, <c>{./pointer}</c> below the value at hand.</summary>
internal sealed class Template
{
    private Template(IReadOnlyList<Piece> pieces) => Pieces = pieces;

    /// <summary>Its pieces, in their order.</summary>
    public IReadOnlyList<Piece> Pieces { get; }

    /// <summary>Whether it needs the payload.</summary>
    public bool NeedsPayload => Pieces.Any(piece => piece.Pointer is not null);

    /// <summary>One piece: fixed text, or a capture's name, or a pointer.</summary>
    public readonly record struct Piece(string? Text, string? Capture, Pointer? Pointer);

    /// <summary>Whether a capture may be called so.</summary>
    public static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    /// <summary>Reads a template.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryParse(string text, IReadOnlyCollection<string> captures, bool hasNode, out Template? template)
    {
        template = null;
        var pieces = new List<Piece>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            var end = open < 0 ? text.Length : open;
            if (text.AsSpan(at, end - at).Contains('}')) return $"\"{text}\" has a }} without its {{; write a place as {{name}} or {{/pointer}}.";
            if (end > at) pieces.Add(new Piece(text[at..end], null, null));
            if (open < 0) break;
            var close = text.IndexOf('}', open);
            if (close < 0) return $"\"{text}\" has a {{ without its }}; write a place as {{name}} or {{/pointer}}.";
            var inner = text[(open + 1)..close];
            if (inner.StartsWith('/') || inner.StartsWith("./", StringComparison.Ordinal))
            {
                if (Pointer.TryParse(inner, hasNode, out var pointer) is { } wrong) return wrong;
                pieces.Add(new Piece(null, null, pointer));
            }
            else if (captures.Contains(inner)) pieces.Add(new Piece(null, inner, null));
            else return $"there is no {{{inner}}} to put into \"{text}\"; {(captures.Count == 0 ? "nothing is captured here" : $"captured here: {string.Join(", ", captures)}")}.";
            at = close + 1;
        }
        if (pieces.Count == 0) return "the text is empty.";
        template = new Template(pieces);
        return null;
    }

    /// <summary>Fills it.</summary>
    /// <param name="capture">What was captured under a name.</param>
    /// <param name="point">What a pointer points at, as text.</param>
    /// <returns>The text, or null where a place stays empty.</returns>
    public string? Fill(Func<string, string?> capture, Func<Pointer, string?> point)
    {
        if (Pieces.Count == 1) return Of(Pieces[0], capture, point);
        var text = new StringBuilder();
        foreach (var piece in Pieces)
        {
            if (Of(piece, capture, point) is not { } part) return null;
            text.Append(part);
        }
        return text.ToString();
    }

    private static string? Of(Piece piece, Func<string, string?> capture, Func<Pointer, string?> point) =>
        piece.Text ?? (piece.Capture is { } name ? capture(name) : point(piece.Pointer!));
}
