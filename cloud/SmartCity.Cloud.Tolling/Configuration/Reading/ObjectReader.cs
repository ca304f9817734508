using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>Takes the members of one object by name, and says which are missing, wrong or unknown.</summary>
internal sealed class ObjectReader
{
    private readonly ConfigNode _node;
    private readonly ConfigIssues _issues;
    private readonly Dictionary<string, ConfigNode> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly int _before;

    public ObjectReader(ConfigNode node, ConfigIssues issues)
    {
        (_node, _issues, _before) = (node, issues, issues.Count);
        if (node.Kind != NodeKind.Object) issues.Add(node.Place, $"an object is needed here, not {node.Shown}");
        foreach (var (name, value) in node.Members) _members[name] = value;
    }

    public ConfigPlace Place => _node.Place;

    /// <summary>Says which members nobody asked for.</summary>
    /// <returns>Whether nothing was wrong with the object.</returns>
    public bool End()
    {
        foreach (var (name, value) in _node.Members)
            if (!_taken.Contains(name)) _issues.Add(value.Place, $"{ConfigIssues.Quote(name)} is not known here; known: {string.Join(", ", _taken.Order(StringComparer.Ordinal))}");
        return _issues.Count == _before;
    }

    public bool Has(string name) => _members.TryGetValue(name, out var value) && value.Kind != NodeKind.Null;

    public ConfigPlace PlaceOf(string name) => _members.TryGetValue(name, out var value) ? value.Place : Place;

    public string? OptionalText(string name, int lengthMax = 200)
    {
        if (Take(name) is not { } value) return null;
        if (value.IsText && value.Text.Length <= lengthMax) return value.Text;
        Wrong(name, value, $"a text of at most {lengthMax} characters");
        return null;
    }

    public string Text(string name, int lengthMax = 200)
    {
        if (!Required(name)) return "";
        return OptionalText(name, lengthMax) ?? "";
    }

    public string Id(string name) => Required(name) ? OptionalId(name) ?? "" : "";

    public string? OptionalId(string name)
    {
        if (Take(name) is not { } value) return null;
        if (value.IsText && IsId(value.Text)) return value.Text;
        Wrong(name, value, "1–64 of A-Za-z0-9._-");
        return null;
    }

    public IReadOnlyList<string> Ids(string name)
    {
        var ids = new List<string>();
        foreach (var item in List(name))
        {
            if (item.Kind != NodeKind.Text || !IsId(item.Text)) _issues.Add(item.Place, $"{item.Shown} is not 1–64 of A-Za-z0-9._-");
            else if (ids.Contains(item.Text, StringComparer.Ordinal)) _issues.Add(item.Place, $"{item.Shown} stands twice in the list");
            else ids.Add(item.Text);
        }
        return ids;
    }

