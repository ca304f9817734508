using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Model;
using SmartCity.Model.Tolling;

namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>
/// Passages, what became of reads, findings and charges, in the file of the events. One writer: what it does between <see cref="Begin"/> and
/// <see cref="Commit"/> is one commit, and all it reads then is of that moment.
/// </summary>
public sealed class SqlitePassageStore : IDisposable
{
    internal const string EventColumns = "e.device, e.boot, e.seq, e.time, e.received, e.clock, e.lane, e.kind, e.quality, e.json";

    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly CorrelationOptions _options;

    /// <summary>Opens the store in the file of the events.</summary>
    /// <param name="file">The database file; its folder is made where it does not exist.</param>
    /// <param name="options">Which time of an event is believed, and how time is cut into cells.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqlitePassageStore(string file, CorrelationOptions options)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        (_statements, _options) = (new Statements(_connection), options);
        TollEventSchema.Ensure(_connection, options);
        _statements.Run(PassageSchema.Tables);
    }

    /// <summary>Begins a change; nothing is kept of it unless <see cref="Commit"/> returns.</summary>
    public void Begin() => _statements.Transaction = _connection.BeginTransaction(deferred: false);

    /// <summary>Makes the change durable.</summary>
    public void Commit()
    {
        _statements.Transaction!.Commit();
        End();
    }

    /// <summary>Gives up what was begun and not committed.</summary>
    public void Abandon() => End();

    /// <summary>Cells of time in which something came since they were correlated, the earliest first.</summary>
    /// <param name="isWanted">Which ones; others wait.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<DirtyCell> Dirty(Func<DirtyCell, bool> isWanted, int max) =>
        _statements.ReadSome("SELECT lane, start FROM toll_dirty ORDER BY start, lane", row => new DirtyCell(row.GetString(0), row.GetInt64(1)), isWanted, max);

    /// <summary>Events of a lane whose device's or gateway's time lies in a span, and all that stand under the key of one of them.</summary>
    public IReadOnlyList<TollEvent> Events(string lane, TimeWindow span) => _statements.Read(
        $"""
        WITH span AS (
          SELECT * FROM toll_event WHERE lane = $1 AND time >= $2 AND time < $3
          UNION ALL SELECT * FROM toll_event WHERE lane = $1 AND received >= $2 AND received < $3 AND NOT (time >= $2 AND time < $3))
        SELECT {EventColumns} FROM span e
        UNION ALL SELECT {EventColumns} FROM toll_event e JOIN (
          SELECT DISTINCT s.device, s.boot, s.seq FROM span s JOIN toll_event c ON c.device = s.device AND c.boot = s.boot AND c.seq = s.seq AND c.conflict = 1) k
          ON e.device = k.device AND e.boot = k.boot AND e.seq = k.seq
        """, ReadEvent, lane, span.From, span.To);

    /// <summary>Passages that stand in a cell of a toll point.</summary>
    public IReadOnlyList<Passage> Standing(string point, long cell) =>
        _statements.Read("SELECT body FROM passage WHERE point = $1 AND cell = $2", ReadPassage, point, cell);

    /// <summary>Passages of a vehicle on some days, in no order.</summary>
    public IReadOnlyList<Passage> OfVehicle(string vehicle, DateOnly from, DateOnly to) =>
        _statements.Read("SELECT body FROM passage WHERE vehicle = $1 AND day BETWEEN $2 AND $3", ReadPassage, vehicle, from.DayNumber, to.DayNumber);

    /// <summary>Keeps a passage in place of the one of its id.</summary>
    /// <param name="passage">The passage.</param>
    /// <param name="cell">The cell that it belongs to.</param>
    /// <param name="day">Its business date.</param>
    public void Put(Passage passage, long cell, DateOnly day) => _statements.Run(
        "INSERT OR REPLACE INTO passage VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)", passage.Id, passage.TollPoint, cell, passage.Time, passage.Lane, day.DayNumber, passage.Vehicle,
        (long)passage.State, JsonSerializer.SerializeToUtf8Bytes(passage, PassageJson.Default.Passage));

    /// <summary>Forgets a passage that is none any more.</summary>
    public void Remove(Passage passage) => _statements.Run("DELETE FROM passage WHERE id = $1", passage.Id);

    /// <summary>Keeps what became of the reads of a cell, and its findings, in place of what stood. A finding that stands on keeps the time it was found.</summary>
    /// <param name="point">Toll point.</param>
    /// <param name="result">What the cell came to.</param>
    /// <param name="day">Business date of the cell's beginning.</param>
    /// <param name="now">µs since 1970 UTC.</param>
    public void PutReads(string point, CorrelationResult result, DateOnly day, long now)
    {
        var cell = result.Window.From;
        _statements.Run("DELETE FROM toll_read WHERE point = $1 AND cell = $2", point, cell);
        foreach (var read in result.Suppressed) PutRead(point, cell, read.Event, "suppressed", read.Time, JsonSerializer.SerializeToUtf8Bytes(read, PassageJson.Default.SuppressedRead));
        foreach (var read in result.Orphans) PutRead(point, cell, read.Event, "orphan", read.Time, JsonSerializer.SerializeToUtf8Bytes(read, PassageJson.Default.OrphanRead));
        foreach (var held in result.Held) PutRead(point, cell, held.Event, "held", held.Time, JsonSerializer.SerializeToUtf8Bytes(held, PassageJson.Default.HeldEvent));
        PutFindings(point, cell, result.Findings, day, now);
        var tally = result.Tally;
        _statements.Run("INSERT OR REPLACE INTO toll_tally VALUES($1,$2,$3,$4,$5,$6,$7,$8)", point, cell, day.DayNumber, tally.Events, tally.Attached, tally.Suppressed, tally.Orphans, tally.Held);
    }

    /// <summary>Says that a cell is correlated.</summary>
    public void Clean(DirtyCell cell) => _statements.Run("DELETE FROM toll_dirty WHERE lane = $1 AND start = $2", cell.Lane, cell.Start);

    /// <summary>Number of the configuration that everything was correlated and rated by, or is to be; 0 before the first.</summary>
    public int AppliedConfiguration => Convert.ToInt32(_statements.Ask("SELECT number FROM toll_applied") ?? 0L, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Asks that what is kept is correlated and rated again, since toll points, registers or prices changed.</summary>
    /// <param name="number">Number of the configuration to do it by.</param>
    /// <param name="correlateFrom">The first day to correlate: a sealed period keeps the passages it was sealed with.</param>
    /// <param name="rateFrom">The first day to rate, which may be earlier where a price was wrong.</param>
    public void Apply(int number, DateOnly correlateFrom, DateOnly rateFrom)
    {
        TollEventSchema.MarkAll(_connection, _statements.Transaction, _options, UnixMicros.From(new DateTimeOffset(correlateFrom.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)));
        _statements.Run("INSERT OR IGNORE INTO toll_rate_due SELECT DISTINCT vehicle, day FROM passage WHERE vehicle IS NOT NULL AND day >= $1", rateFrom.DayNumber);
        _statements.Run("INSERT OR REPLACE INTO toll_applied VALUES(1, $1)", number);
    }

    /// <summary>Asks that a vehicle's day is rated again.</summary>
    public void MarkDue(string vehicle, DateOnly day) => _statements.Run("INSERT OR IGNORE INTO toll_rate_due VALUES($1,$2)", vehicle, day.DayNumber);

    /// <summary>Days of vehicles that are to be rated.</summary>
    public IReadOnlyList<(string Vehicle, DateOnly Day)> Due(int max) =>
        _statements.Read("SELECT vehicle, day FROM toll_rate_due ORDER BY vehicle, day LIMIT $1", row => (row.GetString(0), DateOnly.FromDayNumber(row.GetInt32(1))), max);

    /// <summary>Says that a vehicle's day is rated.</summary>
    public void MarkRated(string vehicle, DateOnly day) => _statements.Run("DELETE FROM toll_rate_due WHERE vehicle = $1 AND day = $2", vehicle, day.DayNumber);

    /// <summary>The charge that stands for a passage; null where there never was one.</summary>
    public Charge? FindCharge(string passage) => _statements.Read("SELECT body FROM charge WHERE passage = $1", ReadCharge, passage).SingleOrDefault();

    /// <summary>
    /// SHA-256, lower-case hexadecimal, over what each passage comes to in the end, in the order of passage ids: the same events give the same root, however
    /// they came and in whatever books. A passage that there was and is none any more is no part of it; nor is who pays, whose name may be a pseudonym.
    /// </summary>
    public string StatementRoot() => StatementRoot(_statements, DateOnly.MinValue, DateOnly.MaxValue);

    internal static string StatementRoot(Statements statements, DateOnly from, DateOnly to)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        statements.ForEach("SELECT passage, outcome, code, net, vat FROM charge WHERE outcome <> $1 AND day BETWEEN $2 AND $3 ORDER BY passage", row => hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\t',
            Enumerable.Range(0, 5).Select(i => row.IsDBNull(i) ? "" : Convert.ToString(row.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))) + "\n")), (long)ChargeOutcome.Void, from.DayNumber, to.DayNumber);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Keeps a charge in place of the revision before it.</summary>
    public void Put(Charge charge) => _statements.Run(
        "INSERT OR REPLACE INTO charge VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)", charge.Passage, charge.Revision, charge.TollPoint, charge.Lane, charge.Day.DayNumber, charge.Time,
        charge.Vehicle, (long)charge.Outcome, charge.Code, charge.Payer, charge.Net, charge.Vat, JsonSerializer.SerializeToUtf8Bytes(charge, ChargeJson.Default.Charge));

    /// <summary>Keeps a chain that is to be posted: stored before it is sent.</summary>
    public void Put(OutgoingChain posting) => _statements.Run(
        "INSERT OR REPLACE INTO charge_chain VALUES($1,$2,$3,$4,$5,$6)", posting.Passage, posting.Revision, JsonSerializer.SerializeToUtf8Bytes([.. posting.Chain], ChargeJson.Default.ListTransfer),
        (long)posting.State, posting.Refusal, posting.Entry);

    /// <summary>Chains that are not in the ledger yet, in the order of passages and revisions.</summary>
    /// <param name="state">Those to be sent, or those that were refused.</param>
    /// <param name="max">How many at most.</param>
    public IReadOnlyList<OutgoingChain> Unposted(PostingState state, int max) => _statements.Read(
        "SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE state = $1 ORDER BY passage, revision LIMIT $2", ReadChain, (long)state, max);

    /// <summary>The last chain of a charge; null where it needed none.</summary>
    public OutgoingChain? LastPosting(string passage) => _statements.Read(
        "SELECT passage, revision, chain, state, refusal, entry FROM charge_chain WHERE passage = $1 ORDER BY revision DESC LIMIT 1", ReadChain, passage).SingleOrDefault();

    /// <summary>Remembers that a charge changed while a chain of it was on its way.</summary>
    public void MarkPostDue(string passage) => _statements.Run("INSERT OR IGNORE INTO charge_post_due VALUES($1)", passage);

    /// <summary>Whether a charge changed while a chain of it was on its way; true once.</summary>
    public bool TakePostDue(string passage) => _statements.Run("DELETE FROM charge_post_due WHERE passage = $1", passage) > 0;

    /// <summary>Forgets a chain that never came into the ledger.</summary>
    public void Remove(OutgoingChain posting) => _statements.Run("DELETE FROM charge_chain WHERE passage = $1 AND revision = $2", posting.Passage, posting.Revision);

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _statements.Dispose();
        _connection.Dispose();
    }

    private void End()
    {
        _statements.Transaction?.Dispose();
        _statements.Transaction = null;
    }

    private void PutRead(string point, long cell, TollEventRef e, string outcome, long at, byte[] body) => _statements.Run(
        "INSERT OR REPLACE INTO toll_read VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)", point, cell, e.Device, unchecked((long)e.Boot), unchecked((long)e.Sequence), Hex(e.Digest), outcome, at, body);

    private void PutFindings(string point, long cell, IReadOnlyList<Finding> findings, DateOnly day, long now)
    {
        var before = _statements.Read("SELECT key FROM toll_finding WHERE point = $1 AND cell = $2", row => row.GetString(0), point, cell).ToHashSet(StringComparer.Ordinal);
        foreach (var finding in findings)
        {
            var key = FindingKey.Of(finding);
            before.Remove(key);
            _statements.Run(
                "INSERT INTO toll_finding VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) ON CONFLICT DO UPDATE SET point=$2, cell=$3, at=$5, day=$6, passage=$8, detail=$9", key, point, cell,
                finding.Code, finding.Time, day.DayNumber, finding.Event?.ToString(), finding.Passage, finding.Detail, now);
        }
        foreach (var key in before) _statements.Run("DELETE FROM toll_finding WHERE key = $1", key);
    }

    private static string Hex(UInt128 digest) => digest.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    internal static TollEvent ReadEvent(SqliteDataReader row) => new(
        row.GetString(0), unchecked((ulong)row.GetInt64(1)), unchecked((ulong)row.GetInt64(2)), row.GetInt64(3), row.GetInt64(4), (TollClock)row.GetInt64(5), row.GetString(6),
        (TollEventKind)row.GetInt64(7), (ReadingQuality)row.GetInt64(8), row.GetFieldValue<byte[]>(9));

    private static Passage ReadPassage(SqliteDataReader row) => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.Passage)!;

    private static Charge ReadCharge(SqliteDataReader row) => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!;

    internal static OutgoingChain ReadChain(SqliteDataReader row) => new(
        row.GetString(0), row.GetInt32(1), JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), ChargeJson.Default.ListTransfer)!, (PostingState)row.GetInt64(3),
        row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetInt64(5));
}
