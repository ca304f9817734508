namespace SmartCity.Cloud.Server.Access.Provider;

internal static partial class ProviderLog
{
    [LoggerMessage(70, LogLevel.Warning, "A sign-in by the city's provider failed ({Trouble}): {Reason}")]
    public static partial void Failed(this ILogger logger, string trouble, string reason);

    [LoggerMessage(71, LogLevel.Information, "A sign-in by the city's provider came to nothing ({Trouble}): {Reason}")]
    public static partial void Abandoned(this ILogger logger, string trouble, string reason);

    [LoggerMessage(72, LogLevel.Warning, "The provider no longer makes {Account} an administrator of the whole city, and there is no other: the role was kept. Make another administrator, then let {Account} sign in again")]
    public static partial void AdministratorKept(this ILogger logger, string account);
}
