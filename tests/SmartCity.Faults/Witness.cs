using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Faults;

/// <summary>What the witness's devices do.</summary>
internal sealed record Load
{
    /// <summary>Devices, a connection each.</summary>
    public int Devices { get; init; } = 20;
    /// <summary>Messages in all.</summary>
    public int Messages { get; init; } = 1_000;
    /// <summary>Messages a second over all devices; 0 = as fast as they are acknowledged.</summary>
    public double Rate { get; init; } = 400;
    /// <summary>Messages of a device that may wait for their acknowledgement.</summary>
    public int InFlight { get; init; } = 10;
    /// <summary>How often each message is sent, the copies shuffled with later messages.</summary>
    public int Copies { get; init; } = 1;
    /// <summary>Every so manieth message cannot be decoded; 0 = none.</summary>
    public int PoisonEvery { get; init; }
    /// <summary>Bytes that each message is longer by.</summary>
    public int Padding { get; init; }
}

/// <summary>
/// Devices that publish at QoS 1 until everything is acknowledged, through whatever happens to the gateway, and the journal of what they
/// attempted and what was acknowledged to them. It stands outside of what the faults reach: a process of its own, a file of its own, synced.
/// </summary>
/// <remarks>A message has two values: <c>n</c>, its number, and <c>v</c>, made of device and number. Times are distinct for each device, to the ms.</remarks>
internal sealed partial class Witness : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly Load _load;
    private readonly Func<int> _port;
    private readonly Random _random;
    private readonly Device[] _devices;
    private readonly long _boot = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private readonly FileStream _journal;
    private readonly BlockingCollection<string> _lines = [];
    private readonly Thread _writes;
    private long _acknowledged, _lost, _poison;

    /// <param name="prefix">First part of the device ids.</param>
    /// <param name="load">What the devices do.</param>
    /// <param name="journal">File of the journal.</param>
    /// <param name="port">The gateway's port, asked for at each connection.</param>
    /// <param name="seed">Of pauses and of the order of copies.</param>
    public Witness(string prefix, Load load, string journal, Func<int> port, int seed)
    {
        (Prefix, _load, _port, _random) = (prefix, load, port, new Random(seed));
        _devices = [.. Enumerable.Range(0, load.Devices).Select(i => new Device(i, load.Messages / load.Devices + (i < load.Messages % load.Devices ? 1 : 0)))];
        _journal = new FileStream(journal, FileMode.Create, FileAccess.Write, FileShare.Read);
        _writes = new Thread(WriteJournal) { IsBackground = true, Name = "journal" };
        _writes.Start();
    }

    public string Prefix { get; }
    public int Devices => _devices.Length;
    public long Attempted => _devices.Sum(device => { lock (device) return (long)device.Times.Count; });
    public long Acknowledged => Volatile.Read(ref _acknowledged);
    /// <summary>Messages acknowledged that could not be decoded.</summary>
    public long Poison => Volatile.Read(ref _poison);
    public long ConnectionsLost => Volatile.Read(ref _lost);
    public string DeviceId(int device) => $"{Prefix}{device}";

    /// <summary>Times, ms since 1970, of what a device attempted, and what was acknowledged of it.</summary>
    public (IReadOnlyDictionary<long, long> Times, IReadOnlySet<long> Acknowledged) Of(int device)
    {
        var state = _devices[device];
        lock (state) return (new Dictionary<long, long>(state.Times), new HashSet<long>(state.Acknowledged));
    }

    /// <summary>The second value of a message.</summary>
    public static double ValueOf(int device, long number) => (device * 7919L + number * 104_729L) % 10_000 / 10.0;

    /// <summary>Publishes until everything is acknowledged or it is told to stop.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(_devices.Select(device => Task.Run(() => DeviceAsync(device, stop), CancellationToken.None)));

    /// <summary>Lets it be enough: what is under way is still acknowledged, nothing new is begun. For faults that take as long as the machine takes.</summary>
    public void Finish()
    {
        foreach (var device in _devices)
            lock (device) device.Total = device.Next - 1;
    }

    public void Dispose()
    {
        _lines.CompleteAdding();
        _writes.Join();
        _journal.Dispose();
        foreach (var device in _devices) device.Dispose();
        _lines.Dispose();
    }

    private async Task DeviceAsync(Device device, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && !device.IsDone)
        {
            try
            {
                await SessionAsync(device, stop);
            }
            catch (Exception error) when (error is SocketException or IOException or TimeoutException or OperationCanceledException)
            {
                if (device.IsDone || stop.IsCancellationRequested) return;
                Interlocked.Increment(ref _lost);
                await Task.Delay(Next(20, 250), CancellationToken.None);
            }
        }
    }

    private async Task SessionAsync(Device device, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port()), stop).AsTask().WaitAsync(_patience, stop);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Connect(DeviceId(device.Index)), stop);
        var hello = new byte[4];
        await stream.ReadExactlyAsync(hello, stop).AsTask().WaitAsync(_patience, stop);
        if (hello[0] != 0x20 || hello[3] != 0) throw new IOException($"CONNACK {hello[3]}");

        device.Ids.Clear();
        var reads = ReadAsync(stream, device, over.Token);
        try
        {
            foreach (var number in device.Waiting()) await SendAsync(stream, device, number, true, stop);
            var gap = _load.Rate > 0 ? TimeSpan.FromSeconds(_devices.Length / _load.Rate) : TimeSpan.Zero;
            if (gap > TimeSpan.Zero) await Task.Delay(gap * NextDouble(), stop);
            while (!device.IsDone)
            {
                if (reads.IsCompleted) await reads;
                if (device.InFlight < _load.InFlight && device.Next <= device.Total)
                {
                    await SendAsync(stream, device, Make(device), false, stop);
                    if (gap > TimeSpan.Zero) await Task.Delay(gap, stop);
                }
                else if (!await device.Changed.WaitAsync(_patience, stop)) throw new TimeoutException("no acknowledgement");
            }
            await stream.WriteAsync(new byte[] { 0xE0, 0 }, stop);
        }
        finally
        {
            await over.CancelAsync();
            socket.Dispose();
            try
            {
                await reads;
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The connection is over, however it ended.
            }
        }
    }

    private long Make(Device device)
    {
        lock (device)
        {
            var number = device.Next++;
            device.LastTime = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), device.LastTime + 1);
            if (!IsPoison(number)) device.Times.Add(number, device.LastTime);
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"attempted,{device.Index},{number},{device.LastTime}"));
            device.Sent.Add(number);
            return number;
        }
    }

    private bool IsPoison(long number) => _load.PoisonEvery > 0 && number % _load.PoisonEvery == 0;

    private async Task SendAsync(Stream stream, Device device, long number, bool again, CancellationToken stop)
    {
        await stream.WriteAsync(Publish(device, number, again), stop);
        // Copies of this one and of some before it, in any order.
        for (var copy = 1; copy < _load.Copies; copy++) await stream.WriteAsync(Publish(device, Math.Max(1, number - Next(0, 5)), true), stop);
    }

    private byte[] Publish(Device device, long number, bool again)
    {
        long time;
        lock (device) time = device.Times.GetValueOrDefault(number);
        var topic = $"city/v1/{DeviceId(device.Index)}/telemetry";
        var payload = IsPoison(number) ? $"{{\"n\": {number}, broken" + new string('x', _load.Padding)
            : string.Create(CultureInfo.InvariantCulture, $"{{\"ts\":{time},\"boot\":{_boot},\"seq\":{number},\"n\":{number},\"v\":{ValueOf(device.Index, number)}{(_load.Padding > 0 ? ",\"pad\":null" + new string(' ', _load.Padding) : "")}}}");
        var body = new byte[2 + topic.Length + 2 + Encoding.UTF8.GetByteCount(payload)];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)topic.Length);
        Encoding.ASCII.GetBytes(topic, body.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(2 + topic.Length), device.IdOf(number));
        Encoding.UTF8.GetBytes(payload, body.AsSpan(4 + topic.Length));
        return Framed((byte)(0x32 | (again ? 8 : 0)), body);
    }

    private async Task ReadAsync(Stream stream, Device device, CancellationToken stop)
    {
        var head = new byte[2];
        while (true)
        {
            await stream.ReadExactlyAsync(head, stop);
            var rest = new byte[head[1]];
            await stream.ReadExactlyAsync(rest, stop);
            if (head[0] != 0x40) continue;
            var number = device.NumberOf(BinaryPrimitives.ReadUInt16BigEndian(rest));
            if (number == 0) continue;
            lock (device)
            {
                if (!device.Acknowledged.Add(number)) continue;
                device.Sent.Remove(number);
            }
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"acknowledged,{device.Index},{number}"), CancellationToken.None);
            if (IsPoison(number)) Interlocked.Increment(ref _poison);
            Interlocked.Increment(ref _acknowledged);
            device.Changed.Release();
        }
    }

    private void WriteJournal()
    {
        var text = new StringBuilder();
        while (!_lines.IsCompleted)
        {
            if (_lines.TryTake(out var line, 50)) text.Append(line).Append('\n');
            while (_lines.TryTake(out line)) text.Append(line).Append('\n');
            if (text.Length == 0) continue;
            _journal.Write(Encoding.UTF8.GetBytes(text.ToString()));
            _journal.Flush();
            // Not Flush(true): it hides that the disk failed.
            if (fdatasync(_journal.SafeFileHandle) != 0) throw new IOException($"The journal {_journal.Name} could not be synced.");
            text.Clear();
        }
    }

    private static byte[] Connect(string id)
    {
        var body = new byte[12 + id.Length];
        "\0\u0004MQTT\u0004\u0002\0\u003c"u8.CopyTo(body);
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(10), (ushort)id.Length);
        Encoding.ASCII.GetBytes(id, body.AsSpan(12));
        return Framed(0x10, body);
    }

    private static byte[] Framed(byte first, byte[] body)
    {
        var packet = new List<byte>(body.Length + 4) { first };
        for (var length = body.Length; ; length >>= 7)
        {
            packet.Add((byte)(length > 127 ? length & 127 | 128 : length));
            if (length <= 127) break;
        }
        packet.AddRange(body);
        return [.. packet];
    }

    private int Next(int from, int to)
    {
        lock (_random) return _random.Next(from, to);
    }

    private double NextDouble()
    {
        lock (_random) return _random.NextDouble();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    private sealed class Device(int index, int total) : IDisposable
    {
        public void Dispose() => Changed.Dispose();

        public int Index => index;
        /// <summary>Messages that it is to publish.</summary>
        public long Total = total;
        public long Next = 1;
        public long LastTime;
        public readonly Dictionary<long, long> Times = [];
        public readonly SortedSet<long> Sent = [];
        public readonly HashSet<long> Acknowledged = [];
        public readonly Dictionary<ushort, long> Ids = [];
        public readonly SemaphoreSlim Changed = new(0);
        private ushort _lastId;

        public bool IsDone
        {
            get
            {
                lock (this) return Acknowledged.Count >= Total;
            }
        }

        public int InFlight
        {
            get
            {
                lock (this) return Sent.Count;
            }
        }

        public List<long> Waiting()
        {
            lock (this) return [.. Sent];
        }

        public ushort IdOf(long number)
        {
            lock (this)
            {
                if (++_lastId == 0) _lastId = 1;
                Ids[_lastId] = number;
                return _lastId;
            }
        }

        public long NumberOf(ushort id)
        {
            lock (this) return Ids.GetValueOrDefault(id);
        }
    }
}
