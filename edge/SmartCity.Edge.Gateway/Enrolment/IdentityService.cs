using SmartCity.Edge.Gateway.Uplink;

namespace SmartCity.Edge.Gateway.Enrolment;

/// <summary>
/// Keeps the gateway's identity: enrols one that has none where a secret lies ready, and renews from half of life on, each gateway at another moment of the
/// tenth that follows, so that a thousand which enrolled together do not come together. A renewal that fails is tried again, each time a little later.
/// </summary>
internal sealed class IdentityService(UplinkOptions uplink, EnrolmentOptions options, IdentityFolder folder, IdentityState state, UplinkState link, TimeProvider clock, ILogger<IdentityService> logger) : BackgroundService
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(5), _waitMin = TimeSpan.FromSeconds(5), _waitMax = TimeSpan.FromHours(1);
    /// <summary>Where within the tenth after half of life this gateway renews.</summary>
    private readonly double _jitter = Random.Shared.NextDouble() / 10;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Settings that name a certificate keep it by themselves.
        if (uplink.Certificate is not null) return;
        var (wait, tried) = (_waitMin, (long?)null);
        while (!stoppingToken.IsCancellationRequested)
        {
            state.Identity = folder.Read();
            if (IsDue() && (tried is not { } at || clock.GetElapsedTime(at) >= wait))
            {
                try
                {
                    await TryAsync(stoppingToken);
                    (wait, tried, state.Trouble) = (_waitMin, null, null);
                }
                catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception error) when (error is EnrolmentException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
                {
                    state.Trouble = error.Message;
                    wait = tried is null ? _waitMin : wait * 2 < _waitMax ? wait * 2 : _waitMax;
                    wait *= 0.75 + (Random.Shared.NextDouble() / 2);
                    tried = clock.GetTimestamp();
                    if (state.Identity is null) logger.NotEnrolled(error.Message, wait);
                    else logger.NotRenewed(error.Message, wait);
                }
            }
            await Task.Delay(_look, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsDue()
    {
        if (state.Identity is not { } identity) return options is { SecretFile: { } secret, Cloud: not null } && File.Exists(secret);
        var (now, life) = (clock.GetUtcNow(), identity.NotAfter - identity.Issued);
        // A clock that stands before the certificate was issued tells nothing; then a refused link does.
        return now >= identity.Issued + (life * (0.5 + _jitter)) || (!link.IsOpen && Page.Fault.CauseOf(link.LastError ?? "") is "certificate" or "denied");
    }

    private async Task TryAsync(CancellationToken stop)
    {
        var enroller = new Enroller(folder, clock);
        if (state.Identity is { } identity)
        {
            state.Identity = await enroller.RenewAsync(identity, options.Cloud, stop);
            if (state.Identity.NotAfter != identity.NotAfter) logger.Renewed(state.Identity.Gateway, state.Identity.NotAfter);
            return;
        }
        RefuseOthers(options.SecretFile!);
        var secret = await File.ReadAllTextAsync(options.SecretFile!, stop);
        state.Identity = await enroller.EnrolAsync(new Uri(options.Cloud!), secret, null, makesNewKey: false, stop);
        logger.Enrolled(state.Identity.Gateway, state.Identity.City, state.Identity.NotAfter);
        File.Delete(options.SecretFile!);
    }

    private static void RefuseOthers(string file)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0) throw new EnrolmentException($"{file} can be read by others; run: chmod 600 {file}", EnrolmentFault.Typed);
    }
}

internal static partial class IdentityLog
{
    [LoggerMessage(3101, LogLevel.Information, "Enrolled as gateway {Gateway} of {City}; the certificate holds until {NotAfter}")]
    public static partial void Enrolled(this ILogger logger, string gateway, string city, DateTimeOffset notAfter);

    [LoggerMessage(3102, LogLevel.Information, "The certificate of gateway {Gateway} was renewed and holds until {NotAfter}")]
    public static partial void Renewed(this ILogger logger, string gateway, DateTimeOffset notAfter);

    [LoggerMessage(3103, LogLevel.Warning, "Not enrolled: {Reason} Devices are served and what they send is kept; next attempt in {Wait}")]
    public static partial void NotEnrolled(this ILogger logger, string reason, TimeSpan wait);

    [LoggerMessage(3104, LogLevel.Warning, "The certificate could not be renewed: {Reason} Devices are served and what they send is kept; next attempt in {Wait}")]
    public static partial void NotRenewed(this ILogger logger, string reason, TimeSpan wait);
}
