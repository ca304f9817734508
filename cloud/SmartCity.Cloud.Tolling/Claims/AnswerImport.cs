using System.Globalization;
using SmartCity.Cloud.Tolling.Claims.Files;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>
/// Takes an issuer's answers. What it posted goes from the receivable to the clearing account, less what it keeps as its fee; what it refused, and what it posted
/// too little of, goes to suspense until a person says what is to become of it. After an answer nothing of the line stands on the receivable.
/// </summary>
/// <param name="statements">The store, in a transaction.</param>
/// <param name="zone">Zone of business dates.</param>
/// <param name="today">Date of now.</param>
internal sealed class AnswerImport(Statements statements, TimeZoneInfo zone, DateOnly today)
{
    private sealed record Line(string Claim, int Number, long Change, ulong Issuer, string Account, string Agency, string Passage, DateOnly Day);

    /// <summary>Takes a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="number">Its number.</param>
    /// <param name="counts">Takes what became of its rows.</param>
    /// <returns>Claims that were answered.</returns>
    /// <exception cref="FileRefusedException">It does not fit to what was claimed.</exception>
    public IReadOnlyCollection<string> Take(AnswerFile file, int number, OutcomeCounts counts)
    {
        if (file.Acknowledgement is { } acknowledgement)
        {
            Acknowledge(file, acknowledgement, counts);
            return [];
        }
        var claims = new HashSet<string>(StringComparer.Ordinal);
        foreach (var answer in file.Lines)
        {
            var line = Find(file, answer);
            if (line.Agency != file.Agency) throw new FileRefusedException("header", $"the file is for the agency {file.Agency}; {line.Claim} was made by {line.Agency}");
            var date = answer.PostedAt is { } at ? ZonedDates.Of(at, zone) : today;
            if (date > today.AddDays(1)) throw new FileRefusedException(answer.Place, string.Create(CultureInfo.InvariantCulture, $"PostedDateTime is of {date:yyyy-MM-dd}, which is to come"));
            if (date < line.Day) throw new FileRefusedException(answer.Place, string.Create(CultureInfo.InvariantCulture, $"PostedDateTime is of {date:yyyy-MM-dd}, before the passage of {line.Day:yyyy-MM-dd}"));
            if (Known(line, answer, number) is { } isKnown)
            {
                if (!isKnown) throw new FileRefusedException(answer.Place, $"{answer.Transaction} of {line.Claim} was answered before, and otherwise");
                counts.Add("known", answer.Posted);
                continue;
            }
            statements.Run("INSERT INTO claim_answer VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9)", line.Claim, line.Number, number, (long)answer.Disposition, answer.Code, answer.Posted, answer.Fee, date.DayNumber, answer.Reference);
            Keep(line, answer, date);
            claims.Add(line.Claim);
            if (answer.Disposition == Disposition.Posted)
            {
                counts.Add("posted", answer.Posted);
                if (answer.Posted != line.Change) counts.Add("difference", line.Change - answer.Posted);
                if (answer.Fee != 0) counts.Add("fee", answer.Fee);
            }
            else counts.Add("rejected", line.Change);
        }
        return claims;
    }

    private void Acknowledge(AnswerFile file, AnswerAcknowledgement acknowledgement, OutcomeCounts counts)
    {
        var kind = acknowledgement.Type == "SCORR" ? ClaimKind.Correction : ClaimKind.Claim;
        var claims = statements.Read("SELECT id, agency, total FROM claim WHERE issuer = $1 AND made = $2 AND kind = $3 AND dialect = $4", row => (Id: row.GetString(0), Agency: row.GetString(1), Total: row.GetInt64(2)),
            ClaimMaking.KeyOf(file.Issuer), acknowledgement.Made, (long)kind, (long)ClaimDialect.Niop);
        if (claims is not [var claim]) throw new FileRefusedException("OrigSubmissionDateTime", $"no {acknowledgement.Type} was made for {file.Issuer} at {NiopWriter.TimeOf(acknowledgement.Made)}");
        if (claim.Agency != file.Agency) throw new FileRefusedException("ToAgencyID", $"the file is for the agency {file.Agency}; {claim.Id} was made by {claim.Agency}");
        statements.Run("UPDATE claim SET acknowledged = $2 WHERE id = $1", claim.Id, acknowledgement.Code);
        counts.Add(acknowledgement.Code == "00" ? "acknowledged" : "notTaken", claim.Total);
    }

