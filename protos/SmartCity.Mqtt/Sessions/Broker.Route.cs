using SmartCity.Mqtt.Routing;

namespace SmartCity.Mqtt.Sessions;

internal sealed partial class Broker
{
    private readonly List<Subscription> _matches = [];
    private readonly List<Session> _reached = [];
    private long _publishes;

    /// <summary>Keeps <paramref name="message"/> if it is to be retained, and puts it into the queue of every session that has subscribed to it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="from">Who published it; null = the server.</param>
    /// <param name="received">Its QoS 2 id in that session, to be kept with it; 0 = none.</param>
    /// <param name="completed">Told, perhaps before the return, whether all of it that has to be durable is (false = it could not be kept), and how many subscriptions matched.</param>
    /// <returns>Sessions that it reached; −1 = there is no room for one more retained message, and nothing has been done.</returns>
    public int Publish(Message message, Session? from, ushort received, Action<bool, int>? completed)
    {
        MqttChanges? changes = null;
        List<(Session, Outgoing)>? unstored = null;
        List<MqttConnection>? touched = null;
        (Message? Before, Message After)? replaced = null;
        var (reached, matched) = (0, 0);
        lock (_gate)
        {
            var before = message.Retain ? _retained.Find(message.Topic) : null;
            if (message.Retain && !_retained.TrySet(message, _options.RetainedMessagesMax)) return -1;
            if (_store is not null)
            {
                if (message.Retain && message.Payload.IsEmpty) NewChanges().Remove(Records.RetainedKey(message.Topic));
                else if (message.Retain)
                {
                    NewChanges().Put(Records.RetainedKey(message.Topic), Records.Encode(message, _clock));
                    replaced = (before, message);
                }
                if (received != 0 && from is { IsStored: true, Expiry.Ticks: > 0 }) NewChanges().Put(Records.ReceivedKey(from, received), []);
            }
            reached = Route(message, from);
            if (changes is not null) _store!.Write(changes);
            foreach (var session in _reached) Pump(session, ref touched);
            _reached.Clear();
        }
        Flush(touched);
        if (changes is null) completed?.Invoke(true, matched);
        return reached;

        MqttChanges NewChanges() => changes ??= new MqttChanges(kept =>
        {
            if (!kept && replaced is var (before, after)) TakeBack(before, after);
            if (unstored is not null) Stored(unstored, kept);
            completed?.Invoke(kept, matched);
        });

        int Route(Message message, Session? from)
        {
            _matches.Clear();
            _subscriptions.Match(message.Topic, _matches);
            matched = _matches.Count;
            if (matched == 0) return 0;
            var number = ++_publishes;
            foreach (var subscription in _matches)
            {
                if (subscription.NoLocal && subscription.Session == from) continue; // [MQTT-3.8.3-3]
                Merge(subscription, number);
            }
            var count = 0;
            foreach (var session in _reached)
            {
                var match = session.Matched;
                var qos = Math.Min(match.QoS, message.QoS);
                var isStored = qos > 0 && session is { IsStored: true, Expiry.Ticks: > 0 };
                if (Enqueue(session, message, qos, message.Retain && match.RetainAsPublished, match.Identifiers?.ToArray(), isStored) is not { } outgoing) continue;
                count++;
                if (!isStored) continue;
                NewChanges().Put(Records.OutgoingKey(session, outgoing), Records.Encode(outgoing, _clock));
                (unstored ??= []).Add((session, outgoing));
            }
            return count;
        }
    }

    /// <summary>Subscribes, filter by filter; what was judged before with a reason code ≥ 0x80 is left out. Retained messages are queued for it.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="subscriptions">The subscriptions, in the client's order.</param>
    /// <param name="codes">Reason codes; a filter beyond the limit gets its own here.</param>
    /// <param name="completed">Called when all of it is durable: the SUBACK is due, before any retained message.</param>
    public void Subscribe(Session session, IReadOnlyList<Subscription> subscriptions, byte[] codes, Action completed)
    {
        MqttChanges? changes = null;
        var isStored = session is { IsStored: true, Expiry.Ticks: > 0 };
        lock (_gate)
        {
            if (!IsCurrent(session)) return;
            var kept = session.Subscriptions ??= new Dictionary<string, Subscription>(1, StringComparer.Ordinal);
            for (var i = 0; i < codes.Length; i++)
            {
                if (codes[i] >= 0x80) continue;
                var subscription = subscriptions[i];
                subscription.IsNew = !kept.ContainsKey(subscription.Filter);
                if (subscription.IsNew && kept.Count >= _options.SessionSubscriptionsMax)
                {
                    codes[i] = MqttReason.QuotaExceeded;
                    continue;
                }
                kept[subscription.Filter] = subscription;
                _subscriptions.Add(subscription);
                if (isStored) (changes ??= new MqttChanges(Complete)).Put(Records.SubscriptionKey(subscription), Records.Encode(subscription));
            }
            if (changes is not null) _store!.Write(changes);
        }
        if (changes is null) Complete(true);

        void Complete(bool isKept)
        {
            if (!isKept) GiveBack();
            completed();
            if (isKept) SendRetained(session, subscriptions.Where((_, i) => codes[i] < 0x80), isStored);
        }

        // There is no room on the disk: those that were to be new are none.
        void GiveBack()
        {
            lock (_gate)
                for (var i = 0; i < codes.Length; i++)
                {
                    if (codes[i] >= 0x80 || !subscriptions[i].IsNew) continue;
                    codes[i] = MqttReason.QuotaExceeded;
                    if (IsCurrent(session) && session.Subscriptions!.Remove(subscriptions[i].Filter)) _subscriptions.Remove(subscriptions[i]);
                }
        }
    }

