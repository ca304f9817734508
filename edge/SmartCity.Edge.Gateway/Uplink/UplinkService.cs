using System.Security.Cryptography;
using Grpc.Core;
using Grpc.Net.Client;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>
/// Keeps the stream to the cloud open: opens it, runs it, and after it ends opens it again, each time a little later.
/// Guarantee: exactly once. Everything is sent from the cloud's watermark on, and freed only when the cloud says that it is durable there.
/// </summary>
public sealed class UplinkService(
    UplinkOptions options, SmartCity.Edge.Spool.Spool spool, IUplinkHost host, UplinkState state, Func<GrpcChannel> connect,
    TimeProvider clock, ILogger<UplinkService> logger) : BackgroundService
{
    private static readonly TimeSpan _lookOftenFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _oftenEnough = TimeSpan.FromSeconds(2);

    // Two senders of one spool differ in it, so that the cloud can refuse the copy.
    private readonly ulong _incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    // Ends what is under way for a new beginning.
    private CancellationTokenSource? _again;

    /// <summary>Closes the stream, or ends the wait for the next attempt, and opens one at once: the way to the city is another.</summary>
    public void Reconnect()
    {
        try
        {
            // What waits for it goes on by itself, and not on the caller's thread.
            _ = Volatile.Read(ref _again)?.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The next attempt begins just now.
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = options.BackOffMin;
        var lost = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var sessions = state.Sessions;
            string reason;
            using var again = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Volatile.Write(ref _again, again);
            try
            {
                using var channel = connect();
                using var session = new UplinkSession(options, spool, host, state, _incarnation, clock, logger);
                await session.RunAsync(new Protos.Uplink.V1.UplinkService.UplinkServiceClient(channel), again.Token);
                reason = "the cloud ended the stream";
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException error)
            {
                reason = $"{error.StatusCode}: {Innermost(error)}";
            }
            catch (Exception error) when (error is IOException or HttpRequestException or TimeoutException or UplinkSettingsException or OperationCanceledException)
            {
                reason = error.Message;
            }
            if (again.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
            {
                state.Closed(clock.GetUtcNow(), "the city's configuration names another address");
                (wait, lost) = (options.BackOffMin, clock.GetTimestamp());
                continue;
            }
            if (state.Sessions > sessions) (wait, lost) = (options.BackOffMin, clock.GetTimestamp());
            var jittered = wait * (0.5 + Random.Shared.NextDouble());
            state.Closed(clock.GetUtcNow(), reason);
            logger.Closed(options.Files.Address, reason.TrimEnd('.'), jittered);
            await Task.Delay(jittered, clock, again.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (again.IsCancellationRequested)
            {
                (wait, lost) = (options.BackOffMin, clock.GetTimestamp());
                continue;
            }
            // A server that is started again is back within half a minute; until then a gateway looks often enough to be back with it.
            var most = clock.GetElapsedTime(lost) < _lookOftenFor && _oftenEnough < options.BackOffMax ? _oftenEnough : options.BackOffMax;
            wait = wait * 2 < most ? wait * 2 : most;
        }
    }

    private static string Innermost(RpcException error)
    {
        Exception? inner = error.Status.DebugException;
        while (inner?.InnerException is not null) inner = inner.InnerException;
        return inner?.Message ?? error.Status.Detail;
    }
}
