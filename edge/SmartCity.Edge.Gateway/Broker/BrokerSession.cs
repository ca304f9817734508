using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.LowLevelClient;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using SmartCity.Edge.Gateway.Listen;
using SmartCity.Mqtt;

namespace SmartCity.Edge.Gateway.Broker;

/// <summary>
/// One connection to an external broker, seen by the intake as a bridge that speaks for every device. Guarantee: a PUBACK leaves only after our own
/// commit; what is refused for want of room is not acknowledged and comes again with the next connection.
/// </summary>
/// <remarks>
/// One loop reads, decodes into the pending commit and reads on; it stops reading while <see cref="BrokerClientOptions.ReceiveMaximum"/> messages are
/// under way. The committing thread hands packet ids to another loop, which writes the acknowledgements in the order of arrival [MQTT-4.6.0-2].
/// </remarks>
internal sealed class BrokerSession : MqttPeer, IDisposable
{
    private const uint KeptForEver = uint.MaxValue;
    private static readonly TimeSpan _answerWithin = TimeSpan.FromSeconds(10);

    private readonly BrokerAddress _address;
    private readonly BrokerClientOptions _options;
    private readonly string _clientId;
    private readonly Intake.Intake _intake;
    private readonly CommittedPackets _committed;
    private readonly BrokerState _state;
    private readonly TimeProvider _clock;
    private readonly ILowLevelMqttClient _client = new MqttClientFactory().CreateLowLevelMqttClient();
    private readonly ConcurrentDictionary<ushort, ulong> _underWay = new();
    private readonly Channel<ushort> _acknowledging = Channel.CreateUnbounded<ushort>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _settled = new(0);
    private readonly byte[] _topic = new byte[ushort.MaxValue];
    private readonly bool _isVersion5;
    private long _publishes, _refused, _heardAt;
    /// <summary>Acknowledgements that are not written yet.</summary>
    private int _unsent;

    public BrokerSession(
        BrokerAddress address, BrokerClientOptions options, string clientId, bool isVersion5, Intake.Intake intake, CommittedPackets committed, BrokerState state, TimeProvider clock)
    {
        (_address, _options, _clientId, _isVersion5, _intake, _committed, _state, _clock) = (address, options, clientId, isVersion5, intake, committed, state, clock);
        ConnectedAt = clock.GetUtcNow();
        State = new DeviceConnection(static _ => true);
    }

    /// <inheritdoc/>
    public override string ClientId => _clientId;
    /// <inheritdoc/>
    public override string? UserName => _address.User ?? _options.UserName;
    /// <inheritdoc/>
    public override EndPoint? Remote => new DnsEndPoint(_address.Host, _address.Port);
    /// <inheritdoc/>
    public override bool IsVersion5 => _isVersion5;
    /// <inheritdoc/>
    public override bool IsSecure => _address.IsTls;
    /// <inheritdoc/>
    public override DateTimeOffset ConnectedAt { get; }
    /// <inheritdoc/>
    public override long Publishes => Volatile.Read(ref _publishes);
    /// <inheritdoc/>
    public override int InFlight => _underWay.Count;

