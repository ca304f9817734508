using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

/// <summary>Adds InfluxDB as the store to a host.</summary>
public static class InfluxServices
{
    /// <summary>Registers the store as <see cref="IReadingStore"/> and <see cref="IReadingQueries"/>; who consumes the log opens it.</summary>
    public static IServiceCollection AddInfluxStore(this IServiceCollection services, InfluxOptions options) => services
        .AddSingleton<IReadingStore>(provider =>
            new InfluxReadingStore(options, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<InfluxReadingStore>>()))
        .AddSingleton<IReadingQueries>(provider => provider.GetRequiredService<IReadingStore>());
}
