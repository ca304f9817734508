using Microsoft.Extensions.Logging;

namespace SmartCity.Cloud.TimeSeries.VictoriaMetrics;

internal static partial class VictoriaStoreLog
{
    [LoggerMessage(55, LogLevel.Information, "Writing to VictoriaMetrics at {Address}, which keeps readings for {Retention}")]
    public static partial void Connected(this ILogger logger, Uri address, string retention);
}