    private void SendRetained(Session session, IEnumerable<Subscription> subscriptions, bool isStored)
    {
        MqttChanges? changes = null;
        List<(Session, Outgoing)>? unstored = null;
        List<MqttConnection>? touched = null;
        lock (_gate)
        {
            if (!IsCurrent(session)) return;
            foreach (var subscription in subscriptions)
            {
                if (subscription.RetainHandling == 2 || (subscription.RetainHandling == 1 && !subscription.IsNew)) continue; // [MQTT-3.3.1-10, -11]
                if (subscription.Filter.StartsWith("$share/", StringComparison.Ordinal)) continue; // section 4.8.2: none to a shared subscription
                foreach (var message in _retained.Match(subscription.Filter)) SendOne(message, subscription);
            }
            if (changes is not null) _store!.Write(changes);
            Pump(session, ref touched);
        }
        Flush(touched);

        void SendOne(Message message, Subscription subscription)
        {
            if (message.Left(_time, _time.GetTimestamp()) == 0) return;
            var qos = Math.Min(subscription.QoS, message.QoS);
            if (Enqueue(session, message, qos, true, subscription.Identifier == 0 ? null : [subscription.Identifier], isStored && qos > 0) is not { HasRecord: true } outgoing) return;
            (changes ??= new MqttChanges(kept => Stored(unstored!, kept))).Put(Records.OutgoingKey(session, outgoing), Records.Encode(outgoing, _clock));
            (unstored ??= []).Add((session, outgoing));
        }
    }

    /// <summary>Unsubscribes.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="filters">Filters, in the client's order.</param>
    /// <param name="completed">Told the reason codes once it is durable; the UNSUBACK is due then.</param>
    public void Unsubscribe(Session session, IReadOnlyList<string> filters, Action<byte[]> completed)
    {
        const byte NoSubscriptionExisted = 0x11;
        var codes = new byte[filters.Count];
        MqttChanges? changes = null;
        lock (_gate)
        {
            if (!IsCurrent(session)) return;
            for (var i = 0; i < codes.Length; i++)
            {
                if (session.Subscriptions is null || !session.Subscriptions.Remove(filters[i], out var subscription))
                {
                    codes[i] = NoSubscriptionExisted;
                    continue;
                }
                _subscriptions.Remove(subscription);
                if (session.IsStored) (changes ??= new MqttChanges(_ => completed(codes))).Remove(Records.SubscriptionKey(subscription));
            }
            if (changes is not null) _store!.Write(changes);
        }
        if (changes is null) completed(codes);
    }

    // A connection that has been taken over may still be asking for something.
    private bool IsCurrent(Session session) => _sessions.GetValueOrDefault(session.ClientId) == session;

    // Of all subscriptions of a session that match, the highest QoS counts, and all identifiers go with the one copy [MQTT-3.3.4-2, -3, -4].
    private void Merge(Subscription subscription, long number)
    {
        var session = subscription.Session;
        if (session.MatchedBy != number)
        {
            session.MatchedBy = number;
            session.Matched = new Session.Match(subscription.QoS, subscription.RetainAsPublished, subscription.Identifier == 0 ? null : [subscription.Identifier]);
            _reached.Add(session);
            return;
        }
        ref var match = ref session.Matched;
        match.QoS = Math.Max(match.QoS, subscription.QoS);
        match.RetainAsPublished |= subscription.RetainAsPublished;
        if (subscription.Identifier != 0) (match.Identifiers ??= []).Add(subscription.Identifier);
    }

    // A full queue takes no more: of what waits nothing is dropped. At QoS 0 nothing is kept for a session without a connection.
    private Outgoing? Enqueue(Session session, Message message, byte qos, bool retain, uint[]? identifiers, bool isStored)
    {
        if (qos == 0 && session.Connection is null) return null;
        if (session.Held >= _options.SessionMessagesMax)
        {
            _counters.CountMessageDropped();
            return null;
        }
        var outgoing = new Outgoing(message, qos, retain, identifiers)
        {
            Sequence = ++session.LastSequence,
            PacketId = qos == 0 ? (ushort)0 : session.NextId(),
            HasRecord = isStored,
            IsUnstored = isStored,
        };
        if (qos > 0) (session.Unacknowledged ??= [])[outgoing.PacketId] = outgoing;
        (session.Waiting ??= new Queue<Outgoing>(1)).Enqueue(outgoing);
        return outgoing;
    }

    // A retained message that could not be kept is none: neither here nor after a restart, and it takes no memory.
    private void TakeBack(Message? before, Message after)
    {
        lock (_gate)
        {
            if (_retained.Find(after.Topic) != after) return;
            if (before is null) _retained.Remove(after.Topic);
            else _retained.TrySet(before, int.MaxValue);
        }
    }

    // Nothing of it has been sent; its publisher is told.
    private static void Withdraw(Session session, Outgoing outgoing)
    {
        session.Unacknowledged?.Remove(outgoing.PacketId);
        if (session.Waiting is { } waiting) session.Waiting = new Queue<Outgoing>(waiting.Where(other => other != outgoing));
    }

    private void Stored(List<(Session Session, Outgoing Outgoing)> stored, bool kept)
    {
        List<MqttConnection>? touched = null;
        lock (_gate)
        {
            foreach (var (session, outgoing) in stored)
            {
                outgoing.IsUnstored = false;
                if (!kept) Withdraw(session, outgoing);
            }
            foreach (var (session, _) in stored) Pump(session, ref touched);
        }
        Flush(touched);
    }
}
