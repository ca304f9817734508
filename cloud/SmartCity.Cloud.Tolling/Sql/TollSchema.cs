using SmartCity.Cloud.Tolling.Claims;
using SmartCity.Cloud.Tolling.Passages;

namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>
/// The tables of toll events and of what follows from them: passages, what became of each read, what has to be explained, charges, and the chains that are
/// on their way to the ledger. They stand together, so that one commit carries a correlation whole. Events lie by device, which numbers them as they come. The
/// keys of other rows with a body are hashes: those rows lie in the order they came in, or every row of a commit would write a page of its own.
/// </summary>
internal static class TollSchema
{
    private const string Events = """
        CREATE TABLE IF NOT EXISTS toll_event(
          device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, gateway TEXT NOT NULL, time INTEGER NOT NULL, received INTEGER NOT NULL,
          clock INTEGER NOT NULL, lane TEXT NOT NULL, kind INTEGER NOT NULL, quality INTEGER NOT NULL, json BLOB NOT NULL, conflict INTEGER NOT NULL,
          PRIMARY KEY(device, boot, seq, hash)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_count(gateway TEXT PRIMARY KEY, stored INTEGER NOT NULL, superseded INTEGER NOT NULL, conflicts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_state(id INTEGER PRIMARY KEY CHECK (id = 1), next_offset INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_clock(id INTEGER PRIMARY KEY CHECK (id = 1), rules TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_dirty(lane TEXT NOT NULL, start INTEGER NOT NULL, PRIMARY KEY(start, lane)) WITHOUT ROWID;
        INSERT INTO toll_state VALUES(1, 0) ON CONFLICT DO NOTHING;
        CREATE INDEX IF NOT EXISTS toll_event_time ON toll_event(lane, time);
        DROP INDEX IF EXISTS toll_event_received;
        CREATE INDEX IF NOT EXISTS toll_event_arrival ON toll_event(lane, received, time);
        CREATE INDEX IF NOT EXISTS toll_event_conflict ON toll_event(device, boot, seq) WHERE conflict = 1;
        """;

    private const string Passages = """
        CREATE TABLE IF NOT EXISTS passage(
          id TEXT PRIMARY KEY, point TEXT NOT NULL, cell INTEGER NOT NULL, at INTEGER NOT NULL, lane TEXT NOT NULL, day INTEGER NOT NULL, vehicle TEXT, state INTEGER NOT NULL,
          body BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS passage_cell ON passage(point, cell);
        CREATE INDEX IF NOT EXISTS passage_vehicle ON passage(vehicle, day) WHERE vehicle IS NOT NULL;
        DROP INDEX IF EXISTS passage_at;
        CREATE INDEX IF NOT EXISTS passage_day ON passage(day, point, lane);
        CREATE TABLE IF NOT EXISTS toll_read(
          point TEXT NOT NULL, cell INTEGER NOT NULL, device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL, outcome TEXT NOT NULL,
          at INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(point, cell, device, boot, seq, digest));
        CREATE INDEX IF NOT EXISTS toll_read_at ON toll_read(point, at);
        CREATE TABLE IF NOT EXISTS toll_finding(
          key TEXT PRIMARY KEY, point TEXT NOT NULL, cell INTEGER NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL, event TEXT, passage TEXT,
          detail TEXT NOT NULL, found INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS toll_finding_cell ON toll_finding(point, cell);
        DROP INDEX IF EXISTS toll_finding_at;
        CREATE INDEX IF NOT EXISTS toll_finding_passage ON toll_finding(passage) WHERE passage IS NOT NULL;
        CREATE TABLE IF NOT EXISTS toll_travel(
          key TEXT PRIMARY KEY, vehicle TEXT NOT NULL, day INTEGER NOT NULL, point TEXT NOT NULL, at INTEGER NOT NULL, event TEXT, passage TEXT NOT NULL, detail TEXT NOT NULL,
          found INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS toll_travel_vehicle ON toll_travel(vehicle, day);
        CREATE INDEX IF NOT EXISTS toll_travel_passage ON toll_travel(passage);
        CREATE TABLE IF NOT EXISTS toll_tally(
          point TEXT NOT NULL, cell INTEGER NOT NULL, day INTEGER NOT NULL, events INTEGER NOT NULL, attached INTEGER NOT NULL, suppressed INTEGER NOT NULL,
          orphans INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY(point, cell)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_applied(id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_rate_due(vehicle TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY(vehicle, day)) WITHOUT ROWID;
        """;

    private const string Charges = """
        CREATE TABLE IF NOT EXISTS charge(
          passage TEXT PRIMARY KEY, revision INTEGER NOT NULL, point TEXT NOT NULL, lane TEXT NOT NULL, day INTEGER NOT NULL, at INTEGER NOT NULL, vehicle TEXT,
          outcome INTEGER NOT NULL, code TEXT, payer TEXT, net INTEGER NOT NULL, vat INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS charge_day ON charge(day, passage);
        CREATE TABLE IF NOT EXISTS toll_erased(id INTEGER PRIMARY KEY CHECK (id = 1), before INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS charge_refund(passage TEXT PRIMARY KEY, refunded INTEGER NOT NULL, of INTEGER NOT NULL, dispute INTEGER NOT NULL, batch TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS charge_adjust_due(passage TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS charge_post_due(passage TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS charge_chain(
          passage TEXT NOT NULL, revision INTEGER NOT NULL, chain BLOB NOT NULL, state INTEGER NOT NULL, refusal TEXT, entry INTEGER,
          PRIMARY KEY(passage, revision));
        CREATE INDEX IF NOT EXISTS charge_chain_open ON charge_chain(state, passage, revision) WHERE state <> 2;
        """;

    /// <summary>All of them; each is made only where it is not there yet.</summary>
    public const string Tables = Events + "\n" + Passages + "\n" + Charges + "\n" + ClaimSchema.Tables;

    /// <summary>Makes the tables, or brings them up to date; where time is cut in another way than before, everything is to be correlated again.</summary>
    public static void Ensure(SqlSession session, CorrelationOptions options)
    {
        if (options.Cell < options.ContextMargin) throw new ArgumentException($"A cell of {options.Cell} is shorter than its context of {options.ContextMargin}.", nameof(options));
        session.Ensure(Tables);
        session.Change(() =>
        {
            var rules = FormattableString.Invariant($"{options.Cell} {options.ContextMargin}");
            if (session.Read("SELECT rules FROM toll_clock", row => row.Text(0)) is [var known] && known == rules) return 0;
            session.Run("DELETE FROM toll_dirty");
            MarkAll(session, options, long.MinValue);
            return session.Run("INSERT INTO toll_clock VALUES(1, $1) ON CONFLICT(id) DO UPDATE SET rules = excluded.rules", rules);
        });
    }

    /// <summary>Asks that all events from a moment on are correlated again.</summary>
    public static void MarkAll(SqlSession session, CorrelationOptions options, long from)
    {
        var (cell, margin) = (CorrelationWindows.Micros(options.Cell), CorrelationWindows.Micros(options.ContextMargin));
        session.Run("""
            INSERT INTO toll_dirty(lane, start) SELECT DISTINCT lane, t - ((t % $2) + $2) % $2 FROM (
              SELECT lane, e.t + m.m AS t FROM (SELECT lane, time AS t FROM toll_event UNION SELECT lane, received FROM toll_event) e
              CROSS JOIN (SELECT -$3 AS m UNION SELECT 0 UNION SELECT $3) m WHERE e.t >= $1) shifted WHERE true
            ON CONFLICT DO NOTHING
            """, from, cell, margin);
    }
}
