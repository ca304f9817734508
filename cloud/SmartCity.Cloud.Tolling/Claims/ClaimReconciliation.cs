using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Reconciliation;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// E11 and E12: what was claimed of the charges of some dates against what issuers answered, and what banks' balances moved by against what was booked of it; and what a person
/// has to look at. What was posted, refused and paid is read from the ledger, not from the tables that the postings were made of.
/// </summary>
internal sealed class ClaimReconciliation(Statements statements, TimeZoneInfo zone)
{
    private const int LedgerPage = 10_000;
    private const string Lines = "FROM claim_line l JOIN claim c ON c.id = l.claim LEFT JOIN claim_answer a ON a.claim = l.claim AND a.line = l.line WHERE l.day BETWEEN $1 AND $2";
    private const string IsSentAgain = "EXISTS (SELECT 1 FROM claim_line m WHERE m.issuer = l.issuer AND m.txn = l.txn AND m.adjustment = l.adjustment AND m.resubmit = l.resubmit + 1)";

    private sealed record Line(string Key, ulong Issuer, long Change, Disposition? Disposition, bool IsSentAgain, bool IsOpen);

    /// <summary>E11: what was claimed was posted by issuers, less differences, was refused, sent again, or is not answered.</summary>
    public ReconIdentity Claimed(ReconScope scope, ITollLedger ledger, CancellationToken cancellationToken)
    {
        var lines = statements.Read(
            $"SELECT l.claim || '/' || l.line, l.issuer, l.change, a.disposition, {IsSentAgain}, EXISTS (SELECT 1 FROM claim_chain h WHERE h.id = 'answer:' || l.claim || '/' || l.line AND h.state <> {(int)PostingState.Posted}) {Lines}",
            row => new Line(row.GetString(0), ulong.Parse(row.GetString(1), NumberStyles.None, CultureInfo.InvariantCulture), row.GetInt64(2), row.IsDBNull(3) ? null : (Disposition)row.GetInt64(3), row.GetBoolean(4), row.GetBoolean(5)),
            scope.From.DayNumber, scope.To.DayNumber);
        var byKey = lines.ToDictionary(line => line.Key, StringComparer.Ordinal);
        var (posted, difference, rejected) = (0L, 0L, 0L);
        foreach (var issuer in lines.Select(line => line.Issuer).Distinct())
        {
            foreach (var (key, amount, code) in Moves(ledger, ClaimAccounts.Clearing(issuer), cancellationToken))
                if (code == TransferCode.Move && byKey.ContainsKey(key)) posted += amount;
            foreach (var (key, amount, _) in Moves(ledger, ClaimAccounts.Suspense(issuer), cancellationToken))
            {
                if (!byKey.TryGetValue(key, out var line)) continue;
                if (line.Disposition == Disposition.Posted) difference += amount;
                else rejected += amount;
            }
        }
        return new ReconIdentity("E11", new ReconTerm("claimed", lines.Count, lines.Sum(line => line.Change)),
        [
            new("posted", lines.Count(line => line is { Disposition: Disposition.Posted, IsOpen: false }), posted), new("difference", 0, difference),
            new("rejected", lines.Count(line => line is { Disposition: not (null or Disposition.Posted), IsSentAgain: false, IsOpen: false }), rejected), Sum("sentAgain", line => line is { IsSentAgain: true, IsOpen: false }),
            Sum("unanswered", line => line.Disposition is null), Sum("waiting", line => line is { Disposition: not null, IsOpen: true }),
        ]);

        ReconTerm Sum(string name, Func<Line, bool> isOf) => new(name, lines.Count(isOf), lines.Where(isOf).Sum(line => line.Change));
    }

