using SmartCity.Edge.Spool;
using SmartCity.Model;
using SmartCity.Model.Columns;
using SmartCity.Model.Tolling;

namespace SmartCity.Edge.Gateway.Status;

/// <summary>A lane of the spool as an operator sees it: what it holds, since when, and the terms of its audit equation.</summary>
/// <param name="Lane">Name of the lane.</param>
/// <param name="Queued">Values that the cloud has not acknowledged.</param>
/// <param name="Bytes">Bytes that they take.</param>
/// <param name="QuotaBytes">Bytes that they may take.</param>
/// <param name="Oldest">When the oldest of them came, gateway clock; null where there are none.</param>
/// <param name="Accepted">Values acknowledged to devices.</param>
/// <param name="Stored">Values acknowledged by the cloud.</param>
/// <param name="Superseded">Known repeats.</param>
/// <param name="DeadLettered">Values set aside.</param>
/// <param name="Expired">Values given up under the operator's rule, or lost in a recorded gap.</param>
/// <param name="Imbalance">What the equation leaves over; zero, always.</param>
internal sealed record LaneStat(
    string Lane, long Queued, long Bytes, long QuotaBytes, DateTimeOffset? Oldest, long Accepted, long Stored, long Superseded, long DeadLettered, long Expired, long Imbalance)
{
    /// <summary>All lanes, the most urgent first.</summary>
    public static IReadOnlyList<LaneStat> Of(Edge.Spool.Spool spool) =>
    [
        .. spool.Audit().OrderByDescending(lane => lane.Lane).Select(lane => new LaneStat(
            Lanes.NameOf((Model.Lane)lane.Lane), lane.Queued, lane.Bytes, lane.QuotaBytes, lane.Queued == 0 ? null : OldestIn(spool, lane.Lane),
            lane.Accepted, lane.Stored, lane.Superseded, lane.DeadLettered, lane.Expired, lane.Imbalance)),
    ];

    private static DateTimeOffset? OldestIn(Edge.Spool.Spool spool, byte lane)
    {
        var entries = new List<SpoolEntry>();
        foreach (var position in spool.Positions().Where(position => position.Lane == lane && position.FirstHeld > 0))
        {
            entries.Clear();
            spool.Read(position.Epoch, lane, position.FirstHeld, 1, entries);
            foreach (var entry in entries)
                if (entry.Gap is null && ReceivedFirst(lane, entry.Columns) is { } micros) return UnixMicros.ToTime(micros);
        }
        return null;
    }

    private static long? ReceivedFirst(byte lane, byte[] columns)
    {
        if (lane == (byte)Model.Lane.Toll)
        {
            var events = new List<TollEvent>();
            return TollColumns.TryDecode(columns, events) == ColumnsError.None && events.Count > 0 ? events[0].Received : null;
        }
        var readings = new ReadingBatch(16);
        return ReadingColumns.TryDecode(columns, readings) == ColumnsError.None && readings.Count > 0 ? readings.Received[0] : null;
    }
}
