using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Live;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;
using SmartCity.Model.Columns;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>Takes telemetry and alarms from the log to the store of readings, up to 50,000 a time.</summary>
internal sealed class ReadingConsumer(DurableLog log, IReadingStore store, TimeProvider clock, ILogger<ReadingConsumer> logger)
    : LogConsumer("readings", log, clock, logger)
{
    private const int ReadingsMax = 50_000;
    /// <summary>Commits begin no closer together than this unless one is full, so that a trickle does not become a commit a row; after a pause the first row waits for none.</summary>
    private static readonly TimeSpan _commitEvery = TimeSpan.FromMilliseconds(100);

    private readonly LogReader _reader = log.OpenReader();
    private readonly CatalogueNames _names = new(log.Series);
    private readonly List<StoreBatch> _batches = [];
    private readonly TimeProvider _clock = clock;
    private IReadOnlyList<RejectedReading>? _refused;
    private long? _began;
    private int _gathered;

    /// <summary>The store's counts; call inside <see cref="LogConsumer.StandStillAsync{T}"/>.</summary>
    public Task<IReadOnlyList<StoreCount>> CountsAsync(CancellationToken cancellationToken) =>
        Offset < 0 ? Task.FromResult<IReadOnlyList<StoreCount>>([]) : store.CountsAsync(cancellationToken);

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }

    protected override Task<long> OpenAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

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
            _batches.Add(new StoreBatch(row.FirstOffset, row.Gateway, row.Lane, readings, _names));
        }, cancellationToken);
        foreach (var firstOffset in undecodable ?? []) await Log.LoseRowAsync(firstOffset, cancellationToken);
        return next;
    }

    protected override async Task StoreAsync(long nextOffset, CancellationToken cancellationToken)
    {
        // Appended once only: on a second call the store would skip the batches and say nothing of what it refused.
        _refused ??= (await store.AppendAsync(_batches, nextOffset, cancellationToken)).Rejected;
        if (_refused.Count > 0)
        {
            logger.Rejected(_refused.Count, _refused[0].Reason);
            await Log.SetAsideAsync([.. _refused.Select(rejected => new DeadLetter(0, rejected.Gateway, rejected.Lane, rejected.Reading.Series, rejected.Reading.Value.Kind,
                rejected.Reading.Time, rejected.Reading.Received, rejected.Reading.Value.ToString(), rejected.Reason, UnixMicros.Now(_clock)))], cancellationToken);
        }
        _refused = null;
        foreach (var batch in _batches) ReadingBatchPool.Return(batch.Readings);
        _batches.Clear();
    }
}
