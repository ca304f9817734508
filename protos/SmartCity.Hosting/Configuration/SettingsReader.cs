using System.Text;
using System.Text.Json;

namespace SmartCity.Hosting.Configuration;

/// <summary>Reads the sources into flat keys, each with its place; what cannot be read becomes an error.</summary>
internal static class SettingsReader
{
    private const long FileBytesMax = 4 << 20;

    public static void ReadFile(string file, List<Setting> settings, List<SettingsError> errors)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(file).Length > FileBytesMax)
            {
                errors.Add(new SettingsError(file, "(file)", $"is larger than {FileBytesMax >> 20} MiB; settings are not."));
                return;
            }
            bytes = File.ReadAllBytes(file);
        }
        catch (UnauthorizedAccessException)
        {
            errors.Add(new SettingsError(file, "(file)", $"may not be read by {Environment.UserName}; run this as its owner, as one of its group, or by sudo."));
            return;
        }
        catch (IOException error)
        {
            errors.Add(new SettingsError(file, "(file)", $"cannot be read: {error.Message}"));
            return;
        }
        ReadJson(file, bytes, settings, errors);
    }

    private static void ReadJson(string file, byte[] bytes, List<Setting> settings, List<SettingsError> errors)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith("\uFEFF"u8)) text = text[3..];
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
        var path = new Stack<(string Name, int Index)>();
        var lines = new LineCount();
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var name = "";
        try
        {
            while (reader.Read())
            {
                var where = $"{file}:{lines.At(text, (int)reader.TokenStartIndex)}";
                if (reader.TokenType is JsonTokenType.PropertyName)
                {
                    name = reader.GetString()!;
                    continue;
                }
                if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                {
                    path.Pop();
                    continue;
                }
                if (path.Count == 0 && reader.TokenType != JsonTokenType.StartObject)
                {
                    errors.Add(new SettingsError(where, "(file)", "an object { … } is needed at the top."));
                    return;
                }
                // An array's element is named by its place.
                if (path.Count > 0 && path.Peek() is { Index: >= 0 } array)
                {
                    path.Pop();
                    path.Push((array.Name, array.Index + 1));
                    name = array.Index.ToString(System.Globalization.CultureInfo.InvariantCulture);
                }
                var key = path.Count == 0 ? "" : path.Peek().Name.Length == 0 ? name : $"{path.Peek().Name}:{name}";
                if (reader.TokenType == JsonTokenType.StartObject) path.Push((key, -1));
                else if (reader.TokenType == JsonTokenType.StartArray) path.Push((key, 0));
                else if (seen.TryGetValue(key, out var first)) errors.Add(new SettingsError(where, key, $"stands twice in the file, first at {first}."));
                else
                {
                    seen.Add(key, where);
                    settings.Add(new Setting(key, Value(ref reader), where));
                }
            }
        }
        catch (JsonException error)
        {
            errors.Add(new SettingsError($"{file}:{error.LineNumber + 1}", "(file)", $"is not JSON: {error.Message}"));
        }
        catch (InvalidOperationException)
        {
            // So the reader reports text that is not UTF-8.
            errors.Add(new SettingsError($"{file}:{lines.At(text, (int)reader.TokenStartIndex)}", "(file)", "holds bytes that are not UTF-8."));
        }
    }

    private static string? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => reader.GetString(),
        _ => Encoding.UTF8.GetString(reader.ValueSpan),
    };

    public static void ReadVariables(IReadOnlyDictionary<string, string> variables, List<Setting> settings)
    {
        foreach (var (name, value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            if (name.StartsWith(SettingsSources.VariablePrefix, StringComparison.OrdinalIgnoreCase))
                settings.Add(new Setting(name[SettingsSources.VariablePrefix.Length..].Replace("__", ":", StringComparison.Ordinal), value, name));
    }

    /// <summary>Takes <c>--Section:Key=value</c> and <c>--Section:Key value</c>.</summary>
    public static void ReadArguments(IReadOnlyList<string> arguments, List<Setting> settings, List<SettingsError> errors)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var word = arguments[i][2..];
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0) settings.Add(new Setting(word[..equals], word[(equals + 1)..], "command line"));
            else if (i + 1 < arguments.Count && !IsSetting(arguments[i + 1])) settings.Add(new Setting(word, arguments[++i], "command line"));
            else errors.Add(new SettingsError("command line", word, $"needs a value: --{word}=VALUE"));
        }
    }

    /// <summary>Whether an argument sets a key: <c>--</c>, then a colon before any equals sign.</summary>
    public static bool IsSetting(string argument)
    {
        if (!argument.StartsWith("--", StringComparison.Ordinal)) return false;
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return colon > 2 && (equals < 0 || colon < equals);
    }

    /// <summary>Counts lines as the reader goes forward.</summary>
    private struct LineCount
    {
        private int _at;
        private int _lines;

        public int At(ReadOnlySpan<byte> text, int position)
        {
            if (position > _at)
            {
                _lines += text[_at..position].Count((byte)'\n');
                _at = position;
            }
            return _lines + 1;
        }
    }
}
