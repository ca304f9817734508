using System.Globalization;
using System.Text;
using System.Text.Json;
using SmartCity.Devices.Telemetry;

namespace SmartCity.Devices.Mappings;

/// <summary>
/// Turns a message of another system into native telemetry by a <see cref="Mapping"/>, so that its values meet the same rules as any. Never throws, for any topic and payload.
/// What is bad costs the least that can be told apart: a value, else its element, else (a payload that cannot be read, too many values) the message.
/// </summary>
/// <remarks>Holds one message at a time, in memory that is used again. Not thread-safe.</remarks>
public sealed class MappingTranslator : IDisposable
{
    private readonly PayloadLimits _limits;
    private readonly PayloadTree _tree = new();
    private readonly TelemetryWriter _writer = new();
    private readonly RejectionList _rejections = new();
    private readonly List<string> _way = [];
    private readonly List<(int Offset, int Node)> _places = [];
    /// <summary>Values that the element at hand has its time from.</summary>
    private readonly List<int> _times = [];
    private readonly Func<string, string?> _capture;
    private readonly Func<Pointer, string?> _point;
    private readonly byte[] _name;

    // Of the message at hand.
    private Mapping _mapping = null!;
    private byte[] _topic = [];
    private int _topicLength;
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;
    private int _root, _element, _node, _values, _index;
    private NodePath? _path;

    /// <summary>Creates a translator.</summary>
    /// <param name="limits">Bounds; the contract's if null.</param>
    public MappingTranslator(PayloadLimits? limits = null)
    {
        _limits = limits ?? PayloadLimits.Default;
        _name = new byte[_limits.NameBytesMax];
        _capture = name => _path?.Capture(_way, name) ?? _mapping.Topic.Capture(_topic.AsSpan(0, _topicLength), name);
        _point = pointer => TextAt(pointer);
    }

    /// <summary>The device that the message is of; null where it does not say so, which is then among <see cref="Rejections"/>.</summary>
    public string? Device { get; private set; }
    /// <summary>Whether the message is of no use as a whole.</summary>
    public bool IsWhole { get; private set; }
    /// <summary>The message as native telemetry, an array; valid until the next message.</summary>
    public ReadOnlySpan<byte> Telemetry => _writer.Written.Span;
    /// <summary>Values that were lost on the way.</summary>
    public int Rejected => _rejections.Count;
    /// <summary>What was lost on the way, the first 32 with words; valid until the next message.</summary>
    public IReadOnlyList<Rejection> Rejections => _rejections.Worded;

    /// <summary>What was lost on the way, and by native rules thereafter, a line each; empty if nothing was.</summary>
    /// <param name="native">What the decoder of <see cref="Telemetry"/> said; its places become those of the message.</param>
    /// <param name="rejected">How many values it lost.</param>
    public string Describe(IReadOnlyList<Rejection> native, int rejected)
    {
        if (rejected == 0) return _rejections.Describe();
        string[] lines = [.. _rejections.Worded.Select(one => one.Text), .. native.Select(TextOf)];
        var all = Rejected + rejected;
        return string.Join('\n', [.. lines.Take(RejectionList.WordedMax), .. all > Math.Min(lines.Length, RejectionList.WordedMax) ? [$"and {all - Math.Min(lines.Length, RejectionList.WordedMax)} more"] : Array.Empty<string>()]);
    }

    /// <summary>The line of a rejection by native rules, with the place in the message.</summary>
    private string TextOf(Rejection native)
    {
        var place = _places.FindLastIndex(place => place.Offset <= native.Offset);
        var words = native.Text.AsSpan(RejectReasons.CodeOf(native.Reason).Length + "@byte ".Length);
        return $"{RejectReasons.CodeOf(native.Reason)}@byte {(place < 0 ? 0 : _tree[_places[place].Node].At)}{words[words.IndexOfAnyExceptInRange('0', '9')..]}";
    }

