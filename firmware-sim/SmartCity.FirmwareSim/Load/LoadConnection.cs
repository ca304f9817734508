using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SmartCity.FirmwareSim.Mqtt;

namespace SmartCity.FirmwareSim.Load;

/// <summary>
/// One device's connection as a state machine over a non-blocking socket, MQTT 3.1.1 written by hand. Messages wait in a ring until they are
/// acknowledged; after a lost connection those already sent go out again with DUP, in order. Belongs to one thread.
/// </summary>
internal sealed class LoadConnection(LoadRun run, int index, int device) : IDisposable
{
    private const int RingMax = 1 << 16;
    private const int PublishHeaderMax = 5 + 2 + 2;
    private static readonly long _retryMin = Ticks(0.02);
    private static readonly long _retryMax = Ticks(1);
    private static readonly long _patience = Ticks(10);

    private readonly byte[] _id = Encoding.ASCII.GetBytes(device < 0 ? $"{run.Options.Prefix}idle-{-device}" : $"{run.Options.Prefix}{device}");
    private readonly byte[] _topic = Encoding.ASCII.GetBytes($"city/v1/{run.Options.Prefix}{device}/telemetry");
    private Message[] _ring = new Message[16];
    private long _oldest = 1;   // first sequence not acknowledged
    private long _unsent = 1;   // first sequence never sent on this connection
    private long _next = 1;     // sequence that the next message gets
    private long _everSent = 1; // first sequence never sent at all
    private long _lastTime;
    private Socket? _socket;
    private State _state;
    private long _deadline;
    private long _retryAfter = _retryMin;
    private byte[] _output = new byte[512];
    private int _outputFrom, _outputTo;
    private byte[] _partial = new byte[64];
    private int _partialLength;
    private long _skip;
    private long _lastWrite;
    private bool _isWatchedForWriting;

    /// <summary>Whether it stands in the run's list of connections with something to do.</summary>
    public bool IsListed;

    /// <summary>Messages made and not yet acknowledged.</summary>
    public int Waiting => (int)(_next - _oldest);

    public bool IsOpen => _state == State.Open;

    /// <summary>Takes a message for sending; false where the bound of what may wait is reached.</summary>
    public bool Enqueue(long intended, long wallMicros)
    {
        if (_next - _oldest >= RingMax - 1) return false;
        if (_next - _oldest == _ring.Length) Grow();
        _lastTime = Math.Max(wallMicros, _lastTime + 1);
        _ring[_next & (_ring.Length - 1)] = new Message { Intended = intended, Time = _lastTime };
        _next++;
        return true;
    }