    /// <summary>E12: what banks' balances moved by is booked for claims, or unapplied.</summary>
    public ReconIdentity Banked(ReconScope scope, ITollLedger ledger, CancellationToken cancellationToken)
    {
        var (moved, entries, matched, unapplied, waiting, open) = (0L, 0L, 0L, 0L, 0L, 0L);
        foreach (var account in statements.Read("SELECT DISTINCT account FROM bank_statement WHERE last_day BETWEEN $1 AND $2", row => row.GetString(0), scope.From.DayNumber, scope.To.DayNumber))
        {
            // From where the statement before ended, so that one that is missing between is missed here.
            moved += (long)statements.Ask(
                """
                SELECT (SELECT closing FROM bank_statement WHERE account = $1 AND last_day BETWEEN $2 AND $3 ORDER BY last_day DESC, first_day DESC, id DESC LIMIT 1)
                  - coalesce((SELECT closing FROM bank_statement WHERE account = $1 AND last_day < $2 ORDER BY last_day DESC, first_day DESC, id DESC LIMIT 1),
                    (SELECT opening FROM bank_statement WHERE account = $1 AND last_day BETWEEN $2 AND $3 ORDER BY last_day, first_day, id LIMIT 1))
                """, account, scope.From.DayNumber, scope.To.DayNumber)!;
            entries += (long)statements.Ask("SELECT count(*) FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference JOIN bank_statement s ON s.account = e.account AND s.id = e.statement WHERE e.account = $1 AND s.last_day BETWEEN $2 AND $3", account, scope.From.DayNumber, scope.To.DayNumber)!;
            var chains = statements.Read(
                """
                SELECT h.chain, h.state FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference JOIN bank_statement s ON s.account = e.account AND s.id = e.statement
                JOIN claim_chain h ON h.id = 'bank:' || p.account || '/' || p.reference || '/' || p.part WHERE e.account = $1 AND s.last_day BETWEEN $2 AND $3
                """, row => (Chain: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.ListTransfer)!, State: (PostingState)row.GetInt64(1)), account, scope.From.DayNumber, scope.To.DayNumber);
            var (bank, suspense) = (ClaimAccounts.Bank(account), ClaimAccounts.BankSuspense(account));
            var ids = chains.Where(chain => chain.State == PostingState.Posted).SelectMany(chain => chain.Chain).Select(transfer => transfer.Id).ToHashSet();
            foreach (var transfer in Transfers(ledger, bank, cancellationToken))
            {
                if (!ids.Contains(transfer.Id)) continue;
                var amount = transfer.Debit == bank ? transfer.Amount : -transfer.Amount;
                if (transfer.Debit == suspense || transfer.Credit == suspense) unapplied += amount;
                else matched += amount;
            }
            // What was matched afterwards.
            var moves = statements.Read(
                $"""
                SELECT h.chain FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference JOIN bank_statement s ON s.account = e.account AND s.id = e.statement
                JOIN claim_chain h ON h.id > 'move:' || p.account || '/' || p.reference || '/' || p.part || '/' AND h.id < 'move:' || p.account || '/' || p.reference || '/' || p.part || '0'
                WHERE e.account = $1 AND s.last_day BETWEEN $2 AND $3 AND p.moves > 0 AND h.state = {(int)PostingState.Posted}
                """, row => JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.ListTransfer)!, account, scope.From.DayNumber, scope.To.DayNumber).SelectMany(chain => chain).Select(transfer => transfer.Id).ToHashSet();
            if (moves.Count > 0)
            {
                var later = Transfers(ledger, suspense, cancellationToken).Where(transfer => moves.Contains(transfer.Id)).Sum(transfer => transfer.Debit == suspense ? transfer.Amount : -transfer.Amount);
                (matched, unapplied) = (matched + later, unapplied - later);
            }
            foreach (var chain in chains.Where(chain => chain.State != PostingState.Posted))
            {
                open++;
                waiting += chain.Chain.Sum(transfer => transfer.Debit == bank ? transfer.Amount : -transfer.Amount);
            }
        }
        return new ReconIdentity("E12", new ReconTerm("banked", entries, moved), [new("matched", entries - open, matched), new("unapplied", 0, unapplied), new("waiting", open, waiting)]);
    }

    /// <summary>What a person has to look at.</summary>
    public IEnumerable<ReconItem> Items(ReconScope scope)
    {
        var (from, to) = ((object)scope.From.DayNumber, (object)scope.To.DayNumber);
        foreach (var item in statements.Read(
            """
            SELECT c.payer, c.day, count(*), sum(c.net + c.vat) FROM charge c WHERE c.day BETWEEN $1 AND $2 AND c.payer LIKE 'asset:receivable:issuer:%' AND c.net + c.vat > 0
              AND NOT EXISTS (SELECT 1 FROM claim_line l WHERE l.passage = c.passage) AND NOT EXISTS (SELECT 1 FROM claim_left f WHERE f.passage = c.passage) GROUP BY 1, 2
            """, row => Item("NOT_CLAIMED", row.GetString(0).Split(':')[^1], row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), "make a claim of it"), from, to)) yield return item;
        foreach (var item in statements.Read("SELECT f.passage, c.day, c.net + c.vat, f.issuer, f.reason FROM claim_left f JOIN charge c ON c.passage = f.passage WHERE c.day BETWEEN $1 AND $2",
            row => Item("NOT_CLAIMABLE", row.GetString(0), row.GetInt32(1), 1, row.GetInt64(2), $"issuer {row.GetString(3)}: {row.GetString(4)}"), from, to)) yield return item;
        foreach (var item in statements.Read(
            """
            SELECT l.passage, l.day, sum(l.change), c.net + c.vat, l.issuer FROM claim_line l JOIN claim k ON k.id = l.claim JOIN charge c ON c.passage = l.passage WHERE l.day BETWEEN $1 AND $2 AND l.resubmit = 0
            GROUP BY l.passage, l.issuer HAVING sum(l.change) <> CASE WHEN c.payer = k.account THEN c.net + c.vat ELSE 0 END
            """, row => Item("CLAIM_OUTDATED", row.GetString(0), row.GetInt32(1), 1, row.GetInt64(2), $"issuer {row.GetString(4)} was asked for {row.GetInt64(2)}; the charge is another by now: make a correction"), from, to)) yield return item;
        foreach (var item in statements.Read($"SELECT l.claim, max(l.day), count(*), sum(l.change) {Lines} AND a.line IS NULL GROUP BY l.claim",
            row => Item("UNANSWERED", row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), "the issuer has not answered"), from, to)) yield return item;
        foreach (var item in statements.Read($"SELECT l.claim, max(l.day), count(*), sum(l.change), c.acknowledged {Lines} AND c.acknowledged <> '00' GROUP BY l.claim",
            row => Item("CLAIM_NOT_TAKEN", row.GetString(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), $"acknowledged with the code {row.GetString(4)}; send the file again"), from, to)) yield return item;
        foreach (var item in statements.Read($"SELECT l.claim || '/' || l.line, l.day, l.change, a.code, l.passage {Lines} AND a.disposition > 1 AND NOT {IsSentAgain}",
            row => Item("ISSUER_REJECT", row.GetString(4), row.GetInt32(1), 1, row.GetInt64(2), $"{row.GetString(0)} was refused: {row.GetString(3)}", row.GetString(0)), from, to)) yield return item;
        foreach (var item in statements.Read($"SELECT l.claim || '/' || l.line, l.day, l.change, a.posted, l.passage {Lines} AND a.disposition = 1 AND a.posted <> l.change",
            row => Item("AMOUNT_MISMATCH", row.GetString(4), row.GetInt32(1), 1, row.GetInt64(2) - row.GetInt64(3), string.Create(CultureInfo.InvariantCulture, $"{row.GetString(0)}: claimed {row.GetInt64(2)}, posted {row.GetInt64(3)}"), row.GetString(0)), from, to)) yield return item;
        foreach (var item in statements.Read(
            """
            SELECT c.id, c.last_day, coalesce(a.owed, 0) - coalesce(p.paid, 0), coalesce(p.paid, 0) FROM claim c LEFT JOIN (SELECT claim, sum(posted - fee) AS owed FROM claim_answer GROUP BY claim) a ON a.claim = c.id
            LEFT JOIN (SELECT claim, sum(matched) AS paid FROM bank_part GROUP BY claim) p ON p.claim = c.id WHERE c.last_day BETWEEN $1 AND $2 AND coalesce(a.owed, 0) <> coalesce(p.paid, 0)
            """, row => Item(row.GetInt64(3) == 0 ? "BANK_UNPAID" : "BANK_SHORT", row.GetString(0), row.GetInt32(1), 1, row.GetInt64(2), string.Create(CultureInfo.InvariantCulture, $"{row.GetInt64(3)} was paid; {row.GetInt64(2)} is still owed")), from, to)) yield return item;
        foreach (var item in statements.Read("SELECT p.account, p.reference, p.part, e.booked, p.amount - p.matched, coalesce(p.why, 'none'), p.claim FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference WHERE e.booked BETWEEN $1 AND $2 AND p.amount <> p.matched",
            row => Item("BANK_UNAPPLIED", string.Create(CultureInfo.InvariantCulture, $"{row.GetString(0)}/{row.GetString(1)}/{row.GetInt64(2)}"), row.GetInt32(3), 1, row.GetInt64(4), $"{row.GetString(5)}{(row.IsDBNull(6) ? "" : " " + row.GetString(6))}"), from, to)) yield return item;
        foreach (var item in statements.Read(
            """
            WITH s AS (SELECT account, id, last_day, opening, lag(closing) OVER (PARTITION BY account ORDER BY last_day, first_day, id) AS before, lag(id) OVER (PARTITION BY account ORDER BY last_day, first_day, id) AS previous FROM bank_statement)
            SELECT account, id, last_day, opening - before, previous FROM s WHERE before IS NOT NULL AND before <> opening AND last_day BETWEEN $1 AND $2
            """, row => Item("BANK_GAP", $"{row.GetString(0)}/{row.GetString(1)}", row.GetInt32(2), 1, row.GetInt64(3), $"it does not begin where {row.GetString(4)} ended: a statement is missing"), from, to)) yield return item;
        foreach (var item in statements.Read($"SELECT id, day, refusal FROM claim_chain WHERE state = {(int)PostingState.Refused} AND day BETWEEN $1 AND $2",
            row => Item("NOT_POSTED", row.GetString(0), row.GetInt32(1), 1, null, row.GetString(2)), from, to)) yield return item;
    }

    /// <summary>Chains that wait for the ledger, up to a date.</summary>
    public long Waiting(DateOnly through) => (long)statements.Ask($"SELECT count(*) FROM claim_chain WHERE state = {(int)PostingState.Waiting} AND day <= $1", through.DayNumber)!;

    /// <summary>Chains that the ledger refused, up to a date.</summary>
    public long Refused(DateOnly through) => (long)statements.Ask($"SELECT count(*) FROM claim_chain WHERE state = {(int)PostingState.Refused} AND day <= $1", through.DayNumber)!;

    /// <summary>An item; another count or amount is another item, so that what was let stand is never more than was seen.</summary>
    private ReconItem Item(string code, string subject, int day, long count, long? money, string detail, string? also = null)
    {
        var date = DateOnly.FromDayNumber(day);
        return new ReconItem(TollReconciliation.KeyOf(code, string.Create(CultureInfo.InvariantCulture, $"{also ?? subject}\0{day}\0{count}\0{money}")), code, null, subject, Model.ZonedDates.StartOf(date, zone), date, count, money, detail, null, null);
    }

    /// <summary>What came onto an account by a key of its transfers, with the key.</summary>
    private static IEnumerable<(string Key, long Amount, TransferCode Code)> Moves(ITollLedger ledger, string account, CancellationToken cancellationToken) =>
        Transfers(ledger, account, cancellationToken).Where(transfer => transfer.Links.Claim is not null).Select(transfer => (transfer.Links.Claim!, transfer.Debit == account ? transfer.Amount : -transfer.Amount, transfer.Code));

    private static IEnumerable<Transfer> Transfers(ITollLedger ledger, string account, CancellationToken cancellationToken)
    {
        for (long after = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = ledger.Entries(new EntryQuery(after, LedgerPage, account));
            foreach (var entry in page)
                if (entry.Event is TransferPosted { Transfer: var transfer }) yield return transfer;
            if (page.Count < LedgerPage) yield break;
            after = page[^1].Number;
        }
    }
}
