namespace SmartCity.Mqtt.Routing;

/// <summary>
/// Subscriptions by topic level, with shared ones in groups of which each message goes to one member. Not thread-safe.
/// </summary>
/// <remarks>Most of the tree are branches without a fork, one per device: a node with one child holds it without a dictionary.</remarks>
internal sealed class SubscriptionTree
{
    private readonly Node _root = new();

    /// <summary>Adds a subscription in place of the same session's on the same filter.</summary>
    public void Add(Subscription subscription)
    {
        var (share, filter) = Split(subscription.Filter);
        var node = _root;
        foreach (var level in filter.Split('/')) node = node.GetOrAdd(filter[level]);
        if (share.IsEmpty)
        {
            node.Subscribers ??= new List<Subscription>(1);
            Replace(node.Subscribers, subscription);
            return;
        }
        node.Groups ??= new List<Group>(1);
        var name = share.ToString();
        var group = node.Groups.Find(group => group.Name == name);
        if (group is null) node.Groups.Add(group = new Group(name));
        Replace(group.Members, subscription);
    }

    public void Remove(Subscription subscription)
    {
        var (share, filter) = Split(subscription.Filter);
        Remove(_root, filter, share, subscription);
    }

    /// <summary>Adds to <paramref name="matches"/> the subscriptions that match, each once; of a shared group one member, a connected one if there is any, in turn.</summary>
    public void Match(ReadOnlySpan<char> topic, List<Subscription> matches) => Match(_root, topic, false, topic.StartsWith('$'), matches);

    /// <summary>The filter of a subscription without <c>$share/name/</c>.</summary>
    public static string FilterOf(string filter)
    {
        var (share, rest) = Split(filter);
        return share.IsEmpty ? filter : rest.ToString();
    }

    private static void Match(Node node, ReadOnlySpan<char> rest, bool isEnd, bool isReserved, List<Subscription> matches)
    {
        // "a/#" matches "a" too; at the first level no wildcard matches a topic that begins with $ [MQTT-4.7.2-1].
        if (!isReserved && node.Find("#") is { } below) Collect(below, matches);
        if (isEnd)
        {
            Collect(node, matches);
            return;
        }
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        var next = slash < 0 ? default : rest[(slash + 1)..];
        if (node.Find(level) is { } child) Match(child, next, slash < 0, false, matches);
        if (!isReserved && node.Find("+") is { } any) Match(any, next, slash < 0, false, matches);
    }

    private static void Collect(Node node, List<Subscription> matches)
    {
        if (node.Subscribers is not null) matches.AddRange(node.Subscribers);
        if (node.Groups is null) return;
        foreach (var group in node.Groups) matches.Add(group.Next());
    }

    private static bool Remove(Node node, ReadOnlySpan<char> rest, ReadOnlySpan<char> share, Subscription subscription)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (node.Find(level) is not { } child) return false;
        if (slash >= 0) Remove(child, rest[(slash + 1)..], share, subscription);
        else if (share.IsEmpty) child.Subscribers?.RemoveAll(other => other.Session == subscription.Session);
        else child.Leave(share.ToString(), subscription);
        if (!child.IsEmpty) return false;
        node.Drop(level);
        return true;
    }

    private static void Replace(List<Subscription> subscriptions, Subscription subscription)
    {
        var at = subscriptions.FindIndex(other => other.Session == subscription.Session);
        if (at >= 0) subscriptions[at] = subscription;
        else subscriptions.Add(subscription);
    }

    // "$share/name/filter", section 4.8.2; everything else has no share name.
    private static Parts Split(string filter)
    {
        const string Shared = "$share/";
        if (!filter.StartsWith(Shared, StringComparison.Ordinal)) return new Parts(default, filter);
        var slash = filter.IndexOf('/', Shared.Length);
        return new Parts(filter.AsSpan(Shared.Length, slash - Shared.Length), filter.AsSpan(slash + 1));
    }

    private readonly ref struct Parts(ReadOnlySpan<char> share, ReadOnlySpan<char> filter)
    {
        private readonly ReadOnlySpan<char> _share = share, _filter = filter;

        public void Deconstruct(out ReadOnlySpan<char> share, out ReadOnlySpan<char> filter)
        {
            share = _share;
            filter = _filter;
        }
    }

    private sealed class Group(string name)
    {
        private int _next;

        public string Name => name;
        public List<Subscription> Members { get; } = new(1);

        public Subscription Next()
        {
            for (var i = 0; i < Members.Count; i++)
            {
                var at = (_next + i) % Members.Count;
                if (Members[at].Session.Connection is null) continue;
                _next = at + 1;
                return Members[at];
            }
            return Members[_next++ % Members.Count];
        }
    }

    private sealed class Node
    {
        private string? _onlyLevel;
        private Node? _only;
        private Dictionary<string, Node>? _children;

        public List<Subscription>? Subscribers { get; set; }
        public List<Group>? Groups { get; set; }

        public bool IsEmpty => _only is null && _children is null && Subscribers is not { Count: > 0 } && Groups is null;

        public Node? Find(ReadOnlySpan<char> level)
        {
            if (_only is not null) return level.SequenceEqual(_onlyLevel) ? _only : null;
            return _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var child) ? child : null;
        }

        public Node GetOrAdd(ReadOnlySpan<char> level)
        {
            if (Find(level) is { } found) return found;
            var child = new Node();
            if (_only is null && _children is null)
            {
                (_onlyLevel, _only) = (level.ToString(), child);
                return child;
            }
            if (_children is null)
            {
                _children = new Dictionary<string, Node>(StringComparer.Ordinal) { [_onlyLevel!] = _only! };
                (_onlyLevel, _only) = (null, null);
            }
            return _children[level.ToString()] = child;
        }

        public void Drop(ReadOnlySpan<char> level)
        {
            if (_only is not null) (_onlyLevel, _only) = (null, null);
            else if (_children!.GetAlternateLookup<ReadOnlySpan<char>>().Remove(level) && _children.Count == 0) _children = null;
        }

        public void Leave(string share, Subscription subscription)
        {
            if (Groups?.Find(group => group.Name == share) is not { } group) return;
            group.Members.RemoveAll(other => other.Session == subscription.Session);
            if (group.Members.Count == 0 && Groups.Remove(group) && Groups.Count == 0) Groups = null;
        }
    }
}