    /// <summary>Turns one message into telemetry.</summary>
    /// <param name="mapping">The mapping of its topic.</param>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="zone">Zone of times without an offset, where the mapping names none.</param>
    public void Translate(Mapping mapping, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, TimeZoneInfo zone)
    {
        Begin(mapping, topic, zone);
        var (reason, at, words) = mapping.Csv is { } csv ? CsvPayload.Read(payload, csv, _limits, _tree) : _tree.ReadJson(payload, _limits);
        if (reason != RejectReason.None)
        {
            // Whose it is may stand in the topic all the same.
            _tree.Clear();
            _tree.Add(JsonValueKind.Null, null, null, 0, -1);
            FindDevice();
            RejectWhole(reason, at, payload, words);
            return;
        }
        if (!FindDevice())
        {
            RejectWhole(RejectReason.MappingDevice, 0, payload, $"does not say by a valid id which device it is of; the mapping {mapping.Name} looks for it in its \"device\"");
            return;
        }
        var all = 0;
        if (mapping.Each is { } each && (all = _tree.Find(0, each.Parts)) < 0)
        {
            RejectWhole(RejectReason.JsonShape, 0, payload, $"has nothing at {each.Text}, where the mapping {mapping.Name} looks for its elements");
            return;
        }
        _writer.BeginArray();
        if (_tree[all].Kind == JsonValueKind.Array)
            for (var element = all + 1; element < _tree[all].End && !IsWhole; element = _tree[element].End, _index++) Element(element, payload);
        else Element(all, payload);
        if (!IsWhole) _writer.EndArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Begin(Mapping mapping, ReadOnlySpan<byte> topic, TimeZoneInfo zone)
    {
        (_mapping, _zone, _path) = (mapping, zone, null);
        if (_topic.Length < topic.Length) _topic = new byte[topic.Length];
        topic.CopyTo(_topic);
        _topicLength = topic.Length;
        (_root, _element, _node, _values, _index) = (0, 0, -1, 0, 0);
        (Device, IsWhole) = (null, false);
        _rejections.Clear();
        _writer.Clear();
        _places.Clear();
        _way.Clear();
    }

    private bool FindDevice() => (Device = DeviceId.TryEncode(_mapping.Device.Fill(_capture, _point))) is not null;

    private void RejectWhole(RejectReason reason, int at, ReadOnlySpan<byte> payload, string words)
    {
        IsWhole = true;
        _writer.Clear();
        _places.Clear();
        _rejections.Clear();
        _rejections.Add(reason, at, -1, default, payload[Math.Min(at, payload.Length)..], words);
    }

    private void Element(int element, ReadOnlySpan<byte> payload)
    {
        _element = element;
        var node = _tree[element];
        if (!node.IsHolder)
        {
            if (node.Text is { } row && _mapping.Csv is not null) Reject(RejectReason.CsvRow, element, null, null, row);
            else Reject(RejectReason.JsonShape, element, null, node.Text, "is no element, which is an object or an array");
            return;
        }
        string? time = null;
        _times.Clear();
        if (_mapping.Time is { } how && !TryTime(how, out time)) return;
        _writer.Begin(null);
        if (time is not null) _writer.AddDigits("ts"u8, Encoding.ASCII.GetBytes(time));
        for (var child = element + 1; child < node.End && !IsWhole; child = _tree[child].End) Visit(child, payload);
        if (!IsWhole) _writer.End();
    }

    /// <summary>Finds the element's time as digits of native telemetry, null where it has none; false where it has a bad one, which costs the element.</summary>
    private bool TryTime(MappingTime how, out string? digits)
    {
        digits = null;
        string? text = null;
        var (at, kind) = (0, JsonValueKind.Null);
        foreach (var pointer in how.Pointers)
        {
            var found = _tree.Find(_element, pointer.Parts);
            if (found < 0 || _tree[found].Kind == JsonValueKind.Null) continue;
            _times.Add(found);
            (at, kind) = (found, text is null ? _tree[found].Kind : JsonValueKind.String);
            text = text is null ? _tree[found].Text ?? "" : $"{text} {_tree[found].Text}";
        }
        if (text is null) return true;
        var reason = how.TryRead(text, kind, _zone, out var micros);
        if (reason == RejectReason.None)
        {
            // Milliseconds with a fraction: the exact microseconds.
            digits = string.Create(CultureInfo.InvariantCulture, $"{micros / 1_000m}");
            return true;
        }
        Reject(reason, at, null, text, reason == RejectReason.TimeRange
            ? "is no time of the years 1 to 9999 in its zone"
            : $"is no time in the mapping's format ({string.Join(", ", how.Formats)})");
        return false;
    }

    /// <summary>Finds the rule of a value and does as it says.</summary>
    private void Visit(int at, ReadOnlySpan<byte> payload)
    {
        var node = _tree[at];
        if (_times.Contains(at)) return;
        if (node.Part is not { } part)
        {
            Count(RejectReason.ValueName, at, null, "the name of a metric is Unicode", payload);
            return;
        }
        _way.Add(part);
        var rule = RuleOf(at, node);
        if (rule is { IsSkip: false }) Keep(rule, at, payload);
        else if (rule is null && node.IsHolder)
            for (var child = at + 1; child < node.End && !IsWhole; child = _tree[child].End) Visit(child, payload);
        _way.RemoveAt(_way.Count - 1);
    }

    private MappingRule? RuleOf(int at, PayloadNode node)
    {
        foreach (var rule in _mapping.Rules)
        {
            // What lies below a rule's ** is looked at one by one; a rule that looks below its place, or skips, takes it whole; one that names a single value expects it there.
            if (node.IsHolder && (rule.Path.IsDeep || !(rule.IsSkip || rule.ValueAt is not null || rule.Path.IsExact))) continue;
            if (!rule.Path.Fits(_way)) continue;
            _node = at;
            var holds = true;
            foreach (var condition in rule.When) holds &= TextAt(condition.At) == condition.Text;
            if (holds) return rule;
        }
        return null;
    }

    private void Keep(MappingRule rule, int at, ReadOnlySpan<byte> payload)
    {
        (_path, _node) = (rule.Path, at);
        var value = rule.ValueAt is { } below ? _tree.Find(at, below.Parts) : at;
        if (value < 0 || _tree[value].Kind == JsonValueKind.Null) return;
        var metric = rule.Metric is { } template ? template.Fill(_capture, _point) : rule.Path.IsDeep ? rule.Path.Capture(_way, NodePath.Rest) : _way[^1];
        if (metric is not null && _mapping.Rename.TryGetValue(metric, out var renamed)) metric = renamed;
        if (metric is null || metric.Length > _name.Length || !Encoding.UTF8.TryGetBytes(metric, _name, out var length) || length == 0)
        {
            Count(RejectReason.ValueName, value, metric, $"the name of a metric is Unicode of 1 to {_limits.NameBytesMax} bytes", payload);
            return;
        }
        if (metric is "ts" or "boot" or "seq")
        {
            Count(RejectReason.ValueName, value, metric, "is a name that telemetry keeps for itself; give the metric another with \"rename\"", payload);
            return;
        }
        if (_tree[value].IsHolder)
        {
            Count(RejectReason.MappingValue, value, metric, "holds others where the mapping expects one value; use ** or a longer path", payload);
            return;
        }
        if (!CountValue(payload)) return;
        _places.Add((_writer.Length, value));
        var reason = rule.Value.Write(_tree[value], _writer, _name.AsSpan(0, length), _limits, out var words);
        if (reason != RejectReason.None) Reject(reason, value, metric, _tree[value].Text, words);
    }

    /// <summary>What a pointer points at, as text; null where nothing stands there, or what holds others.</summary>
    private string? TextAt(Pointer pointer)
    {
        var from = pointer.IsOfNode ? _node : Device is null ? _root : _element;
        var found = from < 0 ? -1 : _tree.Find(from, pointer.Parts);
        return found < 0 ? null : _tree[found].Text;
    }

    private void Count(RejectReason reason, int at, string? name, string words, ReadOnlySpan<byte> payload)
    {
        if (CountValue(payload)) Reject(reason, at, name, null, words);
    }

    private bool CountValue(ReadOnlySpan<byte> payload)
    {
        if (++_values <= _limits.ValuesMax) return true;
        RejectWhole(RejectReason.JsonLimit, 0, payload, $"more than {_limits.ValuesMax} values; send smaller messages");
        return false;
    }

    private void Reject(RejectReason reason, int at, string? name, string? value, string words) =>
        _rejections.Add(reason, _tree[at].At, _index, name is null ? default : Encoding.UTF8.GetBytes(name), value is null ? default : Encoding.UTF8.GetBytes(value), words);
}
