using System.Globalization;
using System.Text.Json;

namespace SmartCity.Devices.Mappings;

/// <summary>
/// The file of a mapping, JSON: <c>topic</c>, <c>device</c>, <c>payload</c>, <c>csv</c>, <c>each</c>, <c>time</c>, <c>metrics</c>, <c>rename</c>, <c>forward</c>, <c>drop</c>. Read strictly: what is
/// not known is an error, and all errors are told at once, each with its line.
/// </summary>
public sealed class MappingFile
{
    /// <summary>Longest file, bytes.</summary>
    public const int BytesMax = 256 << 10;
    /// <summary>Most rules of a mapping.</summary>
    public const int RulesMax = 200;

    private static readonly string[] _types = ["number", "text", "bool"];
    private readonly List<MappingError> _errors;

    private MappingFile(List<MappingError> errors) => _errors = errors;

    /// <summary>Reads a mapping.</summary>
    /// <param name="name">Name of the mapping.</param>
    /// <param name="json">The file.</param>
    /// <param name="errors">All that is wrong with it, by line.</param>
    /// <returns>The mapping; null where something is wrong.</returns>
    public static Mapping? Parse(string name, ReadOnlySpan<byte> json, out IReadOnlyList<MappingError> errors)
    {
        var found = new List<MappingError>();
        errors = found;
        if (json.Length > BytesMax)
        {
            found.Add(new MappingError(1, $"the file has {json.Length} bytes; {BytesMax} are allowed."));
            return null;
        }
        if (LinedJson.Parse(json, found) is not { } root) return null;
        var mapping = new MappingFile(found).Read(name, root);
        errors = [.. found.OrderBy(static error => error.Line)];
        return found.Count == 0 ? mapping : null;
    }

    private Mapping Read(string name, LinedJson root)
    {
        var mapping = new Mapping(name);
        if (!IsMap(root, "a mapping", "about", "topic", "device", "payload", "csv", "each", "time", "metrics", "rename", "forward", "drop")) return mapping;
        Text(root, "about");
        if (Text(root, "topic", isNeeded: true) is { } topic)
        {
            Say(TopicPattern.TryParse(topic.Text, false, out var pattern), topic.Line);
            if (pattern is not null) mapping.Topic = pattern;
        }
        string[] captures = [.. mapping.Topic?.Names ?? []];
        if (Text(root, "device", isNeeded: true) is { } device && mapping.Topic is not null)
        {
            Say(Template.TryParse(device.Text, captures, false, out var template), device.Line);
            if (template is not null) mapping.Device = template;
        }
        ReadPayload(root, mapping);
        if (Text(root, "each") is { } each)
        {
            if (mapping.Csv is not null) Say("\"each\" is for JSON; each row of CSV is one element by itself.", each.Line);
            mapping.Each = PointerOf(each, false);
        }
        if (root["time"] is { } time) mapping.Time = ReadTime(time);
        ReadRules(root, mapping, captures);
        if (root["rename"] is { } rename) mapping.Rename = ReadRename(rename);
        if (root["forward"] is { } forward) mapping.Forward = ReadTopics(forward, "\"forward\"");
        if (root["drop"] is { } drop) mapping.Drop = ReadTopics(drop, "\"drop\"");
        return mapping;
    }

    private void ReadPayload(LinedJson root, Mapping mapping)
    {
        var payload = Text(root, "payload");
        if (payload is not null && payload.Text is not ("json" or "csv")) Say($"\"payload\" is json or csv, and not \"{payload.Text}\".", payload.Line);
        if (payload?.Text == "csv") mapping.Csv = new CsvFormat((byte)',', null, '.');
        if (root["csv"] is not { } csv) return;
        if (payload?.Text != "csv") Say("\"csv\" needs \"payload\": \"csv\".", csv.Line);
        if (!IsMap(csv, "\"csv\"", "separator", "columns", "decimal")) return;
        var (separator, mark) = (Text(csv, "separator"), Text(csv, "decimal"));
        if (separator is not null && (separator.Text.Length != 1 || !",;\t|".Contains(separator.Text, StringComparison.Ordinal))) Say("\"separator\" is one of , ; | and \\t.", separator.Line);
        if (mark is not null && mark.Text is not ("." or ",")) Say("\"decimal\" is . or a comma.", mark.Line);
        if (mark?.Text == "," && separator?.Text is null or ",") Say("a decimal comma needs another separator, e.g. \"separator\": \";\".", csv.Line);
        IReadOnlyList<string>? columns = csv["columns"] is { } list ? [.. Texts(list, "\"columns\"").Select(static one => one.Text)] : null;
        if (columns is not null && (columns.Count == 0 || columns.Contains("") || columns.Distinct().Count() < columns.Count)) Say("\"columns\" names each column once.", csv["columns"]!.Line);
        if (mapping.Csv is not null && _errors.Count == 0) mapping.Csv = new CsvFormat((byte)(separator?.Text[0] ?? ','), columns, mark?.Text[0] ?? '.');
    }

