namespace SmartCity.Cloud.Server.Fleet;

internal static partial class FleetLog
{
    [LoggerMessage(80, LogLevel.Warning, "The connection of gateway {Gateway} from {Remote} was closed: {Reason}")]
    public static partial void ConnectionClosed(this ILogger logger, string gateway, string? remote, string reason);

    [LoggerMessage(81, LogLevel.Information, "Gateway {Gateway} was given a certificate ({How}) from {Remote}, serial {Serial}, until {NotAfter}")]
    public static partial void Issued(this ILogger logger, string gateway, string how, string remote, string serial, DateTimeOffset notAfter);

    [LoggerMessage(82, LogLevel.Warning, "An enrolment from {Remote} was refused: {Reason}")]
    public static partial void Refused(this ILogger logger, string remote, string reason);

    [LoggerMessage(83, LogLevel.Critical, "Somebody at {Remote} guesses enrolment codes; the address is locked out for {Wait}")]
    public static partial void Guessing(this ILogger logger, string remote, TimeSpan wait);

    [LoggerMessage(85, LogLevel.Error, "A refusal could not be written into the audit log: {Reason}")]
    public static partial void RefusalNotWritten(this ILogger logger, string reason);

    [LoggerMessage(84, LogLevel.Information, "The server shows a new certificate, {Subject}, until {NotAfter}")]
    public static partial void OwnCertificate(this ILogger logger, string subject, DateTime notAfter);
}
