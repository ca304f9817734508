using System.Text;

namespace SmartCity.Devices.Mappings;

/// <summary>
/// A topic with names for some of its levels: <c>tele/{device}/SENSOR</c>. A level is a word, <c>{name}</c>, or <c>+</c> for any; a last <c>#</c> is all that
/// follows, if the mapping allows it.
/// </summary>
internal sealed class TopicPattern
{
    private readonly byte[]?[] _levels;
    private readonly string?[] _names;
    private readonly bool _isOpen;

    private TopicPattern(byte[]?[] levels, string?[] names, bool isOpen) => (_levels, _names, _isOpen) = (levels, names, isOpen);

    /// <summary>Names of its captures, in their order.</summary>
    public IEnumerable<string> Names => _names.OfType<string>();

    /// <summary>The same as an MQTT topic filter.</summary>
    public string Filter => string.Join('/', [.. _levels.Select(level => level is null ? "+" : Encoding.UTF8.GetString(level)), .. _isOpen ? ["#"] : Array.Empty<string>()]);

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="mayBeOpen">Whether it may end in <c>#</c>.</param>
    /// <param name="pattern">The pattern, where it is one.</param>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryParse(string text, bool mayBeOpen, out TopicPattern? pattern)
    {
        pattern = null;
        if (text.Length == 0) return "the topic is empty; give one like tele/{device}/SENSOR.";
        if (text[0] == '$' || text.StartsWith("city/", StringComparison.Ordinal)) return $"the topic \"{text}\" begins with $ or city/, which are not for mappings; choose another.";
        var parts = text.Split('/');
        var isOpen = parts[^1] == "#";
        if (isOpen && !mayBeOpen) return $"the topic \"{text}\" ends in #; name its levels, each a word, {{name}} or +.";
        if (isOpen) parts = parts[..^1];
        var levels = new byte[]?[parts.Length];
        var names = new string?[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            if (part is ['{', .. var name, '}'])
            {
                if (!Template.IsName(name)) return $"\"{part}\" in the topic is no capture; a name is letters, digits and _, the first a letter.";
                if (names.Contains(name)) return $"the capture {{{name}}} stands twice in the topic; give each level its own name.";
                names[i] = name;
            }
            else if (part != "+")
            {
                if (part.AsSpan().IndexOfAny("+#{}\0") >= 0) return $"the level \"{part}\" of the topic mixes a word with + # {{ or }}; a level is a word, {{name}} or +.";
                levels[i] = Encoding.UTF8.GetBytes(part);
            }
        }
        pattern = new TopicPattern(levels, names, isOpen);
        return null;
    }

    /// <summary>Whether a topic, or every topic of a filter, fits.</summary>
    public bool Fits(ReadOnlySpan<byte> topic)
    {
        for (var i = 0; i < _levels.Length; i++)
        {
            var end = topic.IndexOf((byte)'/');
            var level = end < 0 ? topic : topic[..end];
            // A filter's # is more than one level.
            if (level.SequenceEqual("#"u8) || (_levels[i] is { } word && !level.SequenceEqual(word))) return false;
            if (end < 0) return i == _levels.Length - 1;
            topic = topic[(end + 1)..];
        }
        return _isOpen;
    }

    /// <summary>What stands in a topic that fits under the name of a capture; null where there is no such capture.</summary>
    public string? Capture(ReadOnlySpan<byte> topic, string name)
    {
        for (var i = Array.IndexOf(_names, name); i >= 0; i--)
        {
            var end = topic.IndexOf((byte)'/');
            if (i == 0) return Encoding.UTF8.GetString(end < 0 ? topic : topic[..end]);
            topic = topic[(end + 1)..];
        }
        return null;
    }
}