    private MappingTime? ReadTime(LinedJson time)
    {
        if (!IsMap(time, "\"time\"", "path", "format", "zone")) return null;
        Pointer[] pointers = [];
        if (time["path"] is not { } path) Say("\"time\" needs a \"path\": a pointer such as /Time, or a list of them.", time.Line);
        else pointers = [.. (path.Kind == JsonValueKind.Array ? Texts(path, "\"path\"") : One(path, "\"path\"")).Select(one => PointerOf(one, false)).OfType<Pointer>()];
        var formats = new List<string>();
        if (time["format"] is not { } format) Say($"\"time\" needs a \"format\", one or a list: {string.Join(", ", MappingTime.Words)}, or a pattern such as dd.MM.yyyy HH:mm:ss.", time.Line);
        else
            foreach (var one in format.Kind == JsonValueKind.Array ? Texts(format, "\"format\"") : One(format, "\"format\""))
            {
                formats.Add(one.Text);
                if (!MappingTime.Words.Contains(one.Text) && WrongPattern(one.Text) is { } wrong) Say(wrong, one.Line);
            }
        if (formats.Count(MappingTime.IsCount) > 1) Say("\"format\" names more than one unit of a number; nothing is guessed, so name one of s, ms, us and ns.", time["format"]!.Line);
        TimeZoneInfo? zone = null;
        if (Text(time, "zone") is { } named && !TimeZoneInfo.TryFindSystemTimeZoneById(named.Text, out zone)) Say($"\"{named.Text}\" is no time zone; an IANA name is needed, e.g. Asia/Tehran or UTC.", named.Line);
        return new MappingTime(pointers, formats, zone);
    }

    /// <summary>What is wrong with a pattern of a date and time; null where nothing is.</summary>
    private static string? WrongPattern(string pattern)
    {
        const string Words = "is no format; use rfc3339, local, s, ms, us, ns, or a pattern with year, month, day and time, such as dd.MM.yyyy HH:mm:ss";
        if (!pattern.Contains("yy", StringComparison.Ordinal) || !pattern.Contains('M', StringComparison.Ordinal) || !pattern.Contains('d', StringComparison.Ordinal)) return $"\"{pattern}\" {Words}.";
        var time = new DateTimeOffset(2026, 11, 24, 17, 42, 3, TimeSpan.FromHours(2));
        try
        {
            // One that does not give back its own time, e.g. an hour of twelve without its half of the day, would store wrong times.
            return DateTimeOffset.TryParseExact(time.ToString(pattern, CultureInfo.InvariantCulture), pattern, CultureInfo.InvariantCulture, DateTimeStyles.None, out var back)
                && (back.DateTime == time.DateTime || (back.DateTime == time.DateTime.AddSeconds(-3) && !pattern.Contains('s', StringComparison.Ordinal))) ? null
                : $"\"{pattern}\" does not give back the time it writes; an hour of twelve (hh) needs its tt, and seconds must not be missing where they count.";
        }
        catch (FormatException)
        {
            return $"\"{pattern}\" {Words}.";
        }
    }

    private void ReadRules(LinedJson root, Mapping mapping, string[] captures)
    {
        if (root["metrics"] is not { } metrics)
        {
            Say("a mapping needs \"metrics\", a list of rules such as {\"path\": \"/**\"}.", root.Line);
            return;
        }
        if (metrics.Kind != JsonValueKind.Array || metrics.Items.Count is 0 or > RulesMax)
        {
            Say($"\"metrics\" is a list of 1 to {RulesMax} rules such as {{\"path\": \"/**\"}}.", metrics.Line);
            return;
        }
        mapping.Rules = [.. metrics.Items.Select(rule => ReadRule(rule, captures, mapping.Csv)).OfType<MappingRule>()];
    }

