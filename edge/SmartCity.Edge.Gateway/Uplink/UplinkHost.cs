using SmartCity.Edge.Gateway.Intake;
using SmartCity.Edge.Gateway.Twins;
using SmartCity.Model;
using SmartCity.Mqtt;
using SmartCity.Protos.Uplink.V1;

namespace SmartCity.Edge.Gateway.Uplink;

/// <summary>The gateway as its uplink sees it.</summary>
internal sealed class UplinkHost(Edge.Spool.Spool spool, CommitLoop commits, ClockTrust trust, MqttHub hub, CommandBook book, TwinAgent twin, TwinReporter reporter, TimeProvider clock) : IUplinkHost
{
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
    public void Execute(Command command) => book.Execute(command);

    /// <inheritdoc/>
    public event Action? CommandsChanged
    {
        add
        {
            book.Changed += value;
            twin.Reported += value;
        }
        remove
        {
            book.Changed -= value;
            twin.Reported -= value;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<CommandResult> CommandResults(ref long look) => book.Results(ref look);

    /// <inheritdoc/>
    public void CommandStored(CommandStored stored) => book.Stored(stored);

    /// <inheritdoc/>
    public void Desire(TwinPatch desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        twin.Desire(desired.Version, Convert.ToHexStringLower(desired.Hash.Span), desired.Json.ToByteArray());
    }

    /// <inheritdoc/>
    public TwinReport? TwinReport(ref long look) => reporter.Report(ref look);

    /// <inheritdoc/>
    public void TwinStored(TwinStored stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        twin.Answered((long)Math.Min(stored.Number, long.MaxValue));
    }
}
