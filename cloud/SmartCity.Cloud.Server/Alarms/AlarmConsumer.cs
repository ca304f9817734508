using System.Buffers;
using System.Reactive.Concurrency;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using SmartCity.Cloud.Log;
using SmartCity.Cloud.Pipelines.Alarms;
using SmartCity.Cloud.Pipelines.Frame;
using SmartCity.Cloud.Pipelines.Silence;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Server.Import;
using SmartCity.Cloud.Server.Ingest;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.Server.Silence;
using SmartCity.Cloud.TimeSeries.Quality;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Alarms;

/// <summary>
/// Feeds the alarms from the log and keeps what they say: state, offset, history and messages to send in one transaction, so that after a crash the same
/// readings give the same alarms. All steps run on one thread of their own.
/// <code>
/// log ─rows─► quality flags ─► fold ◄─ 100 ms (where nothing is left to read) ◄─ silence ◄─ operators
///                               └─► store (one transaction) ─► banner and pages, messages
/// </code>
/// </summary>
internal sealed class AlarmConsumer : LogConsumer
{
    private const int ReadingsMax = 50_000;
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);
    /// <summary>The memory of readings is saved as often as this; after a crash the log is read again from there.</summary>
    private static readonly TimeSpan _saveMemoryEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _askSilenceEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _trimEvery = TimeSpan.FromHours(1);

    private readonly AlarmStore _store;
    private readonly IDeviceRegistry _registry;
    private readonly SilenceConsumer _silence;
    private readonly GatewayDirectory _gateways;
    private readonly ServerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<AlarmConsumer> _logger;
    private readonly LogReader _reader;
    private readonly CatalogueNames _names;
    private readonly EventLoopScheduler _loop = new(start => new Thread(start) { IsBackground = true, Name = "alarms" });
    private readonly Subject<AlarmInput> _inputs = new();
    private readonly ReadingBatch _decoded = new();
    private readonly List<AlarmOutput> _said = [];
    /// <summary>States that have changed since the last save that succeeded.</summary>
    private readonly Dictionary<(string Rule, string Source), byte[]?> _unsaved = [];
    private AlarmFold _fold = null!;
    private QualityFold _quality = null!;
    private IDisposable? _pipeline, _asking;
    private byte[]? _headToCome;
    private long _recalledAt, _applied, _savedAt, _trimmedAt;
    private bool _isGathering, _isDisposed;

    public AlarmConsumer(
        DurableLog log, AlarmStore store, IDeviceRegistry registry, SilenceConsumer silence, GatewayDirectory gateways, ServerOptions options, TimeProvider clock, ILogger<AlarmConsumer> logger)
        : base("alarms", log, clock, logger)
    {
        (_store, _registry, _silence, _gateways, _options, _clock, _logger) = (store, registry, silence, gateways, options, clock, logger);
        (_reader, _names) = (log.OpenReader(), new CatalogueNames(log.Series));
        Settings = new AlarmSettings();
    }

    /// <summary>Raised on the consumer's thread after something was said and kept.</summary>
    public event Action<IReadOnlyList<AlarmOutput>>? Said;

    /// <summary>Rules, schedules and channels that hold.</summary>
    public AlarmSettings Settings { get; private set; }

    /// <summary>Readings that came too late to raise anything.</summary>
    public long Late => _fold?.Late ?? 0;

    /// <summary>Alarms at devices and gateways that are watched.</summary>
    public int Points => _fold?.Points ?? 0;

    /// <summary>Whether there is a flood.</summary>
    public bool IsFlood => _fold?.IsFlood ?? false;

    /// <summary>Messages given up because too many waited.</summary>
    public long GivenUp => _store.GivenUp;

    /// <summary>What is not normal now.</summary>
    public Task<IReadOnlyList<AlarmView>> ViewsAsync() => OnLoopAsync(() => _fold?.Views() ?? []);

    /// <summary>Does something to alarms; what follows is durable when it returns.</summary>
    /// <returns>What was said.</returns>
    public Task<IReadOnlyList<AlarmOutput>> DoAsync(IReadOnlyList<AlarmCommand> commands) => OnLoopAsync<IReadOnlyList<AlarmOutput>>(() =>
    {
        ReadyOrThrow();
        var before = _said.Count;
        _isGathering = true;
        foreach (var command in commands) _inputs.OnNext(command);
        _isGathering = false;
        List<AlarmOutput> said = [.. _said.Skip(before)];
        Flush(false);
        return said;
    });

    /// <summary>Puts rules in force; durable when it returns.</summary>
    public Task SetAsync(Func<AlarmSettings, (AlarmPlan Plan, IReadOnlyList<(string Kind, string Id, string? Json)> Changes)> change, string by) => OnLoopAsync(() =>
    {
        ReadyOrThrow();
        var (plan, changes) = change(Settings);
        if (changes.Count == 0) return true;
        _store.SaveSettings(plan.Settings, changes, by);
        Settings = plan.Settings;
        _fold.SetPlan(plan, _said);
        Flush(false);
        return true;
    });

    /// <summary>Runs something on the consumer's thread, where the store may be used.</summary>
    public Task<T> WithStoreAsync<T>(Func<AlarmStore, T> use) => OnLoopAsync(() => use(_store));

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;
        _gateways.Changed -= HearGateway;
        _silence.Said -= HearSilence;
        // On the loop, after whatever waits there; the store is closed by whoever opened it, after that.
        using var done = new ManualResetEventSlim();
        _loop.Schedule(() =>
        {
            _pipeline?.Dispose();
            _asking?.Dispose();
            _inputs.Dispose();
            _loop.Dispose();
            done.Set();
        });
        done.Wait(TimeSpan.FromSeconds(5));
        _reader.Dispose();
        base.Dispose();
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await OnLoopAsync(() =>
        {
            if (_fold is not null && !_fold.IsRecalling) Flush(true);
            return true;
        });
    }

    protected override async Task<long> OpenAsync(CancellationToken cancellationToken)
    {
        var offset = await OnLoopAsync(Load);
        await ProveAsync(offset, cancellationToken);
        await OnLoopAsync(() =>
        {
            _pipeline ??= _inputs.Fold(new CaughtUp(this), _tick, _loop).Subscribe(Take);
            _asking ??= Observable.Interval(_askSilenceEvery, _loop).StartWith(0L).Subscribe(_ => AskSilence());
            return true;
        });
        _gateways.Changed += HearGateway;
        _silence.Said += HearSilence;
        return offset;
    }

    protected override async Task<long> GatherAsync(long offset, CancellationToken cancellationToken)
    {
        // Rows are applied as they are read, on the thread of all steps; a batch is kept whole or read again.
        var rows = new List<(LogRow Row, ReadingBatch Readings)>();
        var next = await _reader.ReadAsync(offset, static lane => lane is Lane.Telemetry or Lane.Alarm, ReadingsMax, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            // What is imported is history. A row that cannot be decoded is the business of the consumer that stores readings.
            if (row.Gateway == LogImporter.Gateway) return;
            var readings = ReadingBatchPool.Rent();
            if (ReadingColumns.TryDecode(columns, readings) == ColumnsError.None) rows.Add((row, readings));
            else ReadingBatchPool.Return(readings);
        }, cancellationToken);
        await OnLoopAsync(() =>
        {
            _isGathering = true;
            foreach (var (row, readings) in rows)
            {
                Apply(row, readings);
                ReadingBatchPool.Return(readings);
            }
            _applied = next;
            if (_fold.IsRecalling && next >= _recalledAt) Recalled();
            _isGathering = false;
            return true;
        });
        return next;
    }

    /// <summary>What was applied stays applied; the fold's offset goes with it.</summary>
    protected override void Forget()
    {
    }

    protected override Task StoreAsync(long nextOffset, CancellationToken cancellationToken) => OnLoopAsync(() =>
    {
        if (!_fold.IsRecalling) Flush(false);
        return true;
    });

    private void Apply(in LogRow row, ReadingBatch readings)
    {
        // A store that fails is given the same rows again; the fold has them.
        if (row.NextOffset <= _applied) return;
        if (_fold.IsRecalling && row.FirstOffset >= _recalledAt) Recalled();
        _applied = row.NextOffset;
        _quality.Apply(readings, _names);
        _inputs.OnNext(new AlarmReadings(row.Gateway, row.Received, readings));
    }

    private long Load()
    {
        var options = new AlarmOptions { Zone = TimeZoneInfo.FindSystemTimeZoneById(_options.DuckDb.CityZone), FloodBegins = _options.Alarms.FloodBegins, FloodEnds = Math.Min(5, _options.Alarms.FloodBegins) };
        _fold = new AlarmFold(options, _registry, series => Log.Series[series].Key) { IsRecalling = true };
        _quality = new QualityFold(_registry);
        if (!_store.HasSettings) SeedRules();
        Settings = _store.LoadSettings();
        var plan = PlanOf(Settings);
        var saved = _store.LoadState();
        if (saved is null)
        {
            // A new store begins with what comes since the start: the past is asked by what-if. Not with the log's end of now: an offset beyond its end at opening
            // proves that the log is an older copy, and what came since would move behind it, to be stored twice.
            _fold.Advance(UnixMicros.Now(_clock), _said);
            _fold.SetPlan(plan, _said);
            _fold.Wake(_said);
            _fold.Resume(UnixMicros.Now(_clock));
            _applied = Log.OpenedAt;
            Flush(true);
            return _applied;
        }
        var (offset, head) = saved.Value;
        var from = offset;
        try
        {
            _fold.LoadPoints(_store.LoadPoints());
            if (_store.LoadMemory() is { } recalled)
            {
                _fold.LoadMemory(recalled.Memory);
                _quality.Load(recalled.Quality);
                from = Math.Min(recalled.NextOffset, offset);
            }
        }
        catch (InvalidDataException error)
        {
            _logger.MemoryLost(error.Message);
        }
        _fold.SetPlan(plan, _said);
        (_headToCome, _recalledAt, _applied) = (head, offset, from);
        if (from >= offset) Recalled();
        return from;
    }

    /// <summary>The memory is where the rest of the state is: from here on things are said again.</summary>
    private void Recalled()
    {
        try
        {
            _fold.LoadHead(_headToCome);
        }
        catch (InvalidDataException error)
        {
            _logger.MemoryLost(error.Message);
        }
        _headToCome = null;
        // Whatever became of the head, no number is given out twice.
        _fold.NumberAfter(_store.LastAlarm);
        _fold.Wake(_said);
        // This process was away, which is no fault of theirs.
        _fold.Resume(UnixMicros.Now(_clock));
    }

    private AlarmPlan PlanOf(AlarmSettings settings)
    {
        try
        {
            return AlarmPlan.Of(settings);
        }
        catch (AlarmRulesException error)
        {
            // Written by a newer program; the rest is in force.
            _logger.RulesRefused(error.Message);
            return AlarmPlan.Of(settings with { Rules = [.. settings.Rules.Where(rule => IsPossible(settings with { Rules = [rule] }))] });
        }
    }

    private static bool IsPossible(AlarmSettings settings)
    {
        try
        {
            AlarmPlan.Of(settings);
            return true;
        }
        catch (AlarmRulesException)
        {
            return false;
        }
    }

    private void SeedRules()
    {
        var seed = BuiltInRules.Settings;
        _store.SaveSettings(seed, AlarmSettingsFile.Changes(new AlarmSettings(), seed), "system");
    }

    private void Take(IReadOnlyList<AlarmOutput> outputs)
    {
        _said.AddRange(outputs);
        if (_isGathering) return;
        try
        {
            Flush(false);
        }
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            // Nothing is lost: it is kept with what comes next, and until then not shown as if it were.
            _logger.Unavailable(Name, error.Message, null);
        }
    }

    /// <summary>Keeps what was said; without anything said only now and then the memory.</summary>
    private void Flush(bool isLast)
    {
        var savesMemory = isLast || _clock.GetElapsedTime(_savedAt) > _saveMemoryEvery;
        if (_said.Count == 0 && !savesMemory) return;
        (byte[], byte[])? memory = null;
        if (savesMemory)
        {
            var quality = new ArrayBufferWriter<byte>();
            _quality.Save(quality);
            memory = (_fold.SaveMemory(), quality.WrittenSpan.ToArray());
        }
        List<AlarmOutput> said = [.. _said];
        foreach (var (rule, source, state) in _fold.TakeChanges()) _unsaved[(rule, source)] = state;
        _store.Save(_applied, _fold.SaveHead(), [.. _unsaved.Select(one => (one.Key.Rule, one.Key.Source, one.Value))], said, memory);
        _said.Clear();
        _unsaved.Clear();
        if (savesMemory) _savedAt = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_trimmedAt) > _trimEvery)
        {
            _trimmedAt = _clock.GetTimestamp();
            _store.Trim();
        }
        if (said.Count > 0) Said?.Invoke(said);
    }

    private void ReadyOrThrow()
    {
        if (_fold is null || _fold.IsRecalling) throw new TimeSeries.StoreUnavailableException("The alarms are being loaded.");
    }

    /// <summary>A gateway's status is a sign of life too; it has no place in the log.</summary>
    private void HearGateway(GatewayState state)
    {
        if (state.Connected) Hear([new AlarmSign(state.Gateway, UnixMicros.Now(_clock))]);
    }

    private void HearSilence(IReadOnlyList<SilenceEvent> events) => Hear([.. events.Select(e => new AlarmSilence(e))]);

    private void Hear(IReadOnlyList<AlarmInput> inputs) => _loop.Schedule(() =>
    {
        if (_pipeline is null || _fold.IsRecalling) return;
        foreach (var input in inputs) _inputs.OnNext(input);
    });

    /// <summary>What is silent, whatever was missed while one of both was not listening; what is known already says nothing.</summary>
    private void AskSilence() => _ = _silence.StatesAsync().ContinueWith(asked =>
    {
        if (!asked.IsCompletedSuccessfully) return;
        var now = UnixMicros.Now(_clock);
        Hear([.. asked.Result.Select(one => new AlarmSilence(new SilenceEvent(one.Gateway, one.Device, one.IsSilent, one.LastHeard, now)))]);
    }, TaskScheduler.Default);

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

    /// <summary>Lets time pass only where nothing is left to read: what came before must be judged before.</summary>
    private sealed class CaughtUp(AlarmConsumer consumer) : IFold<AlarmInput, AlarmOutput>
    {
        public void Apply(AlarmInput input, ICollection<AlarmOutput> outputs) => consumer._fold.Apply(input, outputs);

        public void Advance(long now, ICollection<AlarmOutput> outputs)
        {
            if (consumer._applied >= consumer.Log.End && !consumer._fold.IsRecalling) consumer._fold.Advance(now, outputs);
        }

        public void Save(IBufferWriter<byte> output) => consumer._fold.Save(output);

        public void Load(ReadOnlySpan<byte> state) => consumer._fold.Load(state);
    }
}

internal static partial class AlarmLog
{
    [LoggerMessage(80, LogLevel.Warning, "What the alarms remember of readings cannot be read and is learned again: {Reason}")]
    public static partial void MemoryLost(this ILogger logger, string reason);

    [LoggerMessage(81, LogLevel.Error, "Some rules of alarms cannot be read and are not in force: {Reason}")]
    public static partial void RulesRefused(this ILogger logger, string reason);

    [LoggerMessage(82, LogLevel.Warning, "Channel {Channel} cannot be reached and is tried again: {Reason}")]
    public static partial void ChannelFails(this ILogger logger, string channel, string reason);

    [LoggerMessage(83, LogLevel.Information, "Channel {Channel} is reached again")]
    public static partial void ChannelWorks(this ILogger logger, string channel);
}
