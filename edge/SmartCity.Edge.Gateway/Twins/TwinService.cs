using SmartCity.Edge.Gateway.Uplink;
using SmartCity.Hosting.Operations;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Twins;

/// <summary>Looks each second whether a trial is over, and says in the log what became of a configuration.</summary>
internal sealed class TwinService(TwinAgent agent, UplinkState link, TimeProvider clock, ILogger<TwinService> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var said = KeyOf(agent.Standing.Outcome);
        using var timer = new PeriodicTimer(_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                agent.Tick(link.IsOpen && link.SilentFor is null, link.LastError);
                var outcome = agent.Standing.Outcome;
                if (outcome is { State: TwinState.RolledBack or TwinState.Refused, Reason: { } reason } && KeyOf(outcome) != said) logger.NotInForce(outcome.Version, outcome.State == TwinState.Refused ? "refused" : "rolled back", reason);
                said = KeyOf(outcome);
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }

        static (ulong?, TwinState?, string?) KeyOf(TwinOutcome? outcome) => (outcome?.Version, outcome?.State, outcome?.Reason);
    }
}

/// <summary>The twin's line in <c>/health/ready</c>. Whatever became of a configuration, the gateway serves under a good one.</summary>
internal sealed class TwinHealth(TwinAgent agent) : IHealthPart
{
    public string Name => "twin";
    public string? Trouble => null;
    public string? Warning => agent.Standing.Outcome is { State: TwinState.RolledBack or TwinState.Refused } outcome
        ? $"version {outcome.Version} of the city's configuration was {(outcome.State == TwinState.Refused ? "refused" : "rolled back")}: {outcome.Reason}{string.Concat((outcome.Faults ?? []).Take(3).Select(fault => $"; {fault}"))}" : null;
}
