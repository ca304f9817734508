namespace SmartCity.Devices.Mappings;

/// <summary>
/// Which values a rule is of: a JSON pointer whose parts may be <c>*</c> for any, <c>{name}</c> for any under a name, and at the end <c>**</c> for all that lies below,
/// whose way joined by dots is <c>{rest}</c>.
/// </summary>
internal sealed class NodePath
{
    /// <summary>Name of what <c>**</c> stands for.</summary>
    public const string Rest = "rest";

    private readonly string?[] _parts;
    private readonly string?[] _names;

    private NodePath(string?[] parts, string?[] names, bool isDeep) => (_parts, _names, IsDeep) = (parts, names, isDeep);

    /// <summary>Whether it ends in <c>**</c>.</summary>
    public bool IsDeep { get; }
    /// <summary>Whether its last part is a name, so that a value is expected just there.</summary>
    public bool IsExact => !IsDeep && _parts[^1] is not null;
    /// <summary>Names of its captures.</summary>
    public IEnumerable<string> Names => [.. _names.OfType<string>(), .. IsDeep ? [Rest] : Array.Empty<string>()];

    /// <summary>Reads a path.</summary>
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? TryParse(string text, out NodePath? path)
    {
        path = null;
        if (!text.StartsWith('/')) return $"\"{text}\" is no path; write /member/member, where a part may be * or {{name}} and the last **.";
        if (Pointer.Split(text) is not { } split) return $"\"{text}\" has a ~ that is neither ~0 nor ~1.";
        var isDeep = split[^1] == "**";
        var parts = split.Take(isDeep ? split.Count - 1 : split.Count).ToArray<string?>();
        var names = new string?[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] == "**") return $"\"{text}\": ** stands at the end only.";
            if (parts[i] is ['{', .. var name, '}'])
            {
                if (!Template.IsName(name) || name == Rest || names.Contains(name)) return $"\"{text}\": {{{name}}} is no name for a part; use letters, digits and _, each name once, and not {Rest}.";
                (parts[i], names[i]) = (null, name);
            }
            else if (parts[i] == "*") parts[i] = null;
        }
        path = new NodePath(parts, names, isDeep);
        return null;
    }

    /// <summary>Whether the way to a value fits.</summary>
    public bool Fits(List<string> way)
    {
        if (IsDeep ? way.Count <= _parts.Length : way.Count != _parts.Length) return false;
        for (var i = _parts.Length - 1; i >= 0; i--)
            if (_parts[i] is { } part && part != way[i]) return false;
        return true;
    }

    /// <summary>What stands on a way that fits under the name of a capture; null where there is no such capture.</summary>
    public string? Capture(List<string> way, string name)
    {
        if (IsDeep && name == Rest) return string.Join('.', way.Skip(_parts.Length));
        var at = Array.IndexOf(_names, name);
        return at < 0 ? null : way[at];
    }
}
