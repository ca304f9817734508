namespace SmartCity.Cloud.Server.Backup;

internal static partial class BackupLog
{
    [LoggerMessage(80, LogLevel.Information, "Backup taken into {Folder}: {Files} files, {Bytes} bytes, {Linked} of them unchanged since the one before, in {Seconds} s")]
    public static partial void BackupTaken(this ILogger logger, string folder, int files, long bytes, long linked, double seconds);

    [LoggerMessage(81, LogLevel.Error, "No backup was taken: {Reason}")]
    public static partial void BackupFailed(this ILogger logger, string reason);
}
