using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HdrHistogram;
using SmartCity.Hosting.Commands;

namespace SmartCity.FirmwareSim.Load;

/// <summary>
/// Drives all connections on one thread. Open loop: message n is due at start + n / rate whatever the broker does, and its latency counts from
/// then, so a stall is measured and not skipped. Closed loop: every acknowledgement makes room for the next message.
/// </summary>
internal sealed class LoadRun : IDisposable
{
    /// <summary>Messages of one connection under way at a given rate; more wait for their turn.</summary>
    public const int OpenLoopInFlight = 1_000;
    private static readonly TimeSpan _nap = TimeSpan.FromMicroseconds(250);
    private static readonly double _micros = 1e6 / Stopwatch.Frequency;

    private readonly Epoll _epoll = new(4_096);
    private readonly LoadJournal? _journal;
    private readonly LoadConnection[] _publishers;
    private readonly LoadConnection[] _all;
    private readonly List<LoadConnection> _work = [];
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly LongHistogram _latency = new(600_000_000, 3);
    private readonly LongHistogram _lag = new(600_000_000, 3);
    private readonly long _wallStart = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10;
    private readonly long _clockStart = Stopwatch.GetTimestamp();
    private readonly SortedDictionary<int, long> _refusals = [];
    private long _attempts, _acknowledged, _missed, _losses, _connected, _everConnected, _retryAt = long.MaxValue;
    private bool _isOver;

    public LoadRun(LoadOptions options, IPEndPoint address)
    {
        (Options, Address) = (options, address);
        Messages = new LoadMessages(options);
        Random = new Random(options.Seed);
        _publishers = [.. Enumerable.Range(0, options.Devices).Select(i => new LoadConnection(this, i, i))];
        _all = [.. _publishers, .. Enumerable.Range(0, options.IdleSubscribers).Select(i => new LoadConnection(this, options.Devices + i, -1 - i))];
        if (options.Journal is { } path) _journal = new LoadJournal(path, new LoadJournalHeader(options.Prefix, options.Devices, Messages.Names, options.Boot));
    }

    public LoadOptions Options { get; }
    public IPEndPoint Address { get; }
    public LoadMessages Messages { get; }
    public Random Random { get; }

    /// <summary>The monotonic clock, read once a round.</summary>
    public long Now { get; private set; } = Stopwatch.GetTimestamp();

