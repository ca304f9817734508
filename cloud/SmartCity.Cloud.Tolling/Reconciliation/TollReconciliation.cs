using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Postgres;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>
/// Holds what the devices numbered against what was kept, correlated, charged and posted. It reads the tables that were written on the way and adds nothing
/// up that was added up before: a sum that is wrong there is found here. One moment of the store; the ledger is read after it and only grows.
/// </summary>
public sealed class TollReconciliation : IDisposable
{
    private const int LedgerPage = 10_000;
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS recon_judgement(key TEXT PRIMARY KEY, state INTEGER NOT NULL, owner TEXT NOT NULL, explanation TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS period_sign(period INTEGER PRIMARY KEY, by TEXT NOT NULL, at INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS recon_replay(key TEXT PRIMARY KEY, subject TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS recon_run(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL);
        """;

    private readonly SqlSession _session;
    private readonly TimeZoneInfo _zone;
    /// <summary>Claims stand in the file alone; null with PostgreSQL, where there are none yet.</summary>
    private readonly ClaimReconciliation? _claims;
    private readonly Statements? _statements;

    /// <summary>Opens the file of events, passages and charges to read.</summary>
    /// <param name="file">The SQLite file.</param>
    /// <param name="zone">Zone of business dates.</param>
    /// <exception cref="System.Data.Common.DbException">It cannot be opened.</exception>
    public TollReconciliation(string file, TimeZoneInfo zone) : this(new SqliteSession(file), zone) { }

    private TollReconciliation(SqlSession session, TimeZoneInfo zone)
    {
        (_session, _zone) = (session, zone);
        try
        {
            session.Ensure(Tables + ClaimSchema.Tables);
            if (session is SqliteSession { Connection: var connection }) _claims = new ClaimReconciliation(_statements = new Statements(connection), zone);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The same of events, passages and charges in PostgreSQL.</summary>
    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <param name="zone">Zone of business dates.</param>
    /// <exception cref="System.Data.Common.DbException">It cannot be opened.</exception>
    public static TollReconciliation OnPostgres(string connectionString, TimeZoneInfo zone) => new(new PostgresSession(connectionString), zone);

    /// <summary>Reconciles.</summary>
    /// <param name="scope">What.</param>
    /// <param name="ledger">The ledger; null to leave out what is said of it.</param>
    /// <param name="itemsMax">Items to hand out at most; all are counted.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="gateways">What gateways numbered; null to leave it out.</param>
    /// <param name="receipts">Where the receipts of sealed periods stand; null to leave them out.</param>
    public ReconRun Run(
        ReconScope scope, ITollLedger? ledger, int itemsMax, long now, CancellationToken cancellationToken, IReadOnlyList<GatewayCount>? gateways = null, SqliteReceiptStore? receipts = null)
    {
        _session.BeginReading();
        try
        {
            var span = SpanOf(scope);
            var judgements = _session.Read("SELECT key, state, owner, explanation, by, at FROM recon_judgement",
                row => (Key: row.Text(0), Said: new ReconJudgement((ReconState)row.Number(1), row.Text(2), row.Text(3), row.Text(4), row.Number(5)))).ToDictionary(one => one.Key, one => one.Said, StringComparer.Ordinal);
            var replays = Replays().ToDictionary(one => one.Key, StringComparer.Ordinal);
            ReconItem Judged(ReconItem item) => judgements.TryGetValue(item.Key, out var said) | replays.TryGetValue(item.Key, out var asked)
                ? item with { Judgement = said, Replay = asked, Detail = asked is null ? item.Detail : $"{item.Detail}; asked for again by {asked.By}" } : item;
            var numbers = NumbersOf(scope, span);
            var gaps = numbers.Gaps.ConvertAll(Judged);
            var identities = new List<ReconIdentity> { numbers.Numbered(gaps), numbers.Keys() };
            if (gateways is not null && scope.IsWhole) identities.Add(Gateways(gateways));
            if (numbers.Counters() is { } counters) identities.Add(counters);
            if (scope.Device is null)
            {
                if (scope.Lane is null) identities.Add(Reads(scope));
                identities.AddRange([Passages(scope), Trips(scope), Amounts(scope)]);
                // A period belongs to all dates that it touches: what was booked in it late is of earlier ones.
                var issued = ledger is null || receipts is null || !scope.IsWhole ? null
                    : new IssuedReceipts(ledger.Periods().Where(period => period.State == PeriodState.Sealed && period.From <= scope.To && period.To >= scope.From), receipts);
                if (ledger is not null) identities.Add(Posted(scope, ledger, issued, cancellationToken));
                if (ledger is not null && scope.IsWhole) identities.Add(Ledger(ledger));
                if (ledger is not null && scope.IsWhole && _claims is not null) identities.AddRange([_claims.Claimed(scope, ledger, cancellationToken), _claims.Banked(scope, ledger, cancellationToken)]);
                if (issued is not null) identities.Add(issued.Identity());
            }
            var items = gaps.Concat(Findings(scope)).Concat(UnknownLanes(scope, span)).Concat(Charges(scope)).Concat(Refused(scope)).Concat(scope.IsWhole && _claims is not null ? _claims.Items(scope) : []).Select(Judged).OrderBy(item => item.Time).ThenBy(item => item.Key, StringComparer.Ordinal).ToList();
            var classes = items.GroupBy(item => item.Class, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new ReconClass(group.Key, group.Count(), group.Count(item => item.IsOpen), group.Sum(item => item.Count), group.Sum(item => item.Money ?? 0)));
            return new ReconRun(0, scope, now, identities, [.. items.Take(itemsMax)], [.. classes], PassageStore.StatementRoot(_session, scope.From, scope.To));
        }
        finally
        {
            _session.Abandon();
        }
    }

    /// <summary>Where the money of passages went.</summary>
    /// <param name="scope">Dates, and a toll point or lane where it is not all.</param>
    /// <param name="ledger">The ledger.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public LeakageNode Leakage(ReconScope scope, ITollLedger ledger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        _session.BeginReading();
        try
        {
            var sums = _session.Read($"SELECT point, outcome, code, count(*), count(*) FILTER (WHERE net + vat = 0), coalesce(sum(net + vat), 0) FROM charge WHERE outcome <> {(int)ChargeOutcome.Void} AND {OfDays} GROUP BY point, outcome, code",
                row => new LeakageSum(row.Text(0), (ChargeOutcome)row.Number(1), row.TextOrNull(2), row.Number(3), row.Number(4), row.Number(5)), Days(scope));
            var open = OpenChains(scope).Where(chain => chain.Gross > 0).ToList();
            var asked = open.Select(chain => chain.Passage).ToHashSet(StringComparer.Ordinal);
            var charges = _session.Read($"SELECT passage FROM charge WHERE outcome = {(int)ChargeOutcome.Charged} AND {OfDays}", row => row.Text(0), Days(scope)).Where(passage => !asked.Contains(passage)).ToHashSet(StringComparer.Ordinal);
            var standing = StandingOf(ledger, charges, null, cancellationToken).Values.Where(one => one.Money != 0).ToList();
            var (waiting, refused) = (open.Where(chain => chain.State == PostingState.Waiting).ToList(), open.Where(chain => chain.State == PostingState.Refused).ToList());
            return LeakageTree.Of(sums, standing, (waiting.Count, waiting.Sum(chain => chain.Gross), refused.Count, refused.Sum(chain => chain.Gross)));
        }
        finally
        {
            _session.Abandon();
        }
    }

    /// <summary>Keeps a run; it is never changed.</summary>
    /// <returns>The run with its number.</returns>
    public ReconRun Keep(ReconRun run) => _session.Change(() =>
    {
        var kept = run with { Number = (int)(_session.Ask("SELECT max(number) FROM recon_run") ?? 0) + 1 };
        _session.Run("INSERT INTO recon_run VALUES($1,$2,$3)", kept.Number, kept.At, JsonSerializer.SerializeToUtf8Bytes(kept, ReconJson.Default.ReconRun));
        return kept;
    });

    /// <summary>Runs that were kept, the newest first.</summary>
    public IReadOnlyList<ReconRun> Runs(int max) =>
        _session.Read("SELECT body FROM recon_run ORDER BY number DESC LIMIT $1", row => JsonSerializer.Deserialize(row.Span(0), ReconJson.Default.ReconRun)!, max);

    /// <summary>What is on its way from events to the ledger and may still change charges up to a date.</summary>
    public TollWork Work(DateOnly through) => new(
        _session.Ask("SELECT count(*) FROM toll_dirty WHERE start < $1", ZonedDates.EndOf(through, _zone)) ?? 0,
        _session.Ask("SELECT (SELECT count(*) FROM toll_rate_due WHERE day <= $1) + (SELECT count(*) FROM charge_adjust_due d JOIN charge c USING(passage) WHERE c.day <= $1)", through) ?? 0,
        (_session.Ask($"SELECT count(*) FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Waiting} AND c.day <= $1", through) ?? 0) + (_claims?.Waiting(through) ?? 0),
        (_session.Ask($"SELECT count(*) FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Refused} AND c.day <= $1", through) ?? 0) + (_claims?.Refused(through) ?? 0));

    /// <summary>Who signed a period first; null where nobody did.</summary>
    public string? FirstSignature(int period) => _session.Read("SELECT by FROM period_sign WHERE period = $1", row => row.Text(0), period).SingleOrDefault();

    /// <summary>Keeps the first signature of a period.</summary>
    public void KeepSignature(int period, string by, long at) => _session.Run("INSERT INTO period_sign VALUES($1,$2,$3) ON CONFLICT DO NOTHING", period, by, at);

    /// <summary>Keeps that numbers are asked for again; asked twice, the last time stands.</summary>
    public void AskReplay(ReconReplay replay)
    {
        ArgumentNullException.ThrowIfNull(replay);
        _session.Run("INSERT INTO recon_replay VALUES($1,$2,$3,$4) ON CONFLICT(key) DO UPDATE SET by = $3, at = $4", replay.Key, replay.Subject, replay.By, replay.At);
    }

    /// <summary>All that was asked for again, the last first; also what came since.</summary>
    public IReadOnlyList<ReconReplay> Replays() => _session.Read("SELECT key, subject, by, at FROM recon_replay ORDER BY at DESC, key", row => new ReconReplay(row.Text(0), row.Text(1), row.Text(2), row.Number(3)));

    /// <summary>Keeps what a person says of items in place of what was said before, of all of them or of none.</summary>
    public void Judge(IEnumerable<string> keys, ReconJudgement judgement)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(judgement);
        _session.Change(() =>
        {
            _session.RunEach("INSERT INTO recon_judgement VALUES($1,$2,$3,$4,$5,$6) ON CONFLICT(key) DO UPDATE SET state = $2, owner = $3, explanation = $4, by = $5, at = $6",
                [.. keys.Select(key => new SqlValue[] { key, (long)judgement.State, judgement.Owner, judgement.Explanation, judgement.By, judgement.At })]);
            return 0;
        });
    }

    /// <summary>Keeps what a person says of an item in place of what was said before.</summary>
    public void Judge(string key, ReconJudgement judgement) => Judge([key], judgement);

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements?.Dispose();
        _session.Dispose();
    }

    /// <summary>Reads the events of all starts of devices that were about in the scope, once, in the order of their numbers.</summary>
    private DeviceNumbers NumbersOf(ReconScope scope, TimeWindow span)
    {
        var lanes = scope.Point is null ? null : _session.Read("SELECT DISTINCT lane FROM passage WHERE point = $1", row => row.Text(0), scope.Point).ToHashSet(StringComparer.Ordinal);
        var numbers = new DeviceNumbers(DayOf);
        var isAll = scope == new ReconScope(DateOnly.MinValue, DateOnly.MaxValue);
        _session.ForEach(
            $"""
            SELECT device, boot, seq, lane, time, conflict, CASE WHEN kind = {(int)TollEventKind.Avc} THEN json END FROM toll_event
            {(isAll ? "" : $"WHERE (device, boot) IN (SELECT DISTINCT device, boot FROM toll_event WHERE {InScope})")} ORDER BY device, boot, seq, conflict
            """,
            row =>
            {
                var (device, lane, time) = (row.Text(0), row.Text(3), row.Number(4));
                var isIn = time >= span.From && time < span.To && (lanes is null || lanes.Contains(lane)) && (scope.Lane is null || scope.Lane == lane) && (scope.Device is null || scope.Device == device);
                numbers.Take(device, row.Unsigned(1), row.Unsigned(2), lane, time, row.Number(5) != 0, row.IsNull(6) ? null : TollPayload.ReadAvc(row.Span(6)).Count, isIn);
            }, isAll ? [] : Values(scope, span));
        return numbers;
    }

    /// <summary>E3: every number that a gateway gave stands in the store, came again, waits, was set aside, or is known to be lost.</summary>
    private static ReconIdentity Gateways(IReadOnlyList<GatewayCount> gateways) => new("E3", new ReconTerm("numbered", gateways.Sum(one => one.Numbered)),
        [new("stored", gateways.Sum(one => one.Stored)), new("repeated", gateways.Sum(one => one.Repeated)), new("waiting", gateways.Sum(one => one.Waiting)), new("setAside", gateways.Sum(one => one.SetAside)), new("lost", gateways.Sum(one => one.Lost))]);

    /// <summary>E5: every event is attached to a passage, suppressed with a pointer, an orphan, or held.</summary>
    private ReconIdentity Reads(ReconScope scope)
    {
        var sums = _session.Read("SELECT coalesce(sum(events),0), coalesce(sum(attached),0), coalesce(sum(suppressed),0), coalesce(sum(orphans),0), coalesce(sum(held),0) FROM toll_tally WHERE day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3)",
            row => Enumerable.Range(0, 5).Select(row.Number).ToArray(), scope.From, scope.To, scope.Point).Single();
        return new ReconIdentity("E5", new ReconTerm("events", sums[0]), [new("attached", sums[1]), new("suppressed", sums[2]), new("orphans", sums[3]), new("held", sums[4])]);
    }

    /// <summary>E6: every passage has exactly one outcome.</summary>
    private ReconIdentity Passages(ReconScope scope)
    {
        var passages = _session.Ask($"SELECT count(*) FROM passage WHERE {OfDays}", Days(scope)) ?? 0;
        var outcomes = _session.Read($"SELECT outcome, count(*) FROM charge WHERE outcome <> {(int)ChargeOutcome.Void} AND {OfDays} GROUP BY outcome ORDER BY outcome",
            row => new ReconTerm(Camel(((ChargeOutcome)row.Number(0)).ToString()), row.Number(1)), Days(scope));
        return new ReconIdentity("E6", new ReconTerm("passages", passages), outcomes);
    }

    /// <summary>E7: every exit has an entry, and every entry an exit, or they are named.</summary>
    private ReconIdentity Trips(ReconScope scope)
    {
        var (entries, unmatched) = _session.Read($"SELECT count(*), count(*) FILTER (WHERE code = 'NO_EXIT') FROM charge WHERE outcome = {(int)ChargeOutcome.Entry} AND {OfDays}", row => (row.Number(0), row.Number(1)), Days(scope)).Single();
        return new ReconIdentity("E7", new ReconTerm("entries", entries), [new("complete", entries - unmatched), new("withoutExit", unmatched)]);
    }

    /// <summary>E8: what is asked for is net and tax, charge by charge.</summary>
    private ReconIdentity Amounts(ReconScope scope)
    {
        var (count, net, vat) = _session.Read($"SELECT count(*), coalesce(sum(net),0), coalesce(sum(vat),0) FROM charge WHERE outcome = {(int)ChargeOutcome.Charged} AND {OfDays}", row => (row.Number(0), row.Number(1), row.Number(2)), Days(scope)).Single();
        var gross = 0L;
        _session.ForEach($"SELECT body FROM charge WHERE outcome = {(int)ChargeOutcome.Charged} AND {OfDays}", row => gross += ChargeJson.GrossOf(row.Bytes(0)), Days(scope));
        return new ReconIdentity("E8", new ReconTerm("charges", count, gross), [new("net", count, net), new("vat", 0, vat)]);
    }

    /// <summary>E9: what is charged stands in the ledger under its date, or is on its way, or was refused.</summary>
    private ReconIdentity Posted(ReconScope scope, ITollLedger ledger, IssuedReceipts? beside, CancellationToken cancellationToken)
    {
        var (count, charged) = _session.Read($"SELECT count(*) FILTER (WHERE net + vat > 0), coalesce(sum(net + vat),0) FROM charge WHERE outcome <> {(int)ChargeOutcome.Void} AND {OfDays}", row => (row.Number(0), row.Number(1)), Days(scope)).Single();
        var charges = _session.Read($"SELECT passage FROM charge WHERE {OfDays}", row => row.Text(0), Days(scope)).ToHashSet(StringComparer.Ordinal);
        var open = OpenChains(scope);
        var (standing, posted) = PostedOf(StandingOf(ledger, charges, beside, cancellationToken));
        ReconTerm On(string name, PostingState state) => new(name, open.Where(chain => chain.State == state).Sum(chain => Math.Sign(chain.Change)), open.Where(chain => chain.State == state).Sum(chain => chain.Change));
        return new ReconIdentity("E9", new ReconTerm("charged", count, charged), [new("posted", standing, posted), On("waiting", PostingState.Waiting), On("refused", PostingState.Refused)]);
    }

    private static (long Count, long Money) PostedOf(Dictionary<string, (string Account, long Money)> standing) => (standing.Values.Count(one => one.Money != 0), standing.Values.Sum(one => one.Money));

    /// <summary>Chains that are not in the ledger: what each would change there, and what its charge comes to.</summary>
    private List<(string Passage, long Change, long Gross, PostingState State)> OpenChains(ReconScope scope) => _session.Read(
        $"""
        SELECT h.passage, h.chain, c.net + c.vat, h.state FROM charge_chain h JOIN charge c ON c.passage = h.passage
        WHERE h.state <> {(int)PostingState.Posted} AND c.day BETWEEN $1 AND $2 AND ($3 IS NULL OR c.point = $3) AND ($4 IS NULL OR c.lane = $4)
        """, row => (row.Text(0), ChargeJson.ChangeOf(row.Bytes(1)), row.Number(2), (PostingState)row.Number(3)), Days(scope));

    /// <summary>What stands in the ledger for some charges: the account that was debited last, and how much. Who else wants to see all of it, does so beside.</summary>
    private static Dictionary<string, (string Account, long Money)> StandingOf(ITollLedger ledger, HashSet<string> charges, IssuedReceipts? beside, CancellationToken cancellationToken)
    {
        var standing = new Dictionary<string, (string Account, long Money)>(StringComparer.Ordinal);
        for (long after = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = ledger.Entries(new EntryQuery(after, LedgerPage));
            foreach (var entry in page)
            {
                if (entry.Event is TransferPosted posted) beside?.Take(posted);
                if (entry.Event is not TransferPosted { Transfer: { Code: TransferCode.Charge or TransferCode.Reversal, Links.Charge: { } charge } transfer } || !charges.Contains(charge)) continue;
                var before = standing.GetValueOrDefault(charge);
                standing[charge] = transfer.Reverses is null ? (transfer.Debit, before.Money + transfer.Amount) : (before.Account, before.Money - transfer.Amount);
            }
            if (page.Count < LedgerPage) return standing;
            after = page[^1].Number;
        }
    }

    /// <summary>E10: debits are credits.</summary>
    private static ReconIdentity Ledger(ITollLedger ledger)
    {
        var balances = ledger.Balances("", null);
        return new ReconIdentity("E10", new ReconTerm("debits", 0, balances.Sum(account => account.Debits)), [new("credits", 0, balances.Sum(account => account.Credits))]);
    }

    private List<ReconItem> Findings(ReconScope scope) => scope.Device is not null || scope.Lane is not null ? [] : _session.Read(
        """
        SELECT key, code, point, coalesce(event, passage, ''), at, day, detail, found FROM toll_finding WHERE day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3)
        UNION ALL SELECT key, 'IMPOSSIBLE_TRAVEL', point, passage, at, day, detail, found FROM toll_travel WHERE day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3)
        """,
        row => new ReconItem(row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Number(4), row.Day(5), 1, null, row.Text(6), row.Number(7), null),
        scope.From, scope.To, scope.Point);

    /// <summary>Lanes of which something waits and nothing was ever correlated, since no configuration has them. More events of a lane are another item.</summary>
    private List<ReconItem> UnknownLanes(ReconScope scope, TimeWindow span) => scope.Device is not null || scope.Point is not null ? [] : _session.Read(
        """
        SELECT lane, count(*), min(time) FROM toll_event WHERE lane IN (SELECT DISTINCT lane FROM toll_dirty) AND lane NOT IN (SELECT DISTINCT lane FROM passage)
          AND time >= $1 AND time < $2 AND ($3 IS NULL OR lane = $3) GROUP BY lane
        """,
        row => new ReconItem(KeyOf(ReconItem.UnknownLane, string.Create(CultureInfo.InvariantCulture, $"{row.Text(0)}\0{row.Number(1)}")), ReconItem.UnknownLane, null, row.Text(0), row.Number(2), DayOf(row.Number(2)), row.Number(1), null,
            "its events wait for a configuration that has this lane", null, null), span.From, span.To, scope.Lane);

    /// <summary>Passages that are not charged though a vehicle passed.</summary>
    private List<ReconItem> Charges(ReconScope scope) => scope.Device is not null ? [] : _session.Read(
        $"SELECT passage, coalesce(code, CAST(outcome AS TEXT)), point, at, day, lane FROM charge WHERE (outcome = {(int)ChargeOutcome.Unrated} OR (outcome = {(int)ChargeOutcome.Entry} AND code IS NOT NULL)) AND {OfDays}",
        row => new ReconItem(KeyOf(row.Text(1), row.Text(0)), row.Text(1), row.Text(2), row.Text(0), row.Number(3), row.Day(4), 1, null, $"lane {row.Text(5)}", null, null),
        Days(scope));

    private List<ReconItem> Refused(ReconScope scope) => scope.Device is not null ? [] : _session.Read(
        $"SELECT c.passage, c.point, c.at, c.day, c.net + c.vat, h.refusal FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Refused} AND c.day BETWEEN $1 AND $2 AND ($3 IS NULL OR c.point = $3) AND ($4 IS NULL OR c.lane = $4)",
        row => new ReconItem(KeyOf("NOT_POSTED", row.Text(0)), "NOT_POSTED", row.Text(1), row.Text(0), row.Number(2), row.Day(3), 1, row.Number(4), row.Text(5), null, null),
        Days(scope));

    private const string InScope = "time >= $1 AND time < $2 AND ($3 IS NULL OR lane IN (SELECT DISTINCT lane FROM passage WHERE point = $3)) AND ($4 IS NULL OR lane = $4) AND ($5 IS NULL OR device = $5)";
    private const string OfDays = "day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3) AND ($4 IS NULL OR lane = $4)";

    private TimeWindow SpanOf(ReconScope scope) => new(ZonedDates.StartOf(scope.From, _zone), ZonedDates.EndOf(scope.To, _zone));

    private DateOnly DayOf(long time) => ZonedDates.Of(time, _zone);

    private static SqlValue[] Values(ReconScope scope, TimeWindow span) => [span.From, span.To, scope.Point, scope.Lane, scope.Device];

    private static SqlValue[] Days(ReconScope scope) => [scope.From, scope.To, scope.Point, scope.Lane];

    internal static string KeyOf(string code, string subject) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{code}\0{subject}")).AsSpan(0, 16));

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}

/// <summary>What is on its way from events to the ledger.</summary>
/// <param name="Cells">Spans of time of lanes that are to be correlated.</param>
/// <param name="Days">Days of vehicles that are to be rated, and charges that a dispute takes something off.</param>
/// <param name="Chains">Chains of transfers that are to be posted.</param>
/// <param name="Refused">Chains that the ledger refused.</param>
public sealed record TollWork(long Cells, long Days, long Chains, long Refused)
{
    /// <summary>Whether there is none.</summary>
    public bool IsDone => (Cells, Days, Chains, Refused) == (0, 0, 0, 0);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ReconRun))]
internal sealed partial class ReconJson : JsonSerializerContext;
