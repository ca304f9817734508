using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

/// <summary>Adds the embedded store to a host.</summary>
public static class DuckDbServices
{
    /// <summary>Registers the store as <see cref="IReadingStore"/> and <see cref="IReadingQueries"/>; who consumes the log opens it.</summary>
    public static IServiceCollection AddDuckDbStore(this IServiceCollection services, DuckDbOptions options) => services
        .AddSingleton<IReadingStore>(provider =>
            new DuckDbReadingStore(options, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<DuckDbReadingStore>>()))
        .AddSingleton<IReadingQueries>(provider => provider.GetRequiredService<IReadingStore>());
}
