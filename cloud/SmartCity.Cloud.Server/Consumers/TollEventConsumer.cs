using SmartCity.Cloud.Log;
using SmartCity.Cloud.Tolling;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>Takes toll events from the log to the toll store.</summary>
internal sealed class TollEventConsumer(DurableLog log, SqliteTollEventStore store, TimeProvider clock, ILogger<TollEventConsumer> logger)
    : LogConsumer("tolling", log, clock, logger)
{
    private const int EventsMax = 5_000;

    private readonly LogReader _reader = log.OpenReader();
    private readonly List<(string Gateway, TollEvent Event)> _events = [];
    private readonly List<TollEvent> _decoded = [];

    /// <summary>Events were stored; raised on the consumer's thread, to return at once. The list is the consumer's own and holds good only so long.</summary>
    public event Action<IReadOnlyList<(string Gateway, TollEvent Event)>>? Stored;

    /// <summary>The store's counts; call inside <see cref="LogConsumer.StandStillAsync{T}"/>.</summary>
    public IReadOnlyList<TollCount> Counts() => store.Counts();

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
    }

    protected override Task<long> OpenAsync(CancellationToken cancellationToken) => ProveAsync(store.NextOffset, cancellationToken);

    protected override async Task<long> GatherAsync(long offset, CancellationToken cancellationToken)
    {
        List<long>? undecodable = null;
        var next = await _reader.ReadAsync(offset, static lane => lane == Lane.Toll, EventsMax, (in LogRow row, ReadOnlySpan<byte> columns) =>
        {
            if (TollColumns.TryDecode(columns, _decoded) != ColumnsError.None || _decoded.Count != row.Count)
            {
                (undecodable ??= []).Add(row.FirstOffset);
                return;
            }
            foreach (var e in _decoded) _events.Add((row.Gateway, e));
        }, cancellationToken);
        foreach (var firstOffset in undecodable ?? []) await Log.LoseRowAsync(firstOffset, cancellationToken);
        return next;
    }

    protected override void Forget() => _events.Clear();

    protected override Task StoreAsync(long nextOffset, CancellationToken cancellationToken)
    {
        // Rows of other lanes alone are no reason for a commit: passing them again after a restart costs nothing.
        if (_events.Count > 0)
        {
            store.Append(_events, nextOffset);
            Stored?.Invoke(_events);
        }
        Forget();
        return Task.CompletedTask;
    }
}
