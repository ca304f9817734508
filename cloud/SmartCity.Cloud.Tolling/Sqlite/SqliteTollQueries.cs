using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sqlite;

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
public sealed class SqliteTollQueries : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Statements _statements;

    /// <summary>Opens the file to read.</summary>
    /// <exception cref="SqliteException">There is none, or it cannot be opened.</exception>
    public SqliteTollQueries(string file)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        _connection.Open();
        _statements = new Statements(_connection);
    }

    /// <summary>Charges in the order of their passages' ids, from one to the next: the same whatever comes between.</summary>
    public IReadOnlyList<Charge> Charges(ChargeQuery query) => _statements.Read(
        $"""
        SELECT body FROM charge WHERE passage > $1 AND day BETWEEN $2 AND $3 AND ($4 IS NULL OR point = $4) AND ($5 IS NULL OR lane = $5)
          AND CASE WHEN $6 IS NULL THEN outcome <> {(int)ChargeOutcome.Void} ELSE outcome = $6 END ORDER BY passage LIMIT $7
        """, row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!,
        query.After, query.From.DayNumber, query.To.DayNumber, query.Point, query.Lane, (long?)query.Outcome, query.Limit);

    /// <summary>Sums by day, toll point and outcome.</summary>
    public IReadOnlyList<ChargeTotal> Totals(DateOnly from, DateOnly to) => _statements.Read(
        $"SELECT day, point, outcome, code, count(*), sum(net), sum(vat) FROM charge WHERE day BETWEEN $1 AND $2 AND outcome <> {(int)ChargeOutcome.Void} GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4",
        row => new ChargeTotal(DateOnly.FromDayNumber(row.GetInt32(0)), row.GetString(1), (ChargeOutcome)row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6)),
        from.DayNumber, to.DayNumber);

    /// <summary>The first and last business date that has a passage; null where there is none.</summary>
    public (DateOnly From, DateOnly To)? Days() => _statements.Read("SELECT min(day), max(day) FROM charge", row => row.IsDBNull(0) ? ((DateOnly, DateOnly)?)null : (DateOnly.FromDayNumber(row.GetInt32(0)), DateOnly.FromDayNumber(row.GetInt32(1)))).Single();

    /// <summary>One passage; null where there is none.</summary>
    public Passage? FindPassage(string id) => _statements.Read("SELECT body FROM passage WHERE id = $1", row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.Passage)!, id).SingleOrDefault();

    /// <summary>All that is known of a passage; null where there never was one.</summary>
    public PassageEvidence? Find(string id)
    {
        var passage = FindPassage(id);
        var charge = _statements.Read("SELECT body FROM charge WHERE passage = $1", row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!, id).SingleOrDefault();
        if (passage is null && charge is null) return null;
        var suppressed = passage is null ? [] : _statements.Read("SELECT body FROM toll_read WHERE point = $1 AND outcome = 'suppressed' AND at BETWEEN $2 AND $3 ORDER BY at",
            row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.SuppressedRead)!, passage.TollPoint, passage.Time - 120_000_000, passage.Time + 120_000_000).Where(read => read.WinnerPassage == id || read.Passage == id).ToList();
        var named = (passage?.Members.Select(member => member.Event) ?? []).Concat(suppressed.Select(read => read.Event)).ToList();
        var events = named.SelectMany(EventsOf).OrderBy(e => e.Time).ToList();
        var findings = _statements.Read("SELECT code FROM toll_finding WHERE passage = $1 ORDER BY code", row => row.GetString(0), id);
        var chains = _statements.Read("SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE passage = $1 ORDER BY revision", SqlitePassageStore.ReadChain, id);
        return new PassageEvidence(passage, charge, events, suppressed, findings, chains);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    private List<TollEvent> EventsOf(TollEventRef named) => [.. _statements.Read(
        $"SELECT {SqlitePassageStore.EventColumns} FROM toll_event e WHERE device = $1 AND boot = $2 AND seq = $3", SqlitePassageStore.ReadEvent, named.Device, unchecked((long)named.Boot), unchecked((long)named.Sequence))
        .Where(e => TollEventRef.Of(e) == named)];
}
