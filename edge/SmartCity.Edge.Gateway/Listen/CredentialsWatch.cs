namespace SmartCity.Edge.Gateway.Listen;

/// <summary>Looks at the file of credentials every few seconds, so that a mistake in it is said when it is made and not when the next device connects.</summary>
internal sealed class CredentialsWatch(DeviceCredentials credentials, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) _ = credentials.Current;
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }
}
