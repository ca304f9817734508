using System.Collections.Concurrent;

namespace SmartCity.Mqtt;

/// <summary>Sessions by client id, connected and kept ones. Thread-safe.</summary>
internal sealed class SessionTable(TimeProvider time, int keptMax)
{
    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private int _kept;

    /// <summary>Sessions without a connection.</summary>
    public int KeptCount => Volatile.Read(ref _kept);

    public Session? Find(string clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>Gives <paramref name="connection"/> the session of its client id: the one that was kept, if MQTTnet found its own again, else a new one.</summary>
    public Session Open(MqttConnection connection, bool isPresent)
    {
        lock (_sessions)
        {
            var had = _sessions.TryGetValue(connection.ClientId, out var session);
            if (had && session!.EndedAt != 0) _kept--;
            if (!had || !isPresent) return _sessions[connection.ClientId] = new Session(connection);
            session!.Connection = connection;
            session.EndedAt = 0;
            return session;
        }
    }

    /// <summary>The connection has ended: its session, unless another connection has it by now, is kept for <paramref name="expiry"/> or, at zero, forgotten.</summary>
    public void End(MqttConnection connection, TimeSpan expiry)
    {
        lock (_sessions)
        {
            if (!_sessions.TryGetValue(connection.ClientId, out var session) || session.Connection != connection || session.EndedAt != 0) return;
            if (expiry <= TimeSpan.Zero)
            {
                _sessions.TryRemove(connection.ClientId, out _);
                return;
            }
            session.EndedAt = time.GetTimestamp();
            session.Expiry = expiry;
            _kept++;
        }
    }

    /// <summary>Takes out the sessions whose time is over and, when too many are kept, those that ended first.</summary>
    /// <returns>Their client ids.</returns>
    public List<string> TakeExpired()
    {
        var gone = new List<string>();
        lock (_sessions)
        {
            if (_kept == 0) return gone;
            var now = time.GetTimestamp();
            foreach (var (clientId, session) in _sessions)
                if (session.EndedAt != 0 && time.GetElapsedTime(session.EndedAt, now) > session.Expiry) gone.Add(clientId);
            if (_kept - gone.Count > keptMax)
                gone.AddRange(_sessions.Where(static pair => pair.Value.EndedAt != 0).Select(static pair => (pair.Key, pair.Value.EndedAt)).ExceptBy(gone, static kept => kept.Key)
                    .OrderBy(static kept => kept.EndedAt).Take(_kept - gone.Count - keptMax).Select(static kept => kept.Key).ToList());
            foreach (var clientId in gone) _sessions.TryRemove(clientId, out _);
            _kept -= gone.Count;
        }
        return gone;
    }
}
