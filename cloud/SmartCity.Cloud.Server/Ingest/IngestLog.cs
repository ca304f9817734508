namespace SmartCity.Cloud.Server.Ingest;

internal static partial class IngestLog
{
    [LoggerMessage(1, LogLevel.Information, "Gateway {Gateway} opened its uplink from {Remote} (epoch {Epoch}, {Software})")]
    public static partial void Opened(this ILogger logger, string gateway, string? remote, ulong epoch, string software);

    [LoggerMessage(2, LogLevel.Information, "Gateway {Gateway} closed its uplink: {Reason}")]
    public static partial void Closed(this ILogger logger, string gateway, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Gateway {Gateway} refused ({Code}): {Reason}")]
    public static partial void Refused(this ILogger logger, string gateway, string code, string reason);

    [LoggerMessage(4, LogLevel.Critical, "Two spools send as gateway {Gateway}: {Reason}")]
    public static partial void Cloned(this ILogger logger, string gateway, string reason);

    [LoggerMessage(5, LogLevel.Warning, "A client certificate was refused: {Reason}. Subject {Subject}, serial {Serial}, from {Remote}")]
    public static partial void CertificateRefused(this ILogger logger, string reason, string subject, string serial, string? remote);

    [LoggerMessage(6, LogLevel.Warning, "Gateway {Gateway}: numbers {First} to {Last} of lane {Lane} (epoch {Epoch}) will never come: {Reason}")]
    public static partial void Gap(this ILogger logger, string gateway, ulong first, ulong last, string lane, ulong epoch, string reason);

    [LoggerMessage(7, LogLevel.Critical, "Two processes send as gateway {Gateway}: the later one sends from a copy and is refused from now on. Stop it")]
    public static partial void CopyFound(this ILogger logger, string gateway);
}
