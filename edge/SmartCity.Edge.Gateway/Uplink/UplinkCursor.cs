using SmartCity.Edge.Spool;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>How far one (epoch, lane) has been sent on the stream that is open.</summary>
internal sealed class UplinkCursor(ulong epoch, byte lane, long next, int namesSent, long? last)
{
    private readonly List<SpoolEntry> _read = [];
    private int _taken;

    public ulong Epoch { get; } = epoch;
    public byte Lane { get; } = lane;
    /// <summary>Next number to send.</summary>
    public long Next { get; private set; } = next;
    /// <summary>Names that the cloud knows or was sent.</summary>
    public int NamesSent { get; set; } = namesSent;
    /// <summary>Last number of an epoch that is done; null for the epoch that still grows.</summary>
    public long? Last { get; } = last;

    /// <summary>The next entry to send, read ahead by <paramref name="bytes"/>.</summary>
    public bool TryTake(SmartCity.Edge.Spool.Spool spool, int bytes, out SpoolEntry entry)
    {
        if (_taken == _read.Count)
        {
            _read.Clear();
            _taken = 0;
            if (Next <= (Last ?? spool.Last(Lane))) spool.Read(Epoch, Lane, Next, bytes, _read);
        }
        if (_taken == _read.Count)
        {
            entry = default;
            return false;
        }
        entry = _read[_taken];
        _read[_taken++] = default;
        Next = entry.Last + 1;
        return true;
    }
}