    private Line Find(AnswerFile file, AnswerLine answer)
    {
        const string Sql = "SELECT l.claim, l.line, l.change, c.account, c.agency, l.passage, l.day FROM claim_line l JOIN claim c ON c.id = l.claim WHERE l.issuer = $1 AND l.txn = $2";
        Line Read(Microsoft.Data.Sqlite.SqliteDataReader row) =>
            new(row.GetString(0), row.GetInt32(1), row.GetInt64(2), file.Issuer, row.GetString(3), row.GetString(4), row.GetString(5), DateOnly.FromDayNumber(row.GetInt32(6)));
        var key = ClaimMaking.KeyOf(file.Issuer);
        var found = answer.Adjustment is { } adjustment
            ? statements.Read(Sql + " AND l.adjustment = $3 AND l.resubmit = $4", Read, key, answer.Transaction, adjustment, answer.Resubmit)
            : statements.Read(Sql + $" AND c.sequence = $3 AND c.dialect = {(int)ClaimDialect.EZPass}", Read, key, answer.Transaction, file.Number);
        return found is [var line] ? line : throw new FileRefusedException(answer.Place, answer.Adjustment is null
            ? string.Create(CultureInfo.InvariantCulture, $"file {file.Number} to {file.Issuer} claims nothing of the serial {answer.Transaction}")
            : string.Create(CultureInfo.InvariantCulture, $"nothing was claimed of {file.Issuer} under TxnReferenceID {answer.Transaction}, AdjustmentCount {answer.Adjustment}, ResubmitCount {answer.Resubmit}"));
    }

    /// <summary>Whether a line was answered before, and the same; null where it was not.</summary>
    private bool? Known(Line line, AnswerLine answer, int file) => statements.Read("SELECT disposition, code, posted, fee, file FROM claim_answer WHERE claim = $1 AND line = $2",
        row => row.GetInt32(4) == file ? throw new FileRefusedException(answer.Place, $"{answer.Transaction} is answered twice in this file")
            : (bool?)((Disposition)row.GetInt64(0) == answer.Disposition && row.GetString(1) == answer.Code && row.GetInt64(2) == answer.Posted && row.GetInt64(3) == answer.Fee), line.Claim, line.Number).SingleOrDefault();

    private void Keep(Line line, AnswerLine answer, DateOnly date)
    {
        var subject = string.Create(CultureInfo.InvariantCulture, $"{line.Claim}/{line.Number}");
        var links = new TransferLinks(Passage: line.Passage, Claim: subject);
        Transfer?[] chain =
        [
            ClaimChains.Move(ChargeChain.Id(subject, 0, "claim-posted"), ClaimAccounts.Clearing(line.Issuer), line.Account, answer.Posted, TransferCode.Move, date, links),
            ClaimChains.Move(ChargeChain.Id(subject, 0, "claim-rest"), ClaimAccounts.Suspense(line.Issuer), line.Account, line.Change - answer.Posted, TransferCode.Move, date, links),
            ClaimChains.Move(ChargeChain.Id(subject, 0, "claim-fee"), ClaimAccounts.Fee(line.Issuer), ClaimAccounts.Clearing(line.Issuer), answer.Fee, TransferCode.Fee, date, links),
        ];
        ClaimChains.Keep(statements, "answer:" + subject, [.. chain.OfType<Transfer>()]);
    }
}
