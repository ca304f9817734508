using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Threading.Channels;
using SmartCity.Cloud.Pipelines.Live;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>
/// Fans readings out to pages as they become durable. Derived, may drop: the newest wins, drops are counted, and the trunk never waits.
/// <code>
/// ingest ─Offer─► channel (bounded, oldest give way) ─► Conflate (per series, ≤ 5/s) ─► board ─► group ─encode once─► connection ─► WebSocket, SSE
/// </code>
/// </summary>
internal sealed class LiveHub : BackgroundService, ILiveTap
{
    private readonly LiveOptions _options;
    private readonly CatalogueNames _names;
    private readonly TimeProvider _clock;
    private readonly Channel<LiveBatch> _batches;
    private readonly Lock _gate = new();
    private readonly LiveBoard _board = new();
    private readonly Dictionary<(LiveFilter, ILiveEncoding), LiveGroup> _groups = [];
    private long _droppedReadings;
    private long _readings;
    private long _droppedMessages;
    private int _connections;

    public LiveHub(LiveOptions options, DurableLog log, TimeProvider clock)
    {
        (_options, _names, _clock) = (options, new CatalogueNames(log.Series), clock);
        _batches = Channel.CreateBounded<LiveBatch>(
            new BoundedChannelOptions(options.BatchesMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            dropped =>
            {
                Interlocked.Add(ref _droppedReadings, dropped.Readings.Count);
                dropped.Dispose();
            });
    }

    /// <summary>Frames for WebSockets.</summary>
    public static ILiveEncoding Binary { get; } = new BinaryEncoding();
    /// <summary>Server-sent events.</summary>
    public static ILiveEncoding EventStream { get; } = new EventStreamEncoding();

    /// <summary>Connections now.</summary>
    public int Connections => Volatile.Read(ref _connections);
    /// <summary>Readings taken since the start.</summary>
    public long Readings => Interlocked.Read(ref _readings);
    /// <summary>Readings that gave way because the fan-out was behind.</summary>
    public long DroppedReadings => Interlocked.Read(ref _droppedReadings);
    /// <summary>Messages that gave way because a connection was behind; it got all newest values instead.</summary>
    public long DroppedMessages => Interlocked.Read(ref _droppedMessages);

    /// <inheritdoc/>
    public void Offer(LiveBatch batch)
    {
        if (!_batches.Writer.TryWrite(batch)) batch.Dispose();
    }

    /// <summary>Usual intervals of series by catalogue number, µs; 0 = not known.</summary>
    public long[] IntervalsOf(IReadOnlyList<int> series)
    {
        lock (_gate) return [.. series.Select(_board.IntervalOf)];
    }

    /// <summary>Connects, or returns null where there are too many already.</summary>
    public LiveSubscription? Subscribe(LiveFilter filter, ILiveEncoding encoding)
    {
        if (Interlocked.Increment(ref _connections) > _options.ConnectionsMax)
        {
            Interlocked.Decrement(ref _connections);
            return null;
        }
        var connection = new LiveConnection(_options.WaitingBytesMax);
        lock (_gate)
        {
            if (!_groups.TryGetValue((filter, encoding), out var group)) _groups.Add((filter, encoding), group = new LiveGroup(filter, encoding));
            group.Add(connection, _board, UnixMicros.Now(_clock));
            return new LiveSubscription(connection, () => Restart(group, connection), () => Leave(filter, encoding, group, connection));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var readings = new Subject<ReadingBatch>();
        using var frames = readings.Conflate(_options.Pace, DefaultScheduler.Instance).Subscribe(Send);
        using var ticks = _clock.CreateTimer(_ => Tick(), null, _options.TickInterval, _options.TickInterval);
        try
        {
            await foreach (var batch in _batches.Reader.ReadAllAsync(stoppingToken))
            {
                Interlocked.Add(ref _readings, batch.Readings.Count);
                readings.OnNext(batch.Readings);
                batch.Dispose();
            }
        }
        finally
        {
            _batches.Writer.TryComplete();
            while (_batches.Reader.TryRead(out var left)) left.Dispose();
        }
    }

    private void Send(ReadingBatch frame)
    {
        lock (_gate)
        {
            _board.Take(frame, _names);
            var now = UnixMicros.Now(_clock);
            foreach (var group in _groups.Values) group.Send(_board, frame.Series.AsSpan(0, frame.Count), now);
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            var now = UnixMicros.Now(_clock);
            foreach (var group in _groups.Values) group.Tick(now);
        }
    }

    private void Restart(LiveGroup group, LiveConnection connection)
    {
        lock (_gate) group.Restart(connection, _board, UnixMicros.Now(_clock));
    }

    private void Leave(LiveFilter filter, ILiveEncoding encoding, LiveGroup group, LiveConnection connection)
    {
        lock (_gate)
        {
            group.Remove(connection);
            if (group.IsEmpty) _groups.Remove((filter, encoding));
        }
        Interlocked.Add(ref _droppedMessages, connection.Dropped);
        Interlocked.Decrement(ref _connections);
        connection.Dispose();
    }
}
