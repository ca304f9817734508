using System.Collections.Concurrent;
using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

/// <summary>
/// Sessions, subscriptions, retained messages and Wills: everything that outlives a connection. One lock over all of it, held for microseconds and
/// never while anything is written to a socket; what the <see cref="IPublishHandler"/> takes never comes here.
/// </summary>
/// <remarks>
/// How a message goes through:
/// <code>
///   Publish ── retained, subscription tree ──► Outgoing in the queue of each session
///      │                                            │
///      │ records of it to the store                 │ once its record is durable, the client has room for it
///      ▼ durable                                    ▼ and its connection takes more
///   acknowledged to the publisher                Pump ──► connection ──► PUBACK, PUBREC … settle it
/// </code>
/// </remarks>
internal sealed partial class Broker
{
    private readonly Lock _gate = new();
    private readonly MqttListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly MqttCounters _counters;
    private readonly IMqttStore? _store;
    private readonly Clock _clock;
    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<Session> _kept = [];
    private readonly SubscriptionTree _subscriptions = new();
    private readonly RetainedMessages _retained = new();
    private long _lastSession;
    private long _purgedAt;

    public Broker(MqttListenerOptions options, TimeProvider time, MqttCounters counters, IMqttStore? store)
    {
        (_options, _time, _counters, _store, _clock) = (options, time, counters, store, new Clock(time));
        _purgedAt = time.GetTimestamp();
    }

    /// <summary>Publishes a Will. Set once, before the first connection.</summary>
    public required Action<Session, Message> PublishWill { get; init; }

    /// <summary>Sessions without a connection.</summary>
    public int KeptCount
    {
        get { lock (_gate) return _kept.Count; }
    }

    /// <summary>Sessions with a connection.</summary>
    public int ConnectedCount
    {
        get { lock (_gate) return _sessions.Count - _kept.Count; }
    }

    /// <summary>Topics that have a retained message.</summary>
    public int RetainedCount
    {
        get { lock (_gate) return _retained.Count; }
    }

    public Session? Find(string clientId) => _sessions.GetValueOrDefault(clientId);

    /// <summary>Reads what the store holds: every session is without a connection then, and those that had one lost it now.</summary>
    public void Load()
    {
        if (_store is null) return;
        lock (_gate)
        {
            var (sessions, rest, now) = (new Dictionary<long, Session>(), new List<KeyValuePair<byte[], byte[]>>(), _time.GetTimestamp());
            var useless = new MqttChanges();
            if (!_store.IsContinued) useless.RemoveAll(Records.AllSessions);
            foreach (var record in _store.Load())
            {
                if (Records.Of(record.Key).Number >= 0 && !_store.IsContinued) continue;
                if (!TryLoad(record, sessions, rest, now)) useless.Remove(record.Key);
            }
            foreach (var record in rest)
                if (!sessions.TryGetValue(Records.Of(record.Key).Number, out var session) || !TryRecall(session, record.Key, record.Value)) useless.Remove(record.Key);
            foreach (var session in sessions.Values) Order(session);
            if (useless.Changes.Count > 0) _store.Write(useless);
        }
    }

    private bool TryLoad(KeyValuePair<byte[], byte[]> record, Dictionary<long, Session> sessions, List<KeyValuePair<byte[], byte[]>> rest, long now)
    {
        var (number, kind, _) = Records.Of(record.Key);
        try
        {
            if (number < 0) return record.Key is [(byte)'R', ..] && _retained.TrySet(Records.DecodeMessage(record.Value, _clock), int.MaxValue);
            _lastSession = Math.Max(_lastSession, number);
            if (kind != Records.SessionKind)
            {
                rest.Add(record);
                return true;
            }
            var (session, endedAt) = Records.DecodeSession(number, record.Value);
            session.EndedAt = endedAt == 0 ? now : _clock.ToTimestamp(endedAt);
            sessions[number] = session;
            _sessions[session.ClientId] = session;
            _kept.Add(session);
            return true;
        }
        catch (Exception error) when (Records.IsUnreadable(error))
        {
            return false;
        }
    }

    private bool TryRecall(Session session, byte[] key, byte[] value)
    {
        try
        {
            Recall(session, key, value);
            return true;
        }
        catch (Exception error) when (Records.IsUnreadable(error))
        {
            return false;
        }
    }

