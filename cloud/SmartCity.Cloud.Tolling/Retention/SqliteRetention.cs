using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Disputes;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Receipts;
using SmartCity.Cloud.Tolling.Sql;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Retention;

/// <summary>
/// Erases what names people, once it is needed no more: only of sealed periods, whose charges and sums stay as they are. What is unpaid or disputed is kept until it
/// is settled. An event keeps its key and the hash of what it said, so that the same one again is still known. One thread at a time.
/// </summary>
public sealed class SqliteRetention : IDisposable
{
    private const int Step = 500;
    /// <summary>What of a lane is looked at in one commit, µs: ten minutes.</summary>
    private const long Span = 600_000_000;
    /// <summary>A read lies no further from its passage, and a cell is no longer, µs.</summary>
    private const long Near = 120_000_000, CellMax = 3_600_000_000;
    private const string Tables = """
        CREATE TEMP TABLE kept_event(device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(device, boot, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS retention_run(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, class INTEGER NOT NULL, through INTEGER, erased INTEGER NOT NULL, kept INTEGER NOT NULL);
        """;

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly ITollLedger _ledger;
    private readonly PlateVault _vault;
    private readonly SqliteReceiptStore _receipts;
    private readonly TimeZoneInfo _zone;

    /// <summary>Opens the file of events, passages and charges.</summary>
    /// <param name="file">The file.</param>
    /// <param name="ledger">Says which periods are sealed and what is unpaid.</param>
    /// <param name="vault">The vault of keys.</param>
    /// <param name="receipts">The store of receipts.</param>
    /// <param name="zone">Zone of business dates.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteRetention(string file, ITollLedger ledger, PlateVault vault, SqliteReceiptStore receipts, TimeZoneInfo zone)
    {
        (_ledger, _vault, _receipts, _zone) = (ledger, vault, receipts, zone);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        _statements = new Statements(_connection);
        // What is erased is overwritten, not only unlinked.
        _statements.Run("PRAGMA secure_delete=ON;" + TollSchema.Tables + SqliteDisputes.Tables + Tables);
    }

    /// <summary>Runs, the newest first.</summary>
    /// <param name="max">How many at most.</param>
    /// <param name="before">Number of the last that is known; null from the newest.</param>
    public IReadOnlyList<RetentionRun> Runs(int max, int? before = null) => _statements.Read("SELECT number, at, by, class, through, erased, kept FROM retention_run WHERE $2 IS NULL OR number < $2 ORDER BY number DESC LIMIT $1", row => new RetentionRun(
        row.GetInt32(0), row.GetInt64(1), row.GetString(2), (RetentionClass)row.GetInt64(3), row.IsDBNull(4) ? null : DateOnly.FromDayNumber(row.GetInt32(4)), row.GetInt64(5), row.GetInt64(6)), max, before);

