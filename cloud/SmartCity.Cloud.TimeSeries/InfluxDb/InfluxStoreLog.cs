using Microsoft.Extensions.Logging;

namespace SmartCity.Cloud.TimeSeries.InfluxDb;

internal static partial class InfluxStoreLog
{
    [LoggerMessage(50, LogLevel.Information, "Writing to InfluxDB {Version} at {Address}, database {Database}")]
    public static partial void Connected(this ILogger logger, string version, Uri address, string database);

    [LoggerMessage(51, LogLevel.Warning, "InfluxDB refused some of {Lines} lines and they are tried apart: {Words}")]
    public static partial void Refused(this ILogger logger, int lines, string words);
}
