using SmartCity.Cloud.TimeSeries.DuckDb;

namespace SmartCity.Cloud.TimeSeries.Engines;

/// <summary>The index as it was at one moment; the readings themselves lie with the engine, which has its own backup.</summary>
internal sealed class IndexSnapshot(DatabaseCopy index) : StoreSnapshot
{
    public override long NextOffset => index.NextOffset;
    public override string Database => EngineIndex.FileName;
    public override IReadOnlyList<string> Sealed => [];

    public override Task CopyDatabaseAsync(string file, CancellationToken cancellationToken) => Task.Run(() => index.WriteTo(file, cancellationToken), cancellationToken);

    public override ValueTask DisposeAsync()
    {
        index.Dispose();
        return ValueTask.CompletedTask;
    }
}
