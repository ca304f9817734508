using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
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
        CREATE TABLE IF NOT EXISTS recon_run(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL);
        """;

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly TimeZoneInfo _zone;

    /// <summary>Opens the store of passages to read.</summary>
    /// <param name="file">The file of events, passages and charges.</param>
    /// <param name="zone">Zone of business dates.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public TollReconciliation(string file, TimeZoneInfo zone)
    {
        _zone = zone;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        _statements = new Statements(_connection);
        _statements.Run(Tables);
    }

    /// <summary>Reconciles.</summary>
    /// <param name="scope">What.</param>
    /// <param name="ledger">The ledger; null to leave out what is said of it.</param>
    /// <param name="itemsMax">Items to hand out at most; all are counted.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public ReconRun Run(ReconScope scope, ITollLedger? ledger, int itemsMax, long now, CancellationToken cancellationToken)
    {
        using var transaction = _connection.BeginTransaction(deferred: true);
        _statements.Transaction = transaction;
        try
        {
            var span = SpanOf(scope);
            var gaps = Gaps(scope, span);
            var identities = new List<ReconIdentity> { Numbers(scope, span, gaps), Keys(scope, span) };
            if (Counters(scope, span) is { } counters) identities.Add(counters);
            if (scope.Device is null)
            {
                if (scope.Lane is null) identities.Add(Reads(scope));
                identities.AddRange([Passages(scope), Trips(scope), Amounts(scope)]);
                if (ledger is not null) identities.Add(Posted(scope, ledger, cancellationToken));
                if (ledger is not null && scope.IsWhole) identities.Add(Ledger(ledger));
            }
            var items = gaps.Concat(Findings(scope)).Concat(Charges(scope)).Concat(Refused(scope)).Select(Judged).OrderBy(item => item.Time).ThenBy(item => item.Key, StringComparer.Ordinal).ToList();
            var classes = items.GroupBy(item => item.Class, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new ReconClass(group.Key, group.Count(), group.Count(item => item.IsOpen), group.Sum(item => item.Count), group.Sum(item => item.Money ?? 0)));
            return new ReconRun(0, scope, now, identities, [.. items.Take(itemsMax)], [.. classes], SqlitePassageStore.StatementRoot(_statements, scope.From, scope.To));
        }
        finally
        {
            _statements.Transaction = null;
        }
    }

    /// <summary>Keeps a run; it is never changed.</summary>
    /// <returns>The run with its number.</returns>
    public ReconRun Keep(ReconRun run)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _statements.Transaction = transaction;
        try
        {
            var kept = run with { Number = Convert.ToInt32(_statements.Ask("SELECT coalesce(max(number), 0) + 1 FROM recon_run"), CultureInfo.InvariantCulture) };
            _statements.Run("INSERT INTO recon_run VALUES($1,$2,$3)", kept.Number, kept.At, JsonSerializer.SerializeToUtf8Bytes(kept, ReconJson.Default.ReconRun));
            transaction.Commit();
            return kept;
        }
        finally
        {
            _statements.Transaction = null;
        }
    }

    /// <summary>Runs that were kept, the newest first.</summary>
    public IReadOnlyList<ReconRun> Runs(int max) =>
        _statements.Read("SELECT body FROM recon_run ORDER BY number DESC LIMIT $1", row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ReconJson.Default.ReconRun)!, max);

    /// <summary>What is on its way from events to the ledger and may still change charges up to a date.</summary>
    public TollWork Work(DateOnly through) => new(
        (long)_statements.Ask("SELECT count(*) FROM toll_dirty WHERE start < $1", ZonedDates.EndOf(through, _zone))!,
        (long)_statements.Ask("SELECT count(*) FROM toll_rate_due WHERE day <= $1", through.DayNumber)!,
        (long)_statements.Ask($"SELECT count(*) FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Waiting} AND c.day <= $1", through.DayNumber)!,
        (long)_statements.Ask($"SELECT count(*) FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Refused} AND c.day <= $1", through.DayNumber)!);

    /// <summary>Who signed a period first; null where nobody did.</summary>
    public string? FirstSignature(int period) => _statements.Ask("SELECT by FROM period_sign WHERE period = $1", period) as string;

    /// <summary>Keeps the first signature of a period.</summary>
    public void KeepSignature(int period, string by, long at) => _statements.Run("INSERT OR IGNORE INTO period_sign VALUES($1,$2,$3)", period, by, at);

    /// <summary>Keeps what a person says of an item in place of what was said before.</summary>
    public void Judge(string key, ReconJudgement judgement) => _statements.Run("INSERT OR REPLACE INTO recon_judgement VALUES($1,$2,$3,$4,$5,$6)",
        key, (long)judgement.State, judgement.Owner, judgement.Explanation, judgement.By, judgement.At);

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    /// <summary>E1: every number that a device gave from its first to its last is an event or a gap. A gap counts on the day of the event after it.</summary>
    private ReconIdentity Numbers(ReconScope scope, TimeWindow span, List<ReconItem> gaps)
    {
        var (unique, spanned) = _statements.Read($"{Numbered} SELECT count(*), coalesce(sum(seq - before), 0) FROM numbered WHERE {InScope}", row => (row.GetInt64(0), row.GetInt64(1)), Values(scope, span)).Single();
        var explained = gaps.Where(gap => Judged(gap).Judgement?.State is ReconState.Explained or ReconState.Accepted).Sum(gap => gap.Count);
        return new ReconIdentity("E1", new ReconTerm("numbered", spanned), [new("unique", unique), new("missingExplained", explained), new("missingOpen", gaps.Sum(gap => gap.Count) - explained)]);
    }

    private List<ReconItem> Gaps(ReconScope scope, TimeWindow span) => _statements.Read(
        $"{Numbered} SELECT device, boot, before + 1, seq - 1, time, lane FROM numbered WHERE seq - before > 1 AND {InScope}",
        row =>
        {
            var (device, boot, first, last) = (row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
            var subject = string.Create(CultureInfo.InvariantCulture, $"{device}/{unchecked((ulong)boot)}/{unchecked((ulong)first)}–{unchecked((ulong)last)}");
            return new ReconItem(KeyOf("SEQ_GAP", subject), "SEQ_GAP", null, subject, row.GetInt64(4), DayOf(row.GetInt64(4)), last - first + 1, null, $"lane {row.GetString(5)}", null, null);
        }, Values(scope, span));

    /// <summary>E2: every event that is kept has a key of its own, or stands beside another content of its key.</summary>
    private ReconIdentity Keys(ReconScope scope, TimeWindow span)
    {
        var (stored, conflicting) = _statements.Read($"SELECT count(*), coalesce(sum(conflict), 0) FROM toll_event WHERE {InScope}", row => (row.GetInt64(0), row.GetInt64(1)), Values(scope, span)).Single();
        return new ReconIdentity("E2", new ReconTerm("stored", stored), [new("unique", stored - conflicting), new("conflicting", conflicting)]);
    }

    /// <summary>E4: the vehicles that the classifiers' own counters went on by are events of theirs, or numbers that are missing.</summary>
    private ReconIdentity? Counters(ReconScope scope, TimeWindow span)
    {
        var (events, counted, missing) = _statements.Read(
            $"""
            WITH counted AS (
              SELECT lane, time, device, boot, seq, CASE WHEN json_valid(CAST(json AS TEXT)) THEN json_extract(CAST(json AS TEXT), '$.count') END AS count FROM toll_event
              WHERE kind = {(int)TollEventKind.Avc} AND conflict = 0 AND (device, boot) IN (SELECT DISTINCT device, boot FROM toll_event WHERE {InScope})),
            steps AS (
              SELECT *, count - lag(count) OVER w AS counts, seq - lag(seq) OVER w AS numbers FROM counted WHERE typeof(count) = 'integer' WINDOW w AS (PARTITION BY device, boot ORDER BY seq))
            SELECT count(*), coalesce(sum(counts), 0), coalesce(sum(min(counts - 1, numbers - 1)), 0) FROM steps WHERE counts > 0 AND numbers > 0 AND {InScope}
            """, row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), Values(scope, span)).Single();
        return events == 0 ? null : new ReconIdentity("E4", new ReconTerm("counted", counted), [new("events", events), new("missingNumbers", missing)]);
    }

    /// <summary>E5: every event is attached to a passage, suppressed with a pointer, an orphan, or held.</summary>
    private ReconIdentity Reads(ReconScope scope)
    {
        var sums = _statements.Read("SELECT coalesce(sum(events),0), coalesce(sum(attached),0), coalesce(sum(suppressed),0), coalesce(sum(orphans),0), coalesce(sum(held),0) FROM toll_tally WHERE day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3)",
            row => Enumerable.Range(0, 5).Select(row.GetInt64).ToArray(), scope.From.DayNumber, scope.To.DayNumber, scope.Point).Single();
        return new ReconIdentity("E5", new ReconTerm("events", sums[0]), [new("attached", sums[1]), new("suppressed", sums[2]), new("orphans", sums[3]), new("held", sums[4])]);
    }

    /// <summary>E6: every passage has exactly one outcome.</summary>
    private ReconIdentity Passages(ReconScope scope)
    {
        var passages = (long)_statements.Ask($"SELECT count(*) FROM passage WHERE {OfDays}", Days(scope))!;
        var outcomes = _statements.Read($"SELECT outcome, count(*) FROM charge WHERE outcome <> {(int)ChargeOutcome.Void} AND {OfDays} GROUP BY outcome ORDER BY outcome",
            row => new ReconTerm(Camel(((ChargeOutcome)row.GetInt64(0)).ToString()), row.GetInt64(1)), Days(scope));
        return new ReconIdentity("E6", new ReconTerm("passages", passages), outcomes);
    }

    /// <summary>E7: every exit has an entry, and every entry an exit, or they are named.</summary>
    private ReconIdentity Trips(ReconScope scope)
    {
        var (entries, unmatched) = _statements.Read($"SELECT count(*), coalesce(sum(code = 'NO_EXIT'), 0) FROM charge WHERE outcome = {(int)ChargeOutcome.Entry} AND {OfDays}", row => (row.GetInt64(0), row.GetInt64(1)), Days(scope)).Single();
        return new ReconIdentity("E7", new ReconTerm("entries", entries), [new("complete", entries - unmatched), new("withoutExit", unmatched)]);
    }

    /// <summary>E8: what is asked for is net and tax, charge by charge.</summary>
    private ReconIdentity Amounts(ReconScope scope)
    {
        var (count, net, vat) = _statements.Read($"SELECT count(*), coalesce(sum(net),0), coalesce(sum(vat),0) FROM charge WHERE outcome = {(int)ChargeOutcome.Charged} AND {OfDays}", row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), Days(scope)).Single();
        var gross = 0L;
        _statements.ForEach($"SELECT body FROM charge WHERE outcome = {(int)ChargeOutcome.Charged} AND {OfDays}", row => gross += ChargeJson.GrossOf(row.GetFieldValue<byte[]>(0)), Days(scope));
        return new ReconIdentity("E8", new ReconTerm("charges", count, gross), [new("net", count, net), new("vat", 0, vat)]);
    }

    /// <summary>E9: what is charged stands in the ledger under its date, or is on its way, or was refused.</summary>
    private ReconIdentity Posted(ReconScope scope, ITollLedger ledger, CancellationToken cancellationToken)
    {
        var (count, charged) = _statements.Read($"SELECT coalesce(sum(net + vat > 0),0), coalesce(sum(net + vat),0) FROM charge WHERE outcome <> {(int)ChargeOutcome.Void} AND {OfDays}", row => (row.GetInt64(0), row.GetInt64(1)), Days(scope)).Single();
        var charges = _statements.Read($"SELECT passage FROM charge WHERE {OfDays}", row => row.GetString(0), Days(scope)).ToHashSet(StringComparer.Ordinal);
        var open = _statements.Read($"SELECT h.chain, h.state FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state <> {(int)PostingState.Posted} AND {OfDays.Replace("day", "c.day", StringComparison.Ordinal).Replace("point", "c.point", StringComparison.Ordinal).Replace("lane", "c.lane", StringComparison.Ordinal)}",
            row => (Change: ChargeJson.ChangeOf(row.GetFieldValue<byte[]>(0)), State: (PostingState)row.GetInt64(1)), Days(scope));
        var (standing, posted) = PostedOf(ledger, charges, cancellationToken);
        ReconTerm On(string name, PostingState state) => new(name, open.Where(chain => chain.State == state).Sum(chain => Math.Sign(chain.Change)), open.Where(chain => chain.State == state).Sum(chain => chain.Change));
        return new ReconIdentity("E9", new ReconTerm("charged", count, charged), [new("posted", standing, posted), On("waiting", PostingState.Waiting), On("refused", PostingState.Refused)]);
    }

    /// <summary>What stands in the ledger for some charges: how many come to something, and how much.</summary>
    private static (long Count, long Money) PostedOf(ITollLedger ledger, HashSet<string> charges, CancellationToken cancellationToken)
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        for (long after = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = ledger.Entries(new EntryQuery(after, LedgerPage));
            foreach (var entry in page)
                if (entry.Event is TransferPosted { Transfer: { Code: TransferCode.Charge or TransferCode.Reversal, Links.Charge: { } charge } transfer } && charges.Contains(charge))
                    sums[charge] = sums.GetValueOrDefault(charge) + (transfer.Reverses is null ? transfer.Amount : -transfer.Amount);
            if (page.Count < LedgerPage) return (sums.Values.Count(sum => sum != 0), sums.Values.Sum());
            after = page[^1].Number;
        }
    }

    /// <summary>E10: debits are credits.</summary>
    private static ReconIdentity Ledger(ITollLedger ledger)
    {
        var balances = ledger.Balances("", null);
        return new ReconIdentity("E10", new ReconTerm("debits", 0, balances.Sum(account => account.Debits)), [new("credits", 0, balances.Sum(account => account.Credits))]);
    }

    private List<ReconItem> Findings(ReconScope scope) => scope.Device is not null || scope.Lane is not null ? [] : _statements.Read(
        "SELECT key, code, point, coalesce(event, passage, ''), at, day, detail, found FROM toll_finding WHERE day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3)",
        row => new ReconItem(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), DateOnly.FromDayNumber(row.GetInt32(5)), 1, null, row.GetString(6), row.GetInt64(7), null),
        scope.From.DayNumber, scope.To.DayNumber, scope.Point);

    /// <summary>Passages that are not charged though a vehicle passed.</summary>
    private List<ReconItem> Charges(ReconScope scope) => scope.Device is not null ? [] : _statements.Read(
        $"SELECT passage, coalesce(code, outcome), point, at, day, lane FROM charge WHERE (outcome = {(int)ChargeOutcome.Unrated} OR (outcome = {(int)ChargeOutcome.Entry} AND code IS NOT NULL)) AND {OfDays}",
        row => new ReconItem(KeyOf(row.GetString(1), row.GetString(0)), row.GetString(1), row.GetString(2), row.GetString(0), row.GetInt64(3), DateOnly.FromDayNumber(row.GetInt32(4)), 1, null, $"lane {row.GetString(5)}", null, null),
        Days(scope));

    private List<ReconItem> Refused(ReconScope scope) => scope.Device is not null ? [] : _statements.Read(
        $"SELECT c.passage, c.point, c.at, c.day, c.net + c.vat, h.refusal FROM charge_chain h JOIN charge c ON c.passage = h.passage WHERE h.state = {(int)PostingState.Refused} AND c.day BETWEEN $1 AND $2 AND ($3 IS NULL OR c.point = $3) AND ($4 IS NULL OR c.lane = $4)",
        row => new ReconItem(KeyOf("NOT_POSTED", row.GetString(0)), "NOT_POSTED", row.GetString(1), row.GetString(0), row.GetInt64(2), DateOnly.FromDayNumber(row.GetInt32(3)), 1, row.GetInt64(4), row.GetString(5), null, null),
        Days(scope));

    private ReconItem Judged(ReconItem item) => _statements.Read("SELECT state, owner, explanation, by, at FROM recon_judgement WHERE key = $1",
        row => new ReconJudgement((ReconState)row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4)), item.Key) is [var said] ? item with { Judgement = said } : item;

    private const string InScope = "time >= $1 AND time < $2 AND ($3 IS NULL OR lane IN (SELECT DISTINCT lane FROM passage WHERE point = $3)) AND ($4 IS NULL OR lane = $4) AND ($5 IS NULL OR device = $5)";
    private const string OfDays = "day BETWEEN $1 AND $2 AND ($3 IS NULL OR point = $3) AND ($4 IS NULL OR lane = $4)";
    /// <summary>Each number that came, once, with the one before it in its start; the first of a start is 1.</summary>
    private const string Numbered = $"""
        WITH numbered AS (
          SELECT lane, time, device, boot, seq, coalesce(lag(seq) OVER (PARTITION BY device, boot ORDER BY seq), 0) AS before FROM toll_event
          WHERE conflict = 0 AND (device, boot) IN (SELECT DISTINCT device, boot FROM toll_event WHERE {InScope}))
        """;

    private TimeWindow SpanOf(ReconScope scope) => new(ZonedDates.StartOf(scope.From, _zone), ZonedDates.EndOf(scope.To, _zone));

    private DateOnly DayOf(long time) => ZonedDates.Of(time, _zone);

    private static object?[] Values(ReconScope scope, TimeWindow span) => [span.From, span.To, scope.Point, scope.Lane, scope.Device];

    private static object?[] Days(ReconScope scope) => [scope.From.DayNumber, scope.To.DayNumber, scope.Point, scope.Lane];

    private static string KeyOf(string code, string subject) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{code}\0{subject}")).AsSpan(0, 16));

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}

/// <summary>What is on its way from events to the ledger.</summary>
/// <param name="Cells">Spans of time of lanes that are to be correlated.</param>
/// <param name="Days">Days of vehicles that are to be rated.</param>
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
