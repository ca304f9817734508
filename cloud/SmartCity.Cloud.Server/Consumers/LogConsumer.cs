using SmartCity.Cloud.Log;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>
/// Reads the log from its own offset on and stores what its lanes bring. At least once up to the store; the store makes it once.
/// A store that is down delays this consumer alone.
/// </summary>
internal abstract class LogConsumer(string name, DurableLog log, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan _saveEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _backOffMax = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _offset = -1;
    private bool _isReported = true;

    /// <summary>Name under which the log knows it.</summary>
    public string Name { get; } = name;
    /// <summary>Next offset to store; -1 before its store is open.</summary>
    public long Offset => Volatile.Read(ref _offset);
    /// <summary>Values of all lanes between it and the log's end.</summary>
    public long Lag => Offset < 0 ? log.End - log.ConsumerOffset(Name) : log.End - Offset;
    /// <summary>What keeps it from storing; null where nothing does.</summary>
    public string? Trouble { get; private set; }

    protected DurableLog Log => log;

    /// <summary>Age of the oldest value not yet stored.</summary>
    public TimeSpan Age() => log.ReceivedAt(Math.Max(0, Offset)) is { } received ? TimeSpan.FromMicroseconds(Math.Max(0, UnixMicros.Now(clock) - received)) : TimeSpan.Zero;

    /// <summary>Runs <paramref name="look"/> while nothing is being stored, so that counts and offset are of one moment.</summary>
    public async Task<T> StandStillAsync<T>(Func<long, Task<T>> look, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await look(Offset < 0 ? log.ConsumerOffset(Name) : Offset);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Tells the log how far the store is, which may be farther than a log that was restored from a copy. To be called before anything is read from the log.</summary>
    protected async Task<long> ProveAsync(long offset, CancellationToken cancellationToken)
    {
        await log.ProveAsync(Name, offset, cancellationToken);
        return offset;
    }

    /// <summary>Opens the store and returns its offset, after <see cref="ProveAsync"/>.</summary>
    protected abstract Task<long> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Reads what comes after <paramref name="offset"/> and remembers it until <see cref="StoreAsync"/>.</summary>
    /// <returns>The offset after it.</returns>
    protected abstract Task<long> GatherAsync(long offset, CancellationToken cancellationToken);

    /// <summary>Lets go of what was gathered and not stored.</summary>
    protected abstract void Forget();

    /// <summary>Makes what was gathered durable in the store; called again with the same after a failure.</summary>
    protected abstract Task StoreAsync(long nextOffset, CancellationToken cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await UntilDoneAsync(async () => Volatile.Write(ref _offset, await OpenAsync(stoppingToken)), stoppingToken);
        var saved = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await log.WaitAsync(Offset, stoppingToken);
            var next = await GatherUntilDoneAsync(stoppingToken);
            await UntilDoneAsync(async () =>
            {
                await StoreAsync(next, stoppingToken);
                Volatile.Write(ref _offset, next);
            }, stoppingToken);
            if (clock.GetElapsedTime(saved) < _saveEvery) continue;
            saved = clock.GetTimestamp();
            await ReportAsync(stoppingToken);
        }
    }

    public override void Dispose()
    {
        _gate.Dispose();
        base.Dispose();
    }

    /// <summary>A damaged row that is met while the volume is full cannot be recorded as lost: what was read with it is read again later.</summary>
    private async Task<long> GatherUntilDoneAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await GatherAsync(Offset, cancellationToken);
            }
            catch (IOException error)
            {
                Forget();
                if (Trouble != error.Message) logger.Unavailable(Name, error.Message, null);
                Trouble = error.Message;
                await Task.Delay(BackOff(failures), clock, cancellationToken);
            }
        }
    }

    /// <summary>Tells the log how far this consumer is, so that it can be trimmed. The store has the offset that counts: a full volume costs no more than room that is freed later.</summary>
    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        try
        {
            await log.SaveConsumerAsync(Name, Offset, cancellationToken);
            _isReported = true;
        }
        catch (IOException error)
        {
            if (_isReported) logger.OffsetNotSaved(Name, error.Message);
            _isReported = false;
        }
    }

    private async Task UntilDoneAsync(Func<Task> attempt, CancellationToken cancellationToken)
    {
        for (var failures = 0; ; failures++)
        {
            TimeSpan? asked;
            await _gate.WaitAsync(cancellationToken);
            try
            {
                await attempt();
                if (Trouble is not null) logger.Recovered(Name);
                Trouble = null;
                return;
            }
            catch (Exception error) when (error is not LogBrokenException and not OperationCanceledException)
            {
                asked = (error as TimeSeries.StoreUnavailableException)?.RetryAfter;
                if (Trouble != error.Message) logger.Unavailable(Name, error.Message, error is TimeSeries.StoreUnavailableException ? null : error);
                Trouble = error.Message;
            }
            finally
            {
                _gate.Release();
            }
            await Task.Delay(asked ?? BackOff(failures), clock, cancellationToken);
        }
    }

    /// <summary>0.1 s doubled up to 30 s, of which a random half to whole is waited.</summary>
    private static TimeSpan BackOff(int failures) =>
        TimeSpan.FromSeconds(Math.Min(_backOffMax.TotalSeconds, 0.1 * Math.Pow(2, Math.Min(failures, 20))) * (0.5 + Random.Shared.NextDouble() / 2));
}
