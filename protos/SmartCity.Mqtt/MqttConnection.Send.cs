using System.Buffers;
using System.Text;
using SmartCity.Mqtt.Packets;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

internal sealed partial class MqttConnection
{
    // Topics that have an alias towards this client, in its own Topic Alias Maximum; guarded by the broker's lock, under which messages are sent.
    private Dictionary<string, ushort>? _aliasesOut;
    private int _aliasesOutMax;
    private uint _maximumPacketSize = uint.MaxValue;
    private uint _sessionExpiry;
    private TimeSpan _serverKeepAlive;
    private bool _assigned;

    /// <summary>Messages of QoS 1 and 2 that may be unacknowledged by this client at a time [MQTT-3.3.4-9].</summary>
    public int SendMaximum { get; private set; } = ushort.MaxValue;

    /// <summary>Whether so much waits to be written that no more should be sent to it.</summary>
    public bool IsOutputFull => _output.IsFull;

    /// <summary>Queues a PUBLISH.</summary>
    /// <param name="outgoing">What.</param>
    /// <param name="expiry">Seconds left of its expiry interval; null = none.</param>
    /// <returns>False = it is longer than this client takes, and is to be treated as delivered [MQTT-3.1.2-25].</returns>
    public bool SendPublish(Outgoing outgoing, uint? expiry)
    {
        var message = outgoing.Message;
        var isKnown = false;
        var alias = IsVersion5 && _aliasesOutMax > 0 ? AliasOf(message.Topic, out isKnown) : (ushort)0;
        var topicBytes = isKnown ? 0 : Encoding.UTF8.GetByteCount(message.Topic);
        var propertyBytes = IsVersion5 ? PropertyBytes(outgoing, expiry, alias) : 0;
        var length = 2 + topicBytes + (outgoing.QoS > 0 ? 2 : 0) + (IsVersion5 ? PacketBytes.VariableBytes(propertyBytes) + propertyBytes : 0) + message.Payload.Length;
        var total = 1 + PacketBytes.VariableBytes(length) + length;
        if (total > _maximumPacketSize)
        {
            if (alias != 0 && !isKnown) _aliasesOut!.Remove(message.Topic);
            return false;
        }
        var packet = ArrayPool<byte>.Shared.Rent(total);
        try
        {
            var writer = new PacketWriter(packet);
            writer.Byte((byte)(0x30 | (outgoing.IsRepeated && outgoing.QoS > 0 ? 0x08 : 0) | outgoing.QoS << 1 | (outgoing.Retain ? 1 : 0)));
            writer.Variable(length);
            writer.UInt16((ushort)topicBytes);
            if (!isKnown) writer.Characters(message.Topic);
            if (outgoing.QoS > 0) writer.UInt16(outgoing.PacketId);
            if (IsVersion5)
            {
                writer.Variable(propertyBytes);
                WriteProperties(ref writer, outgoing, expiry, alias);
            }
            writer.Bytes(message.Payload.Span);
            _output.Queue(packet.AsSpan(0, writer.Position));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
        return true;
    }

    /// <summary>Queues a PUBREL.</summary>
    public void SendRelease(ushort packetId, byte reasonCode) => _output.Queue(reasonCode == 0
        ? [0x62, 2, (byte)(packetId >> 8), (byte)(packetId & 0xFF)]
        : [0x62, 3, (byte)(packetId >> 8), (byte)(packetId & 0xFF), reasonCode]);

    private static int PropertyBytes(Outgoing outgoing, uint? expiry, ushort alias)
    {
        var bytes = outgoing.Message.Properties.Length + (expiry is null ? 0 : 5) + (alias == 0 ? 0 : 3);
        foreach (var identifier in outgoing.Identifiers ?? []) bytes += 1 + PacketBytes.VariableBytes((int)identifier);
        return bytes;
    }

    private static void WriteProperties(ref PacketWriter writer, Outgoing outgoing, uint? expiry, ushort alias)
    {
        if (expiry is { } seconds)
        {
            writer.Byte(0x02);
            writer.UInt32(seconds);
        }
        if (alias != 0)
        {
            writer.Byte(0x23);
            writer.UInt16(alias);
        }
        writer.Bytes(outgoing.Message.Properties);
        foreach (var identifier in outgoing.Identifiers ?? [])
        {
            writer.Byte(0x0B);
            writer.Variable((int)identifier);
        }
    }

    // The first topics to come get one; a device that subscribes at all hears of few.
    private ushort AliasOf(string topic, out bool isKnown)
    {
        _aliasesOut ??= new Dictionary<string, ushort>(1, StringComparer.Ordinal);
        isKnown = _aliasesOut.TryGetValue(topic, out var alias);
        if (isKnown) return alias;
        return _aliasesOut.Count >= _aliasesOutMax ? (ushort)0 : _aliasesOut[topic] = (ushort)(_aliasesOut.Count + 1);
    }

    private void SendConnAck(bool isPresent)
    {
        if (!IsVersion5)
        {
            // 3.1 has no word for a session found again.
            _output.Queue([0x20, 2, (byte)(isPresent && _level != 3 ? 1 : 0), 0]);
            _output.Flush();
            return;
        }
        Span<byte> properties = stackalloc byte[96];
        var writer = new PacketWriter(properties);
        if (SessionExpiry.TotalSeconds < _sessionExpiry)
        {
            writer.Byte(0x11);
            writer.UInt32((uint)SessionExpiry.TotalSeconds);
        }
        writer.Byte(0x21);
        writer.UInt16((ushort)_options.ReceiveMaximum);
        writer.Byte(0x27);
        writer.UInt32((uint)_options.PacketBytesMax + 5);
        if (_assigned)
        {
            writer.Byte(0x12);
            writer.UInt16((ushort)_clientId.Length);
            writer.Characters(_clientId);
        }
        if (_options.TopicAliasMaximum > 0)
        {
            writer.Byte(0x22);
            writer.UInt16((ushort)_options.TopicAliasMaximum);
        }
        if (_serverKeepAlive > TimeSpan.Zero)
        {
            writer.Byte(0x13);
            writer.UInt16((ushort)_serverKeepAlive.TotalSeconds);
        }
        if (5 + writer.Position > _maximumPacketSize)
        {
            Close(new Fault(MqttReason.PacketTooLarge, $"a client that takes no packet longer than {_maximumPacketSize} bytes, not even its CONNACK"));
            return;
        }
        _output.Queue([0x20, (byte)(3 + writer.Position), (byte)(isPresent ? 1 : 0), 0, (byte)writer.Position, .. properties[..writer.Position]]);
        _output.Flush();
    }

    // Filter by filter; each has its own reason code in the SUBACK, in the client's order [MQTT-3.8.4-6].
    private Fault TakeSubscribe(ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadSubscribe(body, IsVersion5, out var packetId, out var identifier, out var start);
        if (!fault.IsNone) return fault;
        var (subscriptions, codes) = (new List<Subscription>(1), new List<byte>(1));
        var reader = new PacketReader(body[start..]);
        while (reader.Left > 0)
        {
            reader.TryText(out var filter);
            reader.TryByte(out var options);
            var subscription = new Subscription(_session, Encoding.UTF8.GetString(filter), options, identifier);
            subscriptions.Add(subscription);
            codes.Add(Judge(filter, subscription));
        }
        var answer = codes.ToArray();
        BeginStore();
        _listener.Broker.Subscribe(_session, subscriptions, answer, () =>
        {
            EndStore();
            if (!IsVersion5)
                for (var i = 0; i < answer.Length; i++) answer[i] = Math.Min(answer[i], (byte)0x80);
            SendAnswer(0x90, packetId, answer);
            Flush();
        });
        return fault;
    }

    private byte Judge(ReadOnlySpan<byte> filter, Subscription subscription)
    {
        if (Topics.IsShared(filter) ? !Topics.IsSharedFilter(filter) : !Topics.IsFilter(filter)) return MqttReason.TopicFilterInvalid;
        if (!Topics.IsWithin(filter, _options.TopicBytesMax, _options.TopicLevelsMax)) return MqttReason.TopicFilterInvalid;
        // A shared subscription gets what its filter matches: that is what must be allowed.
        return _listener.Authenticator.MaySubscribe(this, SubscriptionTree.FilterOf(subscription.Filter)) ? subscription.QoS : MqttReason.NotAuthorized;
    }

    private Fault TakeUnsubscribe(ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadUnsubscribe(body, IsVersion5, out var packetId, out var start);
        if (!fault.IsNone) return fault;
        var filters = new List<string>(1);
        var reader = new PacketReader(body[start..]);
        while (reader.Left > 0)
        {
            reader.TryText(out var filter);
            filters.Add(Encoding.UTF8.GetString(filter));
        }
        BeginStore();
        _listener.Broker.Unsubscribe(_session, filters, codes =>
        {
            EndStore();
            SendAnswer(0xB0, packetId, IsVersion5 ? codes : []);
            Flush();
        });
        return fault;
    }

    // SUBACK or UNSUBACK.
    private void SendAnswer(byte first, ushort packetId, byte[] codes)
    {
        var length = 2 + (IsVersion5 ? 1 : 0) + codes.Length;
        var packet = new byte[1 + PacketBytes.VariableBytes(length) + length];
        var writer = new PacketWriter(packet);
        writer.Byte(first);
        writer.Variable(length);
        writer.UInt16(packetId);
        if (IsVersion5) writer.Byte(0);
        writer.Bytes(codes);
        if (packet.Length <= _maximumPacketSize) _output.Queue(packet);
        else Close(new Fault(MqttReason.PacketTooLarge, $"a client that takes no packet longer than {_maximumPacketSize} bytes, not even the answer to what it asked"));
    }
}
