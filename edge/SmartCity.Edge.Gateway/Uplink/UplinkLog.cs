namespace SmartCity.Edge.Gateway.Uplink;

internal static partial class UplinkLog
{
    [LoggerMessage(3001, LogLevel.Information, "Uplink to {Address} is open; {Positions} lane positions compared, credit {Credit} bytes")]
    public static partial void Opened(this ILogger logger, string address, int positions, ulong credit);

    [LoggerMessage(3002, LogLevel.Warning, "Uplink to {Address} is closed: {Reason}. What devices send is kept in the spool and nothing is lost while that has room; next attempt in {Wait}")]
    public static partial void Closed(this ILogger logger, string address, string reason, TimeSpan wait);

    [LoggerMessage(3003, LogLevel.Error, "The cloud refused what was sent ({Code}): {Reason}")]
    public static partial void Rejected(this ILogger logger, string code, string reason);

    [LoggerMessage(3004, LogLevel.Warning, "Numbers {First} to {Last} of lane {Lane}, epoch {Epoch:x16}, will never come: {Reason}")]
    public static partial void Gap(this ILogger logger, long first, long last, string lane, ulong epoch, string reason);

    [LoggerMessage(3005, LogLevel.Critical, "The cloud holds numbers of lane {Lane}, epoch {Epoch:x16} up to {Through}, but this spool gave out only {Last}: it is an older copy. A new epoch begins")]
    public static partial void OlderThanCloud(this ILogger logger, string lane, ulong epoch, ulong through, long last);
}
