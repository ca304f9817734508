using System.Buffers;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using SmartCity.Mqtt.Packets;

namespace SmartCity.Mqtt;

internal sealed partial class MqttConnection
{
    private readonly Lock _encoderGate = new();
    private readonly Lock _outgoingGate = new();
    // Outgoing messages of QoS 1 and 2 by packet id: the next packet that may settle them.
    private readonly Dictionary<ushort, PacketType> _outgoing = [];
    private readonly Signal _outgoingRoom = new();
    private readonly Signal _outputRoom = new();
    private Dictionary<ushort, byte[]>? _subscribes;
    private uint _maximumPacketSize = uint.MaxValue;
    private uint _sessionExpiry;
    private int _receiveMaximum = ushort.MaxValue;
    private TimeSpan _serverKeepAlive;
    private bool _assigned;

    /// <summary>MQTTnet's way out: CONNACK, SUBACK, outgoing messages, acknowledgements of what was forwarded. Waits while the peer does not keep up.</summary>
    public async Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        switch (packet)
        {
            case MqttConnAckPacket connAck:
                Complete(connAck);
                _session = _listener.Sessions.Open(this, connAck.IsSessionPresent);
                Send(packet);
                _stage = Stage.Connected;
                _listener.Hub.Counters.CountConnection();
                return;
            case MqttDisconnectPacket disconnect:
                // Never waits: MQTTnet holds its lock over all connections while it says this to one that is taken over.
                Close(new Fault((byte)disconnect.ReasonCode, disconnect.ReasonCode == MqttDisconnectReasonCode.SessionTakenOver ? "the same client id connected anew" : "the broker ended it"));
                return;
            case MqttSubAckPacket subAck:
                Restore(subAck);
                break;
            case MqttPubAckPacket or MqttPubRecPacket:
                SettleForwarded((MqttPacketWithIdentifier)packet);
                break;
            case MqttPublishPacket publish:
                await TakeOutgoingAsync(publish, cancellationToken).ConfigureAwait(false);
                _session.Dequeue();
                _listener.Hub.Counters.CountMessageOut();
                break;
        }
        await WaitForOutputAsync(cancellationToken).ConfigureAwait(false);
        Send(packet);
    }

    private void Send(MqttPacket packet)
    {
        lock (_encoderGate)
        {
            try
            {
                var encoded = PacketFormatterAdapter.Encode(packet);
                if (encoded.Length > _maximumPacketSize)
                {
                    _listener.Hub.Counters.CountMessageDropped();
                    return;
                }
                if (encoded.Payload.IsEmpty) _output.Queue(encoded.Packet);
                else _output.Queue(encoded.Join());
            }
            finally
            {
                PacketFormatterAdapter.Cleanup();
            }
        }
        _output.Flush();
    }

    // What MQTTnet does not know of this listener.
    private void Complete(MqttConnAckPacket connAck)
    {
        connAck.ReceiveMaximum = (ushort)_options.ReceiveMaximum;
        connAck.MaximumPacketSize = (uint)_options.PacketBytesMax + 5;
        connAck.TopicAliasMaximum = (ushort)_options.TopicAliasMaximum;
        connAck.SharedSubscriptionAvailable = false;
        connAck.ServerKeepAlive = (ushort)_serverKeepAlive.TotalSeconds;
        connAck.AssignedClientIdentifier = _assigned ? _clientId : null;
        if (_connect!.SessionExpiryInterval != _sessionExpiry) connAck.SessionExpiryInterval = _connect.SessionExpiryInterval;
    }

    // Asks filter by filter. Those that are allowed go to MQTTnet; the answer is put together again when its SUBACK passes.
    private MqttSubscribePacket? JudgeSubscribe(MqttSubscribePacket subscribe)
    {
        var codes = new byte[subscribe.TopicFilters.Count];
        for (var i = 0; i < codes.Length; i++) codes[i] = Judge(subscribe.TopicFilters[i]);
        if (!IsVersion5)
            for (var i = 0; i < codes.Length; i++) codes[i] = codes[i] >= 0x80 ? (byte)0x80 : codes[i];
        for (var i = codes.Length - 1; i >= 0; i--)
            if (codes[i] >= 0x80) subscribe.TopicFilters.RemoveAt(i);
        if (subscribe.TopicFilters.Count > 0)
        {
            lock (_outgoingGate) (_subscribes ??= [])[subscribe.PacketIdentifier] = codes;
            return subscribe;
        }
        Send(new MqttSubAckPacket { PacketIdentifier = subscribe.PacketIdentifier, ReasonCodes = [.. codes.Select(code => (MqttSubscribeReasonCode)code)] });
        return null;
    }

    private byte Judge(MqttTopicFilter filter)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(filter.Topic);
        if (Topics.IsShared(bytes)) return Topics.IsSharedFilter(bytes) ? MqttReason.SharedSubscriptionsNotSupported : MqttReason.TopicFilterInvalid;
        if (!Topics.IsFilter(bytes) || !Topics.IsWithin(bytes, _options.TopicBytesMax, _options.TopicLevelsMax)) return MqttReason.TopicFilterInvalid;
        if (!_listener.Authenticator.MaySubscribe(this, filter.Topic)) return MqttReason.NotAuthorized;
        return _session.TryAddFilter(filter.Topic, _options.SessionSubscriptionsMax) ? (byte)filter.QualityOfServiceLevel : MqttReason.QuotaExceeded;
    }

    private MqttUnsubscribePacket Forget(MqttUnsubscribePacket unsubscribe)
    {
        foreach (var filter in unsubscribe.TopicFilters) _session.RemoveFilter(filter);
        return unsubscribe;
    }

    // MQTTnet grants what was asked, in an order of its own (highest QoS first); the client counts in its own order.
    private void Restore(MqttSubAckPacket subAck)
    {
        lock (_outgoingGate)
            if (_subscribes is not null && _subscribes.Remove(subAck.PacketIdentifier, out var codes))
                subAck.ReasonCodes = [.. codes.Select(code => (MqttSubscribeReasonCode)code)];
    }

    private void SettleForwarded(MqttPacketWithIdentifier acknowledgement)
    {
        if (acknowledgement is MqttPubRecPacket received)
        {
            if (received.ReasonCode < MqttPubRecReasonCode.UnspecifiedError)
            {
                _session.Commit(received.PacketIdentifier);
                if (IsVersion5) return;
            }
            else
            {
                _session.Release(received.PacketIdentifier);
            }
        }
        Settle();
    }

    // Keeps the client's own Receive Maximum [MQTT-3.3.4-9].
    private async ValueTask TakeOutgoingAsync(MqttPublishPacket publish, CancellationToken cancellationToken)
    {
        if (publish.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce) return;
        while (true)
        {
            var room = _outgoingRoom.Arm();
            lock (_outgoingGate)
            {
                if (_outgoing.Count < _receiveMaximum)
                {
                    _outgoing[publish.PacketIdentifier] = publish.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
                    return;
                }
            }
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Fault SettleOutgoing(PacketType type, ushort packetId, byte reasonCode)
    {
        lock (_outgoingGate)
        {
            if (!_outgoing.TryGetValue(packetId, out var awaited))
                return type == PacketType.PubAck ? Fault.Protocol("a PUBACK for a message that was not sent") : Fault.None;
            if (type == PacketType.PubRec && awaited == PacketType.PubComp) return Fault.None;
            if (type != awaited) return Fault.Protocol($"a {type} where {awaited} was due");
            if (type == PacketType.PubRec && reasonCode < 0x80)
            {
                _outgoing[packetId] = PacketType.PubComp;
                return Fault.None;
            }
            _outgoing.Remove(packetId);
        }
        _outgoingRoom.Pulse();
        return Fault.None;
    }

    private async ValueTask WaitForOutputAsync(CancellationToken cancellationToken)
    {
        while (_output.IsFull && Volatile.Read(ref _closing) == 0)
        {
            var room = _outputRoom.Arm();
            if (_output.IsFull && Volatile.Read(ref _closing) == 0) await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