    /// <summary>Applies the rules, and keeps a record of each.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="today">Today's date.</param>
    /// <param name="by">Who asks for it.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    /// <param name="isDry">Whether it only counts, and changes nothing.</param>
    /// <param name="cancellationToken">Stops it between two steps; what was erased stays so.</param>
    public IReadOnlyList<RetentionRun> Run(RetentionRules rules, DateOnly today, string by, long now, bool isDry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var (images, plates, keys) = (Through(today, rules.ImagesDays), Through(today, rules.PlatesDays), Through(today, rules.KeysDays));
        RetentionRun[] runs =
        [
            Keep(RetentionClass.Images, images, images is { } a ? Images(a, isDry, cancellationToken) : default),
            Keep(RetentionClass.Plates, plates, plates is { } b ? Plates(b, isDry, cancellationToken) : default),
            Keep(RetentionClass.Receipts, keys, keys is { } c ? (isDry ? _receipts.Readable(c) : _receipts.Erase(c), 0) : default),
            Keep(RetentionClass.Keys, keys, keys is { } d ? Keys(d, isDry) : default),
        ];
        // What was written before lies in the log beside the file until that is brought in; a reader may hold it up until the next run.
        if (!isDry) _statements.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        return runs;

        RetentionRun Keep(RetentionClass what, DateOnly? through, (long Erased, long Kept) count)
        {
            if (isDry) return new RetentionRun(0, now, by, what, through, count.Erased, count.Kept);
            _statements.Run("INSERT INTO retention_run VALUES(NULL,$1,$2,$3,$4,$5,$6)", now, by, (long)what, through?.DayNumber, count.Erased, count.Kept);
            return Runs(1)[0];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _statements.Dispose();
        _connection.Dispose();
    }

    /// <summary>The last date of the last period, all before it sealed too, whose end lies so many days back.</summary>
    private DateOnly? Through(DateOnly today, int days) => _ledger.Periods().TakeWhile(period => period.State == PeriodState.Sealed && period.To.AddDays(days) <= today).LastOrDefault()?.To;

    /// <summary>Takes the image's name and hash out of cameras' events.</summary>
    private (long, long) Images(DateOnly through, bool isDry, CancellationToken cancellationToken) =>
        (Each(RetentionClass.Images, through, isDry, e => e.Kind == TollEventKind.Anpr && e.Json.AsSpan().IndexOf("\"image\""u8) >= 0, e => WithoutImage(e.Json), cancellationToken), 0);

    /// <summary>Takes plates and tags out of everything that a passage is made of, and out of reads that no vehicle had.</summary>
    private (long, long) Plates(DateOnly through, bool isDry, CancellationToken cancellationToken)
    {
        var (erased, kept) = (0L, 0L);
        var owing = new Dictionary<string, bool>(StringComparer.Ordinal);
        _statements.Run("DELETE FROM kept_event");
        for (var (vehicle, day, id) = ("", 0, ""); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Passages that are erased have no vehicle and are no longer in the index that this goes along.
            var page = _statements.Read(
                $"""
                SELECT p.vehicle, p.day, p.body, c.body FROM passage p LEFT JOIN charge c ON c.passage = p.id
                WHERE p.vehicle IS NOT NULL AND (p.vehicle, p.day, p.id) > ($1, $2, $3) AND p.day <= $4 ORDER BY p.vehicle, p.day, p.id LIMIT {Step}
                """, row => (Vehicle: row.GetString(0), Day: row.GetInt32(1), Passage: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), PassageJson.Default.Passage)!,
                    Charge: row.IsDBNull(3) ? null : JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(3), ChargeJson.Default.Charge)!), vehicle, day, id, through.DayNumber);
            if (page.Count == 0) break;
            var byNeed = page.ToLookup(one => IsNeeded(one.Passage.Id, one.Charge, owing));
            var (needed, due) = (byNeed[true].ToList(), byNeed[false].ToList());
            if (!isDry)
            {
                Change(() =>
                {
                    needed.ForEach(one => EventsOf(one.Passage).ForEach(e => _statements.Run("INSERT OR IGNORE INTO kept_event VALUES($1,$2,$3)", e.Event.Device, unchecked((long)e.Event.Boot), unchecked((long)e.Event.Sequence))));
                    due.ForEach(one => Erase(one.Passage, one.Charge));
                });
            }
            (erased, kept) = (erased + due.Count, kept + needed.Count);
            (vehicle, day, id) = (page[^1].Vehicle, page[^1].Day, page[^1].Passage.Id);
        }
        if (isDry) return (erased, kept);
        erased += Unconfirmed(through, cancellationToken);
        Loose(through, cancellationToken);
        _statements.Run("INSERT OR REPLACE INTO toll_erased VALUES(1, $1)", ZonedDates.EndOf(through, _zone));
        return (erased, kept);
    }

    private (long, long) Keys(DateOnly through, bool isDry)
    {
        // A month whose passages are not all erased still needs its key.
        var due = _vault.Months().Select(month => new DateOnly(month / 100, month % 100, 1)).Where(month => month.AddMonths(1) <= through.AddDays(1)).ToList();
        var free = due.Where(month => (long)_statements.Ask("SELECT count(*) FROM passage WHERE vehicle IS NOT NULL AND day BETWEEN $1 AND $2", month.DayNumber, month.AddMonths(1).DayNumber - 1)! == 0).ToList();
        if (!isDry) free.ForEach(_vault.Erase);
        return (free.Count, due.Count - free.Count);
    }

    /// <summary>Whether somebody still has to know whose it was: it is unpaid, or a dispute of it is not at its end.</summary>
    private bool IsNeeded(string passage, Charge? charge, Dictionary<string, bool> owing)
    {
        if (_statements.Ask($"SELECT 1 FROM dispute WHERE charge = $1 AND state IN ({(int)DisputeState.Open}, {(int)DisputeState.UnderReview})", passage) is not null) return true;
        if (charge?.Payer is not { } payer || charge.Gross == 0) return false;
        var owed = AccountLimits.OwedBy(payer);
        if (!owing.TryGetValue(owed, out var owes)) owing[owed] = owes = _ledger.FindAccount(owed) is { Balance: > 0 };
        return owes;
    }

    /// <summary>The events that a passage is made of, and those that lost to one of them.</summary>
    private List<(TollEventRef Event, TollEventKind Kind)> EventsOf(Passage passage) =>
    [
        .. passage.Members.Select(member => (member.Event, member.Kind)),
        .. _statements.Read("SELECT body FROM toll_read WHERE point = $1 AND cell BETWEEN $2 AND $4 AND outcome = 'suppressed' AND at BETWEEN $3 AND $4",
            row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.SuppressedRead)!, passage.TollPoint, passage.Time - CellMax, passage.Time - Near, passage.Time + Near)
            .Where(read => read.WinnerPassage == passage.Id || read.Passage == passage.Id).Select(read => (read.Event, read.Kind)),
    ];

    private void Erase(Passage passage, Charge? charge)
    {
        foreach (var (e, kind) in EventsOf(passage)) EraseEvent(e, kind);
        var without = passage with { Plate = null, TagPlate = null, Tag = null };
        _statements.Run("UPDATE passage SET vehicle = NULL, body = $2 WHERE id = $1", passage.Id, JsonSerializer.SerializeToUtf8Bytes(without, PassageJson.Default.Passage));
        _statements.Run("UPDATE toll_finding SET detail = '' WHERE at BETWEEN $2 AND $3 AND passage = $1", passage.Id, passage.Time - Near, passage.Time + Near);
        if (charge is not null) _statements.Run("UPDATE charge SET vehicle = NULL, body = $2 WHERE passage = $1", charge.Passage, JsonSerializer.SerializeToUtf8Bytes(charge with { Vehicle = null }, ChargeJson.Default.Charge));
    }

    /// <summary>Takes plates out of passages whose plate nobody confirmed, which name no vehicle by it.</summary>
    private long Unconfirmed(DateOnly through, CancellationToken cancellationToken)
    {
        var (erased, until) = (0L, ZonedDates.EndOf(through, _zone));
        for (var (at, id) = (Before(RetentionClass.Plates)?.Seen ?? long.MinValue, ""); ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = _statements.Read($"SELECT at, id, body, vehicle IS NULL FROM passage WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT {Step}",
                row => (At: row.GetInt64(0), Id: row.GetString(1), Passage: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), PassageJson.Default.Passage)!, IsNamed: row.GetInt64(3) == 0), at, id, until);
            if (page.Count == 0) return erased;
            var due = page.Where(one => !one.IsNamed && (one.Passage.Plate ?? one.Passage.TagPlate) is not null).Select(one => one.Passage).ToList();
            Change(() => due.ForEach(passage => Erase(passage, null)));
            (erased, at, id) = (erased + due.Count, page[^1].At, page[^1].Id);
        }
    }

    /// <summary>Up to where the last run of a rule went, and when that was; null where there was none.</summary>
    private (long Seen, long At)? Before(RetentionClass what) => _statements.Read("SELECT through, at FROM retention_run WHERE class = $1 AND through IS NOT NULL ORDER BY number DESC LIMIT 1",
        row => ((long Seen, long At)?)(ZonedDates.EndOf(DateOnly.FromDayNumber(row.GetInt32(0)), _zone), row.GetInt64(1)), (long)what).SingleOrDefault();

    /// <summary>Events of antennas and cameras that no passage has: orphans, held ones, ones of lanes that nobody knows.</summary>
    private void Loose(DateOnly through, CancellationToken cancellationToken)
    {
        Each(RetentionClass.Plates, through, isDry: false, e => e.Kind is TollEventKind.Tag or TollEventKind.Anpr && !e.Json.AsSpan().SequenceEqual(Nothing) && _statements.Ask("SELECT 1 FROM kept_event WHERE device = $1 AND boot = $2 AND seq = $3", e.Device, e.Boot, e.Seq) is null, _ => Nothing, cancellationToken);
        Change(() =>
        {
            foreach (var (point, cell, device, boot, seq, digest, body) in _statements.Read("SELECT point, cell, device, boot, seq, digest, body FROM toll_read WHERE outcome = 'orphan' AND at < $1", row =>
                (row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetString(5), JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(6), PassageJson.Default.OrphanRead)!), ZonedDates.EndOf(through, _zone)))
                if (body.Identity is not null)
                    _statements.Run("UPDATE toll_read SET body = $7 WHERE point = $1 AND cell = $2 AND device = $3 AND boot = $4 AND seq = $5 AND digest = $6", point, cell, device, boot, seq, digest, JsonSerializer.SerializeToUtf8Bytes(body with { Identity = null }, PassageJson.Default.OrphanRead));
            _statements.Run("UPDATE toll_finding SET detail = '' WHERE day <= $1 AND detail <> '' AND code <> 'ERASED_MEANWHILE'", through.DayNumber);
        });
    }

    /// <summary>Rewrites events up to a date: those that no run before has seen, by their own time, and those that have come since.</summary>
    /// <returns>How many.</returns>
    private long Each(RetentionClass what, DateOnly through, bool isDry, Func<StoredEvent, bool> isDue, Func<StoredEvent, byte[]> rewritten, CancellationToken cancellationToken)
    {
        var (count, until) = (0L, ZonedDates.EndOf(through, _zone));
        // What it kept back for a passage goes with that passage.
        var before = Before(what);
        foreach (var lane in _statements.Read("SELECT DISTINCT lane FROM toll_event", row => row.GetString(0)))
        {
            (string, long, long)[] spans = before is { } seen ? [("time", seen.Seen, until), ("received", seen.At, long.MaxValue)] : [("time", long.MinValue, until)];
            foreach (var (column, from, to) in spans)
            {
                // The time of a device may be anything, so that spans without events are stepped over.
                for (var begin = from; _statements.Ask($"SELECT min({column}) FROM toll_event WHERE lane = $1 AND {column} >= $2 AND {column} < $3", lane, begin, to) is long next; begin = next + Span)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    begin = next;
                    var due = _statements.Read($"SELECT device, boot, seq, hash, kind, json FROM toll_event WHERE lane = $1 AND {column} >= $2 AND {column} < $3 AND time < $4", Event, lane, next, Math.Min(to, next > long.MaxValue - Span ? long.MaxValue : next + Span), until)
                        .Where(isDue).ToList();
                    if (!isDry && due.Count > 0) Change(() => due.ForEach(e => Rewrite(e, rewritten(e))));
                    count += due.Count;
                    if (next > long.MaxValue - Span) break;
                }
            }
        }
        return count;
    }

    private void EraseEvent(TollEventRef e, TollEventKind kind)
    {
        if (kind is TollEventKind.Tag or TollEventKind.Anpr) _statements.Run("UPDATE toll_event SET json = $4 WHERE device = $1 AND boot = $2 AND seq = $3", e.Device, unchecked((long)e.Boot), unchecked((long)e.Sequence), Nothing);
    }

    private void Rewrite(StoredEvent e, byte[] json) =>
        _statements.Run("UPDATE toll_event SET json = $5 WHERE device = $1 AND boot = $2 AND seq = $3 AND hash = $4", e.Device, e.Boot, e.Seq, e.Hash, json);

    private static StoredEvent Event(SqliteDataReader row) => new(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3), (TollEventKind)row.GetInt64(4), row.GetFieldValue<byte[]>(5));

    /// <summary>What stands in place of an event that was erased.</summary>
    private static byte[] Nothing => "{}"u8.ToArray();

    private static byte[] WithoutImage(byte[] json)
    {
        try
        {
            if (JsonNode.Parse(json) is JsonObject e && e.Remove("image") && JsonSerializer.SerializeToUtf8Bytes(e, EventJson.Default.JsonObject) is var rest && rest.AsSpan().IndexOf("\"image\""u8) < 0) return rest;
        }
        catch (JsonException)
        {
            // What a camera sent and nobody can read is erased whole.
        }
        return Nothing;
    }

    private sealed record StoredEvent(string Device, long Boot, long Seq, byte[] Hash, TollEventKind Kind, byte[] Json);

    private void Change(Action change)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _statements.Transaction = transaction;
        try
        {
            change();
            transaction.Commit();
        }
        finally
        {
            _statements.Transaction = null;
        }
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class EventJson : System.Text.Json.Serialization.JsonSerializerContext;
