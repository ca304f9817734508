using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>
/// Passages, what became of reads, findings and charges, beside the events. One writer: what it does between <see cref="Begin"/> and
/// <see cref="Commit"/> is one commit, and all it reads then is of that moment. Many things are asked and kept together, since each way to the store costs
/// more than what is done there.
/// </summary>
public abstract class PassageStore : IDisposable
{
    internal const string EventColumns = "e.device, e.boot, e.seq, e.time, e.received, e.clock, e.lane, e.kind, e.quality, e.json";

    private readonly SqlSession _session;
    private readonly CorrelationOptions _options;

    private protected PassageStore(SqlSession session, CorrelationOptions options)
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

    /// <summary>Begins a change; nothing is kept of it unless <see cref="Commit"/> returns.</summary>
    public void Begin() => _session.BeginChange();

    /// <summary>Makes the change durable.</summary>
    public void Commit() => _session.Commit();

    /// <summary>Gives up what was begun and not committed.</summary>
    public void Abandon() => _session.Abandon();

    /// <summary>Cells of time in which something came since they were correlated, the earliest first.</summary>
    /// <param name="isWanted">Which ones; others wait.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<DirtyCell> Dirty(Func<DirtyCell, bool> isWanted, int max)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        var cells = new List<DirtyCell>();
        if (max > 0)
            _session.Look("SELECT lane, start FROM toll_dirty ORDER BY start, lane", row =>
            {
                var cell = new DirtyCell(row.Text(0), row.Number(1));
                if (isWanted(cell)) cells.Add(cell);
                return cells.Count < max;
            });
        return cells;
    }

    /// <summary>
    /// Gives up correlating cells whose plates were erased by the rules of retention: without them their passages would come to nothing. What came for them is
    /// a finding each. It is to be called within a change.
    /// </summary>
    /// <param name="dayOf">Business date of a moment.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <returns>How many.</returns>
    public int GiveUpErased(Func<long, DateOnly> dayOf, long now)
    {
        ArgumentNullException.ThrowIfNull(dayOf);
        if (_session.Ask("SELECT before FROM toll_erased") is not { } before) return 0;
        var cells = _session.Read("SELECT lane, start FROM toll_dirty WHERE start < $1", row => new DirtyCell(row.Text(0), row.Number(1)), before);
        _session.RunEach("INSERT INTO toll_finding VALUES($1,'',$2,'ERASED_MEANWHILE',$2,$3,NULL,NULL,$4,$5) ON CONFLICT DO NOTHING", [.. cells.Select(cell => new SqlValue[]
        {
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"ERASED_MEANWHILE\0{cell.Lane}\0{cell.Start}"))).AsSpan(0, 16)), cell.Start, dayOf(cell.Start), $"lane {cell.Lane}", now,
        })]);
        Clean(cells);
        return cells.Count;
    }

    /// <summary>Events of lanes whose device's or gateway's time lies in a span, and all that stand under the key of one of them; some of them twice.</summary>
    internal List<NamedEvent> Events(IEnumerable<string> lanes, TimeWindow span)
    {
        var asked = lanes.Select(lane => new SqlValue[] { lane, span.From, span.To }).ToList();
        var events = new List<NamedEvent>();
        _session.LookEach(
            $"""
            SELECT {EventColumns}, e.hash FROM toll_event e WHERE lane = $1 AND time >= $2 AND time < $3
            UNION ALL SELECT {EventColumns}, e.hash FROM toll_event e WHERE lane = $1 AND received >= $2 AND received < $3 AND NOT (time >= $2 AND time < $3)
            """, asked, (_, row) => events.Add(ReadNamed(row)));
        if (_session.Ask("SELECT 1 FROM toll_event WHERE conflict = 1 LIMIT 1") is not null)
            _session.LookEach(
                $"""
                SELECT {EventColumns}, e.hash FROM toll_event e JOIN (
                  SELECT DISTINCT s.device, s.boot, s.seq FROM (
                    SELECT device, boot, seq FROM toll_event WHERE lane = $1 AND time >= $2 AND time < $3
                    UNION ALL SELECT device, boot, seq FROM toll_event WHERE lane = $1 AND received >= $2 AND received < $3) s
                  CROSS JOIN toll_event c WHERE c.device = s.device AND c.boot = s.boot AND c.seq = s.seq AND c.conflict = 1) k
                ON e.device = k.device AND e.boot = k.boot AND e.seq = k.seq
                """, asked, (_, row) => events.Add(ReadNamed(row)));
        return events;
    }

    /// <summary>Passages that stand in cells of a toll point.</summary>
    /// <param name="point">Toll point.</param>
    /// <param name="from">Start of the first cell.</param>
    /// <param name="to">Start of the cell after the last.</param>
    internal List<Passage> Standing(string point, long from, long to) =>
        _session.Read("SELECT body FROM passage WHERE point = $1 AND cell >= $2 AND cell < $3", ReadPassage, point, from, to);

    /// <summary>Passages of vehicles on some days each, in no order, without their members.</summary>
    internal List<Passage>[] OfVehicles(IEnumerable<(string Vehicle, DateOnly From, DateOnly To)> asked) =>
        _session.ReadEach("SELECT body FROM passage WHERE vehicle = $1 AND day BETWEEN $2 AND $3", [.. asked.Select(one => new SqlValue[] { one.Vehicle, one.From, one.To })],
            row => JsonSerializer.Deserialize(row.Span(0), RatedPassageJson.Default.Passage)!);

    /// <summary>Where and when vehicles were seen on some days each, in order of time; duplicates are left out.</summary>
    internal List<(string Point, long Time)>[] WaysOf(IEnumerable<(string Vehicle, DateOnly From, DateOnly To)> asked) => _session.ReadEach(
        $"SELECT point, at FROM passage WHERE vehicle = $1 AND day BETWEEN $2 AND $3 AND state <> {(int)PassageState.Duplicate} ORDER BY at",
        [.. asked.Select(one => new SqlValue[] { one.Vehicle, one.From, one.To })], row => (row.Text(0), row.Number(1)));

    /// <summary>Keeps what was found about the ways of a vehicle on some days, in place of what stood. A finding that stands on keeps the time it was found.</summary>
    internal void PutTravel(string vehicle, DateOnly from, DateOnly to, IReadOnlyCollection<(Finding Finding, DateOnly Day)> findings, long now)
    {
        var before = _session.Read("SELECT key FROM toll_travel WHERE vehicle = $1 AND day BETWEEN $2 AND $3", row => row.Text(0), vehicle, from, to).ToHashSet(StringComparer.Ordinal);
        foreach (var (finding, day) in findings)
        {
            var key = FindingKey.Of(finding);
            before.Remove(key);
            _session.Run("INSERT INTO toll_travel VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT(key) DO UPDATE SET vehicle = $2, day = $3, at = $5, detail = $8",
                key, vehicle, day, finding.TollPoint, finding.Time, finding.Event?.ToString(), finding.Passage, finding.Detail, now);
        }
        foreach (var key in before) _session.Run("DELETE FROM toll_travel WHERE key = $1", key);
    }

    /// <summary>Whether anything at all was found about ways.</summary>
    internal bool HasTravel => _session.Ask("SELECT 1 FROM toll_travel LIMIT 1") is not null;

    /// <summary>Keeps passages in place of those of their ids.</summary>
    /// <param name="passages">The passages, each with its business date.</param>
    internal void Put(IEnumerable<(Passage Passage, DateOnly Day)> passages) => _session.RunEach("""
        INSERT INTO passage VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)
        ON CONFLICT(id) DO UPDATE SET point = $2, cell = $3, at = $4, lane = $5, day = $6, vehicle = $7, state = $8, body = $9
        """, [.. passages.AsParallel().AsOrdered().Select(one => new SqlValue[]
        {
            one.Passage.Id, one.Passage.TollPoint, CorrelationWindows.CellOf(one.Passage.Time, _options), one.Passage.Time, one.Passage.Lane, one.Day, one.Passage.Vehicle, (long)one.Passage.State,
            JsonSerializer.SerializeToUtf8Bytes(one.Passage, PassageJson.Default.Passage),
        })]);

    /// <summary>Forgets passages that are none any more.</summary>
    internal void Remove(IEnumerable<Passage> passages) => _session.RunEach("DELETE FROM passage WHERE id = $1", [.. passages.Select(passage => new SqlValue[] { passage.Id })]);

    /// <summary>Keeps what became of the reads of cells, and their findings, in place of what stood. A finding that stands on keeps the time it was found.</summary>
    /// <param name="point">Toll point.</param>
    /// <param name="results">What each cell came to, with the business date of the cell's beginning.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    internal void PutReads(string point, IReadOnlyList<(CorrelationResult Result, DateOnly Day)> results, long now)
    {
        _session.RunEach("DELETE FROM toll_read WHERE point = $1 AND cell = $2", [.. results.Select(one => new SqlValue[] { point, one.Result.Window.From })]);
        _session.RunEach("INSERT INTO toll_read VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT DO NOTHING", [.. results.SelectMany(one => Reads(point, one.Result))]);
        PutFindings(point, results, now);
        _session.RunEach("""
            INSERT INTO toll_tally VALUES($1,$2,$3,$4,$5,$6,$7,$8)
            ON CONFLICT(point, cell) DO UPDATE SET day = $3, events = $4, attached = $5, suppressed = $6, orphans = $7, held = $8
            """, [.. results.Select(one => new SqlValue[]
            {
                point, one.Result.Window.From, one.Day, one.Result.Tally.Events, one.Result.Tally.Attached, one.Result.Tally.Suppressed, one.Result.Tally.Orphans, one.Result.Tally.Held,
            })]);
    }

    /// <summary>Says that cells are correlated.</summary>
    internal void Clean(IEnumerable<DirtyCell> cells) => _session.RunEach("DELETE FROM toll_dirty WHERE lane = $1 AND start = $2", [.. cells.Select(cell => new SqlValue[] { cell.Lane, cell.Start })]);

    /// <summary>Number of the configuration that everything was correlated and rated by, or is to be; 0 before the first.</summary>
    public int AppliedConfiguration => (int)(_session.Ask("SELECT number FROM toll_applied") ?? 0);

    /// <summary>Asks that what is kept is correlated and rated again, since toll points, registers or prices changed.</summary>
    /// <param name="number">Number of the configuration to do it by.</param>
    /// <param name="correlateFrom">The first day to correlate: a sealed period keeps the passages it was sealed with.</param>
    /// <param name="rateFrom">The first day to rate, which may be earlier where a price was wrong.</param>
    public void Apply(int number, DateOnly correlateFrom, DateOnly rateFrom)
    {
        TollSchema.MarkAll(_session, _options, UnixMicros.From(new DateTimeOffset(correlateFrom.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)));
        _session.Run("INSERT INTO toll_rate_due(vehicle, day) SELECT DISTINCT vehicle, day FROM passage WHERE vehicle IS NOT NULL AND day >= $1 ON CONFLICT DO NOTHING", rateFrom);
        _session.Run("INSERT INTO toll_applied VALUES(1, $1) ON CONFLICT(id) DO UPDATE SET number = $1", number);
    }

    /// <summary>Asks that days of vehicles are rated again.</summary>
    public void MarkDue(IEnumerable<(string Vehicle, DateOnly Day)> days) =>
        _session.RunEach("INSERT INTO toll_rate_due(vehicle, day) VALUES($1,$2) ON CONFLICT DO NOTHING", [.. days.Select(one => new SqlValue[] { one.Vehicle, one.Day })]);

    /// <summary>Days of vehicles that are to be rated.</summary>
    public IReadOnlyList<(string Vehicle, DateOnly Day)> Due(int max) => _session.Read("SELECT vehicle, day FROM toll_rate_due ORDER BY vehicle, day LIMIT $1", row => (row.Text(0), row.Day(1)), max);

    /// <summary>Says that days of vehicles are rated.</summary>
    internal void MarkRated(IEnumerable<(string Vehicle, DateOnly Day)> days) =>
        _session.RunEach("DELETE FROM toll_rate_due WHERE vehicle = $1 AND day = $2", [.. days.Select(one => new SqlValue[] { one.Vehicle, one.Day })]);

    /// <summary>The charges that stand for passages, by passage; those that never had one are left out.</summary>
    internal Dictionary<string, Charge> FindCharges(IEnumerable<string> passages)
    {
        var charges = new Dictionary<string, Charge>(StringComparer.Ordinal);
        _session.LookEach("SELECT body FROM charge WHERE passage = $1", [.. passages.Select(passage => new SqlValue[] { passage })], (_, row) =>
        {
            var charge = ReadCharge(row);
            charges[charge.Passage] = charge;
        });
        return charges;
    }

    /// <summary>
    /// SHA-256, lower-case hexadecimal, over what each passage comes to in the end, in the order of passage ids: the same events give the same root, however
    /// they came and in whatever books. A passage that there was and is none any more is no part of it; nor is who pays, whose name may be a pseudonym.
    /// </summary>
    public string StatementRoot() => StatementRoot(_session, DateOnly.MinValue, DateOnly.MaxValue);

    internal static string StatementRoot(SqlSession session, DateOnly from, DateOnly to)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        session.ForEach("SELECT passage, outcome, code, net, vat FROM charge WHERE outcome <> $1 AND day BETWEEN $2 AND $3 ORDER BY passage", row => hash.AppendData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{row.Text(0)}\t{row.Number(1)}\t{row.TextOrNull(2)}\t{row.Number(3)}\t{row.Number(4)}\n"))), (long)ChargeOutcome.Void, from, to);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What disputes gave back of charges, by passage; those of which nothing was given back are left out.</summary>
    internal Dictionary<string, GrantedRefund> RefundsOf(IEnumerable<string> passages)
    {
        var refunds = new Dictionary<string, GrantedRefund>(StringComparer.Ordinal);
        if (_session.Ask("SELECT 1 FROM charge_refund LIMIT 1") is null) return refunds;
        _session.LookEach("SELECT passage, refunded, of, dispute FROM charge_refund WHERE passage = $1", [.. passages.Select(passage => new SqlValue[] { passage })],
            (_, row) => refunds[row.Text(0)] = new GrantedRefund(row.Number(1), row.Number(2), row.Int(3)));
        return refunds;
    }

    /// <summary>Charges of which disputes gave something back since they were settled.</summary>
    internal IReadOnlyList<string> AdjustDue(int max) => _session.Read("SELECT passage FROM charge_adjust_due ORDER BY passage LIMIT $1", row => row.Text(0), max);

    /// <summary>Says that what was given back of charges is taken off them.</summary>
    internal void MarkAdjusted(IEnumerable<string> passages) => _session.RunEach("DELETE FROM charge_adjust_due WHERE passage = $1", [.. passages.Select(passage => new SqlValue[] { passage })]);

    /// <summary>Keeps charges in place of the revisions before them.</summary>
    internal void Put(IEnumerable<Charge> charges) => _session.RunEach("""
        INSERT INTO charge VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)
        ON CONFLICT(passage) DO UPDATE SET revision = $2, point = $3, lane = $4, day = $5, at = $6, vehicle = $7, outcome = $8, code = $9, payer = $10, net = $11, vat = $12, body = $13
        """, [.. charges.AsParallel().AsOrdered().Select(charge => new SqlValue[]
        {
            charge.Passage, charge.Revision, charge.TollPoint, charge.Lane, charge.Day, charge.Time, charge.Vehicle, (long)charge.Outcome, charge.Code, charge.Payer, charge.Net, charge.Vat,
            JsonSerializer.SerializeToUtf8Bytes(charge, ChargeJson.Default.Charge),
        })]);

    /// <summary>Keeps chains that are to be posted: stored before they are sent.</summary>
    internal void Put(IEnumerable<OutgoingChain> chains) => _session.RunEach("""
        INSERT INTO charge_chain VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(passage, revision) DO UPDATE SET chain = $3, state = $4, refusal = $5, entry = $6
        """, [.. chains.AsParallel().AsOrdered().Select(posting => new SqlValue[]
        {
            posting.Passage, posting.Revision, JsonSerializer.SerializeToUtf8Bytes([.. posting.Chain], ChargeJson.Default.ListTransfer), (long)posting.State, posting.Refusal, posting.Entry,
        })]);

    /// <summary>Says that chains are in the ledger.</summary>
    internal void MarkPosted(IEnumerable<OutgoingChain> chains) => _session.RunEach("UPDATE charge_chain SET state = $3, refusal = NULL, entry = $4 WHERE passage = $1 AND revision = $2",
        [.. chains.Select(posting => new SqlValue[] { posting.Passage, posting.Revision, (long)PostingState.Posted, posting.Entry })]);

    /// <summary>Chains that are not in the ledger yet, in the order of passages and revisions.</summary>
    /// <param name="state">Those to be sent, or those that were refused.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<OutgoingChain> Unposted(PostingState state, int max) => _session.Read(
        "SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE state <> 2 AND state = $1 ORDER BY passage, revision LIMIT $2", ReadChain, (long)state, max);

    /// <summary>The last chain of charges, by passage; those that needed none are left out.</summary>
    internal Dictionary<string, OutgoingChain> LastPostings(IEnumerable<string> passages)
    {
        var last = new Dictionary<string, OutgoingChain>(StringComparer.Ordinal);
        _session.LookEach("SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE passage = $1 ORDER BY revision DESC LIMIT 1",
            [.. passages.Select(passage => new SqlValue[] { passage })], (_, row) => last[row.Text(0)] = ReadChain(row));
        return last;
    }

    /// <summary>Remembers that charges changed while a chain of each was on its way.</summary>
    internal void MarkPostDue(IEnumerable<string> passages) => _session.RunEach("INSERT INTO charge_post_due(passage) VALUES($1) ON CONFLICT DO NOTHING", [.. passages.Select(passage => new SqlValue[] { passage })]);

    /// <summary>Of some passages those whose charge changed while a chain of it was on its way; each once.</summary>
    internal List<string> TakePostDue(IEnumerable<string> passages)
    {
        var due = new List<string>();
        _session.LookEach("DELETE FROM charge_post_due WHERE passage = $1 RETURNING passage", [.. passages.Select(passage => new SqlValue[] { passage })], (_, row) => due.Add(row.Text(0)));
        return due;
    }

    /// <summary>Forgets a chain that never came into the ledger.</summary>
    internal void Remove(OutgoingChain posting) => _session.Run("DELETE FROM charge_chain WHERE passage = $1 AND revision = $2", posting.Passage, posting.Revision);

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        GC.SuppressFinalize(this);
    }

    private static IEnumerable<SqlValue[]> Reads(string point, CorrelationResult result)
    {
        foreach (var read in result.Suppressed) yield return Of(read.Event, "suppressed", read.Time, JsonSerializer.SerializeToUtf8Bytes(read, PassageJson.Default.SuppressedRead));
        foreach (var read in result.Orphans) yield return Of(read.Event, "orphan", read.Time, JsonSerializer.SerializeToUtf8Bytes(read, PassageJson.Default.OrphanRead));
        foreach (var held in result.Held) yield return Of(held.Event, "held", held.Time, JsonSerializer.SerializeToUtf8Bytes(held, PassageJson.Default.HeldEvent));

        SqlValue[] Of(TollEventRef e, string outcome, long at, byte[] body) =>
            [point, result.Window.From, e.Device, e.Boot, e.Sequence, e.Digest.ToString("x32", CultureInfo.InvariantCulture), outcome, at, body];
    }

    private void PutFindings(string point, IReadOnlyList<(CorrelationResult Result, DateOnly Day)> results, long now)
    {
        var before = new HashSet<string>(StringComparer.Ordinal);
        _session.LookEach("SELECT key FROM toll_finding WHERE point = $1 AND cell = $2", [.. results.Select(one => new SqlValue[] { point, one.Result.Window.From })], (_, row) => before.Add(row.Text(0)));
        var found = new List<SqlValue[]>();
        foreach (var (result, day) in results)
        {
            foreach (var finding in result.Findings)
            {
                var key = FindingKey.Of(finding);
                before.Remove(key);
                found.Add([key, point, result.Window.From, finding.Code, finding.Time, day, finding.Event?.ToString(), finding.Passage, finding.Detail, now]);
            }
        }
        _session.RunEach("INSERT INTO toll_finding VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) ON CONFLICT(key) DO UPDATE SET point = $2, cell = $3, at = $5, day = $6, passage = $8, detail = $9", found);
        _session.RunEach("DELETE FROM toll_finding WHERE key = $1", [.. before.Select(key => new SqlValue[] { key })]);
    }

    private static NamedEvent ReadNamed(SqlRow row)
    {
        var e = ReadEvent(row);
        return new NamedEvent(e, new TollEventRef(e.Device, e.Boot, e.Sequence, System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(row.Span(10))));
    }

    internal static TollEvent ReadEvent(SqlRow row) => new(
        row.Text(0), row.Unsigned(1), row.Unsigned(2), row.Number(3), row.Number(4), (TollClock)row.Number(5), row.Text(6), (TollEventKind)row.Number(7), (ReadingQuality)row.Number(8), row.Bytes(9));

    internal static Passage ReadPassage(SqlRow row) => JsonSerializer.Deserialize(row.Span(0), PassageJson.Default.Passage)!;

    internal static Charge ReadCharge(SqlRow row) => JsonSerializer.Deserialize(row.Span(0), ChargeJson.Default.Charge)!;

    internal static OutgoingChain ReadChain(SqlRow row) => new(
        row.Text(0), row.Int(1), JsonSerializer.Deserialize(row.Span(2), ChargeJson.Default.ListTransfer)!, (PostingState)row.Number(3), row.TextOrNull(4), row.NumberOrNull(5));
}
