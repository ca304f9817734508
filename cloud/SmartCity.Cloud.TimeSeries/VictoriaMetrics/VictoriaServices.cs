using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

/// <summary>Adds VictoriaMetrics as the store to a host.</summary>
public static class VictoriaServices
{
    /// <summary>Registers the store as <see cref="IReadingStore"/> and <see cref="IReadingQueries"/>; who consumes the log opens it.</summary>
    public static IServiceCollection AddVictoriaStore(this IServiceCollection services, VictoriaOptions options) => services
        .AddSingleton<IReadingStore>(provider =>
            new VictoriaReadingStore(options, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<VictoriaReadingStore>>()))
        .AddSingleton<IReadingQueries>(provider => provider.GetRequiredService<IReadingStore>());
}
