using System.Buffers;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Pipelines.Frame;
using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Cloud.Server.Silence;

/// <summary>
/// Feeds the silence pipeline from the log and keeps what it says. All steps run on one thread of their own: inputs, the passing of time, and
/// saving, so that state, offset and events are of one moment.
/// </summary>
internal sealed class SilenceConsumer : LogConsumer
{
    private const int ReadingsMax = 50_000;
    private static readonly TimeSpan _tick = TimeSpan.FromSeconds(1);
    /// <summary>Without events the state is saved as often as this; after a crash the log is read again from there.</summary>
    private static readonly TimeSpan _saveEvery = TimeSpan.FromSeconds(30);

    private readonly SilenceStore _store;
    private readonly GatewayDirectory _gateways;
    private readonly TimeProvider _clock;
    private readonly ILogger<SilenceConsumer> _logger;
    private readonly LogReader _reader;
    private readonly SilenceFold _fold;
    private readonly EventLoopScheduler _loop = new(start => new Thread(start) { IsBackground = true, Name = "silence" });
    private readonly Subject<Heard> _heard = new();
    private readonly ReadingBatch _decoded = new();
    private IDisposable? _pipeline;
    private long _applied;
    private long _savedAt;
    private bool _isDisposed;

    public SilenceConsumer(DurableLog log, SilenceStore store, GatewayDirectory gateways, ServerOptions options, TimeProvider clock, ILogger<SilenceConsumer> logger)
        : base("silence", log, clock, logger)
    {
        (_store, _gateways, _clock, _logger) = (store, gateways, clock, logger);
        _reader = log.OpenReader();
        _fold = new SilenceFold(new SilenceOptions { GatewayAfter = options.GatewaySilentAfter });
    }

    /// <summary>What is known of each device now, in no order.</summary>
    public Task<IReadOnlyList<DeviceSilence>> DevicesAsync() => OnLoopAsync<IReadOnlyList<DeviceSilence>>(() => [.. _fold.Devices]);

    /// <summary>The newest events first.</summary>
    public Task<IReadOnlyList<SilenceEvent>> EventsAsync(int limit) => OnLoopAsync(() => _store.Events(limit));

    /// <summary>Raised on the consumer's thread with what was said and kept.</summary>
    public event Action<IReadOnlyList<SilenceEvent>>? Said;

    /// <summary>All gateways, and the devices that are or were silent while theirs lives: who, whether it is silent, and when it was last heard, µs since 1970 UTC.</summary>
    public Task<IReadOnlyList<(string Gateway, string? Device, bool IsSilent, long LastHeard)>> StatesAsync() => OnLoopAsync<IReadOnlyList<(string, string?, bool, long)>>(() =>
        [.. _fold.Gateways.Select(one => (one.Gateway, (string?)null, one.IsSilent, one.LastHeard)), .. _fold.Devices.Where(one => !one.IsGatewaySilent).Select(one => (one.Gateway, (string?)one.Device, one.IsSilent, one.LastHeard))]);

    /// <summary>Steps of the pipeline that failed for one gateway.</summary>
    public long Faults => _fold.Faults;

    public override void Dispose()
    {
        // The host knows it by several names and disposes it by each.
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _gateways.Changed -= HearGateway;
        // On the loop, after whatever waits there: a sign of life that is on its way must still find its subject.
        _loop.Schedule(() =>
        {
            _pipeline?.Dispose();
            _heard.Dispose();
            _loop.Dispose();
        });
        _reader.Dispose();
        base.Dispose();
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await OnLoopAsync(() =>
        {
            Save([]);
            return true;
        });
    }

    protected override async Task<long> OpenAsync(CancellationToken cancellationToken) => await ProveAsync(await OnLoopAsync(() =>
    {
        var (offset, state) = _store.Load();
        try
        {
            if (state.Length > 0) _fold.Load(state);
        }
        catch (InvalidDataException error)
        {
            // The log has it all: what was learned is learned again.
            _logger.StateLost(error.Message);
            offset = 0;
        }
        // This process was away, which is no fault of theirs.
        _fold.Resume(UnixMicros.Now(_clock));
        _applied = offset;
        _pipeline ??= _heard.Fold(_fold, _tick, _loop).Subscribe(Save);
        _gateways.Changed += HearGateway;
        return offset;
    }), cancellationToken);

    protected override async Task<long> GatherAsync(long offset, CancellationToken cancellationToken)
    {
        var heard = new List<Heard>();
        var next = await _reader.ReadAsync(offset, static lane => lane is Lane.Telemetry or Lane.Alarm, ReadingsMax, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            // An import is no sign of life of its devices.
            if (row.Gateway == LogImporter.Gateway) return;
            // A row that cannot be decoded is the business of the consumer that stores readings.
            if (ReadingColumns.TryDecode(columns, _decoded) == ColumnsError.None) heard.Add(new Heard(row.Gateway, row.Received, DevicesOf(_decoded)));
        }, cancellationToken);
        await OnLoopAsync(() =>
        {
            foreach (var one in heard) _heard.OnNext(one);
            _applied = next;
            return true;
        });
        return next;
    }

    /// <summary>The fold takes a sign of life twice without harm.</summary>
    protected override void Forget()
    {
    }

    protected override Task StoreAsync(long nextOffset, CancellationToken cancellationToken) => OnLoopAsync(() =>
    {
        if (_clock.GetElapsedTime(_savedAt) > _saveEvery) Save([]);
        return true;
    });

    private HashSet<string> DevicesOf(ReadingBatch readings)
    {
        var devices = new HashSet<string>(StringComparer.Ordinal);
        var previous = -1;
        foreach (var series in readings.Series.AsSpan(0, readings.Count))
        {
            if (series == previous) continue;
            previous = series;
            devices.Add(Log.Series[series].Key.Device);
        }
        return devices;
    }

    /// <summary>A gateway's status is a sign of life too; it has no place in the log.</summary>
    private void HearGateway(GatewayState state)
    {
        if (state.Connected) _loop.Schedule(() => _heard.OnNext(new Heard(state.Gateway, UnixMicros.Now(_clock), [])));
    }

    private void Save(IReadOnlyList<SilenceEvent> events)
    {
        foreach (var e in events)
        {
            if (e.Device is null && e.IsSilent) _logger.GatewaySilent(e.Gateway, UnixMicros.ToTime(e.LastHeard));
            else if (e.Device is null) _logger.GatewayHeard(e.Gateway);
        }
        var state = new ArrayBufferWriter<byte>();
        _fold.Save(state);
        _store.Save(_applied, state.WrittenSpan.ToArray(), events);
        _savedAt = _clock.GetTimestamp();
        if (events.Count > 0) Said?.Invoke(events);
    }

    private Task<T> OnLoopAsync<T>(Func<T> step)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Schedule(() =>
        {
            try
            {
                done.SetResult(step());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }
}

internal static partial class SilenceLog
{
    [LoggerMessage(40, LogLevel.Warning, "The state of the silence pipeline cannot be read and is learned again from the log: {Reason}")]
    public static partial void StateLost(this ILogger logger, string reason);

    [LoggerMessage(41, LogLevel.Warning, "Gateway {Gateway} is silent; it was last heard at {LastHeard:O}")]
    public static partial void GatewaySilent(this ILogger logger, string gateway, DateTimeOffset lastHeard);

    [LoggerMessage(42, LogLevel.Information, "Gateway {Gateway} is heard again")]
    public static partial void GatewayHeard(this ILogger logger, string gateway);
}
