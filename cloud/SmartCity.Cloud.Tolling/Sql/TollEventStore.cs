using System.Security.Cryptography;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>
/// Raw toll events. The key (device, boot, seq) exists once: the same event again is superseded; the same key with other content is kept beside the first
/// and counted as a key conflict. The log offset, and which cells of time are to be correlated again, are saved in the same transaction. One writer of events.
/// </summary>
public abstract class TollEventStore : IDisposable
{
    private const string Insert = """
        INSERT INTO toll_event(device, boot, seq, hash, gateway, time, received, clock, lane, kind, quality, json, conflict)
        VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12, (SELECT count(*) FROM (SELECT 1 FROM toll_event WHERE device = $1 AND boot = $2 AND seq = $3 LIMIT 1) known))
        ON CONFLICT DO NOTHING RETURNING conflict
        """;

    private readonly SqlSession _session;
    private readonly CorrelationOptions _options;

    private protected TollEventStore(SqlSession session, CorrelationOptions options)
    {
        (_session, _options) = (session, options);
        try
        {
            TollSchema.Ensure(session, options);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The saved offset: the next log offset to append.</summary>
    public long NextOffset => _session.Ask("SELECT next_offset FROM toll_state") ?? 0;

    /// <summary>Appends events and the offset after them; durable when it returns.</summary>
    /// <exception cref="System.Data.Common.DbException">Nothing of it was kept.</exception>
    public void Append(IReadOnlyList<(string Gateway, TollEvent Event)> events, long nextOffset)
    {
        ArgumentNullException.ThrowIfNull(events);
        _session.Change(() =>
        {
            var written = new Written[events.Count];
            _session.LookEach(Insert, [.. events.Select(one => Values(one.Gateway, one.Event))], (i, row) => written[i] = row.Number(0) == 0 ? Written.First : Written.Conflicting);
            var dirty = new HashSet<(string Lane, long Start)>();
            var counts = new Dictionary<string, TollCount>(StringComparer.Ordinal);
            for (var i = 0; i < written.Length; i++)
            {
                var (gateway, e) = events[i];
                if (written[i] != Written.Repeated) Mark(dirty, e.Lane, EventClock.TimesOf(e, _options));
                if (written[i] == Written.Conflicting) MarkOthers(dirty, e);
                var before = counts.GetValueOrDefault(gateway) ?? new TollCount(gateway, 0, 0, 0);
                counts[gateway] = written[i] switch
                {
                    Written.Repeated => before with { Superseded = before.Superseded + 1 },
                    Written.Conflicting => before with { Stored = before.Stored + 1, KeyConflicts = before.KeyConflicts + 1 },
                    _ => before with { Stored = before.Stored + 1 },
                };
            }
            _session.RunEach("""
                INSERT INTO toll_count VALUES($1,$2,$3,$4)
                ON CONFLICT(gateway) DO UPDATE SET stored = toll_count.stored + $2, superseded = toll_count.superseded + $3, conflicts = toll_count.conflicts + $4
                """, [.. counts.Values.Select(count => new SqlValue[] { count.Gateway, count.Stored, count.Superseded, count.KeyConflicts })]);
            _session.RunEach("INSERT INTO toll_dirty(lane, start) VALUES($1,$2) ON CONFLICT DO NOTHING", [.. dirty.Select(cell => new SqlValue[] { cell.Lane, cell.Start })]);
            return _session.Run("UPDATE toll_state SET next_offset = $1", nextOffset);
        });
    }

    /// <summary>Counts by gateway, as of the saved offset.</summary>
    public IReadOnlyList<TollCount> Counts() =>
        _session.Read("SELECT gateway, stored, superseded, conflicts FROM toll_count ORDER BY gateway", row => new TollCount(row.Text(0), row.Number(1), row.Number(2), row.Number(3)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Mark(HashSet<(string, long)> dirty, string lane, IEnumerable<long> times)
    {
        foreach (var window in CorrelationWindows.Dirty(times, _options)) dirty.Add((lane, window.From));
    }

    /// <summary>The events that stand under the same key take no part from now on, wherever they are.</summary>
    private void MarkOthers(HashSet<(string, long)> dirty, TollEvent e)
    {
        foreach (var (lane, time, received) in _session.Read("SELECT lane, time, received FROM toll_event WHERE device = $1 AND boot = $2 AND seq = $3",
            row => (row.Text(0), row.Number(1), row.Number(2)), e.Device, e.Boot, e.Sequence)) Mark(dirty, lane, [time, received]);
    }

    private static SqlValue[] Values(string gateway, TollEvent e) =>
        [e.Device, e.Boot, e.Sequence, SHA256.HashData(e.Json.Span), gateway, e.Time, e.Received, (long)e.Clock, e.Lane, (long)e.Kind, (long)e.Quality, e.Json.ToArray()];

    private enum Written { Repeated, First, Conflicting }
}
