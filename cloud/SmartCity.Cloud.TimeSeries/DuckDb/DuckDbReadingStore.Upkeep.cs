using DuckDB.NET.Data;
using SmartCity.Model;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

public sealed partial class DuckDbReadingStore
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _rollUpEvery = TimeSpan.FromMinutes(1);
    /// <summary>Then what is hot may be due again.</summary>
    private static readonly TimeSpan _rollUpFor = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _upkeepGate = new(1, 1);
    private readonly SemaphoreSlim _upkeepDue = new(0, 1);
    private readonly CancellationTokenSource _stopUpkeep = new();
    private readonly List<(ReadingSources Sources, HotTable? Hot, SealedFile? File)> _retired = [];
    private Task? _upkeep;
    private long _rolledUp;

    /// <summary>Readings in sealed files; a replaced one may be among them until its files are merged.</summary>
    public long SealedReadings
    {
        get
        {
            lock (_sourcesLock) return _sources.Files.Sum(file => file.Rows);
        }
    }

    /// <summary>What hinders sealing; null where nothing does.</summary>
    public string? UpkeepTrouble { get; private set; }

    /// <summary>Seals what is hot and merges what is small, now.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        await InGateAsync(writer =>
        {
            if (_sources.Hot[^1].Rows > 0) Rotate(writer);
        }, cancellationToken).ConfigureAwait(false);
        await KeepUpAsync(rollUpFor: TimeSpan.MaxValue, cancellationToken).ConfigureAwait(false);
    }

    private void StartUpkeep() => _upkeep ??= Task.Run(() => KeepUpForeverAsync(_stopUpkeep.Token));

    private async Task StopUpkeepAsync()
    {
        await _stopUpkeep.CancelAsync().ConfigureAwait(false);
        if (_upkeep is not null) await _upkeep.ConfigureAwait(false);
        _stopUpkeep.Dispose();
    }

    private void WakeUpkeep()
    {
        if (_upkeepDue.CurrentCount == 0) _upkeepDue.Release();
    }

    private async Task KeepUpForeverAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await _upkeepDue.WaitAsync(_lookEvery, cancellationToken).ConfigureAwait(false);
                await InGateAsync(writer =>
                {
                    var hot = _sources.Hot[^1];
                    if (hot.Rows >= _options.SealRows || (hot.Rows > 0 && UnixMicros.Now(_clock) - hot.Began >= _options.SealAfter.TotalMicroseconds)) Rotate(writer);
                }, cancellationToken).ConfigureAwait(false);
                var isDue = _clock.GetElapsedTime(_rolledUp) >= _rollUpEvery;
                await KeepUpAsync(isDue ? _rollUpFor : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
                if (isDue) _rolledUp = _clock.GetTimestamp();
                UpkeepTrouble = null;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is DuckDBException or IOException or StoreUnavailableException or UnauthorizedAccessException or OperationCanceledException)
            {
                if (UpkeepTrouble != error.Message) _logger.UpkeepFailed((int)_retryAfter.TotalSeconds, error.Message, error);
                UpkeepTrouble = error.Message;
                try
                {
                    await Task.Delay(_retryAfter, _clock, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    /// <param name="rollUpFor">How long to go on with rollups.</param>
    /// <param name="cancellationToken">Gives up between two steps.</param>
    private async Task KeepUpAsync(TimeSpan rollUpFor, CancellationToken cancellationToken)
    {
        await _upkeepGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var connection = new DuckDBConnection(_connectionString);
            connection.Open();
            using var cancel = cancellationToken.Register(() => connection.NativeConnection.Interrupt());
            while (_sources.Hot.Count > 1)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await SealAsync(connection, _sources.Hot[0], cancellationToken).ConfigureAwait(false);
            }
            while (SealedFilePlan.ToMerge(_sources.Files, ReadingSources.DayOf(UnixMicros.Now(_clock))) is { } inputs)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await MergeAsync(connection, inputs, cancellationToken).ConfigureAwait(false);
            }
            await InGateAsync(_ => RemoveRetired(), cancellationToken).ConfigureAwait(false);
            if (rollUpFor > TimeSpan.Zero) await RollUpAsync(connection, rollUpFor, cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            _upkeepGate.Release();
        }
    }

    private async Task InGateAsync(Action<DuckDBConnection> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            OpenIfStale();
            work(_writer!);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Begins a new hot table; the old one gets no more readings.</summary>
    private void Rotate(DuckDBConnection writer)
    {
        var table = new HotTable(_nextNumber) { Began = UnixMicros.Now(_clock) };
        using (var transaction = writer.BeginTransaction())
        {
            writer.Run(StoreSchema.CreateHot(table.Number));
            writer.Run("INSERT INTO hot VALUES ($1, false, false)", table.Number);
            writer.Run("UPDATE meta SET next_number = $1", table.Number + 1);
            transaction.Commit();
        }
        _nextNumber++;
        Publish([.. _sources.Hot, table], _sources.Files);
    }

    private void Publish(IReadOnlyList<HotTable> hot, IReadOnlyList<SealedFile> files)
    {
        lock (_sourcesLock)
        {
            var old = _sources;
            _sources = new ReadingSources(_sealedFolder, hot, files);
            foreach (var table in old.Hot.Except(hot)) _retired.Add((old, table, null));
            foreach (var file in old.Files.Except(files)) _retired.Add((old, null, file));
            // A query may still hold a lease on a moment before the old one; it protects what the old one names too.
            _past.Enqueue(old);
            while (_past.TryPeek(out var first) && first.Leases == 0) _past.Dequeue();
        }
    }

    private readonly Queue<ReadingSources> _past = [];

    /// <summary>Drops and deletes what no query can still be reading. Call in the gate.</summary>
    private void RemoveRetired()
    {
        List<(ReadingSources, HotTable? Hot, SealedFile? File)> free;
        lock (_sourcesLock)
        {
            while (_past.TryPeek(out var first) && first.Leases == 0) _past.Dequeue();
            free = [.. _retired.Where(retired => !_past.Any(past => past.Leases > 0 && (past.Hot.Contains(retired.Hot) || past.Files.Contains(retired.File))))];
            _retired.RemoveAll(free.Contains);
        }
        foreach (var (sources, hot, file) in free)
        {
            if (hot is not null && _writer is not null) Drop(_writer, hot.Number);
            if (file is not null) File.Delete(sources.PathOf(file));
        }
    }

    private static void Drop(DuckDBConnection writer, long number)
    {
        using var transaction = writer.BeginTransaction();
        writer.Run($"DROP TABLE IF EXISTS hot_{number}");
        writer.Run("DELETE FROM hot WHERE number = $1", number);
        transaction.Commit();
    }
}
