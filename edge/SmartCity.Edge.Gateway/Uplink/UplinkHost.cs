using System.Collections.Concurrent;
using SmartCity.Devices.Topics;
using SmartCity.Edge.Gateway.Intake;
using SmartCity.Model;
using SmartCity.Mqtt;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>The gateway as its uplink sees it.</summary>
internal sealed class UplinkHost(Edge.Spool.Spool spool, CommitLoop commits, ClockTrust trust, MqttHub hub, TimeProvider clock, ILogger<UplinkHost> logger) : IUplinkHost
{
    /// <summary>Commands on their way to devices; one more is let go and said.</summary>
    private const int CommandsMax = 1_000;
    private readonly ConcurrentDictionary<string, byte> _commands = [];

    /// <inheritdoc/>
    public void Release(ulong epoch, byte lane, long through) => commits.Release(epoch, lane, through);

    /// <inheritdoc/>
    public void ObserveServerTime(long micros) => trust.Observe(micros);

    /// <inheritdoc/>
    public Protos.Uplink.V1.Status Status()
    {
        var audit = spool.Audit();
        var status = new Protos.Uplink.V1.Status
        {
            TimeMicros = UnixMicros.Now(clock),
            QueuedValues = (ulong)audit.Sum(lane => lane.Queued),
            QueuedBytes = (ulong)audit.Sum(lane => lane.Bytes),
            QuotaBytes = (ulong)audit.Sum(lane => lane.QuotaBytes),
            DeadLetters = (ulong)spool.DeadLetterCount,
            ConnectedDevices = (uint)hub.ConnectionCount,
            ClockTrusted = trust.IsTrusted,
        };
        foreach (var lane in audit)
            status.Audit.Add(new GatewayAudit
            {
                Lane = (Protos.Uplink.V1.Lane)lane.Lane,
                Accepted = (ulong)lane.Accepted,
                Stored = (ulong)lane.Stored,
                Superseded = (ulong)lane.Superseded,
                Queued = (ulong)lane.Queued,
                DeadLettered = (ulong)lane.DeadLettered,
                Expired = (ulong)lane.Expired,
            });
        return status;
    }

    /// <inheritdoc/>
    public void Execute(Command command)
    {
        if (_commands.Count >= CommandsMax || !_commands.TryAdd(command.RequestId, 0))
        {
            logger.CommandDropped(command.RequestId, command.Device);
            return;
        }
        _ = PublishAsync(command);
    }

    private async Task PublishAsync(Command command)
    {
        try
        {
            var topic = TopicGrammar.Of(TopicKind.Command, command.Device, command.RequestId);
            if (await hub.PublishAsync(topic, command.Payload.ToByteArray(), 1) == 0) logger.CommandUnheard(command.RequestId, command.Device);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or OperationCanceledException or IOException)
        {
            logger.CommandFailed(command.RequestId, command.Device, error.Message);
        }
        finally
        {
            _commands.TryRemove(command.RequestId, out _);
        }
    }
}

internal static partial class CommandLog
{
    [LoggerMessage(30, LogLevel.Warning, "Command {Request} to {Device} was dropped: too many are under way, or it is one of them")]
    public static partial void CommandDropped(this ILogger logger, string request, string device);

    [LoggerMessage(31, LogLevel.Warning, "Command {Request} reached nobody: {Device} has no session here that listens")]
    public static partial void CommandUnheard(this ILogger logger, string request, string device);
}
