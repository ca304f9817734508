namespace SmartCity.Devices.Mappings;

/// <summary>
/// How messages of another system become readings: which topics, of which device, where time and values stand. Read from a file by <see cref="MappingFile"/>;
/// put to use by <see cref="MappingTranslator"/>.
/// </summary>
public sealed class Mapping
{
    internal Mapping(string name) => Name = name;

    /// <summary>Its name, that of its file.</summary>
    public string Name { get; }

    /// <summary>Its topics as an MQTT topic filter.</summary>
    public string TopicFilter => Topic.Filter;

    internal TopicPattern Topic { get; set; } = null!;
    internal IReadOnlyList<TopicPattern> Forward { get; set; } = [];
    internal IReadOnlyList<TopicPattern> Drop { get; set; } = [];
    internal Template Device { get; set; } = null!;
    internal CsvFormat? Csv { get; set; }
    internal Pointer? Each { get; set; }
    internal MappingTime? Time { get; set; }
    internal IReadOnlyList<MappingRule> Rules { get; set; } = [];
    internal IReadOnlyDictionary<string, string> Rename { get; set; } = new Dictionary<string, string>();

    /// <summary>Whether it is of a topic. Never throws.</summary>
    public bool IsOf(ReadOnlySpan<byte> topic) => Topic.Fits(topic);

    /// <summary>Whether a topic is one of its devices' that nobody here needs: acknowledged and dropped, whoever it is from. Never throws.</summary>
    public bool Drops(ReadOnlySpan<byte> topic)
    {
        foreach (var pattern in Drop)
            if (pattern.Fits(topic)) return true;
        return false;
    }

    /// <summary>
    /// Whether a topic, or every topic of a filter, is one that the device of a mapping uses beside its readings: such messages are handed on to subscribers, and not stored.
    /// </summary>
    /// <param name="topic">Topic or filter.</param>
    /// <param name="device">The device that the topic names; null where it names none.</param>
    public bool Forwards(ReadOnlySpan<byte> topic, out string? device)
    {
        device = null;
        foreach (var pattern in Forward)
        {
            if (!pattern.Fits(topic)) continue;
            device = DeviceOf(pattern, topic);
            return true;
        }
        return false;
    }

    /// <summary>The device that a topic names by itself; null where it does not.</summary>
    internal string? DeviceOf(TopicPattern pattern, ReadOnlySpan<byte> topic)
    {
        if (Device.NeedsPayload) return null;
        var captures = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in pattern.Names) captures[name] = pattern.Capture(topic, name);
        return DeviceId.TryEncode(Device.Fill(captures.GetValueOrDefault, static _ => null));
    }
}

/// <summary>The mappings that are switched on; of two for one topic the first counts.</summary>
/// <param name="mappings">The mappings, in their order.</param>
public sealed class MappingSet(IReadOnlyList<Mapping> mappings)
{
    /// <summary>None.</summary>
    public static MappingSet None { get; } = new([]);

    /// <summary>The mappings, in their order.</summary>
    public IReadOnlyList<Mapping> All => mappings;

    /// <summary>The mapping of a topic; null where there is none. Never throws.</summary>
    public Mapping? Find(ReadOnlySpan<byte> topic)
    {
        foreach (var mapping in mappings)
            if (mapping.IsOf(topic)) return mapping;
        return null;
    }

    /// <summary>Whether a mapping drops a topic. Never throws.</summary>
    public bool Drops(ReadOnlySpan<byte> topic)
    {
        foreach (var mapping in mappings)
            if (mapping.Drops(topic)) return true;
        return false;
    }

    /// <summary>Whether a mapping hands a topic, or every topic of a filter, on; see <see cref="Mapping.Forwards"/>.</summary>
    /// <param name="topic">Topic or filter.</param>
    /// <param name="device">The device that the topic names; null where it names none.</param>
    public bool Forwards(ReadOnlySpan<byte> topic, out string? device)
    {
        device = null;
        foreach (var mapping in mappings)
            if (mapping.Forwards(topic, out device)) return true;
        return false;
    }
}
