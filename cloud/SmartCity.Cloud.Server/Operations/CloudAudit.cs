using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>
/// The audit equation by gateway and lane. The consumers stand still between two appends while it is taken, so that what the stores count
/// and what the log still holds for them are of one moment; ingest goes on, its counters and rows come from one read transaction.
/// </summary>
internal sealed class CloudAudit(DurableLog log, TollEventConsumer tolling, ReadingConsumer? readings = null)
{
    /// <summary>The terms; null while a store is not open yet and its counts are not known.</summary>
    public async Task<IReadOnlyList<AuditTerms>?> TakeAsync(CancellationToken cancellationToken)
    {
        if (tolling.Offset < 0 || readings is { Offset: < 0 }) return null;
        return await tolling.StandStillAsync(async tollOffset =>
        {
            var events = tolling.Counts();
            if (readings is null) return Add(tollOffset, log.ConsumerOffset("readings"), events, []);
            return await readings.StandStillAsync(async offset => Add(tollOffset, offset, events, await readings.CountsAsync(cancellationToken)), cancellationToken);
        }, cancellationToken);
    }

    private List<AuditTerms> Add(long tollOffset, long readingOffset, IReadOnlyList<Tolling.TollCount> events, IReadOnlyList<TimeSeries.StoreCount> stored)
    {
        var counts = new Dictionary<(string, Lane), (long Stored, long Superseded)>();
        foreach (var count in events) counts[(count.Gateway, Lane.Toll)] = (count.Stored, count.Superseded);
        foreach (var count in stored) counts[(count.Gateway, count.Lane)] = (count.Stored, count.Superseded);
        var terms = new List<AuditTerms>();
        foreach (var lane in log.Audit(lane => lane == Lane.Toll ? tollOffset : readingOffset))
        {
            counts.Remove((lane.Gateway, lane.Lane), out var count);
            terms.Add(new AuditTerms(lane.Gateway, Lanes.NameOf(lane.Lane), lane.Accepted, count.Stored, count.Superseded, lane.Queued, lane.DeadLettered, lane.Expired));
        }
        // A store that holds what the log never took is an imbalance, and shown as one.
        foreach (var ((gateway, lane), count) in counts) terms.Add(new AuditTerms(gateway, Lanes.NameOf(lane), 0, count.Stored, count.Superseded, 0, 0, 0));
        return terms;
    }
}