    /// <summary>Connects all, makes messages for the duration, waits for their acknowledgements.</summary>
    /// <exception cref="CommandException">The broker cannot be reached or refuses every connection.</exception>
    public LoadResult Run(Action<string>? progress, CancellationToken stop)
    {
        ConnectAll(progress, stop);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var start = Now = Stopwatch.GetTimestamp();
        var end = start + (long)(Options.Duration.TotalSeconds * Stopwatch.Frequency);
        var next = 0L;
        var tick = start;
        if (Options.Rate is null) foreach (var connection in _publishers) Fill(connection);
        while (Now < end && !stop.IsCancellationRequested)
        {
            if (Options.Rate is { } rate) MakeDue(start, end, rate, ref next);
            Round(Options.Rate is null || _work.Count > 0);
            Second(ref tick, progress, start);
        }
        // What came due while the last round took long is still made.
        if (Options.Rate is { } open && !stop.IsCancellationRequested) MakeDue(start, end, open, ref next);
        var made = Elapsed(start);
        _isOver = true;
        var patience = Now + (long)(Options.Drain.TotalSeconds * Stopwatch.Frequency);
        while (Now < patience && !stop.IsCancellationRequested && _publishers.Any(connection => connection.Waiting > 0))
        {
            Round(false);
            Second(ref tick, progress, start);
        }
        _journal?.Flush();
        var waiting = _publishers.Sum(connection => (long)connection.Waiting);
        foreach (var connection in _all) connection.Dispose();
        return new LoadResult
        {
            Attempted = _attempts,
            Acknowledged = _acknowledged,
            Unacknowledged = waiting,
            Missed = _missed,
            ConnectionsLost = _losses,
            Seconds = made,
            MessagesPerSecond = _acknowledged / Elapsed(start),
            P50Micros = _latency.GetValueAtPercentile(50),
            P90Micros = _latency.GetValueAtPercentile(90),
            P99Micros = _latency.GetValueAtPercentile(99),
            P999Micros = _latency.GetValueAtPercentile(99.9),
            MaxMicros = _acknowledged == 0 ? 0 : _latency.GetMaxValue(),
            LagP99Micros = _attempts == 0 ? 0 : _lag.GetValueAtPercentile(99),
            ProcessorMicrosPerMessage = _attempts == 0 ? 0 : (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalMicroseconds / _attempts,
        };
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _epoll.Dispose();
    }

    public void Watch(Socket socket, int index, bool writable, bool known) => _epoll.Watch(socket, index, writable, known);

    public void Attempted(int device, long sequence, long time, long intended)
    {
        _attempts++;
        _journal?.Attempted(device, sequence, time);
        _lag.RecordValue(Bounded(Now - intended));
    }

    public void Acknowledged(int device, long sequence, long time, long intended)
    {
        _acknowledged++;
        _journal?.Acknowledged(device, sequence, time);
        _latency.RecordValue(Bounded(Stopwatch.GetTimestamp() - intended));
    }

    /// <summary>A connection may have something to send.</summary>
    public void HasWork(LoadConnection connection)
    {
        if (connection.IsListed) return;
        connection.IsListed = true;
        _work.Add(connection);
    }

    public void Opened() => (_connected, _everConnected) = (_connected + 1, _everConnected + 1);

    public void LostOne() => (_connected, _losses) = (_connected - 1, _losses + 1);

    public void Refused(int code) => _refusals[code] = _refusals.GetValueOrDefault(code) + 1;

    /// <summary>A connection wants to be tried again at that time.</summary>
    public void Retry(long at) => _retryAt = Math.Min(_retryAt, at);

    private void ConnectAll(Action<string>? progress, CancellationToken stop)
    {
        var deadline = Stopwatch.GetTimestamp() + (30 * Stopwatch.Frequency);
        var tick = Now;
        var begun = 0;
        while (_connected < _all.Length)
        {
            stop.ThrowIfCancellationRequested();
            // Not more at once than a listener's queue takes.
            while (begun < _all.Length && begun - _everConnected < 200) _all[begun++].Connect();
            Round(false);
            Second(ref tick, progress, Now);
            if (Now > deadline) throw new CommandException(Why());
        }
        _losses = 0;

        string Why() => _refusals.Count > 0
            ? $"The broker at {Address} refuses connections: {string.Join(", ", _refusals.Select(pair => $"code {pair.Key} × {pair.Value}"))}."
            : $"{_connected} of {_all.Length} connections to {Address} were opened within 30 s. Does the broker run there, and may it hold so many connections?";
    }

    private void MakeDue(long start, long end, double rate, ref long next)
    {
        while (true)
        {
            var due = start + (long)(next / rate * Stopwatch.Frequency);
            if (due > Now || due >= end) return;
            var connection = _publishers[next % _publishers.Length];
            next++;
            if (connection.Enqueue(due, WallOf(due))) HasWork(connection);
            else _missed++;
        }
    }

    /// <summary>Closed loop: as many messages wait in a connection as may be in flight.</summary>
    private void Fill(LoadConnection connection)
    {
        if (_isOver) return;
        while (connection.Waiting < Options.InFlight && connection.Enqueue(Now, WallOf(Now))) { }
        HasWork(connection);
    }

    private void Round(bool busy)
    {
        var count = _epoll.Wait(busy && _work.Count > 0 ? TimeSpan.Zero : _nap);
        Now = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++) _all[_epoll.Event(i)].Ready(_buffer);
        if (_retryAt <= Now)
        {
            _retryAt = long.MaxValue;
            foreach (var connection in _all)
            {
                if (connection.RetryAt <= Now) connection.Tick();
                else if (connection.RetryAt != long.MaxValue) Retry(connection.RetryAt);
            }
        }
        var work = _work.Count;
        for (var i = 0; i < work; i++)
        {
            var connection = _work[i];
            connection.IsListed = false;
            if (Options.Rate is null && !_isOver && connection.IsOpen) FillOpen(connection);
            connection.Send();
            // At QoS 0 nothing comes back that would make the next message due.
            if (Options is { QoS: 0, Rate: null } && !_isOver && connection.IsOpen) HasWork(connection);
        }
        _work.RemoveRange(0, work);
    }

    private void FillOpen(LoadConnection connection)
    {
        while (connection.Waiting < Options.InFlight && connection.Enqueue(Now, WallOf(Now))) { }
    }

    private void Second(ref long tick, Action<string>? progress, long start)
    {
        if (Now - tick < Stopwatch.Frequency) return;
        tick = Now;
        foreach (var connection in _all) connection.Tick();
        _journal?.Flush();
        progress?.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{Elapsed(start),5:0} s  {_connected} connected  {_attempts} sent  {_acknowledged} acknowledged  p99 {(_acknowledged == 0 ? 0 : _latency.GetValueAtPercentile(99) / 1000.0):0.0} ms"));
    }

    private static double Elapsed(long since) => Stopwatch.GetElapsedTime(since).TotalSeconds;

    private static long Bounded(long ticks) => Math.Clamp((long)(ticks * _micros), 1, 600_000_000);

    private long WallOf(long clock) => _wallStart + (long)((clock - _clockStart) * _micros);
}