    /// <summary>Gives <paramref name="connection"/> the session of its client id: the one that was kept, or a new one.</summary>
    /// <returns>Its session and whether it was there before; null where it belongs to somebody else.</returns>
    public (Session Session, bool IsPresent)? Open(MqttConnection connection, bool cleanStart, TimeSpan expiry, Will? will, string? owner)
    {
        MqttConnection? previous = null;
        var wills = new List<(Session, Message)>();
        Session session;
        bool isPresent;
        lock (_gate)
        {
            if (_sessions.TryGetValue(connection.ClientId, out var kept))
            {
                if (kept.Owner != owner) return null;
                previous = kept.Connection;
                if (previous is not null) CloseWill(kept, kept.Will is { Delay: > 0 }, wills);
                // Perhaps over, and only not swept yet: its process may have been down.
                if (cleanStart || kept.Expiry == TimeSpan.Zero || (previous is null && _time.GetElapsedTime(kept.EndedAt) > kept.Expiry))
                {
                    End(kept, wills);
                    kept = null;
                }
            }
            isPresent = kept is not null;
            session = kept ?? new Session(++_lastSession, connection.ClientId, owner);
            _sessions[connection.ClientId] = session;
            _kept.Remove(session);
            // Whoever comes back in time has no delayed Will [MQTT-3.1.3-9].
            (session.Connection, session.Expiry, session.Will, session.WillDueAt) = (connection, expiry, will, 0);
            Repeat(session);
            Store(session);
        }
        previous?.Close(MqttReason.SessionTakenOver, "the same client id connected anew");
        foreach (var (whose, message) in wills) PublishWill(whose, message);
        return (session, isPresent);
    }

    /// <summary>The connection has ended: its session is kept, or ends with it; its Will is published now, later, or not at all.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="expiry">How long the session is kept, as the client said last.</param>
    /// <param name="dropsWill">Whether a DISCONNECT has dropped the Will [MQTT-3.1.2-10].</param>
    public void Close(MqttConnection connection, TimeSpan expiry, bool dropsWill)
    {
        var wills = new List<(Session, Message)>();
        lock (_gate)
        {
            if (!_sessions.TryGetValue(connection.ClientId, out var session) || session.Connection != connection) return;
            session.Connection = null;
            session.EndedAt = _time.GetTimestamp();
            session.Expiry = expiry;
            if (dropsWill) session.Will = null;
            if (expiry <= TimeSpan.Zero)
            {
                End(session, wills);
            }
            else
            {
                _kept.Add(session);
                CloseWill(session, session.Will is { Delay: > 0 }, wills);
                Store(session);
            }
        }
        foreach (var (whose, message) in wills) PublishWill(whose, message);
    }

