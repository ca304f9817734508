using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Model;

namespace SmartCity.Cloud.Server.Tolls;

/// <summary>What gateways numbered for the toll lane, and where it went: the log's word against that of the store of events.</summary>
/// <param name="log">The log.</param>
/// <param name="events">The consumer that stores events; it stands still while it is counted.</param>
internal sealed class GatewayBooks(DurableLog log, TollEventConsumer events)
{
    private const int TriesMax = 10;

    /// <summary>By gateway; null while the store of events is not open.</summary>
    public IReadOnlyList<GatewayCount>? Count() => events.Offset < 0 ? null : events.StandStillAsync(offset => Task.FromResult(Count(offset)), CancellationToken.None).GetAwaiter().GetResult();

    private IReadOnlyList<GatewayCount> Count(long offset)
    {
        var lanes = Numbers();
        IReadOnlyList<LogAudit> books;
        // The log's numbers and its counters are read one after the other: of one moment once nothing came between.
        for (var tries = 0; ; tries++)
        {
            books = log.Audit(_ => offset);
            var again = Numbers();
            if (tries == TriesMax || again.Select(lane => (lane.Gateway, lane.Epoch, lane.Last)).SequenceEqual(lanes.Select(lane => (lane.Gateway, lane.Epoch, lane.Last)))) break;
            lanes = again;
        }
        var stored = events.Counts().ToDictionary(count => count.Gateway, StringComparer.Ordinal);
        var numbers = lanes.GroupBy(lane => lane.Gateway, StringComparer.Ordinal).ToDictionary(
            some => some.Key, some => (Numbered: some.Sum(lane => lane.Last - lane.First + 1), Lost: some.Sum(lane => lane.Missing.Sum(range => range.Last - range.First + 1))), StringComparer.Ordinal);
        var audit = books.Where(lane => lane.Lane == Lane.Toll).ToDictionary(lane => lane.Gateway, StringComparer.Ordinal);
        return [.. numbers.Keys.Concat(stored.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(gateway =>
        {
            var ((numbered, lost), there, counted) = (numbers.GetValueOrDefault(gateway), stored.GetValueOrDefault(gateway), audit.GetValueOrDefault(gateway));
            return new GatewayCount(gateway, numbered, there?.Stored ?? 0, there?.Superseded ?? 0, counted?.Queued ?? 0, counted?.DeadLettered ?? 0, lost);
        })];
    }

    private List<Completeness> Numbers() => [.. log.Completeness().Where(lane => lane.Lane == Lane.Toll)];
}