    public int Int(string name, int min, int max, int? otherwise = null)
    {
        if (otherwise is null && !Required(name)) return min;
        if (Take(name) is not { } value) return otherwise ?? min;
        if (value.IsNumber && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        Wrong(name, value, $"a whole number from {min} to {max}");
        return min;
    }

    public ulong UInt64(string name)
    {
        if (!Required(name)) return 0;
        var value = Take(name)!;
        if (value.IsNumber && ulong.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        Wrong(name, value, "a whole number from 0 to 18446744073709551615");
        return 0;
    }

    /// <summary>A number as JSON number or, to keep it from programs that make it a double, as text.</summary>
    public ExactAmount? OptionalAmount(string name, ExactAmount min, ExactAmount max)
    {
        if (Take(name) is not { } value) return null;
        if ((value.IsNumber || value.IsText) && ExactAmount.TryParse(value.Text, out var amount) && amount >= min && amount <= max) return amount;
        Wrong(name, value, $"a number from {min} to {max} with at most 6 decimals and no exponent");
        return null;
    }

    public ExactAmount Amount(string name, ExactAmount min, ExactAmount max) => Required(name) ? OptionalAmount(name, min, max) ?? min : min;

    public bool Truth(string name, bool? otherwise = null)
    {
        if (otherwise is null && !Required(name)) return false;
        if (Take(name) is not { } value) return otherwise ?? false;
        if (value.IsTruth && value.Text is "true" or "false") return value.Text == "true";
        Wrong(name, value, "true or false");
        return false;
    }

    /// <summary>A member of an enum by its name in camel case.</summary>
    public T Choice<T>(string name, T? otherwise = null) where T : struct, Enum
    {
        if (otherwise is null && !Required(name)) return default;
        if (Take(name) is not { } value) return otherwise ?? default;
        return Choice<T>(value) ?? default;
    }

    public IReadOnlyList<T> Choices<T>(string name) where T : struct, Enum => [.. List(name).Select(Choice<T>).OfType<T>()];

    public DateTime Local(string name, DateSystem system) => Required(name) ? OptionalLocal(name, system) ?? default : default;

    public DateTime? OptionalLocal(string name, DateSystem system)
    {
        if (Take(name) is not { } value) return null;
        if (value.IsText && LocalDates.TryParse(value.Text, system, out var local)) return local;
        Wrong(name, value, $"a {(system == DateSystem.Persian ? "Persian" : "Gregorian")} date such as {(system == DateSystem.Persian ? "1403-08-03" : "2024-10-24")}, with a time such as T00:00 or without");
        return null;
    }

    public TimeOnly Time(string name)
    {
        if (!Required(name)) return default;
        var value = Take(name)!;
        if (value.IsText && LocalDates.TryTime(value.Text, out var time)) return time;
        Wrong(name, value, "a time of day such as 07:30");
        return default;
    }

    public IReadOnlyList<ConfigNode> List(string name, bool isRequired = false)
    {
        if (isRequired && !Required(name)) return [];
        if (Take(name) is not { } value) return [];
        if (value.Kind == NodeKind.Array) return value.Items;
        Wrong(name, value, "a list");
        return [];
    }

    public ConfigNode? Object(string name) => Required(name) ? Take(name) : null;

    public void Wrong(string name, string reason) => _issues.Add(PlaceOf(name), $"{name}: {reason}");

    public void Known(string name) => _taken.Add(name);

    /// <summary>SHA-256 of the object in canonical form: members by name, no white space.</summary>
    public string Hash(IEnumerable<string> rows)
    {
        var text = new StringBuilder();
        Write(_node, text);
        foreach (var row in rows) text.Append('\n').Append(row);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    public static bool IsId(string text) => text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static void Write(ConfigNode node, StringBuilder text)
    {
        text.Append((char)('a' + (int)node.Kind)).Append(node.Text.Length).Append(':').Append(node.Text);
        foreach (var (name, value) in node.Members.OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            text.Append(name.Length).Append('=').Append(name);
            Write(value, text);
        }
        foreach (var item in node.Items) Write(item, text);
        text.Append('.');
    }

    private T? Choice<T>(ConfigNode value) where T : struct, Enum
    {
        if (value.IsText)
            foreach (var choice in Enum.GetValues<T>())
                if (Camel(choice.ToString()) == value.Text) return choice;
        _issues.Add(value.Place, $"{value.Shown} is none of {string.Join(", ", Enum.GetNames<T>().Select(Camel))}");
        return null;
    }

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private bool Required(string name)
    {
        _taken.Add(name);
        if (Has(name)) return true;
        if (_node.Kind == NodeKind.Object) _issues.Add(Place, $"{ConfigIssues.Quote(name)} is missing");
        return false;
    }

    private ConfigNode? Take(string name)
    {
        _taken.Add(name);
        return Has(name) ? _members[name] : null;
    }

    private void Wrong(string name, ConfigNode value, string expected) => _issues.Add(value.Place, $"{name} is {value.Shown}; expected {expected}");
}
