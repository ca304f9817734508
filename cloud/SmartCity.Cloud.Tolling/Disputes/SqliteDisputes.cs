using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Tolling.Disputes;

/// <summary>
/// Disputes, in the file of passages and charges, beside the one that writes those. A decision and the refund that it grants are one commit; whoever charges
/// takes it off the charge from there, by a new revision. One thread at a time.
/// </summary>
public sealed class SqliteDisputes : IDisposable
{
    /// <summary>The most charges that one batch takes.</summary>
    public const int HitsMax = 100_000;
    private const long RepeatedWithin = 300_000_000;
    /// <summary>A finding of a passage has the time of the passage, or of a read of it.</summary>
    private const long FoundWithin = 120_000_000;
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS dispute(number INTEGER PRIMARY KEY, charge TEXT NOT NULL, state INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS dispute_charge ON dispute(charge);
        CREATE INDEX IF NOT EXISTS dispute_state ON dispute(state, number);
        CREATE TABLE IF NOT EXISTS dispute_step(id INTEGER PRIMARY KEY, dispute INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS dispute_step_of ON dispute_step(dispute, id);
        CREATE TABLE IF NOT EXISTS refund_batch(
          id TEXT PRIMARY KEY, dispute INTEGER NOT NULL, scope BLOB NOT NULL, digest TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL, amount INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS refund_batch_dispute ON refund_batch(dispute);
        """;

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;

    /// <summary>Opens the file of passages and charges.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteDisputes(string file)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        _statements = new Statements(_connection);
        _statements.Run(TollSchema.Tables + Tables);
    }

    /// <summary>One dispute; null where there is none.</summary>
    public Dispute? Find(int number) => _statements.Read("SELECT body FROM dispute WHERE number = $1", Read, number).SingleOrDefault();

    /// <summary>Disputes of a charge, in order.</summary>
    public IReadOnlyList<Dispute> Of(string charge) => _statements.Read("SELECT body FROM dispute WHERE charge = $1 ORDER BY number", Read, charge);

    /// <summary>Disputes, the newest first.</summary>
    /// <param name="state">One state alone; null for all.</param>
    /// <param name="before">Number of the last that is known; null from the newest.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<Dispute> List(DisputeState? state, int? before, int limit) =>
        _statements.Read("SELECT body FROM dispute WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR number < $2) ORDER BY number DESC LIMIT $3", Read, (long?)state, before, limit);

    /// <summary>What was done to a dispute, in order.</summary>
    public IReadOnlyList<DisputeStep> Steps(int number) =>
        _statements.Read("SELECT at, by, what, text FROM dispute_step WHERE dispute = $1 ORDER BY id", row => new DisputeStep(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3)), number);

    /// <summary>Opens a dispute. While one of the charge is not decided, and for the same reason by the same person ever after, it is that one.</summary>
    public DisputeResult Open(string charge, DisputeReason reason, string text, string by, long now) => Change(() =>
    {
        var number = Convert.ToInt32(_statements.Ask("SELECT coalesce(max(number), 0) + 1 FROM dispute"), CultureInfo.InvariantCulture);
        return Keep(DisputeRules.Open(number, charge, ChargeOf(charge), reason, text, Of(charge), by, now), by, now, "opened", text);
    });

    /// <summary>Takes a dispute up to look into it, and says what that came to.</summary>
    public DisputeResult Take(int number, string finding, string by, long now) => Change(() =>
        Find(number) is { } dispute ? Keep(DisputeRules.Take(dispute, finding, by), by, now, "taken", finding) : DisputeResult.Refuse(DisputeRefusal.Missing));

    /// <summary>Decides a dispute. What is given back is granted in the same commit.</summary>
    /// <param name="number">Dispute.</param>
    /// <param name="refund">Minor units; null gives back all that stands, 0 rejects it.</param>
    /// <param name="explanation">Why.</param>
    /// <param name="by">Who; neither who opened nor who looked into it.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    public DisputeResult Decide(int number, long? refund, string explanation, string by, long now) => Change(() =>
    {
        if (Find(number) is not { } dispute) return DisputeResult.Refuse(DisputeRefusal.Missing);
        var standing = ChargeOf(dispute.Charge);
        // All that stood then, where the same is said again.
        var amount = refund ?? (dispute.IsDecided ? dispute.Of : standing?.Gross ?? 0);
        if (refund is null && amount == 0) return DisputeResult.Refuse(DisputeRefusal.NothingCharged, dispute);
        var result = Keep(DisputeRules.Decide(dispute, amount, standing?.Gross ?? 0, explanation, by, now), by, now, amount > 0 ? "upheld" : "rejected", explanation);
        if (result is { Succeeded: true, Repeated: false } && amount > 0) Grant(standing!, amount, number, null);
        return result;
    });

    /// <summary>Objects to a decision, once; somebody else decides then, for the last time.</summary>
    public DisputeResult Appeal(int number, string text, string by, long now) => Change(() =>
        Find(number) is { } dispute ? Keep(DisputeRules.Appeal(dispute, text), by, now, "appealed", text) : DisputeResult.Refuse(DisputeRefusal.Missing));

    /// <summary>Where to look for others whom the fault of a dispute hit: the passage's day, lane, and what the reason of the dispute speaks of.</summary>
    /// <returns>Null where there is no such dispute, or its charge is gone.</returns>
    public FaultScope? Suggest(int number)
    {
        if (Find(number) is not { } dispute || ChargeOf(dispute.Charge) is not { } charge) return null;
        var scope = new FaultScope(charge.Day, charge.Day, charge.TollPoint, charge.Lane);
        var cause = _statements.Read($"SELECT code FROM toll_finding WHERE at BETWEEN $2 - {FoundWithin} AND $2 + {FoundWithin} AND passage = $1 ORDER BY code LIMIT 1", row => row.GetString(0), charge.Passage, charge.Time).SingleOrDefault();
        return dispute.Reason switch
        {
            DisputeReason.WrongAmount or DisputeReason.Exempt => scope with { Lane = null, Tariff = charge.Tariff },
            DisputeReason.ChargedTwice => scope with { Lane = null, Cause = FaultScope.Repeated },
            DisputeReason.NotMyVehicle => scope with { Device = DeviceOf(charge.Passage, Model.Tolling.TollEventKind.Anpr), Cause = cause },
            DisputeReason.WrongClass => scope with { Device = DeviceOf(charge.Passage, Model.Tolling.TollEventKind.Avc), Cause = cause },
            _ => scope with { Cause = cause },
        };
    }

    /// <summary>Everybody whom the same fault hit, and what is to be given back: the same part of the charge as in the dispute. Changes nothing.</summary>
    /// <returns>Null where nothing was given back in the dispute, or there is none; else what was found, of which there may be more than <see cref="HitsMax"/>.</returns>
    public RefundPreview? Preview(int number, FaultScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (Find(number) is not { State: DisputeState.Upheld } dispute) return null;
        var hits = new List<FaultHit>();
        _statements.ForEach(
            $"""
            SELECT c.body, r.dispute, p.body FROM charge c LEFT JOIN charge_refund r USING(passage) LEFT JOIN passage p ON p.id = c.passage
            WHERE c.day BETWEEN $1 AND $2 AND c.outcome = {(int)ChargeOutcome.Charged} AND (c.net + c.vat > 0 OR r.dispute IS NOT NULL) AND c.passage <> $3
              AND ($4 IS NULL OR c.point = $4) AND ($5 IS NULL OR c.lane = $5) AND ($6 IS NULL OR c.at >= $6) AND ($7 IS NULL OR c.at < $7)
              AND ($8 IS NULL OR $8 = '{FaultScope.Repeated}' OR EXISTS(SELECT 1 FROM toll_finding f WHERE f.at BETWEEN c.at - {FoundWithin} AND c.at + {FoundWithin} AND f.passage = c.passage AND f.code = $8))
              AND ($8 IS NULL OR $8 <> '{FaultScope.Repeated}' OR EXISTS(
                SELECT 1 FROM passage b JOIN charge o ON o.passage = b.id WHERE b.vehicle = c.vehicle AND b.day BETWEEN c.day - 1 AND c.day AND b.point = c.point AND b.id <> c.passage
                  AND b.at BETWEEN c.at - {RepeatedWithin} AND c.at AND (b.at < c.at OR b.id < c.passage) AND o.net + o.vat > 0))
            ORDER BY c.passage LIMIT {HitsMax + 1}
            """, row =>
            {
                var charge = JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!;
                if (scope.Tariff is not null && charge.Tariff != scope.Tariff) return;
                if (scope.Device is not null && (row.IsDBNull(2) || JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), PassageJson.Default.Passage)!.Members.All(member => member.Event.Device != scope.Device))) return;
                int? given = row.IsDBNull(1) ? null : row.GetInt32(1);
                hits.Add(new FaultHit(charge.Passage, charge.Day, charge.Time, charge.TollPoint, charge.Lane, charge.Payer, charge.Gross, given is null ? PartOf(charge.Gross, dispute) : 0, given));
            }, scope.From.DayNumber, scope.To.DayNumber, dispute.Charge, scope.Point, scope.Lane, scope.Begin, scope.End, scope.Cause);
        return new RefundPreview(scope, hits, DigestOf(number, hits));
    }

    /// <summary>Gives back to everybody whom the fault hit, in one batch and one commit: exactly what was shown.</summary>
    /// <param name="number">Dispute.</param>
    /// <param name="scope">Whom it is for.</param>
    /// <param name="digest">Digest of the preview that was looked at.</param>
    /// <param name="by">Who; not who decided the dispute.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    public ReleaseResult Release(int number, FaultScope scope, string digest, string by, long now)
    {
        ArgumentNullException.ThrowIfNull(digest);
        return Change(() =>
        {
            if (Find(number) is not { } dispute) return new ReleaseResult(DisputeRefusal.Missing, null);
            if (Batches(number).FirstOrDefault(batch => batch.Digest == digest) is { } done) return new ReleaseResult(DisputeRefusal.None, done, Repeated: true);
            if (Preview(number, scope) is not { } preview) return new ReleaseResult(DisputeRefusal.NotUpheld, null);
            if (by == dispute.DecidedBy) return new ReleaseResult(DisputeRefusal.SamePerson, null);
            if (preview.Hits.Count > HitsMax) return new ReleaseResult(DisputeRefusal.TooMany, null);
            if (preview.Digest != digest) return new ReleaseResult(DisputeRefusal.Changed, null);
            if (preview.Count == 0) return new ReleaseResult(DisputeRefusal.Nobody, null);
            var id = digest[..32];
            _statements.Run("INSERT INTO refund_batch VALUES($1,$2,$3,$4,$5,$6,$7,$8)", id, number, JsonSerializer.SerializeToUtf8Bytes(scope, DisputeJson.Default.FaultScope), digest, by, now, preview.Count, preview.Amount);
            foreach (var hit in preview.Hits)
                if (hit.Refund > 0) Grant(ChargeOf(hit.Charge)!, hit.Refund, number, id);
            Step(number, now, by, "released", id);
            return new ReleaseResult(DisputeRefusal.None, Batches(number).Single(batch => batch.Id == id));
        });
    }

    /// <summary>Batches that were released for a dispute, in order of time, with how far they are.</summary>
    public IReadOnlyList<RefundBatch> Batches(int number) => _statements.Read(
        $"""
        SELECT id, dispute, scope, digest, by, at, count, amount,
          (SELECT count(*) FROM charge_refund r WHERE r.batch = b.id AND r.passage NOT IN (SELECT passage FROM charge_adjust_due)
            AND NOT EXISTS(SELECT 1 FROM charge_chain h WHERE h.passage = r.passage AND h.state <> {(int)PostingState.Posted}))
        FROM refund_batch b WHERE dispute = $1 ORDER BY at
        """, row => new RefundBatch(row.GetString(0), row.GetInt32(1), JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), DisputeJson.Default.FaultScope)!, row.GetString(3), row.GetString(4), row.GetInt64(5),
            row.GetInt32(6), row.GetInt64(7), row.GetInt32(8)), number);

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    /// <summary>The part of an amount that the dispute gave back of its own.</summary>
    private static long PartOf(long gross, Dispute dispute) => dispute.Refund == dispute.Of ? gross : (long)((2 * (Int128)gross * dispute.Refund + dispute.Of) / (2 * (Int128)dispute.Of));

    private static string DigestOf(int number, List<FaultHit> hits)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n")));
        foreach (var hit in hits.Where(hit => hit.Refund > 0)) hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{hit.Charge}\t{hit.Gross}\t{hit.Refund}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Grant(Charge standing, long amount, int dispute, string? batch)
    {
        var refund = ChargeAdjustment.Add(standing, amount, dispute);
        _statements.Run("INSERT OR REPLACE INTO charge_refund VALUES($1,$2,$3,$4,$5)", standing.Passage, refund.Refunded, refund.Of, refund.Dispute, batch);
        _statements.Run("INSERT OR IGNORE INTO charge_adjust_due VALUES($1)", standing.Passage);
    }

    private DisputeResult Keep(DisputeResult result, string by, long now, string what, string text)
    {
        if (!result.Succeeded || result.Repeated) return result;
        var dispute = result.Dispute!;
        _statements.Run("INSERT OR REPLACE INTO dispute VALUES($1,$2,$3,$4)", dispute.Number, dispute.Charge, (long)dispute.State, JsonSerializer.SerializeToUtf8Bytes(dispute, DisputeJson.Default.Dispute));
        Step(dispute.Number, now, by, what, text);
        return result;
    }

    private void Step(int number, long at, string by, string what, string text) => _statements.Run("INSERT INTO dispute_step VALUES(NULL,$1,$2,$3,$4,$5)", number, at, by, what, text);

    /// <summary>A charge as it stands, with what was given back of it a moment ago and is not taken off yet.</summary>
    private Charge? ChargeOf(string charge)
    {
        var kept = _statements.Read("SELECT body FROM charge WHERE passage = $1", row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!, charge).SingleOrDefault();
        if (kept is null) return null;
        var refund = _statements.Read("SELECT refunded, of, dispute FROM charge_refund WHERE passage = $1", row => new GrantedRefund(row.GetInt64(0), row.GetInt64(1), row.GetInt32(2)), charge).SingleOrDefault();
        return refund is null ? kept : ChargeAdjustment.Apply(ChargeAdjustment.Undo(kept), refund, scale: 0);
    }

    private string? DeviceOf(string passage, Model.Tolling.TollEventKind kind) => _statements.Read("SELECT body FROM passage WHERE id = $1", row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.Passage)!, passage)
        .SingleOrDefault()?.Members.FirstOrDefault(member => member.Kind == kind && !member.IsCrossLane)?.Event.Device;

    private static Dispute Read(SqliteDataReader row) => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), DisputeJson.Default.Dispute)!;

    private T Change<T>(Func<T> change)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _statements.Transaction = transaction;
        try
        {
            var result = change();
            transaction.Commit();
            return result;
        }
        finally
        {
            _statements.Transaction = null;
        }
    }
}
