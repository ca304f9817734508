using Grpc.Core;
using SmartCity.Cloud.Log;

namespace SmartCity.Cloud.Server.Ingest;

/// <summary>Lets one process send as each gateway, and remembers durably which. Thread-safe.</summary>
internal sealed class GatewaySenders(DurableLog log, TimeProvider clock, ILogger<GatewaySenders> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, long> _acceptedAt = new(StringComparer.Ordinal);

    /// <summary>Accepts a stream's greeting.</summary>
    /// <param name="gateway">Gateway id.</param>
    /// <param name="incarnation">Its process's random number; 0 from one that makes none, of which nothing is told.</param>
    /// <param name="openedAt">The clock's timestamp when its connection's handshake had ended: then it lived.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UplinkRefusal">It sends from a copy, or has ended already.</exception>
    public async Task AcceptAsync(string gateway, ulong incarnation, long openedAt, CancellationToken cancellationToken)
    {
        if (incarnation == 0) return;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var senders = log.SendersOf(gateway);
            var before = senders;
            var verdict = SenderHistory.Take(ref senders, incarnation, !_acceptedAt.TryGetValue(gateway, out var accepted) || openedAt > accepted);
            if (verdict == SenderVerdict.Late) throw new UplinkRefusal("E-UPLINK-SENDER", StatusCode.Aborted, "a later start of this gateway has sent already; this stream is of the one before.");
            if (verdict == SenderVerdict.Copy)
                throw new UplinkRefusal("E-UPLINK-CLONE", StatusCode.PermissionDenied, "an earlier start of this gateway still sends: this one sends from a copy of its spool or with a copy of its certificate. " +
                    "Stop the copy. If this is the right one, stop the other and start this one again.");
            if (verdict == SenderVerdict.AcceptedBesideCopies) logger.CopyFound(gateway);
            if (!ReferenceEquals(senders, before))
            {
                await log.SaveSendersAsync(gateway, senders, cancellationToken);
                _acceptedAt[gateway] = clock.GetTimestamp();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
