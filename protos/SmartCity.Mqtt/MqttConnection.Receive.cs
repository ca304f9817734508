using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using MQTTnet.Adapter;
using MQTTnet.Packets;
using SmartCity.Mqtt.Packets;

namespace SmartCity.Mqtt;

internal sealed partial class MqttConnection
{
    private readonly PipeReader _input;
    private readonly Signal _readerRoom = new();
    private bool _lastWords;

    // The CONNECT under judgement.
    private MqttConnectPacket? _connect;

    /// <summary>
    /// The read loop: takes packets from the pipe until there is one for MQTTnet. Null = the connection is over.
    /// </summary>
    public async Task<MqttPacket?> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        using var cancellation = cancellationToken.UnsafeRegister(static state => ((MqttConnection)state!).WakeReader(), this);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var read = await _input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                var buffer = read.Buffer;
                if (Volatile.Read(ref _closing) != 0 || cancellationToken.IsCancellationRequested)
                {
                    _input.AdvanceTo(buffer.Start);
                    return null;
                }
                var packet = Process(buffer, out var consumed, out var needsMore);
                _input.AdvanceTo(consumed, needsMore ? buffer.End : consumed);
                if (Volatile.Read(ref _closing) != 0) return null;
                if (packet is MqttConnectPacket connect) packet = await AuthenticateAsync(connect, cancellationToken).ConfigureAwait(false);
                if (packet is not null) return packet;
                if (Volatile.Read(ref _closing) != 0) return null;
                if (needsMore && read.IsCompleted) return null;
                if (MustWait()) await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer reset the connection, or the listener cut it: it is over either way.
        }
        return null;
    }

    // Works off what was read. Stops at a packet for MQTTnet, at a fault, or when nothing more may be taken at present.
    private MqttPacket? Process(in ReadOnlySequence<byte> buffer, out SequencePosition consumed, out bool needsMore)
    {
        var rest = buffer;
        MqttPacket? packet = null;
        var publishes = 0;
        needsMore = false;
        try
        {
            while (packet is null && Volatile.Read(ref _closing) == 0 && !MustWait())
            {
                if (_stage == Stage.Opened && !rest.IsEmpty && rest.FirstSpan[0] != 0x10)
                {
                    Close(NotMqtt(rest.FirstSpan[0]));
                    break;
                }
                if (!PacketHeader.TryRead(rest, _stage == Stage.Opened ? _options.ConnectBytesMax : _options.PacketBytesMax, out var header, out var fault) || header.TotalBytes > rest.Length)
                {
                    if (!fault.IsNone) Close(fault);
                    needsMore = fault.IsNone;
                    break;
                }
                Volatile.Write(ref _heard, true);
                if (header.Type == PacketType.Publish) publishes++;
                packet = rest.FirstSpan.Length >= header.TotalBytes
                    ? Take(header, rest.FirstSpan.Slice(header.HeaderBytes, header.BodyBytes))
                    : TakeInPieces(header, rest.Slice(header.HeaderBytes, header.BodyBytes));
                rest = rest.Slice(header.TotalBytes);
            }
        }
        finally
        {
            EndRead();
        }
        _output.Flush();
        consumed = rest.Start;
        var bytes = buffer.Length - rest.Length;
        BytesReceived += bytes;
        if (publishes > 0) Volatile.Write(ref _publishes, _publishes + publishes);
        _listener.Hub.Counters.CountRead(bytes, publishes);
        return packet;
    }

    private void EndRead()
    {
        if (!_asked) return;
        _asked = false;
        try
        {
            _listener.Publishes.EndOfRead(this);
        }
        catch (Exception error)
        {
            LogHandlerFailed(error, _clientId, Remote);
            Close(new Fault(MqttReason.ImplementationError, "the listener failed on what was read"));
        }
    }

    // A packet that lies across segments of the pipe is copied together: rare for small packets, cheap against the work on large ones.
    private MqttPacket? TakeInPieces(PacketHeader header, in ReadOnlySequence<byte> body)
    {
        var copy = ArrayPool<byte>.Shared.Rent(header.BodyBytes);
        try
        {
            body.CopyTo(copy);
            return Take(header, copy.AsSpan(0, header.BodyBytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    // One whole packet: done here (null), or decoded for MQTTnet.
    private MqttPacket? Take(PacketHeader header, ReadOnlySpan<byte> body)
    {
        if (_stage == Stage.Opened) return TakeConnect(header, body);
        var fault = Fault.None;
        switch (header.Type)
        {
            case PacketType.Publish:
                return TakePublish(header, body);
            case PacketType.PingReq:
                if (header.BodyBytes == 0) _output.Queue(PacketBytes.PingResponse);
                else fault = Fault.Malformed($"a PINGREQ with a body of {header.BodyBytes} bytes");
                break;
            case PacketType.PubRel:
                fault = ControlBody.ReadAcknowledgement(header.Type, body, IsVersion5, out var released, out _);
                if (fault.IsNone) Release(released);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                fault = ControlBody.ReadAcknowledgement(header.Type, body, IsVersion5, out var acknowledged, out var code);
                if (fault.IsNone) fault = SettleOutgoing(header.Type, acknowledged, code);
                if (fault.IsNone) return Decode(header, body);
                break;
            case PacketType.Subscribe:
                fault = ControlBody.ReadSubscribe(body, IsVersion5, out _);
                if (fault.IsNone) return JudgeSubscribe((MqttSubscribePacket)Decode(header, body));
                break;
            case PacketType.Unsubscribe:
                fault = ControlBody.ReadUnsubscribe(body, IsVersion5);
                if (fault.IsNone) return Forget((MqttUnsubscribePacket)Decode(header, body));
                break;
            case PacketType.Disconnect:
                return TakeDisconnect(header, body);
            case PacketType.Connect:
                fault = Fault.Protocol("a second CONNECT");
                break;
            default:
                fault = Fault.Protocol($"an {header.Type} packet, which nothing asked for");
                break;
        }
        if (!fault.IsNone) Close(fault);
        return null;
    }

    private MqttConnectPacket? TakeConnect(PacketHeader header, ReadOnlySpan<byte> body)
    {
        var fault = ConnectBody.Read(body, _options.TopicBytesMax, _options.TopicLevelsMax, out var connect);
        _level = connect.Level;
        if (connect.MaximumPacketSize > 0) _maximumPacketSize = connect.MaximumPacketSize;
        if (!fault.IsNone)
        {
            Close(fault);
            return null;
        }
        _stage = Stage.Connecting;
        _receiveMaximum = Math.Min((int)connect.ReceiveMaximum, _options.ReceiveMaximum); // 3.1.1 has none; what is unacknowledged is bounded all the same
        _sessionExpiry = connect.SessionExpiry;
        _assigned = connect.ClientId.IsEmpty;
        _clientId = _assigned ? $"auto-{Guid.NewGuid():N}" : Encoding.UTF8.GetString(connect.ClientId);
        _userName = connect.HasUserName ? Encoding.UTF8.GetString(connect.UserName) : null;
        _keepAlive = TimeSpan.FromSeconds(connect.KeepAlive);
        if (IsVersion5 && (_keepAlive == TimeSpan.Zero || _keepAlive > _options.KeepAliveMax)) _serverKeepAlive = _keepAlive = _options.KeepAliveMax;
        PacketFormatterAdapter.DetectProtocolVersion(new ReceivedMqttPacket(header.First, body.ToArray(), header.TotalBytes));
        var packet = (MqttConnectPacket)Decode(header, body);
        packet.ClientId = _clientId;
        packet.KeepAlivePeriod = 0;
        var longest = (uint)_options.SessionExpiryMax.TotalSeconds;
        if (packet.SessionExpiryInterval > longest) packet.SessionExpiryInterval = longest;
        SessionExpiry = IsVersion5 ? TimeSpan.FromSeconds(packet.SessionExpiryInterval) : connect.CleanStart ? TimeSpan.Zero : _options.SessionExpiryMax;
        return packet;
    }

    private async ValueTask<MqttPacket?> AuthenticateAsync(MqttConnectPacket connect, CancellationToken cancellationToken)
    {
        if (_listener.Hub.IntakePause is { } pause)
        {
            Close(new Fault(MqttReason.QuotaExceeded, pause));
            return null;
        }
        MqttVerdict verdict;
        try
        {
            verdict = await _listener.Authenticator.AuthenticateAsync(new MqttConnectRequest
            {
                ClientId = _clientId,
                IsClientIdAssigned = _assigned,
                UserName = _userName,
                Password = connect.Password,
                ClientCertificate = ClientCertificate,
                WillTopic = connect.WillFlag ? connect.WillTopic : null,
                IsVersion5 = IsVersion5,
                IsSecure = IsSecure,
                IsWebSocket = _http is not null,
                Remote = Remote,
                Local = LocalEndPoint,
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogAuthenticatorFailed(error, _clientId, Remote);
            verdict = MqttVerdict.Unavailable("the listener could not check the credentials; try again later");
        }
        if (verdict.ReasonCode != 0)
        {
            Close(new Fault(verdict.ReasonCode, verdict.Reason));
            return null;
        }
        State = verdict.State;
        _connect = connect;
        return connect;
    }

    private MqttDisconnectPacket? TakeDisconnect(PacketHeader header, ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadDisconnect(body, IsVersion5, _sessionExpiry, out var reasonCode, out var sessionExpiry);
        if (!fault.IsNone)
        {
            Close(fault);
            return null;
        }
        if (sessionExpiry is { } seconds)
        {
            _connect!.SessionExpiryInterval = Math.Min(seconds, (uint)_options.SessionExpiryMax.TotalSeconds);
            SessionExpiry = TimeSpan.FromSeconds(_connect.SessionExpiryInterval);
        }
        if (reasonCode == 0)
        {
            var packet = (MqttDisconnectPacket)Decode(header, body);
            packet.SessionExpiryInterval = 0; // it stands in the CONNECT now, where MQTTnet looks when it finds none here
            return packet;
        }
        // Any other reason leaves the Will to be published [MQTT-3.14.4-3], which MQTTnet does for a connection that ends without DISCONNECT.
        Volatile.Write(ref _closing, 1);
        return null;
    }

    private MqttPacket Decode(PacketHeader header, ReadOnlySpan<byte> body) =>
        PacketFormatterAdapter.Decode(new ReceivedMqttPacket(header.First, body.ToArray(), header.TotalBytes));

    private static Fault NotMqtt(byte first) => Fault.Protocol(first switch
    {
        0x16 => "not MQTT: it looks like TLS on a plain port",
        >= (byte)'A' and <= (byte)'Z' => "not MQTT: it looks like HTTP or another text protocol",
        _ => $"not MQTT: the first packet begins with 0x{first:X2} and is no CONNECT",
    });

    // Nothing more is taken while too much is in flight (5.0 is closed instead) or too much waits to be sent.
    private bool MustWait() => _output.IsFull || (!IsVersion5 && Volatile.Read(ref _inFlight) >= _options.ReceiveMaximum);

    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (MustWait() && Volatile.Read(ref _closing) == 0)
        {
            var room = _readerRoom.Arm();
            if (MustWait() && Volatile.Read(ref _closing) == 0) await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // Ends whatever waits here, after _closing has been set or MQTTnet has cancelled; each looks at the reason itself.
    // The read may go on at once on the thread that cancels it, and that one may hold MQTTnet's lock or be the handler's: so it is another one.
    private void WakeReader()
    {
        _readerRoom.Pulse();
        _outputRoom.Pulse();
        ThreadPool.UnsafeQueueUserWorkItem(static input => input.CancelPendingRead(), _input, false);
    }

    private void WakeForRoom()
    {
        _readerRoom.Pulse();
        _outputRoom.Pulse();
    }

    // What a closed peer still sends is read and thrown away for a moment: a socket closed over unread bytes is reset, and the reset overtakes the last words.
    private async Task DrainInputAsync()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(500), _listener.Time);
        try
        {
            while (true)
            {
                var read = await _input.ReadAsync(enough.Token).ConfigureAwait(false);
                _input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
