namespace SmartCity.Edge.Gateway.Broker;

/// <summary>
/// Consumes an external broker beside our own listener: connects, takes what it has for us, and after the end connects again, each time a little later.
/// Guarantee: at least once from the broker's session on; exactly once for readings with a time or sequence of their own.
/// </summary>
/// <remarks>What the broker acknowledged to a device and lost by itself is not in our hands; see its <c>persistence</c> and <c>max_queued_messages</c>.</remarks>
internal sealed class BrokerService(
    BrokerAddress address, BrokerClientOptions options, string gateway, Intake.Intake intake, BrokerState state, TimeProvider clock, ILogger<BrokerService> logger) : BackgroundService
{
    private readonly CommittedPackets _committed = new(options.ReceiveMaximum);
    private bool _isVersion5 = true;
    private string? _said;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var clientId = options.ClientId ?? $"smartcity-gateway-{gateway}";
        var (wait, hold) = (options.BackOffMin, options.BackOffMin);
        while (!stoppingToken.IsCancellationRequested)
        {
            using var session = new BrokerSession(address, options, clientId, _isVersion5, intake, _committed, state, clock);
            using var reconnect = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            string reason;
            var isRefusal = false;
            try
            {
                await session.OpenAsync(stoppingToken);
                Opened();
                wait = options.BackOffMin;
                var (running, watching) = (session.RunAsync(reconnect.Token), WatchRefusalsAsync(session, hold, reconnect.Token));
                if (await Task.WhenAny(running, watching) == watching)
                {
                    isRefusal = await watching;
                    await reconnect.CancelAsync();
                }
                reason = await running;
                if (session.Refused == 0) hold = options.BackOffMin;
            }
            catch (BrokerVersionException error)
            {
                reason = error.Message;
                if (_isVersion5) logger.BrokerOldVersion(state.Address);
                _isVersion5 = !_isVersion5;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                reason = "";
            }
            catch (Exception error) when (BrokerConnection.IsLost(error))
            {
                reason = BrokerConnection.Describe(error);
            }
            await session.SettleAsync();
            if (stoppingToken.IsCancellationRequested) break;
            if (isRefusal)
            {
                // Comes again with the next connection, which is made at once; the wait lay before.
                hold = Longer(hold);
                continue;
            }
            Closed(reason);
            await Task.Delay(Jittered(wait), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = Longer(wait);
        }
        state.Closed(clock.GetUtcNow(), "the gateway stops");
    }

    /// <summary>Completes, true, when something was refused and it is time to ask for it again.</summary>
    private async Task<bool> WatchRefusalsAsync(BrokerSession session, TimeSpan hold, CancellationToken stop)
    {
        try
        {
            var begin = clock.GetTimestamp();
            while (true)
            {
                await Task.Delay(options.BackOffMin, clock, stop);
                if (session.Refused > 0)
                {
                    Refused();
                    await Task.Delay(Jittered(hold), clock, stop);
                    return true;
                }
                if (state.Refusal is not null && clock.GetElapsedTime(begin) > options.BackOffMin * 2) TakenAgain();
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Opened()
    {
        if (!state.IsOpen) logger.BrokerOpened(state.Address, _isVersion5 ? "5.0" : "3.1.1");
        state.Opened(clock.GetUtcNow());
        _said = null;
    }

    /// <summary>Once an episode: the same reason is not said again with each attempt.</summary>
    private void Closed(string reason)
    {
        state.Closed(clock.GetUtcNow(), reason);
        if (_said == reason) return;
        logger.BrokerClosed(state.Address, reason);
        _said = reason;
    }

    private void Refused()
    {
        var reason = intake.Full ?? (intake.HasNoRoom(Model.Lane.Telemetry) ? "the telemetry lane of the spool is at its quota" : "the dead letters are at their quota: look at them and discard them (dead-letter list, discard)");
        if (state.Refusal is null) logger.BrokerRefused(reason);
        state.Refusal = reason;
    }

    private void TakenAgain()
    {
        state.Refusal = null;
        logger.BrokerTakenAgain();
    }

    private TimeSpan Longer(TimeSpan wait) => wait * 2 < options.BackOffMax ? wait * 2 : options.BackOffMax;

    private static TimeSpan Jittered(TimeSpan wait) => wait * (0.5 + Random.Shared.NextDouble());
}

internal static partial class BrokerLog
{
    [LoggerMessage(40, LogLevel.Information, "The broker {Address} is connected and subscribed to, MQTT {Version}")]
    public static partial void BrokerOpened(this ILogger logger, string address, string version);

    [LoggerMessage(41, LogLevel.Warning, "The broker {Address} is not connected: {Reason}. It keeps for us what its session holds; we go on trying")]
    public static partial void BrokerClosed(this ILogger logger, string address, string reason);

    [LoggerMessage(42, LogLevel.Error, "There is no room and messages are left with the broker: {Reason}")]
    public static partial void BrokerRefused(this ILogger logger, string reason);

    [LoggerMessage(43, LogLevel.Information, "There is room and the broker's messages are taken again")]
    public static partial void BrokerTakenAgain(this ILogger logger);

    [LoggerMessage(44, LogLevel.Information, "The broker {Address} does not speak MQTT 5.0; 3.1.1 is used")]
    public static partial void BrokerOldVersion(this ILogger logger, string address);
}
