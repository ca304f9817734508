using System.Runtime.InteropServices;

namespace SmartCity.Cloud.Server.Live;

/// <summary>Connections that want the same series in the same encoding: each frame is encoded for them once. Not thread-safe.</summary>
internal sealed class LiveGroup(LiveFilter filter, ILiveEncoding encoding)
{
    private enum Membership : byte { Unknown, Takes, Leaves }

    private readonly List<LiveConnection> _connections = [];
    private readonly List<int> _series = [];
    private readonly List<int> _unnamed = [];
    private Membership[] _membership = new Membership[1024];
    private bool _isQuiet = true;
    private long _revision = filter.Revision;

    public bool IsEmpty => _connections.Count == 0;

    /// <summary>Adds a connection and gives it all newest values.</summary>
    public void Add(LiveConnection connection, LiveBoard board, long now)
    {
        _connections.Add(connection);
        Restart(connection, board, now);
    }

    public void Remove(LiveConnection connection) => _connections.Remove(connection);

    public void Restart(LiveConnection connection, LiveBoard board, long now)
    {
        _series.Clear();
        foreach (var number in board.Known) if (Takes(number, board, out _)) _series.Add(number);
        var all = CollectionsMarshal.AsSpan(_series);
        connection.Restart(encoding.Encode(board, all, all, isAll: true, now));
    }

    /// <summary>Sends the series of <paramref name="changed"/> that are wanted.</summary>
    public void Send(LiveBoard board, ReadOnlySpan<int> changed, long now)
    {
        _series.Clear();
        _unnamed.Clear();
        foreach (var number in changed)
        {
            if (!Takes(number, board, out var isNew)) continue;
            _series.Add(number);
            if (isNew) _unnamed.Add(number);
        }
        if (_series.Count == 0) return;
        Offer(encoding.Encode(board, CollectionsMarshal.AsSpan(_series), CollectionsMarshal.AsSpan(_unnamed), isAll: false, now));
        _isQuiet = false;
    }

    /// <summary>Sends a sign of life where nothing else went out since the last one.</summary>
    public void Tick(long now)
    {
        if (_isQuiet) Offer([encoding.Tick(now)]);
        _isQuiet = true;
    }

    public void Offer(IReadOnlyList<LiveMessage> messages)
    {
        foreach (var connection in _connections) connection.Offer(messages);
    }

    private bool Takes(int number, LiveBoard board, out bool isNew)
    {
        if (filter.Revision is var revision && revision != _revision)
        {
            // A device has come into the areas of these connections or gone from them; names go out once more with the next values.
            _revision = revision;
            Array.Clear(_membership);
        }
        if (number >= _membership.Length) Array.Resize(ref _membership, Math.Max(number + 1, _membership.Length * 2));
        ref var membership = ref _membership[number];
        isNew = membership == Membership.Unknown;
        if (isNew) membership = filter.Takes(board[number].Name!.Value) ? Membership.Takes : Membership.Leaves;
        return membership == Membership.Takes;
    }
}
