using SmartCity.Cloud.Server.Operations;
using SmartCity.Cloud.TimeSeries.DuckDb;
using SmartCity.Cloud.TimeSeries.InfluxDb;
using SmartCity.Cloud.TimeSeries.VictoriaMetrics;
using SmartCity.Hosting.Configuration;

namespace SmartCity.Cloud.Server.Consumers;

/// <summary>Chooses the store of readings by <see cref="ServerOptions.Store"/>.</summary>
internal static class Stores
{
    /// <summary>Registers the store; the consumer of readings opens it.</summary>
    /// <exception cref="SettingsException">There is no such store.</exception>
    public static void AddReadingStore(this IServiceCollection services, ServerOptions options)
    {
        switch (options.Store)
        {
            case "duckdb":
                services.AddDuckDbStore(options.DuckDb.Folder.Length > 0 ? options.DuckDb : options.DuckDb with { Folder = Path.Combine(options.Data, "readings") });
                break;
            case "influx":
                services.AddInfluxStore(options.Influx.Folder.Length > 0 ? options.Influx : options.Influx with { Folder = Path.Combine(options.Data, "influx-index") });
                break;
            case "victoria":
                services.AddVictoriaStore(options.Victoria.Folder.Length > 0 ? options.Victoria : options.Victoria with { Folder = Path.Combine(options.Data, "victoria-index") });
                break;
            default:
                throw new SettingsException($"Cloud:Store is \"{options.Store}\"; the stores of readings are duckdb, influx and victoria.");
        }
    }
}
