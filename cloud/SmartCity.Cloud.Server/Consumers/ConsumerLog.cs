namespace SmartCity.Cloud.Server.Consumers;

internal static partial class ConsumerLog
{
    [LoggerMessage(20, LogLevel.Warning, "Consumer {Name} cannot store for now and tries again: {Reason}")]
    public static partial void Unavailable(this ILogger logger, string name, string reason, Exception? error);

    [LoggerMessage(21, LogLevel.Information, "Consumer {Name} stores again")]
    public static partial void Recovered(this ILogger logger, string name);

    [LoggerMessage(22, LogLevel.Warning, "The store refused {Count} values for good; they are in the dead letters. The first: {Reason}")]
    public static partial void Rejected(this ILogger logger, int count, string reason);

    [LoggerMessage(23, LogLevel.Critical, "The log failed and the process ends: {Reason}")]
    public static partial void LogFailed(this ILogger logger, string reason);

    [LoggerMessage(26, LogLevel.Critical, "The log: {Note}")]
    public static partial void LogNote(this ILogger logger, string note);

    [LoggerMessage(25, LogLevel.Warning, "The offset of consumer {Name} cannot be saved in the log, which keeps more than it must until it can: {Reason}")]
    public static partial void OffsetNotSaved(this ILogger logger, string name, string reason);

    [LoggerMessage(24, LogLevel.Warning, "The state of the quality flags could not be saved: {Reason}")]
    public static partial void QualityNotSaved(this ILogger logger, string reason);
}
