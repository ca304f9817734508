namespace SmartCity.Cloud.Tolling.Sqlite;

/// <summary>
/// Tables that follow from the events: passages, what became of each read, what has to be explained, charges, and the chains that are on their way to the
/// ledger. They stand in the file of the events, so that one commit carries a correlation whole.
/// </summary>
internal static class PassageSchema
{
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS passage(
          id TEXT PRIMARY KEY, point TEXT NOT NULL, cell INTEGER NOT NULL, at INTEGER NOT NULL, lane TEXT NOT NULL, day INTEGER NOT NULL, vehicle TEXT, state INTEGER NOT NULL,
          body BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS passage_cell ON passage(point, cell);
        CREATE INDEX IF NOT EXISTS passage_vehicle ON passage(vehicle, day) WHERE vehicle IS NOT NULL;
        CREATE INDEX IF NOT EXISTS passage_at ON passage(at, id);
        CREATE TABLE IF NOT EXISTS toll_read(
          point TEXT NOT NULL, cell INTEGER NOT NULL, device TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL, outcome TEXT NOT NULL,
          at INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(point, cell, device, boot, seq, digest)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_finding(
          key TEXT PRIMARY KEY, point TEXT NOT NULL, cell INTEGER NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, day INTEGER NOT NULL, event TEXT, passage TEXT,
          detail TEXT NOT NULL, found INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS toll_finding_cell ON toll_finding(point, cell);
        CREATE INDEX IF NOT EXISTS toll_finding_at ON toll_finding(at, key);
        CREATE TABLE IF NOT EXISTS toll_tally(
          point TEXT NOT NULL, cell INTEGER NOT NULL, day INTEGER NOT NULL, events INTEGER NOT NULL, attached INTEGER NOT NULL, suppressed INTEGER NOT NULL,
          orphans INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY(point, cell)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_applied(id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS toll_rate_due(vehicle TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY(vehicle, day)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS charge(
          passage TEXT PRIMARY KEY, revision INTEGER NOT NULL, point TEXT NOT NULL, lane TEXT NOT NULL, day INTEGER NOT NULL, at INTEGER NOT NULL, vehicle TEXT,
          outcome INTEGER NOT NULL, code TEXT, payer TEXT, net INTEGER NOT NULL, vat INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS charge_day ON charge(day, passage);
        CREATE TABLE IF NOT EXISTS charge_post_due(passage TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS charge_chain(
          passage TEXT NOT NULL, revision INTEGER NOT NULL, chain BLOB NOT NULL, state INTEGER NOT NULL, refusal TEXT, entry INTEGER,
          PRIMARY KEY(passage, revision)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS charge_chain_open ON charge_chain(state, passage, revision) WHERE state <> 2;
        """;
}
