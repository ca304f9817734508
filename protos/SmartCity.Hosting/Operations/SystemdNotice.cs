using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;

namespace SmartCity.Hosting.Operations;

/// <summary>
/// Tells systemd that the process is ready, that it lives, and that it ends (<c>Type=notify</c>, <c>WatchdogSec=</c>). Does nothing under anything else.
/// A sign of life comes from the pool of threads: one that is starved gives none, and is started anew.
/// </summary>
internal sealed class SystemdNotice(IHostApplicationLifetime lifetime, ISystemdNotifier systemd, TimeProvider clock, NewStart? newStart = null) : IHostedService, IDisposable
{
    private static readonly ServiceState _alive = new("WATCHDOG=1");
    private ITimer? _signs;

    /// <summary>How often systemd wants a sign of life, by its variable; null for never.</summary>
    public TimeSpan? Watchdog { get; init; } =
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var micros) && micros > 0 ? TimeSpan.FromMicroseconds(micros) : null;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!systemd.IsEnabled) return Task.CompletedTask;
        lifetime.ApplicationStarted.Register(() =>
        {
            systemd.Notify(ServiceState.Ready);
            if (Watchdog is { } within) _signs = clock.CreateTimer(_ => systemd.Notify(_alive), null, TimeSpan.Zero, within / 3);
        });
        lifetime.ApplicationStopping.Register(() =>
        {
            // Who says that it stops and goes on is killed when the time for stopping is over.
            if (newStart?.IsUnderWay != true) systemd.Notify(ServiceState.Stopping);
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _signs?.Dispose();
}