    /// <summary>Begins to connect.</summary>
    public void Connect()
    {
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
        _state = State.Connecting;
        _deadline = run.Now + _patience;
        _outputFrom = _outputTo = _partialLength = 0;
        _skip = 0;
        try
        {
            _socket.Connect(run.Address);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
        catch (SocketException)
        {
            Lost();
            return;
        }
        run.Watch(_socket, index, writable: true, known: false);
    }

    /// <summary>Once a second: connects again, gives up on an answer that does not come, keeps an idle connection alive.</summary>
    public void Tick()
    {
        if (_state == State.Closed && run.Now >= _deadline) Connect();
        else if (_state is State.Connecting or State.Greeting && run.Now >= _deadline) Lost();
        else if (_state == State.Open && run.Now - _lastWrite > Ticks(25))
        {
            Put([0xC0, 0]);
            Flush();
        }
    }

    /// <summary>When <see cref="Tick"/> has something to do before the next second.</summary>
    public long RetryAt => _state == State.Closed ? _deadline : long.MaxValue;

    /// <summary>The socket can be read, written, or has an error.</summary>
    public void Ready(byte[] buffer)
    {
        if (_state == State.Closed) return;
        if (_state == State.Connecting)
        {
            if ((int)_socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0)
            {
                Lost();
                return;
            }
            _state = State.Greeting;
            PutConnect();
            if (!Flush()) return;
        }
        if (_outputTo > _outputFrom && !Flush()) return;
        while (_state != State.Closed)
        {
            var count = _socket!.Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return;
            if (error != SocketError.Success || count == 0)
            {
                Lost();
                return;
            }
            Read(buffer.AsSpan(0, count));
            if (count < buffer.Length) return;
        }
    }

    /// <summary>Writes what may be sent now: at QoS 1 and 2 as many as may be in flight.</summary>
    public void Send()
    {
        if (_state != State.Open || _outputTo > _outputFrom) return;
        var inFlightMax = run.Options.Rate is null ? run.Options.InFlight : LoadRun.OpenLoopInFlight;
        while (_unsent < _next && _unsent - _oldest < inFlightMax)
        {
            PutPublish(_unsent);
            if (_unsent >= _everSent)
            {
                ref var message = ref _ring[_unsent & (_ring.Length - 1)];
                run.Attempted(device, _unsent, message.Time, message.Intended);
                _everSent = _unsent + 1;
            }
            _unsent++;
            if (run.Options.QoS == 0) Acknowledged(_unsent - 1);
            // One message a packet where the rate is given: that is how sensors send.
            if (run.Options.Rate is not null && !Flush()) return;
            if (_outputTo > 1 << 15 && !Flush()) return;
        }
        Flush();
    }

    /// <summary>Says goodbye where nothing is half-written, and closes.</summary>
    public void Dispose()
    {
        if (_state == State.Open && _outputTo == _outputFrom)
        {
            Put([0xE0, 0]);
            Flush();
        }
        _socket?.Dispose();
        _state = State.Closed;
        _deadline = long.MaxValue;
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _state != State.Closed)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }
            if (_partialLength > 0)
            {
                // A packet that began in an earlier read: all that concern us are a few bytes long.
                _partial[_partialLength++] = bytes[0];
                bytes = bytes[1..];
                if (TryTake(_partial.AsSpan(0, _partialLength), out _)) _partialLength = 0;
                continue;
            }
            if (TryTake(bytes, out var taken)) bytes = bytes[taken..];
            else
            {
                bytes.CopyTo(_partial);
                _partialLength = bytes.Length;
                return;
            }
        }
    }

    /// <summary>Takes one packet off the front; false where it is not whole yet. Of packets that do not concern us only the head is needed.</summary>
    private bool TryTake(ReadOnlySpan<byte> bytes, out int taken)
    {
        taken = 0;
        var length = 0;
        var head = 1;
        for (var shift = 0; ; shift += 7, head++)
        {
            if (head >= bytes.Length) return false;
            length |= (bytes[head] & 0x7F) << shift;
            if (bytes[head] < 0x80) break;
        }
        head++;
        var kind = bytes[0] >> 4;
        if (kind is not (2 or 4 or 5 or 7))
        {
            taken = head;
            _skip = length;
            return true;
        }
        if (bytes.Length < head + length) return false;
        taken = head + length;
        var body = bytes.Slice(head, length);
        if (body.Length < 2)
        {
            Lost();
            return true;
        }
        switch (kind)
        {
            case 2: Greeted(body[1]); break;
            case 4 or 7: Acknowledged(SequenceOf(BinaryPrimitives.ReadUInt16BigEndian(body))); break;
            default: Put([0x62, 2, body[0], body[1]]); Flush(); break;
        }
        return true;
    }

    private void Greeted(byte code)
    {
        if (code != 0)
        {
            run.Refused(code);
            Lost();
            return;
        }
        _state = State.Open;
        _retryAfter = _retryMin;
        run.Opened();
        if (device < 0)
        {
            Put([0x82, (byte)(2 + 2 + _id.Length + 14 + 1), 0, 1, 0, (byte)(_id.Length + 14), .. "city/v1/"u8, .. _id, .. "/cmd/+"u8, 0]);
            Flush();
        }
        else run.HasWork(this);
    }

    private void Acknowledged(long sequence)
    {
        if (sequence < _oldest || sequence >= _unsent) return;
        ref var message = ref _ring[sequence & (_ring.Length - 1)];
        if (message.IsAcknowledged) return;
        message.IsAcknowledged = true;
        run.Acknowledged(device, sequence, message.Time, message.Intended);
        while (_oldest < _unsent && _ring[_oldest & (_ring.Length - 1)].IsAcknowledged) _oldest++;
        if (run.Options.QoS > 0) run.HasWork(this);
    }

    /// <summary>The sequence that a packet id stands for: they go on together, and fewer than 65,535 are ever under way.</summary>
    private long SequenceOf(ushort packetId)
    {
        var offset = (packetId - 1 - ((_oldest - 1) % 65_535) + 65_535) % 65_535;
        return _oldest + offset;
    }

    private void Lost()
    {
        if (_state == State.Open) run.LostOne();
        _socket?.Dispose();
        _socket = null;
        _state = State.Closed;
        _unsent = _oldest;
        _deadline = run.Now + (long)(_retryAfter * (0.5 + run.Random.NextDouble()));
        _retryAfter = Math.Min(_retryAfter * 2, _retryMax);
        run.Retry(_deadline);
    }

    private void PutConnect()
    {
        var id = Encoding.ASCII.GetString(_id);
        Put(MqttPacket.Connect(id, 60, run.Options.Broker.UserOf(id), run.Options.Broker.Password, cleanSession: true));
    }

    private void PutPublish(long sequence)
    {
        var room = PublishHeaderMax + _topic.Length + run.Messages.BytesMax;
        Reserve(room);
        // The remaining length always takes two bytes: the payload goes straight to its place.
        var start = _outputTo;
        var message = _ring[sequence & (_ring.Length - 1)];
        var at = start + 3;
        BinaryPrimitives.WriteUInt16BigEndian(_output.AsSpan(at), (ushort)_topic.Length);
        at += 2;
        _topic.CopyTo(_output, at);
        at += _topic.Length;
        if (run.Options.QoS > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_output.AsSpan(at), (ushort)(((sequence - 1) % 65_535) + 1));
            at += 2;
        }
        at += run.Messages.Write(_output.AsSpan(at), device, sequence, message.Time);
        var length = at - start - 3;
        var duplicate = run.Options.QoS > 0 && sequence < _everSent;
        _output[start] = (byte)(0x30 | (run.Options.QoS << 1) | (duplicate ? 8 : 0));
        _output[start + 1] = (byte)((length & 0x7F) | 0x80);
        _output[start + 2] = (byte)(length >> 7);
        _outputTo = at;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_output.AsSpan(_outputTo));
        _outputTo += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (_outputTo + bytes <= _output.Length) return;
        Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputTo + bytes));
    }

    /// <summary>Writes what it can; false where the socket takes no more for now or is lost.</summary>
    private bool Flush()
    {
        while (_outputFrom < _outputTo)
        {
            var sent = _socket!.Send(_output.AsSpan(_outputFrom, _outputTo - _outputFrom), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                run.Watch(_socket, index, writable: true, known: true);
                _isWatchedForWriting = true;
                return false;
            }
            if (error != SocketError.Success)
            {
                Lost();
                return false;
            }
            _outputFrom += sent;
        }
        _outputFrom = _outputTo = 0;
        _lastWrite = run.Now;
        if (_isWatchedForWriting || _state == State.Greeting)
        {
            run.Watch(_socket!, index, writable: false, known: true);
            _isWatchedForWriting = false;
            if (_state == State.Open) run.HasWork(this);
        }
        return true;
    }

    private void Grow()
    {
        var grown = new Message[_ring.Length * 2];
        for (var sequence = _oldest; sequence < _next; sequence++) grown[sequence & (grown.Length - 1)] = _ring[sequence & (_ring.Length - 1)];
        _ring = grown;
    }

    private static long Ticks(double seconds) => (long)(seconds * System.Diagnostics.Stopwatch.Frequency);

    private enum State
    {
        Closed,
        Connecting,
        Greeting,
        Open,
    }

    private struct Message
    {
        public long Intended;
        public long Time;
        public bool IsAcknowledged;
    }
}
