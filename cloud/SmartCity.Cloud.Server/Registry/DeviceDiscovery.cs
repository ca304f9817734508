using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Registry;

/// <summary>
/// Enters devices that were heard and that nobody has entered: with the model of the kind that they say they are, where there is exactly one, so that their
/// values are judged from the first minute. What a person has entered is left alone.
/// </summary>
internal sealed class DeviceDiscovery(IDeviceRegistry registry, TimeProvider clock, ILogger<DeviceDiscovery> logger, ILatestQueries? latest = null) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(10);
    /// <summary>At a time, so that a first look at a large city does not hold up a person's change.</summary>
    private const int ChangesMax = 1_000;

    /// <summary>Looks once.</summary>
    /// <returns>How many were entered.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        if (latest is null) return 0;
        var models = registry.Models.GroupBy(model => model.Value.Kind, StringComparer.Ordinal).Where(kind => kind.Count() == 1).ToDictionary(kind => kind.Key, kind => kind.Single().Value.Id, StringComparer.Ordinal);
        var changes = new List<RegistryChange>();
        foreach (var device in await latest.DevicesAsync(new LatestFilter(), cancellationToken))
        {
            var known = registry.Device(device.Id);
            var model = device.Kind is { } kind ? models.GetValueOrDefault(kind) : null;
            if (known is null) changes.Add(new RegistryChange(Device: new RegisteredDevice(device.Id, model, IsDiscovered: true), ExpectedVersion: 0));
            else if (known.Value is { IsDiscovered: true, Model: null } && model is not null) changes.Add(new RegistryChange(Device: known.Value with { Model = model }, ExpectedVersion: known.Version));
            if (changes.Count == ChangesMax) break;
        }
        return changes.Count == 0 ? 0 : registry.Apply(changes).Added;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // A store that is down, or a person who was faster; it is looked again.
                logger.DiscoveryFailed(error.Message);
            }
            await Task.Delay(_every, clock, stoppingToken);
        }
    }
}

internal static partial class RegistryLog
{
    [LoggerMessage(60, LogLevel.Debug, "Devices that were heard could not be entered now: {Reason}")]
    public static partial void DiscoveryFailed(this ILogger logger, string reason);
}
