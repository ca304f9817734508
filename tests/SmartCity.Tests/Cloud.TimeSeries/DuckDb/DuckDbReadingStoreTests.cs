using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Cloud.TimeSeries;
using SmartCity.Cloud.TimeSeries.DuckDb;

namespace SmartCity.Tests.Cloud.TimeSeries.DuckDb;

/// <summary>The embedded store passes the suite of all stores; settling seals, merges and rolls up.</summary>
public sealed class DuckDbReadingStoreTests : ReadingStoreSuite
{
    private readonly TemporaryFolder _folder = new();

    protected override IReadingStore Create() =>
        new DuckDbReadingStore(new DuckDbOptions { Folder = _folder["store"] }, TimeProvider.System, NullLogger<DuckDbReadingStore>.Instance);

    protected override Task SettleAsync() => ((DuckDbReadingStore)Store).SettleAsync(Stop);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
