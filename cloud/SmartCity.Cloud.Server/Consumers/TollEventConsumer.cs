using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Tolls;
using SmartCity.Cloud.Tolling;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>Takes toll events from the log to the toll store.</summary>
internal sealed class TollEventConsumer : LogConsumer
{
    private const int EventsMax = 5_000;

    private readonly LogReader _reader;
    private readonly Lazy<TollEventStore> _store;
    private readonly List<(string Gateway, TollEvent Event)> _events = [];
    private readonly List<TollEvent> _decoded = [];

    public TollEventConsumer(DurableLog log, TollBooks books, TimeProvider clock, ILogger<TollEventConsumer> logger) : base("tolling", log, clock, logger)
    {
        _reader = log.OpenReader();
        _store = new Lazy<TollEventStore>(books.OpenEvents, LazyThreadSafetyMode.PublicationOnly);
        // The file is made before anybody asks. A PostgreSQL that is down must not keep the server from starting.
        if (books.HasFile) _ = _store.Value;
    }

    /// <summary>Events were stored; raised on the consumer's thread, to return at once. The list is the consumer's own and holds good only so long.</summary>
    public event Action<IReadOnlyList<(string Gateway, TollEvent Event)>>? Stored;

    /// <summary>The store's counts; call inside <see cref="LogConsumer.StandStillAsync{T}"/>.</summary>
    public IReadOnlyList<TollCount> Counts() => _store.Value.Counts();

    public override void Dispose()
    {
        _reader.Dispose();
        base.Dispose();
        if (_store.IsValueCreated) _store.Value.Dispose();
    }

    protected override Task<long> OpenAsync(CancellationToken cancellationToken) => ProveAsync(_store.Value.NextOffset, cancellationToken);

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
            _store.Value.Append(_events, nextOffset);
            Stored?.Invoke(_events);
        }
        Forget();
        return Task.CompletedTask;
    }
}