    private MappingRule? ReadRule(LinedJson rule, string[] captures, CsvFormat? csv)
    {
        if (!IsMap(rule, "a rule", "path", "metric", "value", "when", "skip", "type", "values", "scale", "offset", "unit", "as")) return null;
        NodePath? path = null;
        if (Text(rule, "path", isNeeded: true) is { } at) Say(NodePath.TryParse(at.Text, out path), at.Line);
        if (path is null) return null;
        var isSkip = rule["skip"] is { } skip && Bool(skip, "\"skip\"");
        if (isSkip && rule.Members.Find(static member => member.Name is not ("path" or "when" or "skip")) is { Name: { } other, Value: { } beside }) Say($"a rule that skips has no \"{other}\"; take one of them out.", beside.Line);
        var valueAt = Text(rule, "value") is { } below ? PointerOf(below, true) : null;
        if (valueAt is { IsOfNode: false }) Say("\"value\" begins with ./, at what the path leads to.", rule["value"]!.Line);
        if (valueAt is not null && path.IsDeep) Say("\"value\" needs a path that leads to one place, without **.", rule["value"]!.Line);
        if (valueAt is not null && rule["metric"] is null) Say("a rule with \"value\" needs a \"metric\", e.g. \"{./name}\".", rule.Line);
        Template? metric = null;
        if (Text(rule, "metric") is { } named) Say(Template.TryParse(named.Text, [.. captures, .. path.Names], valueAt is not null, out metric), named.Line);
        var when = rule["when"] is { } conditions ? ReadConditions(conditions, valueAt is not null) : [];
        return new MappingRule(path, when, isSkip, valueAt, metric, ReadValue(rule, csv));
    }

    private List<MappingCondition> ReadConditions(LinedJson when, bool hasNode)
    {
        var conditions = new List<MappingCondition>();
        if (when.Kind != JsonValueKind.Object || when.Members.Count == 0)
        {
            Say("\"when\" is a map of pointers and what must stand there, e.g. {\"/TempUnit\": \"F\"}.", when.Line);
            return conditions;
        }
        foreach (var (name, value) in when.Members)
        {
            if (Pointer.TryParse(name, hasNode, out var pointer) is { } wrong) Say(wrong, value.Line);
            else if (value.Kind is JsonValueKind.Object or JsonValueKind.Array) Say($"\"{name}\" in \"when\" needs a text, a number, true, false, or null for nothing.", value.Line);
            else conditions.Add(new MappingCondition(pointer!, value.Kind == JsonValueKind.Null ? null : value.Text));
        }
        return conditions;
    }

    private MappingValue ReadValue(LinedJson rule, CsvFormat? csv)
    {
        var type = csv is null ? MappedType.AsSent : MappedType.Number;
        var named = Text(rule, "type");
        if (named is not null && !_types.Contains(named.Text)) Say($"\"type\" is one of {string.Join(", ", _types)}, and not \"{named.Text}\".", named.Line);
        Dictionary<string, FixedValue>? table = null;
        if (rule["values"] is { } values)
        {
            table = new Dictionary<string, FixedValue>(StringComparer.Ordinal);
            if (values.Kind != JsonValueKind.Object || values.Members.Count == 0) Say("\"values\" is a map of texts and what they stand for, e.g. {\"ON\": true, \"OFF\": false}.", values.Line);
            foreach (var (text, value) in values.Members)
                if (value.Kind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null) Say($"\"{text}\" in \"values\" needs a number, a text, true or false.", value.Line);
                else table[text] = new FixedValue(value.Kind, value.Text);
            if (table.Values.Select(static value => value.Kind == JsonValueKind.False ? JsonValueKind.True : value.Kind).Distinct().Count() > 1) Say("\"values\" gives values of one kind: numbers, or texts, or true and false.", values.Line);
            type = MappedType.AsSent;
        }
        var (scale, offset) = (rule["scale"] is { } scaled ? Number(scaled, "\"scale\"") : 1, rule["offset"] is { } moved ? Number(moved, "\"offset\"") : 0);
        if (rule["scale"] is { } none && scale == 0) Say("\"scale\" is 0, which makes every value the same; give what to multiply by.", none.Line);
        var divisor = 1m;
        var (unit, other) = (Text(rule, "unit"), Text(rule, "as"));
        if (other is not null && unit is null) Say("\"as\" needs \"unit\", the unit in which the device sends.", other.Line);
        if (other is not null && unit is not null)
        {
            Say(UnitConversion.TryFind(unit.Text, other.Text, out var more, out var shift, out divisor), unit.Line);
            (scale, offset) = (scale * more, offset * more + shift);
        }
        var isReckoned = rule["scale"] is not null || rule["offset"] is not null || other is not null;
        if (isReckoned) type = MappedType.Number;
        if (isReckoned && named is not null && named.Text != "number") Say("\"scale\", \"offset\" and \"as\" are for numbers; take \"type\" out.", named.Line);
        if (named is not null) type = named.Text switch { "text" => MappedType.Text, "bool" => MappedType.Bool, _ => MappedType.Number };
        return new MappingValue(type, table, scale, offset, divisor, csv?.Decimal ?? '.');
    }

