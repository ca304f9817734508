using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using SmartCity.Mqtt.Packets;
using SmartCity.Mqtt.Routing;
using SmartCity.Mqtt.Sessions;

namespace SmartCity.Mqtt;

internal sealed partial class MqttConnection
{
    private readonly PipeReader _input;
    private readonly Signal _readerRoom = new();
    private bool _lastWords;

    // What the read loop has to wait for before it goes on: a CONNECT under judgement, a message that is told before it is routed.
    private ConnectRequest? _connect;
    private Forwarding? _forwarding;
    private bool _dropsWill;

    /// <summary>The read loop: takes packets from the pipe until the connection is over.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var read = await _input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                var buffer = read.Buffer;
                if (Volatile.Read(ref _closing) != 0)
                {
                    _input.AdvanceTo(buffer.Start);
                    return;
                }
                Process(buffer, out var consumed, out var needsMore);
                _input.AdvanceTo(consumed, needsMore ? buffer.End : consumed);
                if (_forwarding is not null) await ForwardAsync().ConfigureAwait(false);
                if (Volatile.Read(ref _closing) != 0) return;
                if (_connect is not null) await ConnectAsync().ConfigureAwait(false);
                if (Volatile.Read(ref _closing) != 0 || (needsMore && read.IsCompleted)) return;
                if (MustWait()) await WaitAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer reset the connection, or the listener cut it: it is over either way.
        }
    }

    // Works off what was read. Stops at what has to be waited for, at a fault, or when nothing more may be taken at present.
    private void Process(in ReadOnlySequence<byte> buffer, out SequencePosition consumed, out bool needsMore)
    {
        var rest = buffer;
        var publishes = 0;
        needsMore = false;
        try
        {
            while (_connect is null && _forwarding is null && Volatile.Read(ref _closing) == 0 && !MustWait())
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
                if (rest.FirstSpan.Length >= header.TotalBytes) Take(header, rest.FirstSpan.Slice(header.HeaderBytes, header.BodyBytes));
                else TakeInPieces(header, rest.Slice(header.HeaderBytes, header.BodyBytes));
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
        if (publishes > 0) Volatile.Write(ref _publishes, _publishes + publishes);
        _listener.Hub.Counters.CountRead(bytes, publishes);
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
    private void TakeInPieces(PacketHeader header, in ReadOnlySequence<byte> body)
    {
        var copy = ArrayPool<byte>.Shared.Rent(header.BodyBytes);
        try
        {
            body.CopyTo(copy);
            Take(header, copy.AsSpan(0, header.BodyBytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    // One whole packet.
    private void Take(PacketHeader header, ReadOnlySpan<byte> body)
    {
        var fault = _stage == Stage.Opened ? TakeConnect(body) : header.Type switch
        {
            PacketType.Publish => TakePublish(header, body),
            PacketType.PingReq => TakePing(header),
            PacketType.PubRel => TakeRelease(body),
            PacketType.PubAck or PacketType.PubRec or PacketType.PubComp => TakeAcknowledgement(header, body),
            PacketType.Subscribe => TakeSubscribe(body),
            PacketType.Unsubscribe => TakeUnsubscribe(body),
            PacketType.Disconnect => TakeDisconnect(body),
            PacketType.Connect => Fault.Protocol("a second CONNECT"),
            _ => Fault.Protocol($"an {header.Type} packet, which nothing asked for"),
        };
        if (!fault.IsNone) Close(fault);
    }

    private Fault TakePing(PacketHeader header)
    {
        if (header.BodyBytes != 0) return Fault.Malformed($"a PINGREQ with a body of {header.BodyBytes} bytes");
        _output.Queue(PacketBytes.PingResponse);
        return Fault.None;
    }

    private Fault TakeRelease(ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadAcknowledgement(PacketType.PubRel, body, IsVersion5, out var packetId, out _);
        if (fault.IsNone) Release(packetId);
        return fault;
    }

    private Fault TakeAcknowledgement(PacketHeader header, ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadAcknowledgement(header.Type, body, IsVersion5, out var packetId, out var reasonCode);
        return fault.IsNone ? _listener.Broker.Settle(this, _session, header.Type, packetId, reasonCode) : fault;
    }

    private Fault TakeConnect(ReadOnlySpan<byte> body)
    {
        var fault = ConnectBody.Read(body, _options.TopicBytesMax, _options.TopicLevelsMax, out var connect);
        _level = connect.Level;
        if (connect.MaximumPacketSize > 0) _maximumPacketSize = connect.MaximumPacketSize;
        if (!fault.IsNone) return fault;
        _stage = Stage.Connecting;
        SendMaximum = Math.Min((int)connect.ReceiveMaximum, _options.ReceiveMaximum); // 3.1.1 has none; what is unacknowledged is bounded all the same
        _aliasesOutMax = Math.Min(connect.TopicAliasMaximum, _options.TopicAliasMaximum);
        _sessionExpiry = connect.SessionExpiry;
        _assigned = connect.ClientId.IsEmpty;
        _clientId = _assigned ? $"auto-{Guid.NewGuid():N}" : Encoding.UTF8.GetString(connect.ClientId);
        _userName = connect.HasUserName ? Encoding.UTF8.GetString(connect.UserName) : null;
        _keepAlive = TimeSpan.FromSeconds(connect.KeepAlive);
        if (IsVersion5 && (_keepAlive == TimeSpan.Zero || _keepAlive > _options.KeepAliveMax)) _serverKeepAlive = _keepAlive = _options.KeepAliveMax;
        SessionExpiry = IsVersion5 ? Bounded(connect.SessionExpiry) : connect.CleanStart ? TimeSpan.Zero : _options.SessionExpiryMax;
        _connect = new ConnectRequest(connect.CleanStart, connect.HasPassword ? connect.Password.ToArray() : null, WillOf(connect));
        return Fault.None;
    }

    private Will? WillOf(in ConnectBody connect) => !connect.HasWill ? null : new Will(new Message
    {
        Topic = Encoding.UTF8.GetString(connect.WillTopic),
        Payload = connect.WillPayload.ToArray(),
        Properties = Properties.OfMessage(connect.WillProperties),
        QoS = connect.WillQoS,
        Retain = connect.WillRetain,
        Expiry = connect.WillExpiry,
        ReceivedAt = _listener.Time.GetTimestamp(),
    }, connect.WillDelay);

    private TimeSpan Bounded(uint seconds) => TimeSpan.FromSeconds(Math.Min(seconds, _options.SessionExpiryMax.TotalSeconds));

    private async ValueTask ConnectAsync()
    {
        var connect = _connect!;
        _connect = null;
        if (_isBeyond)
        {
            Close(new Fault(MqttReason.ServerBusy, $"all {_options.ConnectionsMax} connections are taken; try again later"));
            return;
        }
        if (_listener.Hub.IntakePause is { } pause)
        {
            Close(new Fault(MqttReason.QuotaExceeded, pause));
            return;
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
                WillTopic = connect.Will?.Message.Topic,
                IsVersion5 = IsVersion5,
                IsSecure = IsSecure,
                IsWebSocket = _http is not null,
                Remote = Remote,
                Local = Local,
            }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogAuthenticatorFailed(error, _clientId, Remote);
            verdict = MqttVerdict.Unavailable("the listener could not check the credentials; try again later");
        }
        if (verdict.ReasonCode != 0)
        {
            Close(new Fault(verdict.ReasonCode, verdict.Reason));
            return;
        }
        State = verdict.State;
        if (Volatile.Read(ref _closing) != 0) return;
        if (_listener.Broker.Open(this, connect.CleanStart, SessionExpiry, connect.Will, verdict.Owner) is not var (session, isPresent))
        {
            Close(new Fault(MqttReason.NotAuthorized, "the client id is another's, whose session it names; use an id of your own"));
            return;
        }
        _session = session;
        SendConnAck(isPresent);
        _stage = Stage.Connected;
        _listener.Hub.Counters.CountConnection();
        _listener.Broker.Pump(session);
    }

    private Fault TakeDisconnect(ReadOnlySpan<byte> body)
    {
        var fault = ControlBody.ReadDisconnect(body, IsVersion5, _sessionExpiry, out var reasonCode, out var sessionExpiry);
        if (!fault.IsNone) return fault;
        if (sessionExpiry is { } seconds) SessionExpiry = Bounded(seconds);
        // Any other reason leaves the Will to be published [MQTT-3.14.4-3].
        _dropsWill = reasonCode == 0;
        Volatile.Write(ref _closing, 1);
        return fault;
    }

    private static Fault NotMqtt(byte first) => Fault.Protocol(first switch
    {
        0x16 => "not MQTT: it looks like TLS on a plain port",
        >= (byte)'A' and <= (byte)'Z' => "not MQTT: it looks like HTTP or another text protocol",
        _ => $"not MQTT: the first packet begins with 0x{first:X2} and is no CONNECT",
    });

    // Nothing more is taken while too much is in flight (5.0 is closed instead) or too much waits to be sent.
    private bool MustWait() => _output.IsFull || (!IsVersion5 && Volatile.Read(ref _inFlight) >= _options.ReceiveMaximum) || Volatile.Read(ref _unstored) >= UnstoredMax;

    private async ValueTask WaitAsync()
    {
        while (MustWait() && Volatile.Read(ref _closing) == 0)
        {
            var room = _readerRoom.Arm();
            if (MustWait() && Volatile.Read(ref _closing) == 0) await room.ConfigureAwait(false);
        }
    }

    // Ends whatever waits here, after _closing has been set; each looks at the reason itself.
    // The read may go on at once on the thread that cancels it, which may be the handler's or hold a lock: so it is another one.
    private void WakeReader()
    {
        _readerRoom.Pulse();
        ThreadPool.UnsafeQueueUserWorkItem(static input => input.CancelPendingRead(), _input, false);
    }

    // What waits for this subscriber goes on by another thread: this one is in the middle of a write, and the next write would nest in it.
    private void WakeForRoom()
    {
        _readerRoom.Pulse();
        if (_session?.Waiting is not null && IsConnected)
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection._listener.Broker.Pump(connection._session), this, false);
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
