namespace SmartCity.Cloud.Server.Tolls;

internal static partial class TollLog
{
    [LoggerMessage(90, LogLevel.Warning, "Tolls cannot be charged for now and are tried again: {Reason}")]
    public static partial void TollsDelayed(this ILogger logger, string reason);

    [LoggerMessage(91, LogLevel.Information, "Tolls are charged again")]
    public static partial void TollsRecovered(this ILogger logger);
}