    private Dictionary<string, string> ReadRename(LinedJson rename)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        if (rename.Kind != JsonValueKind.Object) Say("\"rename\" is a map of metrics and their new names, e.g. {\"SDS_P1\": \"pm10\"}.", rename.Line);
        foreach (var (from, to) in rename.Members)
            if (to.Kind != JsonValueKind.String || to.Text.Length == 0) Say($"\"{from}\" needs its new name, a text.", to.Line);
            else names[from] = to.Text;
        return names;
    }

    private List<TopicPattern> ReadTopics(LinedJson topics, string what)
    {
        var patterns = new List<TopicPattern>();
        foreach (var one in Texts(topics, what))
        {
            Say(TopicPattern.TryParse(one.Text, true, out var pattern), one.Line);
            if (pattern is not null) patterns.Add(pattern);
        }
        return patterns;
    }

    private Pointer? PointerOf(LinedJson text, bool hasNode)
    {
        Say(Pointer.TryParse(text.Text, hasNode, out var pointer), text.Line);
        return pointer;
    }

    private bool IsMap(LinedJson value, string what, params string[] known)
    {
        if (value.Kind != JsonValueKind.Object)
        {
            Say($"{what} is a map {{ … }}.", value.Line);
            return false;
        }
        foreach (var (name, member) in value.Members.Where(member => !known.Contains(member.Name))) Say($"\"{name}\" is not known in {what}; known are {string.Join(", ", known)}.", member.Line);
        return true;
    }

    private LinedJson? Text(LinedJson map, string name, bool isNeeded = false)
    {
        var value = map[name];
        if (value is null)
        {
            if (isNeeded) Say($"\"{name}\" is missing here.", map.Line);
            return null;
        }
        return One(value, $"\"{name}\"").FirstOrDefault();
    }

    private List<LinedJson> One(LinedJson value, string what)
    {
        if (value.Kind == JsonValueKind.String) return [value];
        Say($"{what} is a text.", value.Line);
        return [];
    }

    private List<LinedJson> Texts(LinedJson list, string what)
    {
        if (list.Kind != JsonValueKind.Array || list.Items.Count == 0) Say($"{what} is a list of texts.", list.Line);
        return [.. list.Items.SelectMany(item => One(item, $"what stands in {what}"))];
    }

    private bool Bool(LinedJson value, string what)
    {
        if (value.Kind is not (JsonValueKind.True or JsonValueKind.False)) Say($"{what} is true or false.", value.Line);
        return value.Kind == JsonValueKind.True;
    }

    private decimal Number(LinedJson value, string what)
    {
        if (value.Kind == JsonValueKind.Number && decimal.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= 1e12m && (number == 0 || Math.Abs(number) >= 1e-12m)) return number;
        Say($"{what} is a number between 0.000000000001 and 1000000000000.", value.Line);
        return 1;
    }

    private void Say(string? wrong, int line)
    {
        if (wrong is not null) _errors.Add(new MappingError(line, wrong));
    }
}
