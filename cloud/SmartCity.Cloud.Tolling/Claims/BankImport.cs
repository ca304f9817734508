using System.Globalization;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// Takes a bank's entries. A payment that names one claim pays what the issuer owes of it; what it does not name, what names several, and what is more than is owed goes to
/// suspense. A movement is booked once, in whatever file and however often it comes.
/// </summary>
/// <param name="statements">The store, in a transaction.</param>
/// <param name="today">Date of now.</param>
internal sealed class BankImport(Statements statements, DateOnly today)
{
    /// <summary>Takes a file.</summary>
    /// <exception cref="FileRefusedException">It contradicts what came before.</exception>
    public void Take(BankFile file, int number, OutcomeCounts counts)
    {
        foreach (var statement in file.Statements)
        {
            var isNew = file.Type == "camt.053" && TakeStatement(statement, number, counts);
            foreach (var entry in statement.Entries) Take(statement, file.Type == "camt.053" ? statement.Id : null, isNew, entry, number, counts);
            if (statement.NotBooked > 0) counts.Add("notBooked", 0, statement.NotBooked);
        }
    }

    /// <summary>What of a claim the issuer posted, less its fees and what was paid: what it still owes. Minor units.</summary>
    public long OwedOf(string claim) => (long)statements.Ask(
        "SELECT coalesce((SELECT sum(posted - fee) FROM claim_answer WHERE claim = $1), 0) - coalesce((SELECT sum(matched) FROM bank_part WHERE claim = $1), 0)", claim)!;

    /// <summary>Pays a claim from what came for it before it was owed, the oldest first.</summary>
    public void Settle(string claim)
    {
        var rests = statements.Read(
            "SELECT p.account, p.reference, p.part, p.amount - p.matched FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference WHERE p.claim = $1 AND p.amount > p.matched AND p.amount > 0 ORDER BY e.booked, p.account, p.reference, p.part",
            row => (Account: row.GetString(0), Reference: row.GetString(1), Part: row.GetInt32(2), Left: row.GetInt64(3)), claim);
        foreach (var rest in rests)
            if (Math.Min(rest.Left, OwedOf(claim)) is > 0 and var amount) Move(rest.Account, rest.Reference, rest.Part, claim, amount);
    }

    /// <summary>Says which claim a payment is for, whose claim was not known; pays it as far as it is owed.</summary>
    /// <returns>What was paid.</returns>
    /// <exception cref="FileRefusedException">There is no such payment or claim, it is for another claim already, or nothing of it can be used.</exception>
    public long Match(string account, string reference, int part, string claim)
    {
        var found = statements.Read("SELECT amount, matched, claim FROM bank_part WHERE account = $1 AND reference = $2 AND part = $3", row => (Amount: row.GetInt64(0), Matched: row.GetInt64(1), Claim: row.IsDBNull(2) ? null : row.GetString(2)), account, reference, part);
        if (found is not [var payment]) throw new FileRefusedException("", $"there is no payment {account}/{reference}/{part}");
        if (statements.Ask("SELECT 1 FROM claim WHERE id = $1", claim) is null) throw new FileRefusedException("", $"there is no claim {claim}");
        if (payment.Matched != 0 && payment.Claim != claim) throw new FileRefusedException("", $"the payment is for {payment.Claim} in part already");
        var (rest, owed) = (payment.Amount - payment.Matched, OwedOf(claim));
        var amount = rest > 0 ? Math.Min(rest, owed) : 0;
        if (amount <= 0) throw new FileRefusedException("", string.Create(CultureInfo.InvariantCulture, $"{claim} is owed {owed}, and {rest} of the payment is left: nothing of it can be used"));
        Move(account, reference, part, claim, amount);
        return amount;
    }

    private bool TakeStatement(BankStatement statement, int number, OutcomeCounts counts)
    {
        var known = statements.Read("SELECT opening, closing, first_day, last_day FROM bank_statement WHERE account = $1 AND id = $2", row => (row.GetInt64(0), row.GetInt64(1), row.GetInt32(2), row.GetInt32(3)), statement.Account, statement.Id);
        if (known is [var before])
        {
            if (before != (statement.Opening!.Value, statement.Closing!.Value, statement.From.DayNumber, statement.To.DayNumber))
                throw new FileRefusedException("Stmt " + statement.Id, "the statement came before with other balances or dates");
            return false;
        }
        if (statement.To > today.AddDays(1)) throw new FileRefusedException("Stmt " + statement.Id, string.Create(CultureInfo.InvariantCulture, $"its closing balance is of {statement.To:yyyy-MM-dd}, which is to come"));
        statements.Run("INSERT INTO bank_statement VALUES($1,$2,$3,$4,$5,$6,$7)", statement.Account, statement.Id, number, statement.From.DayNumber, statement.To.DayNumber, statement.Opening, statement.Closing);
        counts.Add("statement", statement.Closing!.Value - statement.Opening!.Value);
        return true;
    }

