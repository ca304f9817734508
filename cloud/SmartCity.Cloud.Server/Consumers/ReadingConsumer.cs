using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.Quality;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>Takes telemetry and alarms from the log to the store of readings, up to 50,000 a time, and flags on the way what cannot be.</summary>
internal sealed class ReadingConsumer(DurableLog log, IReadingStore store, QualityFold quality, QualityState qualityState, TimeProvider clock, ILogger<ReadingConsumer> logger)
    : LogConsumer("readings", log, clock, logger)
{
    private const int ReadingsMax = 50_000;
    /// <summary>Commits begin no closer together than this unless one is full, so that a trickle does not become a commit a row; after a pause the first row waits for none.</summary>
    private static readonly TimeSpan _commitEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>After a crash the flags of so long are judged again.</summary>
    private static readonly TimeSpan _saveQualityEvery = TimeSpan.FromSeconds(30);

    private readonly LogReader _reader = log.OpenReader();
    private readonly CatalogueNames _names = new(log.Series);
    private readonly List<StoreBatch> _batches = [];
    private readonly TimeProvider _clock = clock;
    private bool _mayHaveRefused;
    private long? _began;
    private int _gathered;
    private long _qualitySavedAt = clock.GetTimestamp();

    /// <summary>The store's counts; call inside <see cref="LogConsumer.StandStillAsync{T}"/>.</summary>
    public Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken) =>
        Offset < 0 ? Task.FromResult<IReadOnlyList<StoreCount>>([]) : store.CountsAsync(cancellationToken);

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }

    protected override async Task<long> OpenAsync(CancellationToken cancellationToken)
    {
        var offset = await ProveAsync(await store.OpenAsync(cancellationToken), cancellationToken);
        await SetAsideAsync(cancellationToken);
        await CatchUpAsync(offset, cancellationToken);
        return offset;
    }

    /// <summary>Brings the fold's state to the store's offset.</summary>
    private async Task CatchUpAsync(long offset, CancellationToken cancellationToken)
    {
        var readings = new ReadingBatch();
        for (var next = qualityState.Load(quality) ?? offset; next < offset;)
            next = await _reader.ReadAsync(next, static lane => lane is Lane.Telemetry or Lane.Alarm, ReadingsMax, (in LogRow row, ReadOnlySpan<byte> columns) =>
            {
                if (row.FirstOffset < offset && ReadingColumns.TryDecode(columns, readings) == ColumnsError.None) quality.Apply(readings, _names);
            }, cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Offset >= 0 && _batches.Count == 0) SaveQuality(Offset);
    }

    private void SaveQuality(long offset)
    {
        _qualitySavedAt = _clock.GetTimestamp();
        try
        {
            qualityState.Save(quality, offset);
        }
        catch (IOException error)
        {
            // The state before it stays; after a crash a little more is judged again.
            logger.QualityNotSaved(error.Message);
        }
    }

    protected override async Task<long> GatherAsync(long offset, CancellationToken cancellationToken)
    {
        // A full batch before this one means that the consumer is behind; then it does not wait.
        if (_gathered < ReadingsMax && _began is { } began && _commitEvery - _clock.GetElapsedTime(began) is var wait && wait > TimeSpan.Zero)
            await Task.Delay(wait, _clock, cancellationToken);
        (_began, _gathered) = (_clock.GetTimestamp(), 0);
        List<long>? undecodable = null;
        var next = await _reader.ReadAsync(offset, static lane => lane is Lane.Telemetry or Lane.Alarm, ReadingsMax, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            var readings = ReadingBatchPool.Rent();
            if (ReadingColumns.TryDecode(columns, readings) != ColumnsError.None || readings.Count != row.Count)
            {
                ReadingBatchPool.Return(readings);
                (undecodable ??= []).Add(row.FirstOffset);
                return;
            }
            _gathered += row.Count;
            quality.Apply(readings, _names);
            _batches.Add(new StoreBatch(row.FirstOffset, row.Gateway, row.Lane, readings, _names));
        }, cancellationToken);
        foreach (var firstOffset in undecodable ?? []) await Log.LoseRowAsync(firstOffset, cancellationToken);
        return next;
    }

    protected override void Forget()
    {
        foreach (var batch in _batches) ReadingBatchPool.Return(batch.Readings);
        _batches.Clear();
    }

    protected override async Task StoreAsync(long nextOffset, CancellationToken cancellationToken)
    {
        // An append that fails may have been kept all the same; the next one of the same batches then says nothing of what was refused.
        var before = _mayHaveRefused;
        _mayHaveRefused = true;
        _mayHaveRefused = (await store.AppendAsync(_batches, nextOffset, cancellationToken)).Rejected.Count > 0 || before;
        if (_mayHaveRefused) await SetAsideAsync(cancellationToken);
        Forget();
        if (_clock.GetElapsedTime(_qualitySavedAt) > _saveQualityEvery) SaveQuality(nextOffset);
    }

    /// <summary>What the store refused goes to the dead letters, and only then out of the store: a crash in between sets the same values aside again, which counts nothing.</summary>
    private async Task SetAsideAsync(CancellationToken cancellationToken)
    {
        var refused = await store.RejectedAsync(cancellationToken);
        if (refused.Count > 0)
        {
            logger.Rejected(refused.Count, refused[0].Reason);
            await Log.SetAsideAsync([.. refused.Select(rejected => new DeadLetter(0, rejected.Gateway, rejected.Lane, rejected.Reading.Series, rejected.Reading.Value.Kind,
                rejected.Reading.Time, rejected.Reading.Received, rejected.Reading.Value.ToString(), rejected.Reason, UnixMicros.Now(_clock)) { LogOffset = rejected.LogOffset })], cancellationToken);
            await store.ForgetRejectedAsync(refused[^1].LogOffset, cancellationToken);
        }
        _mayHaveRefused = false;
    }
}
