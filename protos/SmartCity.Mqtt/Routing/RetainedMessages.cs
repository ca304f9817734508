namespace SmartCity.Mqtt.Routing;

/// <summary>The retained message of each topic that has one, section 3.3.1.3. Not thread-safe.</summary>
internal sealed class RetainedMessages
{
    private readonly Dictionary<string, Message> _messages = new(StringComparer.Ordinal);
    // A filter's levels before its first wildcard are a range of it, so that a device's own filter does not go through all devices' topics.
    private readonly SortedSet<string> _topics = new(StringComparer.Ordinal);

    public int Count => _messages.Count;

    /// <summary>Keeps <paramref name="message"/> in place of its topic's; one with an empty payload removes it [MQTT-3.3.1-5, -6, -7]. False = there are <paramref name="max"/> topics already.</summary>
    public bool TrySet(Message message, int max)
    {
        if (message.Payload.IsEmpty)
        {
            Remove(message.Topic);
            return true;
        }
        if (_messages.Count >= max && !_messages.ContainsKey(message.Topic)) return false;
        if (_messages.TryAdd(message.Topic, message)) _topics.Add(message.Topic);
        else _messages[message.Topic] = message;
        return true;
    }

    /// <summary>The message of a topic; null = it has none.</summary>
    public Message? Find(string topic) => _messages.GetValueOrDefault(topic);

    public void Remove(string topic)
    {
        if (_messages.Remove(topic)) _topics.Remove(topic);
    }

    /// <summary>The messages whose topics match <paramref name="filter"/>, in the order of their topics.</summary>
    public IEnumerable<Message> Match(string filter)
    {
        var wildcard = filter.AsSpan().IndexOfAny('+', '#');
        if (wildcard < 0) return _messages.TryGetValue(filter, out var exact) ? [exact] : [];
        // "a/#" matches "a" itself; '0' is the character behind '/'.
        var candidates = wildcard == 0 ? _topics : _topics.GetViewBetween(filter[..(wildcard - 1)], filter[..(wildcard - 1)] + '0');
        return candidates.Where(topic => Matches(filter, topic)).Select(topic => _messages[topic]).ToList();
    }

    /// <summary>Takes out those that have expired.</summary>
    /// <returns>Their topics.</returns>
    public List<string> TakeExpired(TimeProvider time, long now)
    {
        var gone = _messages.Values.Where(message => message.Left(time, now) == 0).Select(static message => message.Topic).ToList();
        foreach (var topic in gone) Remove(topic);
        return gone;
    }

    /// <summary>Whether a topic name matches a filter, section 4.7.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (topic.StartsWith('$') && filter[0] is '+' or '#') return false;
        while (true)
        {
            var (f, t) = (filter.IndexOf('/'), topic.IndexOf('/'));
            var level = f < 0 ? filter : filter[..f];
            if (level is "#") return true;
            if (level is not "+" && !level.SequenceEqual(t < 0 ? topic : topic[..t])) return false;
            if (t < 0) return f < 0 || filter[(f + 1)..] is "#";
            if (f < 0) return false;
            filter = filter[(f + 1)..];
            topic = topic[(t + 1)..];
        }
    }
}
