using SmartCity.Cloud.TimeSeries;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Live;

/// <summary>Readings that have just become durable, with the catalogue's series numbers. Disposing gives the batch back to its pool.</summary>
public sealed class LiveBatch : IDisposable
{
    private ReadingBatch? _readings;

    internal LiveBatch(string gateway, Lane lane, ReadingBatch readings, ISeriesNames names) =>
        (Gateway, Lane, _readings, Names) = (gateway, lane, readings, names);

    /// <summary>Gateway id.</summary>
    public string Gateway { get; }
    /// <summary>Lane.</summary>
    public Lane Lane { get; }
    /// <summary>What the series numbers stand for.</summary>
    public ISeriesNames Names { get; }
    /// <summary>The readings; not to be touched after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public ReadingBatch Readings => _readings ?? throw new ObjectDisposedException(nameof(LiveBatch));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _readings, null) is { } readings) ReadingBatchPool.Return(readings);
    }
}
