using SmartCity.Mqtt.Packets;

namespace SmartCity.Mqtt.Sessions;

internal sealed partial class Broker
{
    /// <summary>Sends what the connection of a session takes at present.</summary>
    public void Pump(Session session)
    {
        List<MqttConnection>? touched = null;
        lock (_gate) Pump(session, ref touched);
        Flush(touched);
    }

    /// <summary>A PUBACK, PUBREC or PUBCOMP of the client settles a delivery, or is a fault.</summary>
    public Fault Settle(MqttConnection connection, Session session, PacketType type, ushort packetId, byte reasonCode)
    {
        List<MqttConnection>? touched = null;
        var fault = Fault.None;
        lock (_gate)
        {
            if (session.Connection != connection) return fault;
            var outgoing = session.Unacknowledged?.GetValueOrDefault(packetId);
            if (outgoing is not null && !IsInFlight(outgoing)) outgoing = null;
            switch (type)
            {
                case PacketType.PubAck when outgoing is { QoS: 1 }:
                    Done(session, outgoing);
                    break;
                case PacketType.PubAck:
                    fault = Fault.Protocol("a PUBACK for a message that was not sent");
                    break;
                case PacketType.PubRec when outgoing is { QoS: 2 }:
                    if (reasonCode >= 0x80 && outgoing.Phase == Phase.Sent) Done(session, outgoing); // section 4.3.3: refused, and done with
                    else Release(session, outgoing);
                    break;
                case PacketType.PubRec when outgoing is not null:
                    fault = Fault.Protocol("a PUBREC for a message of QoS 1");
                    break;
                case PacketType.PubRec:
                    if (reasonCode < 0x80) connection.SendRelease(packetId, 0); // done with long ago, as far as we know: the client may forget it too
                    break;
                case PacketType.PubComp when outgoing is { Phase: Phase.Released }:
                    Done(session, outgoing);
                    break;
                case PacketType.PubComp when outgoing is not null:
                    fault = Fault.Protocol("a PUBCOMP for a message that was not released");
                    break;
            }
            Pump(session, ref touched);
        }
        Flush(touched);
        return fault;
    }

    /// <summary>Key of the record of a QoS 2 id received; empty where none is to be kept.</summary>
    public ReadOnlyMemory<byte> ReceiptOf(Session session, ushort packetId) =>
        _store is not null && session is { IsStored: true, Expiry.Ticks: > 0 } ? Records.ReceivedKey(session, packetId) : default(ReadOnlyMemory<byte>);

    /// <summary>A QoS 2 id received is free again.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="packetId">The id.</param>
    /// <param name="completed">Called when its record is gone for good.</param>
    /// <returns>False = it has none, and nothing is called.</returns>
    public bool Forget(Session session, ushort packetId, Action completed)
    {
        if (_store is null) return false;
        lock (_gate)
        {
            if (session is not { IsStored: true, Expiry.Ticks: > 0 }) return false;
            var changes = new MqttChanges(_ => completed());
            changes.Remove(Records.ReceivedKey(session, packetId));
            _store.Write(changes);
            return true;
        }
    }

    // Sent on this connection: what waits to be sent, also again, is not.
    private static bool IsInFlight(Outgoing outgoing) => outgoing.Phase != Phase.Waiting && !outgoing.IsRepeated;

    private void Done(Session session, Outgoing outgoing)
    {
        session.Unacknowledged!.Remove(outgoing.PacketId);
        session.InFlight--;
        Forget(session, outgoing);
    }

    private void Forget(Session session, Outgoing outgoing)
    {
        if (!outgoing.HasRecord || !session.IsStored) return;
        var changes = new MqttChanges();
        changes.Remove(Records.OutgoingKey(session, outgoing));
        _store!.Write(changes);
    }

    // From here on the message is the client's; PUBREL says so only when it is known for good, or a restart would send the message again.
    private void Release(Session session, Outgoing outgoing)
    {
        outgoing.Phase = Phase.Released;
        var connection = session.Connection!;
        if (!outgoing.HasRecord || !session.IsStored)
        {
            connection.SendRelease(outgoing.PacketId, 0);
            return;
        }
        var changes = new MqttChanges(_ =>
        {
            // Kept or not, the client has it; if not, a restart would ask it for a PUBREC once more.
            connection.SendRelease(outgoing.PacketId, 0);
            connection.Flush();
        });
        changes.Put(Records.OutgoingKey(session, outgoing), Records.Encode(outgoing, _clock));
        _store!.Write(changes);
    }

    private void Pump(Session session, ref List<MqttConnection>? touched)
    {
        if (session.Connection is not { IsConnected: true } connection || session.Waiting is not { } waiting) return;
        var isTouched = false;
        while (waiting.TryPeek(out var next) && !next.IsUnstored && !connection.IsOutputFull && (next.QoS == 0 || session.InFlight < connection.SendMaximum))
        {
            waiting.Dequeue();
            isTouched = true;
            if (next.Phase == Phase.Released)
            {
                next.IsRepeated = false;
                session.InFlight++;
                connection.SendRelease(next.PacketId, 0);
                continue;
            }
            var left = next.Message.Left(_time, _time.GetTimestamp());
            // One that was sent before is completed even so [MQTT-4.4.0-1]; one that was not is not begun [MQTT-3.3.2-5].
            if ((left == 0 && next.Phase == Phase.Waiting) || !connection.SendPublish(next, left))
            {
                _counters.CountMessageDropped();
                if (next.QoS > 0) session.Unacknowledged!.Remove(next.PacketId);
                Forget(session, next);
                continue;
            }
            _counters.CountMessageOut();
            if (next.QoS == 0) continue;
            next.Phase = Phase.Sent;
            next.IsRepeated = false;
            session.InFlight++;
        }
        if (waiting.Count == 0) session.Waiting = null;
        if (session.Unacknowledged is { Count: 0 }) session.Unacknowledged = null;
        if (isTouched) (touched ??= []).Add(connection);
    }

    // Outside of the lock: a write may run on into the socket's own code on this thread.
    private static void Flush(List<MqttConnection>? touched)
    {
        if (touched is null) return;
        foreach (var connection in touched) connection.Flush();
    }
}
