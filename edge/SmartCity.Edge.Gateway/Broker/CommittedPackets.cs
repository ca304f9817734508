namespace SmartCity.Edge.Gateway.Broker;

/// <summary>
/// Which of the last messages of the broker's session are on our disk, by packet id. A PUBACK may be lost with its connection; the broker then sends
/// the message again under the same id with DUP, and it is acknowledged without being taken a second time. Thread-safe. In memory only: after our own
/// restart such a message is judged by its time or sequence like any other.
/// </summary>
/// <param name="capacity">Messages that a broker may have under way: no more acknowledgements can be lost at a time. Older ones are forgotten long before their id comes round.</param>
internal sealed class CommittedPackets(int capacity)
{
    private readonly Dictionary<ushort, ulong> _prints = [];
    private readonly Queue<(ushort Id, ulong Print)> _inOrder = [];

    /// <summary>Forgets all: the broker has begun a new session and counts its ids anew.</summary>
    public void Clear()
    {
        lock (_prints)
        {
            _prints.Clear();
            _inOrder.Clear();
        }
    }

    /// <summary>The message with this print is on the disk.</summary>
    public void Add(ushort packetId, ulong print)
    {
        lock (_prints)
        {
            _prints[packetId] = print;
            _inOrder.Enqueue((packetId, print));
            if (_inOrder.Count <= capacity) return;
            var oldest = _inOrder.Dequeue();
            if (_prints.TryGetValue(oldest.Id, out var held) && held == oldest.Print) _prints.Remove(oldest.Id);
        }
    }

    /// <summary>Whether a repeated packet is that message.</summary>
    public bool Holds(ushort packetId, ulong print)
    {
        lock (_prints) return _prints.TryGetValue(packetId, out var held) && held == print;
    }

    /// <summary>FNV-1a of topic and payload, 64 bit: an id that a broker used again after a restore of its own must not pass for another message.</summary>
    public static ulong PrintOf(string topic, ReadOnlySpan<byte> payload)
    {
        const ulong Prime = 1099511628211;
        var print = 14695981039346656037;
        unchecked
        {
            foreach (var letter in topic) print = (print ^ letter) * Prime;
            print = (print ^ 0xFFFF) * Prime;
            foreach (var one in payload) print = (print ^ one) * Prime;
        }
        return print;
    }
}
