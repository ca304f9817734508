using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>Which charges are asked for.</summary>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Point">One toll point alone; null for all.</param>
/// <param name="Lane">One lane alone; null for all.</param>
/// <param name="Outcome">One outcome alone; null for all but those of passages that are none any more.</param>
/// <param name="After">Id of the last passage that is known; empty from the beginning.</param>
/// <param name="Limit">How many at most.</param>
public sealed record ChargeQuery(DateOnly From, DateOnly To, string? Point = null, string? Lane = null, ChargeOutcome? Outcome = null, string After = "", int Limit = 100);

/// <summary>Everything that is known of one passage.</summary>
/// <param name="Passage">The passage; null where there was one and is none any more.</param>
/// <param name="Charge">Its charge; null where it has none yet.</param>
/// <param name="Events">The events it is made of, and those that lost to one of them, in order of time.</param>
/// <param name="Suppressed">The reads that lost to one of its events, with why.</param>
/// <param name="Findings">Codes of what was found about it.</param>
/// <param name="Chains">What was sent to the ledger for it, in order.</param>
public sealed record PassageEvidence(
    Passage? Passage, Charge? Charge, IReadOnlyList<TollEvent> Events, IReadOnlyList<SuppressedRead> Suppressed, IReadOnlyList<string> Findings, IReadOnlyList<OutgoingChain> Chains);

/// <summary>What one toll point's charges of one day come to.</summary>
/// <param name="Day">Business date.</param>
/// <param name="Point">Toll point.</param>
/// <param name="Outcome">Outcome.</param>
/// <param name="Code">Why there is no charge; null where there is one.</param>
/// <param name="Count">How many passages.</param>
/// <param name="Net">Minor units.</param>
/// <param name="Vat">Minor units.</param>
public sealed record ChargeTotal(DateOnly Day, string Point, ChargeOutcome Outcome, string? Code, long Count, long Net, long Vat);

/// <summary>Reads passages and charges beside the one that writes them; never waits for it and never makes it wait. One thread at a time.</summary>
public abstract class PassageQueries : IDisposable
{
    private readonly SqlSession _session;

    private protected PassageQueries(SqlSession session) => _session = session;

    /// <summary>Charges in the order of their passages' ids, from one to the next: the same whatever comes between.</summary>
    public IReadOnlyList<Charge> Charges(ChargeQuery query) => _session.Read(
        $"""
        SELECT body FROM charge WHERE passage > $1 AND day BETWEEN $2 AND $3 AND ($4 IS NULL OR point = $4) AND ($5 IS NULL OR lane = $5)
          AND CASE WHEN $6 IS NULL THEN outcome <> {(int)ChargeOutcome.Void} ELSE outcome = $6 END ORDER BY passage LIMIT $7
        """, PassageStore.ReadCharge,
        query.After, query.From, query.To, query.Point, query.Lane, (long?)query.Outcome, query.Limit);

    /// <summary>Sums by day, toll point and outcome.</summary>
    public IReadOnlyList<ChargeTotal> Totals(DateOnly from, DateOnly to) => _session.Read(
        $"SELECT day, point, outcome, code, count(*), sum(net), sum(vat) FROM charge WHERE day BETWEEN $1 AND $2 AND outcome <> {(int)ChargeOutcome.Void} GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4",
        row => new ChargeTotal(row.Day(0), row.Text(1), (ChargeOutcome)row.Number(2), row.TextOrNull(3), row.Number(4), row.Number(5), row.Number(6)),
        from, to);

    /// <summary>The first and last business date that has a passage or a booking of a bank; null where there is none.</summary>
    public (DateOnly From, DateOnly To)? Days() => _session.Read(
        """
        SELECT min(day), max(day) FROM (SELECT min(day) AS day FROM charge UNION ALL SELECT max(day) FROM charge UNION ALL SELECT min(booked) FROM bank_entry UNION ALL SELECT max(booked) FROM bank_entry) d
        """, row => row.IsNull(0) ? ((DateOnly, DateOnly)?)null : (row.Day(0), row.Day(1))).Single();

    /// <summary>Keys of the plates that passed on some days, as far as they are known and not erased; each once.</summary>
    public IReadOnlyList<string> PlatesOf(DateOnly from, DateOnly to) =>
        _session.Read("SELECT DISTINCT vehicle FROM passage WHERE day BETWEEN $1 AND $2 AND vehicle IS NOT NULL AND vehicle NOT LIKE 'tag:%'", row => row.Text(0), from, to);

    /// <summary>One passage; null where there is none.</summary>
    public Passage? FindPassage(string id) => _session.Read("SELECT body FROM passage WHERE id = $1", PassageStore.ReadPassage, id).SingleOrDefault();

    /// <summary>The charge of one passage; null where there never was one.</summary>
    public Charge? FindCharge(string id) => _session.Read("SELECT body FROM charge WHERE passage = $1", PassageStore.ReadCharge, id).SingleOrDefault();

    /// <summary>All that is known of a passage; null where there never was one.</summary>
    public PassageEvidence? Find(string id)
    {
        var passage = FindPassage(id);
        var charge = FindCharge(id);
        if (passage is null && charge is null) return null;
        var suppressed = passage is null ? [] : _session.Read("SELECT body FROM toll_read WHERE point = $1 AND outcome = 'suppressed' AND at BETWEEN $2 AND $3 ORDER BY at",
            row => JsonSerializer.Deserialize(row.Span(0), PassageJson.Default.SuppressedRead)!, passage.TollPoint, passage.Time - 120_000_000, passage.Time + 120_000_000).Where(read => read.WinnerPassage == id || read.Passage == id).ToList();
        var named = (passage?.Members.Select(member => member.Event) ?? []).Concat(suppressed.Select(read => read.Event)).ToList();
        var events = named.SelectMany(EventsOf).OrderBy(e => e.Time).ToList();
        var findings = _session.Read("SELECT code FROM toll_finding WHERE passage = $1 UNION ALL SELECT 'IMPOSSIBLE_TRAVEL' FROM toll_travel WHERE passage = $1 ORDER BY 1", row => row.Text(0), id);
        var chains = _session.Read("SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE passage = $1 ORDER BY revision", PassageStore.ReadChain, id);
        return new PassageEvidence(passage, charge, events, suppressed, findings, chains);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        GC.SuppressFinalize(this);
    }

    private List<TollEvent> EventsOf(TollEventRef named) => [.. _session.Read(
        $"SELECT {PassageStore.EventColumns} FROM toll_event e WHERE device = $1 AND boot = $2 AND seq = $3", PassageStore.ReadEvent, named.Device, named.Boot, named.Sequence)
        .Where(e => TollEventRef.Of(e) == named)];
}