    /// <summary>Messages of QoS 1 that were refused on this connection; the broker holds them.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Connects and subscribes.</summary>
    /// <exception cref="BrokerException">The broker said no.</exception>
    /// <exception cref="MQTTnet.Exceptions.MqttCommunicationException">It cannot be reached, or the connection broke.</exception>
    public async Task OpenAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_answerWithin);
        try
        {
            await _client.ConnectAsync(BrokerConnection.Options(_address, _options, _isVersion5), patience.Token);
            await ConnectAsync(patience.Token);
            await SubscribeAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new BrokerException($"no answer within {_answerWithin.TotalSeconds:0} s");
        }
        _heardAt = _clock.GetTimestamp();
    }

    /// <summary>Takes messages until the connection ends or <paramref name="stop"/> is cancelled.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<string> RunAsync(CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The library's read ends with its token by closing the socket; acknowledgements of what was taken must still get out before that.
        using var reading = new CancellationTokenSource();
        var acknowledges = AcknowledgeAsync(reading.Token);
        var pings = PingAsync(over.Token);
        var reads = ReadAsync(over.Token, reading.Token);
        var first = await Task.WhenAny(acknowledges, pings, reads, Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => "", CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default));
        var reason = await Reason(first);
        await over.CancelAsync();
        if (stop.IsCancellationRequested) await LeaveAsync();
        _acknowledging.Writer.TryComplete();
        await reading.CancelAsync();
        await Task.WhenAll(Reason(acknowledges), Reason(pings), Reason(reads));
        return reason;

        static async Task<string> Reason(Task<string> loop)
        {
            try
            {
                return await loop;
            }
            catch (Exception error) when (BrokerConnection.IsLost(error))
            {
                return BrokerConnection.Describe(error);
            }
        }
    }

    /// <summary>Waits until nothing that was taken is without its verdict any more, so that the next connection knows what is on the disk.</summary>
    public async Task SettleAsync()
    {
        while (!_underWay.IsEmpty) await _settled.WaitAsync(TimeSpan.FromMilliseconds(100));
    }

    /// <inheritdoc/>
    public override void Acknowledge(ushort packetId, byte qos)
    {
        if (!_underWay.TryRemove(packetId, out var print)) return;
        _committed.Add(packetId, print);
        Send(packetId);
        Settle();
    }

    /// <inheritdoc/>
    public override void Refuse(ushort packetId, byte qos, byte reasonCode)
    {
        if (!_underWay.TryRemove(packetId, out _)) return;
        Refuse(qos);
        Settle();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void Close(byte reasonCode, string reason) => _acknowledging.Writer.TryComplete();

    public void Dispose()
    {
        (_client as IDisposable)?.Dispose();
        _settled.Dispose();
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        var password = _address.Password ?? _options.Password;
        await _client.SendAsync(new MqttConnectPacket
        {
            ClientId = _clientId,
            // The broker keeps for us what comes while we are away.
            CleanSession = false,
            SessionExpiryInterval = KeptForEver,
            ReceiveMaximum = (ushort)_options.ReceiveMaximum,
            MaximumPacketSize = (uint)_options.PacketBytesMax,
            KeepAlivePeriod = (ushort)Math.Clamp(_options.KeepAlive.TotalSeconds, 1, ushort.MaxValue),
            Username = UserName,
            Password = password is null ? null : Encoding.UTF8.GetBytes(password),
        }, stop);
        if (await _client.ReceiveAsync(stop) is not MqttConnAckPacket answer) throw new BrokerException("it closed the connection without an answer to CONNECT");
        // A broker of 3.1.1 answers in its own way, code 1.
        if (answer.ReasonCode == MqttConnectReasonCode.UnsupportedProtocolVersion || answer.ReturnCode == MqttConnectReturnCode.ConnectionRefusedUnacceptableProtocolVersion)
            throw new BrokerVersionException($"it does not speak MQTT {(_isVersion5 ? "5.0" : "3.1.1")}");
        var refusal = _isVersion5 ? answer.ReasonCode == MqttConnectReasonCode.Success ? null : answer.ReasonCode.ToString()
            : answer.ReturnCode == MqttConnectReturnCode.ConnectionAccepted ? null : answer.ReturnCode.ToString();
        if (refusal is not null) throw new BrokerException($"it refused CONNECT: {refusal}{(answer.ReasonString is { Length: > 0 } words ? $" ({words})" : "")}; check user name and password");
        if (!answer.IsSessionPresent) _committed.Clear();
    }

    private async Task SubscribeAsync(CancellationToken stop)
    {
        await _client.SendAsync(new MqttSubscribePacket
        {
            PacketIdentifier = 1,
            TopicFilters = [.. _options.Topics.Select(filter => new MqttTopicFilter
            {
                Topic = filter,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                // Retained messages once, not with each of our connections.
                RetainHandling = MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly,
            })],
        }, stop);
        while (true)
        {
            // A kept session's messages come before the answer; none may be passed by.
            switch (await _client.ReceiveAsync(stop))
            {
                case MqttSubAckPacket answer:
                    for (var i = 0; i < answer.ReasonCodes.Count; i++)
                        if (answer.ReasonCodes[i] >= MqttSubscribeReasonCode.UnspecifiedError)
                            throw new BrokerException($"it refused the subscription to {_options.Topics[i]}: {answer.ReasonCodes[i]}; let {UserName ?? _clientId} read it");
                    return;
                case MqttPublishPacket publish: Take(publish); break;
                case MqttDisconnectPacket disconnect: throw new BrokerException(Words(disconnect));
                case null: throw new BrokerException("it closed the connection before it answered SUBSCRIBE");
            }
        }
    }

    private async Task<string> ReadAsync(CancellationToken stop, CancellationToken reading)
    {
        while (!stop.IsCancellationRequested)
        {
            while (_underWay.Count >= _options.ReceiveMaximum) await _settled.WaitAsync(stop);
            switch (await _client.ReceiveAsync(reading))
            {
                case null: return "it closed the connection";
                case MqttPublishPacket publish when !stop.IsCancellationRequested: Take(publish); break;
                case MqttDisconnectPacket disconnect: return Words(disconnect);
            }
            Volatile.Write(ref _heardAt, _clock.GetTimestamp());
        }
        return "";
    }

    /// <summary>The road of a message: into the pending commit, or refused, or acknowledged at once where it needs no commit.</summary>
    private void Take(MqttPublishPacket publish)
    {
        var payload = publish.Payload.IsSingleSegment ? publish.Payload.FirstSpan : publish.Payload.ToArray();
        var (id, qos) = (publish.PacketIdentifier, (byte)publish.QualityOfServiceLevel);
        var print = 0UL;
        Interlocked.Increment(ref _publishes);
        if (qos > 0)
        {
            print = CommittedPackets.PrintOf(publish.Topic, payload);
            if (publish.Dup && _committed.Holds(id, print))
            {
                Interlocked.Increment(ref _state.Repeated);
                Send(id);
                return;
            }
            // Before the intake sees it: the committing thread may be done with it at once.
            _underWay[id] = print;
            Volatile.Write(ref _state.InFlight, _underWay.Count);
        }
        if (!Encoding.UTF8.TryGetBytes(publish.Topic, _topic, out var length)) throw new BrokerException("it sent a topic that is not UTF-8");
        var topic = _topic.AsSpan(0, length);
        switch (Judge(topic, payload, id, qos, publish))
        {
            case PublishResult.QuotaExceeded:
                if (qos > 0) _underWay.TryRemove(id, out _);
                Refuse(qos);
                break;
            case PublishResult.Pending or PublishResult.Done when qos == 0:
                Count(payload.Length);
                break;
            case PublishResult.Pending:
                Count(payload.Length);
                break;
            default:
                // Status and answers of devices live with their broker; there is nothing to keep.
                Acknowledge(id, qos);
                break;
        }
    }

    private PublishResult Judge(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, ushort id, byte qos, MqttPublishPacket publish)
    {
        if (payload.Length > Intake.Intake.PayloadBytesMax) return SetAside(topic, payload, id, qos, $"payload:too-long, {payload.Length} of {Intake.Intake.PayloadBytesMax} bytes");
        var packet = new PublishPacket { Topic = topic, Payload = payload, PacketId = id, QoS = qos, Duplicate = publish.Dup, Retain = publish.Retain };
        var result = _intake.Handle(this, packet);
        // The device has its PUBACK from the broker long since: what no device may send cannot be refused to anyone any more.
        return result == PublishResult.TopicInvalid ? SetAside(topic, payload, id, qos, "topic:unknown") : result;
    }

    private PublishResult SetAside(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, ushort id, byte qos, string reason) =>
        _intake.SetAside(topic, payload, qos, reason, this, id) ? PublishResult.Pending : PublishResult.QuotaExceeded;

    private void Count(int bytes)
    {
        Interlocked.Increment(ref _state.Messages);
        Interlocked.Add(ref _state.Bytes, bytes);
    }

    private void Refuse(byte qos)
    {
        Interlocked.Increment(ref _state.Refused);
        if (qos > 0) Interlocked.Increment(ref _refused);
    }

    private void Send(ushort packetId)
    {
        Interlocked.Increment(ref _unsent);
        _acknowledging.Writer.TryWrite(packetId);
    }

    private void Settle()
    {
        Volatile.Write(ref _state.InFlight, _underWay.Count);
        if (_settled.CurrentCount == 0) _settled.Release();
    }

    private async Task<string> AcknowledgeAsync(CancellationToken stop)
    {
        await foreach (var packetId in _acknowledging.Reader.ReadAllAsync(stop))
        {
            await _client.SendAsync(new MqttPubAckPacket { PacketIdentifier = packetId }, stop);
            Interlocked.Decrement(ref _unsent);
            Interlocked.Increment(ref _state.Acknowledged);
        }
        return "";
    }

    private async Task<string> PingAsync(CancellationToken stop)
    {
        var every = _options.KeepAlive / 2;
        while (true)
        {
            await Task.Delay(every, _clock, stop);
            // While the disk is slow we do not read, and the broker is not to blame for its silence.
            if (_underWay.Count < _options.ReceiveMaximum && _clock.GetElapsedTime(Volatile.Read(ref _heardAt)) > _options.KeepAlive * 1.5) return $"it was silent for {_options.KeepAlive * 1.5}";
            await _client.SendAsync(MqttPingReqPacket.Instance, stop);
        }
    }

    /// <summary>Waits a moment for what is under way, acknowledges it, and says goodbye; the session stays with the broker.</summary>
    private async Task LeaveAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            while (!_underWay.IsEmpty || Volatile.Read(ref _unsent) > 0) await Task.Delay(2, patience.Token);
            await _client.SendAsync(new MqttDisconnectPacket(), patience.Token);
        }
        catch (Exception error) when (BrokerConnection.IsLost(error))
        {
            // What was not acknowledged comes again.
        }
    }

    private static string Words(MqttDisconnectPacket disconnect) => disconnect.ReasonCode == MqttDisconnectReasonCode.SessionTakenOver
        ? "another client took the session over: two gateways must not have the same Edge:BrokerClient:ClientId"
        : $"it ended the connection: {disconnect.ReasonCode}{(disconnect.ReasonString is { Length: > 0 } words ? $" ({words})" : "")}";
}
