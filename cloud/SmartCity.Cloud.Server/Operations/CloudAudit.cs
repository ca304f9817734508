using SmartCity.Cloud.Log;
using SmartCity.Cloud.Server.Consumers;
using SmartCity.Model;
using SmartCity.Model.Contracts;

namespace SmartCity.Cloud.Server.Operations;

/// <summary>
/// The audit equation by gateway and lane. The consumers stand still between two appends while it is taken, so that what the stores count
/// and what the log still holds for them are of one moment; ingest goes on, its counters and rows come from one read transaction.
/// </summary>
internal sealed class CloudAudit(DurableLog log, TimeProvider clock, TollEventConsumer tolling, ReadingConsumer? readings = null) : IAuditQueries
{
    /// <summary>Ranges of missing numbers that a page shows.</summary>
    private const int MissingMax = 200;

    /// <summary>How long an append may hold up a look.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);
    private volatile AuditLook? _last;

    /// <summary>The last look that succeeded; null before the first.</summary>
    public AuditLook? Last => _last;

    /// <summary>
    /// The terms of now; where a store does not finish its append in time, those of the last look, marked. Null where there is neither.
    /// </summary>
    public async Task<AuditLook?> LookAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            if (await TakeAsync(either.Token).WaitAsync(either.Token) is { } terms) return _last = new AuditLook(clock.GetUtcNow(), null, terms);
            return _last is { } before ? before with { Trouble = "a store is being opened" } : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return _last is { } before ? before with { Trouble = $"a store has not finished its append for {_patience.TotalSeconds:0} s; see /health/ready" } : null;
        }
    }

    async Task<AuditView?> IAuditQueries.LookAsync(Func<string, bool>? shows, CancellationToken cancellationToken)
    {
        if (await LookAsync(cancellationToken) is not { } look) return null;
        var missing = log.Completeness().Where(lane => shows?.Invoke(lane.Gateway) != false).SelectMany(lane => lane.Missing.Select(range => new MissingNumbers(lane.Gateway, Lanes.NameOf(lane.Lane), lane.Epoch, range.First, range.Last, range.Reason, range.Recorded))).ToList();
        return new AuditView(look.At, look.Trouble, shows is null ? look.Items : [.. look.Items.Where(terms => shows(terms.Gateway))], [.. missing.OrderByDescending(range => range.Recorded).Take(MissingMax)], missing.Count, shows is null ? log.Notes : []);
    }

    /// <summary>The terms; null while a store is not open yet and its counts are not known.</summary>
    public async Task<IReadOnlyList<AuditTerms>?> TakeAsync(CancellationToken cancellationToken)
    {
        if (tolling.Offset < 0 || readings is { Offset: < 0 }) return null;
        return await tolling.StandStillAsync(async tollOffset =>
        {
            var events = tolling.Counts();
            if (readings is null) return Add(tollOffset, log.ConsumerOffset("readings"), events, []);
            return await readings.StandStillAsync(async offset =>
            {
                var stored = await readings.CountsAsync(cancellationToken);
                var terms = Add(tollOffset, offset, events, stored);
                if (!log.AreBooksOpen) return terms;
                // What a log that was rescued or restored counts as accepted begins with what the stores hold; from here on the equation proves itself again.
                await log.CloseBooksAsync([.. terms.Where(term => term.Imbalance != 0).Select(term => (term.Gateway, Lanes.Parse(term.Lane)!.Value, -term.Imbalance))], cancellationToken);
                return Add(tollOffset, offset, events, stored);
            }, cancellationToken);
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

/// <summary>The audit at one moment.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Trouble">Why it is not of now; null where it is.</param>
/// <param name="Items">The terms by gateway and lane.</param>
internal sealed record AuditLook(DateTimeOffset At, string? Trouble, IReadOnlyList<AuditTerms> Items);
