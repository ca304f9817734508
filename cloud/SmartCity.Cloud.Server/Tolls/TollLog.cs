using SmartCity.Cloud.Tolling.Retention;

namespace SmartCity.Cloud.Server.Tolls;

internal static partial class TollLog
{
    [LoggerMessage(90, LogLevel.Warning, "Tolls cannot be charged for now and are tried again: {Reason}")]
    public static partial void TollsDelayed(this ILogger logger, string reason);

    [LoggerMessage(91, LogLevel.Information, "Tolls are charged again")]
    public static partial void TollsRecovered(this ILogger logger);

    [LoggerMessage(92, LogLevel.Information, "{Count} receipts of {Tree} are made")]
    public static partial void ReceiptsMade(this ILogger logger, long count, string tree);

    [LoggerMessage(93, LogLevel.Warning, "Receipts cannot be made for now, or retention cannot run; it is tried again: {Reason}")]
    public static partial void ReceiptsDelayed(this ILogger logger, string reason);

    [LoggerMessage(94, LogLevel.Information, "Retention erased {Count} of {Class} through {Through}")]
    public static partial void Retained(this ILogger logger, long count, RetentionClass @class, DateOnly through);
}