    /// <summary>Does what is due: ends sessions whose time is over or that are too many, publishes delayed Wills, forgets retained messages that have expired.</summary>
    public void Sweep()
    {
        var wills = new List<(Session, Message)>();
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (_kept.Count > 0) SweepKept(now, wills);
            if (_time.GetElapsedTime(_purgedAt, now) > TimeSpan.FromMinutes(1))
            {
                _purgedAt = now;
                var gone = _retained.TakeExpired(_time, now);
                if (_store is not null && gone.Count > 0)
                {
                    var changes = new MqttChanges();
                    foreach (var topic in gone) changes.Remove(Records.RetainedKey(topic));
                    _store.Write(changes);
                }
            }
        }
        foreach (var (whose, message) in wills) PublishWill(whose, message);
    }

    private void SweepKept(long now, List<(Session, Message)> wills)
    {
        List<Session>? gone = null;
        foreach (var session in _kept)
        {
            if (_time.GetElapsedTime(session.EndedAt, now) > session.Expiry) (gone ??= []).Add(session);
            else if (session.WillDueAt != 0 && session.WillDueAt <= now) TakeWill(session, wills);
        }
        if (_kept.Count - (gone?.Count ?? 0) is var left && left > _options.SessionsKeptMax)
            (gone ??= []).AddRange(_kept.Except(gone).OrderBy(static session => session.EndedAt).Take(left - _options.SessionsKeptMax).ToList());
        foreach (var session in gone ?? []) End(session, wills);
    }

    // The session is over, and with it a Will that is still due [MQTT-3.1.2-8 and section 3.1.3.2.2].
    private void End(Session session, List<(Session, Message)> wills)
    {
        _sessions.TryRemove(new KeyValuePair<string, Session>(session.ClientId, session));
        _kept.Remove(session);
        if (session.Will is not null) TakeWill(session, wills);
        foreach (var subscription in session.Subscriptions?.Values ?? Enumerable.Empty<Subscription>()) _subscriptions.Remove(subscription);
        (session.Subscriptions, session.Waiting, session.Unacknowledged) = (null, null, null);
        if (!session.IsStored) return;
        session.IsStored = false;
        var changes = new MqttChanges();
        changes.RemoveAll(Records.SessionPrefix(session.Number));
        _store!.Write(changes);
    }

    private void CloseWill(Session session, bool isDelayed, List<(Session, Message)> wills)
    {
        if (session.Will is null) return;
        if (!isDelayed) TakeWill(session, wills);
        else session.WillDueAt = _time.GetTimestamp() + (long)session.Will.Delay * _time.TimestampFrequency;
    }

    private void TakeWill(Session session, List<(Session, Message)> wills)
    {
        wills.Add((session, session.Will!.Message));
        (session.Will, session.WillDueAt) = (null, 0);
        if (!session.IsStored) return;
        var changes = new MqttChanges();
        changes.Remove(Records.WillKey(session));
        _store!.Write(changes);
    }

    // A session without a future has records only for its Will: so that a device whose gateway died is told offline when that one is back.
    private void Store(Session session)
    {
        if (_store is null) return;
        if (session.Expiry <= TimeSpan.Zero && session.Will is null && !session.IsStored) return;
        var changes = new MqttChanges();
        session.IsStored = true;
        changes.Put(Records.SessionKey(session), Records.Encode(session, session.Connection is null ? _clock.ToUnixMilliseconds(session.EndedAt) : 0));
        if (session.Will is { } will) changes.Put(Records.WillKey(session), Records.Encode(will, _clock));
        else changes.Remove(Records.WillKey(session));
        _store.Write(changes);
    }

    private void Recall(Session session, byte[] key, byte[] value)
    {
        var (_, kind, rest) = Records.Of(key);
        switch (kind)
        {
            case Records.WillKind:
                session.Will = Records.DecodeWill(value, _clock);
                session.WillDueAt = Math.Max(1, session.EndedAt + (long)session.Will.Delay * _time.TimestampFrequency);
                break;
            case Records.SubscriptionKind:
                var subscription = Records.DecodeSubscription(session, rest, value);
                (session.Subscriptions ??= new(StringComparer.Ordinal))[subscription.Filter] = subscription;
                _subscriptions.Add(subscription);
                break;
            case Records.OutgoingKind:
                var outgoing = Records.DecodeOutgoing(rest, value, _clock);
                (session.Unacknowledged ??= [])[outgoing.PacketId] = outgoing;
                session.LastSequence = Math.Max(session.LastSequence, outgoing.Sequence);
                break;
            case Records.ReceivedKind:
                session.Recall((ushort)(rest.Span[0] << 8 | rest.Span[1]));
                break;
        }
    }

    // A queue read from the store, in its order.
    private static void Order(Session session)
    {
        if (session.Unacknowledged is { Count: > 0 } all) session.Waiting = new Queue<Outgoing>(all.Values.OrderBy(static outgoing => outgoing.Sequence));
    }

    // What was in flight on the connection before goes out again, ahead of everything else and in its order [MQTT-4.4.0-1, MQTT-4.6.0-1].
    private static void Repeat(Session session)
    {
        session.InFlight = 0;
        if (session.Unacknowledged is not { Count: > 0 } unacknowledged) return;
        var sent = unacknowledged.Values.Where(static outgoing => outgoing.Phase != Phase.Waiting).OrderBy(static outgoing => outgoing.Sequence).ToList();
        if (sent.Count == 0) return;
        foreach (var outgoing in sent) outgoing.IsRepeated = true;
        session.Waiting = new Queue<Outgoing>([.. sent, .. (session.Waiting ?? []).Except(sent)]);
    }
}
