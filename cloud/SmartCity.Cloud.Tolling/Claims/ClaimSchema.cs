namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// Tables of claims, answers and bank entries. They stand in the file of passages and charges, so that one commit carries an import whole, with the chains of
/// transfers that follow from it.
/// </summary>
internal static class ClaimSchema
{
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS claim(
          id TEXT PRIMARY KEY, issuer TEXT NOT NULL, sequence INTEGER NOT NULL, dialect INTEGER NOT NULL, kind INTEGER NOT NULL, agency TEXT NOT NULL, hub TEXT NOT NULL, currency TEXT NOT NULL,
          first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, made INTEGER NOT NULL, by TEXT NOT NULL, name TEXT NOT NULL, rows INTEGER NOT NULL, total INTEGER NOT NULL, hash TEXT NOT NULL,
          account TEXT NOT NULL, acknowledged TEXT, UNIQUE(issuer, sequence)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS claim_line(
          claim TEXT NOT NULL, line INTEGER NOT NULL, issuer TEXT NOT NULL, txn TEXT NOT NULL, passage TEXT NOT NULL, adjustment INTEGER NOT NULL, resubmit INTEGER NOT NULL, day INTEGER NOT NULL,
          amount INTEGER NOT NULL, change INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(claim, line)) WITHOUT ROWID;
        CREATE UNIQUE INDEX IF NOT EXISTS claim_line_txn ON claim_line(issuer, txn, adjustment, resubmit);
        CREATE INDEX IF NOT EXISTS claim_line_passage ON claim_line(passage, issuer);
        CREATE INDEX IF NOT EXISTS claim_line_day ON claim_line(day);
        CREATE TABLE IF NOT EXISTS claim_left(issuer TEXT NOT NULL, passage TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(issuer, passage)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS claim_answer(
          claim TEXT NOT NULL, line INTEGER NOT NULL, file INTEGER NOT NULL, disposition INTEGER NOT NULL, code TEXT NOT NULL, posted INTEGER NOT NULL, fee INTEGER NOT NULL, day INTEGER NOT NULL,
          reference TEXT, PRIMARY KEY(claim, line)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS toll_file(
          number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, type TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, rows INTEGER NOT NULL, total INTEGER NOT NULL,
          outcome BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS bank_statement(
          account TEXT NOT NULL, id TEXT NOT NULL, file INTEGER NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, opening INTEGER NOT NULL, closing INTEGER NOT NULL,
          PRIMARY KEY(account, id)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS bank_entry(
          account TEXT NOT NULL, reference TEXT NOT NULL, file INTEGER NOT NULL, amount INTEGER NOT NULL, booked INTEGER NOT NULL, value INTEGER NOT NULL, reversal INTEGER NOT NULL, statement TEXT,
          PRIMARY KEY(account, reference)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS bank_entry_statement ON bank_entry(account, statement);
        CREATE TABLE IF NOT EXISTS bank_part(
          account TEXT NOT NULL, reference TEXT NOT NULL, part INTEGER NOT NULL, amount INTEGER NOT NULL, claim TEXT, carrier INTEGER, matched INTEGER NOT NULL, moves INTEGER NOT NULL, why TEXT, text TEXT NOT NULL,
          PRIMARY KEY(account, reference, part)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS bank_part_claim ON bank_part(claim) WHERE claim IS NOT NULL;
        CREATE TABLE IF NOT EXISTS claim_chain(
          id TEXT PRIMARY KEY, day INTEGER NOT NULL, chain BLOB NOT NULL, state INTEGER NOT NULL, refusal TEXT, entry INTEGER) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS claim_chain_open ON claim_chain(state, id) WHERE state <> 2;
        """;
}