    private void Take(BankStatement statement, string? id, bool isNewStatement, BankEntry entry, int number, OutcomeCounts counts)
    {
        if (entry.Booked > today.AddDays(1)) throw new FileRefusedException(entry.Place, string.Create(CultureInfo.InvariantCulture, $"it is booked on {entry.Booked:yyyy-MM-dd}, which is to come"));
        var known = statements.Read("SELECT amount, statement FROM bank_entry WHERE account = $1 AND reference = $2", row => (Amount: row.GetInt64(0), Statement: row.IsDBNull(1) ? null : row.GetString(1)), statement.Account, entry.Reference);
        if (known is [var before])
        {
            if (before.Amount != entry.Amount) throw new FileRefusedException(entry.Place, string.Create(CultureInfo.InvariantCulture, $"the movement {entry.Reference} came before with the amount {before.Amount}, not {entry.Amount}"));
            if (id is not null && before.Statement is null) statements.Run("UPDATE bank_entry SET statement = $3 WHERE account = $1 AND reference = $2", statement.Account, entry.Reference, id);
            else if (id is not null && before.Statement != id) throw new FileRefusedException(entry.Place, $"the movement {entry.Reference} stands in the statement {before.Statement} already");
            counts.Add("known", entry.Amount);
            return;
        }
        if (id is not null && !isNewStatement) throw new FileRefusedException(entry.Place, $"the statement {id} came before without the movement {entry.Reference}");
        statements.Run("INSERT INTO bank_entry VALUES($1,$2,$3,$4,$5,$6,$7,$8)", statement.Account, entry.Reference, number, entry.Amount, entry.Booked.DayNumber, entry.Value.DayNumber, entry.IsReversal ? 1 : 0, id);
        for (var i = 0; i < entry.Parts.Count; i++) Allocate(statement.Account, entry, i, counts);
    }

    private void Allocate(string account, BankEntry entry, int index, OutcomeCounts counts)
    {
        var part = entry.Parts[index];
        var named = part.Keys.Select(key => key.Claim).Distinct(StringComparer.Ordinal).Where(claim => statements.Ask("SELECT 1 FROM claim WHERE id = $1", claim) is not null).ToList();
        var claim = named is [var one] ? one : null;
        var matched = claim is null ? 0 : part.Amount > 0 ? Math.Clamp(OwedOf(claim), 0, part.Amount) : -Math.Min(-part.Amount, Math.Max(0, (long)statements.Ask("SELECT coalesce(sum(matched), 0) FROM bank_part WHERE claim = $1", claim)!));
        var rest = part.Amount - matched;
        var why = rest == 0 ? null : claim is not null ? "excess" : named.Count > 1 ? "several" : part.Keys.Count > 0 ? "unknown" : "none";
        statements.Run("INSERT INTO bank_part VALUES($1,$2,$3,$4,$5,$6,$7,0,$8,$9)", account, entry.Reference, index + 1, part.Amount, claim, claim is null ? null : (long)part.Keys.First(key => key.Claim == claim).Carrier, matched, why, part.Text);
        if (matched != 0) counts.Add("matched", matched);
        if (rest != 0) counts.Add("unapplied", rest);
        var subject = SubjectOf(account, entry.Reference, index + 1);
        var links = new TransferLinks(Claim: claim);
        Transfer?[] chain =
        [
            claim is null ? null : ClaimChains.Move(ChargeChain.Id(subject, 0, "bank-matched"), ClaimAccounts.Bank(account), ClaimAccounts.Clearing(IssuerOf(claim)), matched, TransferCode.Settlement, entry.Booked, links),
            ClaimChains.Move(ChargeChain.Id(subject, 0, "bank-rest"), ClaimAccounts.Bank(account), ClaimAccounts.BankSuspense(account), rest, TransferCode.Settlement, entry.Booked, links),
        ];
        ClaimChains.Keep(statements, "bank:" + subject, [.. chain.OfType<Transfer>()]);
    }

    /// <summary>Pays a claim from suspense.</summary>
    private void Move(string account, string reference, int part, string claim, long amount)
    {
        var (moves, booked) = statements.Read("SELECT p.moves, e.booked FROM bank_part p JOIN bank_entry e ON e.account = p.account AND e.reference = p.reference WHERE p.account = $1 AND p.reference = $2 AND p.part = $3", row => (row.GetInt32(0) + 1, row.GetInt32(1)), account, reference, part).Single();
        statements.Run("UPDATE bank_part SET claim = $4, matched = matched + $5, moves = $6, why = CASE WHEN matched + $5 = amount THEN NULL ELSE 'excess' END WHERE account = $1 AND reference = $2 AND part = $3", account, reference, part, claim, amount, moves);
        var subject = SubjectOf(account, reference, part);
        var move = ClaimChains.Move(ChargeChain.Id(subject, moves, "bank-move"), ClaimAccounts.BankSuspense(account), ClaimAccounts.Clearing(IssuerOf(claim)), amount, TransferCode.Settlement, DateOnly.FromDayNumber(Math.Max(booked, today.DayNumber)), new TransferLinks(Claim: claim))!;
        ClaimChains.Keep(statements, string.Create(CultureInfo.InvariantCulture, $"move:{subject}/{moves}"), [move]);
    }

    private ulong IssuerOf(string claim) => ulong.Parse((string)statements.Ask("SELECT issuer FROM claim WHERE id = $1", claim)!, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string SubjectOf(string account, string reference, int part) => string.Create(CultureInfo.InvariantCulture, $"{account}/{reference}/{part}");
}
