using System.Text;
using SmartCity.Mqtt.Packets;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

internal sealed partial class MqttConnection
{
    // Set with the CONNACK, before anything but CONNECT is read.
    private Session _session = null!; // null for a connection that ends before its CONNACK
    // QoS 0 has no acknowledgement that would hold its sender back, nor has a SUBSCRIBE: so many of them may wait for the store.
    private const int UnstoredMax = 100;
    // One of them is this much; a longer message counts for several.
    private const int UnstoredBytes = 8 * 1024;
    private byte[]?[]? _aliases;
    private int _unstored;
    private int _inFlight;
    private long _publishes;
    private bool _asked;

    /// <inheritdoc/>
    public override void Acknowledge(ushort packetId, byte qos)
    {
        if (qos == 0) return;
        if (qos == 1)
        {
            _output.QueueAcknowledgement(0x40, packetId);
            Settle();
            return;
        }
        // After a reconnect in the same session it is the new connection that waits for it.
        var connection = _session.Commit(packetId);
        if (connection is null) return;
        connection.Received(packetId);
        if (connection != this) connection.Flush();
    }

    /// <inheritdoc/>
    public override void Refuse(ushort packetId, byte qos, byte reasonCode)
    {
        if (qos == 0) return;
        var connection = qos == 2 ? _session.Refuse(packetId) : this;
        if (connection is null) return;
        if (!connection.IsVersion5)
        {
            connection.Close(new Fault(reasonCode, "a PUBLISH that could not be kept; 3.1.1 has no word for it"));
            return;
        }
        connection._output.Queue([(byte)(qos == 1 ? 0x40 : 0x50), 3, (byte)(packetId >> 8), (byte)(packetId & 0xFF), reasonCode]);
        connection.Settle();
        if (connection != this) connection.Flush();
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> ReceiptOf(ushort packetId) => _listener.Broker.ReceiptOf(_session, packetId);

    /// <inheritdoc/>
    public override void Flush() => _output.Flush();

    private Fault TakePublish(PacketHeader header, ReadOnlySpan<byte> body)
    {
        var fault = PublishBody.Read(header.Flags, body, IsVersion5, out var publish);
        if (fault.IsNone) fault = ResolveAlias(ref publish);
        if (!fault.IsNone) return fault;
        var qos = (byte)(header.Flags >> 1 & 3);
        var repetition = qos == 2 ? _session.Receive(publish.PacketId, this) : Session.Repetition.None;
        if (repetition is Session.Repetition.Pending) return Fault.None;
        if (repetition is Session.Repetition.Committed)
        {
            _output.QueueAcknowledgement(0x50, publish.PacketId);
            return Fault.None;
        }
        if (qos > 0 && Interlocked.Increment(ref _inFlight) > _options.ReceiveMaximum && IsVersion5)
        {
            if (repetition is Session.Repetition.None && qos == 2) _session.Release(publish.PacketId);
            return new Fault(MqttReason.ReceiveMaximumExceeded, $"more than {_options.ReceiveMaximum} messages in flight, the Receive Maximum of the CONNACK");
        }
        if (repetition is not Session.Repetition.None)
        {
            // The same message [MQTT-4.3.3-10], taken on an earlier connection of this session: not asked for again, whatever it carries now.
            if (repetition is Session.Repetition.CommittedBefore) Received(publish.PacketId);
            return Fault.None;
        }

        switch (Ask(header, publish, qos))
        {
            case PublishResult.Pending:
                break;
            case PublishResult.Done:
                Acknowledge(publish.PacketId, qos);
                break;
            case PublishResult.Forward:
                Forward(new Message
                {
                    Topic = Encoding.UTF8.GetString(publish.Topic),
                    Payload = publish.Payload.ToArray(),
                    Properties = Properties.OfMessage(publish.Properties),
                    QoS = qos,
                    Retain = (header.Flags & 0x01) != 0,
                    Expiry = publish.Expiry,
                    ReceivedAt = _listener.Time.GetTimestamp(),
                }, publish.PacketId);
                break;
            case PublishResult.NotAuthorized:
                Reject(publish.PacketId, qos, new Fault(MqttReason.NotAuthorized, "a PUBLISH to a topic that this client may not publish to"));
                break;
            case PublishResult.QuotaExceeded when qos == 0:
                _listener.Hub.Counters.CountRefused();
                _listener.Hub.Counters.CountDropped();
                break;
            case PublishResult.QuotaExceeded:
                Reject(publish.PacketId, qos, new Fault(MqttReason.QuotaExceeded, "no room for a PUBLISH; send it again later"));
                break;
            default:
                Reject(publish.PacketId, qos, new Fault(MqttReason.TopicNameInvalid,
                    $"a PUBLISH to a topic that is not served here, or is beyond {_options.TopicBytesMax} bytes or {_options.TopicLevelsMax} levels"));
                break;
        }
        return Fault.None;
    }

    // To subscribers. Whoever wants to be told first is told first, and the read loop waits for it.
    private void Forward(Message message, ushort packetId)
    {
        _listener.Hub.Counters.CountForwarded();
        if (_listener.Hub.Forwarded is null) Route(message, packetId);
        else _forwarding = new Forwarding(message, packetId);
    }

    private async ValueTask ForwardAsync()
    {
        var (message, packetId) = _forwarding!;
        _forwarding = null;
        if (await _listener.TellAsync(_clientId, message).ConfigureAwait(false))
        {
            Route(message, packetId);
            _output.Flush();
            return;
        }
        if (message.QoS == 2) _session.Release(packetId);
        Close(new Fault(MqttReason.ImplementationError, "the listener failed on a PUBLISH"));
    }

    private void Route(Message message, ushort packetId)
    {
        var isDone = 0;
        var weight = 1 + message.Payload.Length / UnstoredBytes;
        BeginStore(weight);
        var reached = _listener.Broker.Publish(message, _session, message.QoS == 2 ? packetId : (ushort)0, (kept, subscriptions) =>
        {
            if (Interlocked.Exchange(ref isDone, 1) != 0) return;
            EndStore(weight);
            if (kept && message.QoS == 1 && IsVersion5 && subscriptions == 0) AcknowledgeUnheard(packetId);
            else if (kept) Acknowledge(packetId, message.QoS);
            else Refuse(packetId, message.QoS, MqttReason.QuotaExceeded);
            Flush();
        });
        if (reached >= 0) return;
        EndStore(weight);
        _listener.LogRetainedFull(_clientId);
        Reject(packetId, message.QoS, new Fault(MqttReason.QuotaExceeded, $"no room for one more retained message; {_options.RetainedMessagesMax} topics have one"));
    }

    // So much of one connection may wait for the store; then nothing more is read from it.
    private void BeginStore(int weight = 1) => Interlocked.Add(ref _unstored, weight);

    private void EndStore(int weight = 1)
    {
        if (Interlocked.Add(ref _unstored, -weight) is var left && left < UnstoredMax && left + weight >= UnstoredMax) _readerRoom.Pulse();
    }

    // PUBACK of a message that nobody subscribes to, section 3.4.2.1.
    private void AcknowledgeUnheard(ushort packetId)
    {
        _output.Queue([0x40, 3, (byte)(packetId >> 8), (byte)(packetId & 0xFF), MqttReason.NoMatchingSubscribers]);
        Settle();
    }

    private PublishResult Ask(PacketHeader header, in PublishBody publish, byte qos)
    {
        if (Topics.IsOfServer(publish.Topic) || !Topics.IsWithin(publish.Topic, _options.TopicBytesMax, _options.TopicLevelsMax)) return PublishResult.TopicInvalid;
        _asked = true;
        try
        {
            return _listener.Publishes.Handle(this, new PublishPacket
            {
                Topic = publish.Topic,
                Payload = publish.Payload,
                PacketId = publish.PacketId,
                QoS = qos,
                Duplicate = (header.Flags & 0x08) != 0,
                Retain = (header.Flags & 0x01) != 0,
            });
        }
        catch (Exception error)
        {
            LogHandlerFailed(error, _clientId, Remote);
            if (qos == 2) _session.Release(publish.PacketId);
            Close(new Fault(MqttReason.ImplementationError, "the listener failed on a PUBLISH"));
            return PublishResult.Pending;
        }
    }

    // 5.0 is told in the acknowledgement and stays; where there is none, at QoS 0 and in 3.1.1, the connection is closed.
    private void Reject(ushort packetId, byte qos, Fault fault)
    {
        _listener.Hub.Counters.CountRefused();
        if (qos > 0 && IsVersion5)
        {
            Refuse(packetId, qos, fault.Code);
            return;
        }
        if (qos == 2) _session.Release(packetId);
        Close(fault);
    }

    private Fault ResolveAlias(ref PublishBody publish)
    {
        if (publish.TopicAlias == 0) return Fault.None;
        if (publish.TopicAlias > _options.TopicAliasMaximum)
            return new Fault(MqttReason.TopicAliasInvalid, $"topic alias {publish.TopicAlias}; the Topic Alias Maximum is {_options.TopicAliasMaximum}");
        _aliases ??= new byte[_options.TopicAliasMaximum][];
        ref var topic = ref _aliases[publish.TopicAlias - 1];
        if (publish.Topic.IsEmpty)
        {
            if (topic is null) return new Fault(MqttReason.ProtocolError, $"topic alias {publish.TopicAlias}, which has not been set");
            publish.Topic = topic;
        }
        else if (!publish.Topic.SequenceEqual(topic))
        {
            // One beyond the limits is refused below, and so is every later use of its alias.
            topic = publish.Topic[..Math.Min(publish.Topic.Length, _options.TopicBytesMax + 1)].ToArray();
        }
        return Fault.None;
    }

    // PUBREC. 3.1.1 has it in flight until here and no longer: while too much is in flight nothing is read from it, not even the PUBREL.
    private void Received(ushort packetId)
    {
        _output.QueueAcknowledgement(0x50, packetId);
        if (!IsVersion5) Settle();
    }

    // PUBREL: the id is free again. Where a store remembers it, PUBCOMP waits until it does not: the client gives its next message the same id.
    private void Release(ushort packetId)
    {
        var committed = _session.Release(packetId);
        if (IsVersion5 ? committed is not null : committed == false) Settle();
        var code = committed is null && IsVersion5 ? MqttReason.PacketIdentifierNotFound : (byte)0;
        if (committed is null || !_listener.Broker.Forget(_session, packetId, () =>
            {
                Complete(packetId, code);
                Flush();
            }))
            Complete(packetId, code);
    }

    private void Complete(ushort packetId, byte code) =>
        _output.Queue(code == 0 ? [0x70, 2, (byte)(packetId >> 8), (byte)(packetId & 0xFF)] : [0x70, 3, (byte)(packetId >> 8), (byte)(packetId & 0xFF), code]);

    // One message less is in flight.
    private void Settle()
    {
        Interlocked.Decrement(ref _inFlight);
        _readerRoom.Pulse();
    }

    private sealed record Forwarding(Message Message, ushort PacketId);
}
