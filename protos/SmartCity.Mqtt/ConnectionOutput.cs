using System.Buffers;
using System.IO.Pipelines;

namespace SmartCity.Mqtt;

/// <summary>
/// What is sent to one connection: bytes are queued under a lock, and whoever finds nobody writing takes all that is queued to the socket in one write.
/// While a write waits for the peer, more is queued up to a limit, beyond which the connection is not read any further (<see cref="IsFull"/>).
/// Thread-safe.
/// </summary>
internal sealed class ConnectionOutput(PipeWriter writer, MqttCounters counters, int bytesMax)
{
    // A connection at rest keeps this much; what is longer is rented and given back.
    private const int BytesAtRest = 64;

    private readonly Lock _gate = new();
    private byte[]? _atRest;
    private byte[] _queue = [];
    private int _queued;
    private int _acknowledgements;
    private bool _writing;
    private bool _sealed;
    private bool _gone;
    private long _waitingSince;
    private TaskCompletionSource? _drained;

    /// <summary>Whether so much waits that nothing more should be asked of this peer.</summary>
    public bool IsFull => Volatile.Read(ref _queued) > bytesMax;

    /// <summary>Whether nothing can be sent any more.</summary>
    public bool IsSealed => Volatile.Read(ref _sealed);

    /// <summary>Called, outside of the lock, when queued bytes have gone out or never will.</summary>
    public Action? Drained { get; set; }

    /// <summary>Queues four bytes of an acknowledgement.</summary>
    public void QueueAcknowledgement(byte first, ushort packetId)
    {
        ReadOnlySpan<byte> packet = [first, 2, (byte)(packetId >> 8), (byte)(packetId & 0xFF)];
        lock (_gate)
        {
            if (_sealed) return;
            Append(packet);
            _acknowledgements++;
        }
    }

    /// <summary>Queues a packet. False = the connection sends nothing any more.</summary>
    public bool Queue(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            if (_sealed) return false;
            Append(packet);
            return true;
        }
    }

    /// <summary>Queues the last packet: nothing is taken after it.</summary>
    /// <returns>Whether it was this call that sealed the connection.</returns>
    public bool Seal(ReadOnlySpan<byte> lastPacket)
    {
        lock (_gate)
        {
            if (_sealed) return false;
            Append(lastPacket);
            _sealed = true;
        }
        Flush();
        return true;
    }

    /// <summary>Sends what is queued, unless a write under way will do it. Does not wait for the peer.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_writing || _queued == 0 || _gone) return;
            _writing = true;
        }
        Write();
    }

    /// <summary>Whether a write has waited for the peer since before <paramref name="timestamp"/>, in ticks of the caller's clock; begins to count at its first call.</summary>
    public bool HasWaitedSince(long timestamp, long now)
    {
        lock (_gate)
        {
            if (!_writing) _waitingSince = 0;
            else if (_waitingSince == 0) _waitingSince = now;
            return _waitingSince != 0 && _waitingSince <= timestamp;
        }
    }

    /// <summary>Seals the connection and completes when everything queued is written or cannot be.</summary>
    public Task CompleteAsync()
    {
        lock (_gate)
        {
            _sealed = true;
            if (!_writing && _queued == 0 || _gone) return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        Flush();
        return _drained.Task;
    }

    // Only the one that has set _writing is here: the pipe takes one writer at a time, and none while a flush waits.
    private void Write()
    {
        while (TakeQueued())
        {
            ValueTask<FlushResult> flush;
            try
            {
                flush = writer.FlushAsync();
            }
            catch (Exception)
            {
                GiveUp();
                return;
            }
            if (!flush.IsCompletedSuccessfully)
            {
                _ = WriteOnAsync(flush);
                return;
            }
            if (flush.Result.IsCompleted)
            {
                GiveUp();
                return;
            }
        }
        Drained?.Invoke();
    }

    private async Task WriteOnAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            if ((await flush.ConfigureAwait(false)).IsCompleted)
            {
                GiveUp();
                return;
            }
        }
        catch (Exception)
        {
            GiveUp(); // the connection broke; its read loop says so
            return;
        }
        Write();
    }

    private bool TakeQueued()
    {
        int bytes, acknowledgements;
        lock (_gate)
        {
            bytes = _queued;
            acknowledgements = _acknowledgements;
            if (bytes == 0)
            {
                _writing = false;
                _waitingSince = 0;
                _drained?.TrySetResult();
                return false;
            }
            try
            {
                writer.Write(_queue.AsSpan(0, bytes));
            }
            catch (Exception)
            {
                Forget();
                return false;
            }
            _queued = 0;
            _acknowledgements = 0;
            _waitingSince = 0;
            if (_queue.Length > BytesAtRest)
            {
                ArrayPool<byte>.Shared.Return(_queue);
                _queue = _atRest!;
            }
        }
        counters.CountWrite(bytes, acknowledgements);
        return true;
    }

    private void GiveUp()
    {
        lock (_gate) Forget();
        Drained?.Invoke();
    }

    private void Forget()
    {
        _gone = true;
        _sealed = true;
        _writing = false;
        _queued = 0;
        if (_queue.Length > BytesAtRest) ArrayPool<byte>.Shared.Return(_queue);
        _queue = [];
        _drained?.TrySetResult();
    }

    private void Append(ReadOnlySpan<byte> packet)
    {
        var needed = _queued + packet.Length;
        if (needed > _queue.Length)
        {
            _atRest ??= new byte[BytesAtRest];
            var larger = needed <= BytesAtRest ? _atRest : ArrayPool<byte>.Shared.Rent(Math.Max(needed, _queue.Length * 2));
            _queue.AsSpan(0, _queued).CopyTo(larger);
            if (_queue.Length > BytesAtRest) ArrayPool<byte>.Shared.Return(_queue);
            _queue = larger;
        }
        packet.CopyTo(_queue.AsSpan(_queued));
        _queued = needed;
    }
}
