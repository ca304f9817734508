using Microsoft.Extensions.Logging;

namespace SmartCity.Cloud.TimeSeries.DuckDb;

internal static partial class DuckDbStoreLog
{
    [LoggerMessage(40, LogLevel.Information, "Sealed {Rows} readings into {Files} files, {Bytes} bytes, in {Milliseconds} ms")]
    public static partial void Sealed(this ILogger logger, long rows, int files, long bytes, long milliseconds);

    [LoggerMessage(41, LogLevel.Information, "Merged {Inputs} sealed files into {Files}, {Rows} readings, {Bytes} bytes, in {Milliseconds} ms")]
    public static partial void Merged(this ILogger logger, int inputs, int files, long rows, long bytes, long milliseconds);

    [LoggerMessage(42, LogLevel.Error, "Sealing failed; the readings stay in the hot table and it is tried again in {Seconds} s: {Reason}")]
    public static partial void UpkeepFailed(this ILogger logger, int seconds, string reason, Exception error);

    [LoggerMessage(43, LogLevel.Information, "Removed {Count} files of sealing that a crash had left without an entry")]
    public static partial void OrphansRemoved(this ILogger logger, int count);

    [LoggerMessage(44, LogLevel.Information, "Rolled up {Rows} readings of local day {Day} (since 1970) in {Milliseconds} ms")]
    public static partial void RolledUp(this ILogger logger, long rows, long day, long milliseconds);
}
