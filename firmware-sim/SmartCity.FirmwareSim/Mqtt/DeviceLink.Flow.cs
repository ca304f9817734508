using System.Buffers;
using System.Buffers.Binary;

namespace SmartCity.FirmwareSim.Mqtt;

internal sealed partial class DeviceLink
{
    private const int BytesPerWriteMax = 64 * 1024;

    /// <summary>Messages of <see cref="_inFlight"/> that this connection has not sent yet.</summary>
    private readonly Queue<OutboundMessage> _again = new();

    /// <summary>Marks all that is in flight to be sent again, in order.</summary>
    private void Requeue()
    {
        lock (_gate)
        {
            _again.Clear();
            foreach (var message in _inFlight)
            {
                message.MarkDuplicate();
                _again.Enqueue(message);
                Resent++;
            }
        }
        Wake();
    }

    /// <summary>Sends what there is, as much as the window lets, in one write.</summary>
    private async Task WriteAsync(Stream stream, CancellationToken stop)
    {
        var output = new ArrayBufferWriter<byte>(4_096);
        while (true)
        {
            while (Gather(output))
            {
                await stream.WriteAsync(output.WrittenMemory, stop);
                output.ResetWrittenCount();
            }
            if (!await _work.WaitAsync(options.KeepAlive / 2, stop)) await stream.WriteAsync(MqttPacket.PingReq, stop);
        }
    }

    private bool Gather(ArrayBufferWriter<byte> output)
    {
        lock (_gate)
        {
            while (output.WrittenCount < BytesPerWriteMax && _again.TryDequeue(out var message)) output.Write(message.Packet);
            while (output.WrittenCount < BytesPerWriteMax && _inFlight.Count < options.WindowMax && _backlog.TryDequeue(out var message))
            {
                message.Number(NextId());
                _inFlight.AddLast(message);
                output.Write(message.Packet);
            }
            if (output.WrittenCount > 0) SignalRoom();
            return output.WrittenCount > 0;
        }
    }

    /// <summary>The next packet id that nothing in flight has; never 0.</summary>
    private ushort NextId()
    {
        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        }
        while (_inFlight.Count > 0 && _inFlight.Any(message => message.Id == _lastId));
        return _lastId;
    }

    private async Task ReadAsync(Stream stream, CancellationToken stop)
    {
        var buffer = new byte[4_096];
        var length = 0;
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            // The broker answers a ping at the latest; a peer that says nothing for so long is gone.
            patience.CancelAfter(options.KeepAlive / 2 + options.AnswerWithin);
            int count;
            try
            {
                count = await stream.ReadAsync(buffer.AsMemory(length), patience.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new TimeoutException("the broker does not answer");
            }
            if (count == 0) throw new IOException("the broker closed the connection");
            length = Take(buffer.AsSpan(0, length + count));
            if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    /// <summary>Takes the whole packets out of what came, and moves the rest to the front.</summary>
    /// <returns>Bytes of the rest.</returns>
    private int Take(Span<byte> received)
    {
        ReadOnlySpan<byte> rest = received;
        while (MqttPacket.TryTake(ref rest, out var first, out var body))
            if (first == MqttPacket.PubAck && body.Length >= 2) Acknowledge(BinaryPrimitives.ReadUInt16BigEndian(body));
        rest.CopyTo(received);
        return rest.Length;
    }

    private void Acknowledge(ushort id)
    {
        OutboundMessage? message = null;
        lock (_gate)
        {
            for (var node = _inFlight.First; node is not null; node = node.Next)
            {
                if (node.Value.Id != id) continue;
                message = node.Value;
                _inFlight.Remove(node);
                break;
            }
            if (message is null) return;
            if (_backlog.Count > 0 && _work.CurrentCount == 0) _work.Release();
        }
        Acknowledged?.Invoke(message);
        lock (_gate) SignalRoom();
    }

    private void SignalRoom()
    {
        var room = _room;
        _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        room.SetResult();
    }
}
