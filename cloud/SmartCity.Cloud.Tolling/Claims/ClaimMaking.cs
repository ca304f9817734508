using System.Globalization;
using System.Text.Json;
using SmartCity.Cloud.Tolling.Charging;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Passages;
using SmartCity.Cloud.Tolling.Sqlite;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Claims;

/// <summary>Makes claims of what an issuer owes and was not asked for, of what it was asked for and is another amount by now, and of what it refused and may get again.</summary>
internal sealed class ClaimMaking(Statements statements, LedgerIdentity identity)
{
    private const string Settled = $"NOT EXISTS (SELECT 1 FROM charge_chain h WHERE h.passage = c.passage AND h.state <> 2)";

    public ClaimsMade Make(ClaimRequest request, Issuer issuer, TollConfiguration configuration)
    {
        var (account, key) = (ClaimAccounts.Receivable(issuer), KeyOf(request.Issuer));
        var lines = new ClaimLines(configuration, request);
        var left = new List<ClaimLeft>();
        var waiting = (long)statements.Ask($"SELECT count(*) FROM charge c WHERE c.payer = $1 AND c.day BETWEEN $2 AND $3 AND NOT {Settled}", account, request.From.DayNumber, request.To.DayNumber)!;
        var claims = new List<Claim>();
        Add(ClaimKind.Claim, New(request, account, key, lines, left));
        Add(ClaimKind.Correction, [.. Changed(request, account, key, lines, left), .. Again(request, key)]);
        return new ClaimsMade(claims, left, waiting);

        void Add(ClaimKind kind, List<ClaimLine> of)
        {
            if (of.Count > 0) claims.Add(Keep(request, kind, account, key, of));
        }
    }

    /// <summary>What issuers owe and were not asked for.</summary>
    public ClaimDue DueOf(Issuer issuer) => statements.Read(
        $"SELECT count(*), coalesce(sum(c.net + c.vat), 0), min(c.day), max(c.day) FROM charge c WHERE c.payer = $1 AND c.net + c.vat > 0 AND {Settled} AND NOT EXISTS (SELECT 1 FROM claim_line l WHERE l.passage = c.passage AND l.issuer = $2)",
        row => new ClaimDue(issuer.Number, issuer.Name, row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : DateOnly.FromDayNumber(row.GetInt32(2)), row.IsDBNull(3) ? null : DateOnly.FromDayNumber(row.GetInt32(3))),
        ClaimAccounts.Receivable(issuer), KeyOf(issuer.Number)).Single();

    public static string KeyOf(ulong issuer) => issuer.ToString(CultureInfo.InvariantCulture);

    private List<ClaimLine> New(ClaimRequest request, string account, string key, ClaimLines lines, List<ClaimLeft> left)
    {
        var found = new List<ClaimLine>();
        statements.ForEach(
            $"""
            SELECT c.body, p.body FROM charge c LEFT JOIN passage p ON p.id = c.passage
            WHERE c.payer = $1 AND c.day BETWEEN $2 AND $3 AND c.net + c.vat > 0 AND {Settled} AND NOT EXISTS (SELECT 1 FROM claim_line l WHERE l.passage = c.passage AND l.issuer = $4)
            ORDER BY c.at, c.passage
            """, row =>
            {
                var charge = JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ChargeJson.Default.Charge)!;
                var passage = row.IsDBNull(1) ? null : JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(1), PassageJson.Default.Passage)!;
                if (lines.Of(charge, passage, passage is null ? null : EntryOf(passage, charge.Day), out var reason) is { } line) found.Add(line);
                else left.Add(new ClaimLeft(charge.Passage, reason!));
            }, account, request.From.DayNumber, request.To.DayNumber, key);
        statements.Run("DELETE FROM claim_left WHERE issuer = $1 AND passage IN (SELECT passage FROM charge WHERE day BETWEEN $2 AND $3)", key, request.From.DayNumber, request.To.DayNumber);
        foreach (var one in left) statements.Run("INSERT INTO claim_left VALUES($1,$2,$3)", key, one.Passage, one.Reason);
        return found;
    }

    /// <summary>Where the trip that ends with a passage began; null where it is no trip.</summary>
    private Passage? EntryOf(Passage exit, DateOnly day) => exit.Vehicle is null ? null : statements.Read(
        $"""
        SELECT p.body, c.body FROM passage p JOIN charge c ON c.passage = p.id
        WHERE p.vehicle = $1 AND p.day BETWEEN $2 AND $3 AND c.outcome = {(int)ChargeOutcome.Entry} AND c.code IS NULL AND p.at < $4 ORDER BY p.at DESC
        """, row => (Passage: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), PassageJson.Default.Passage)!, Charge: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(1), ChargeJson.Default.Charge)!),
        exit.Vehicle, day.DayNumber - 1, day.DayNumber, exit.Time).FirstOrDefault(one => one.Charge.Trace is [{ Rule: "Trip", Input: var of }] && of == exit.Id).Passage;

    /// <summary>What was claimed, and stands at another amount or with another payer by now.</summary>
    private List<ClaimLine> Changed(ClaimRequest request, string account, string key, ClaimLines lines, List<ClaimLeft> left)
    {
        var found = new List<ClaimLine>();
        statements.ForEach(
            $"""
            WITH claimed AS (SELECT passage, max(adjustment) AS adjustment, sum(CASE WHEN resubmit = 0 THEN change ELSE 0 END) AS total FROM claim_line WHERE issuer = $1 AND day BETWEEN $2 AND $3 GROUP BY passage)
            SELECT l.body, d.total, CASE WHEN c.payer = $4 THEN c.net + c.vat ELSE 0 END FROM claimed d JOIN charge c ON c.passage = d.passage
            JOIN claim_line l ON l.passage = d.passage AND l.issuer = $1 AND l.adjustment = d.adjustment AND l.resubmit = 0
            WHERE d.total <> CASE WHEN c.payer = $4 THEN c.net + c.vat ELSE 0 END AND {Settled} ORDER BY c.at, c.passage
            """, row =>
            {
                var line = JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(0), ClaimJson.Default.ClaimLine)!;
                var (claimed, now) = (row.GetInt64(1), row.GetInt64(2));
                if ((lines.Unfit(now) ?? lines.Unfit(now - claimed)) is { } unfit) left.Add(new ClaimLeft(line.Passage, unfit));
                else found.Add(line with { Adjustment = line.Adjustment + 1, Resubmit = 0, Amount = now, Change = now - claimed, Reason = now == 0 ? "I" : "C" });
            }, key, request.From.DayNumber, request.To.DayNumber, account);
        return found;
    }

    /// <summary>What was refused for a fault that is none of the charge's, and is no longer than allowed sent again: what was put aside for it comes back.</summary>
    private List<ClaimLine> Again(ClaimRequest request, string key)
    {
        if (!request.SendAgain) return [];
        var refused = statements.Read(
            $"""
            SELECT l.claim, l.line, l.body, h.chain FROM claim_line l JOIN claim_answer a ON a.claim = l.claim AND a.line = l.line
            JOIN claim_chain h ON h.id = 'answer:' || l.claim || '/' || l.line AND h.state = {(int)PostingState.Posted}
            WHERE l.issuer = $1 AND l.day BETWEEN $2 AND $3 AND l.resubmit < {ClaimBook.ResubmitsMax} AND a.disposition IN ({(int)Disposition.System}, {(int)Disposition.Content})
              AND NOT EXISTS (SELECT 1 FROM claim_line m WHERE m.issuer = l.issuer AND m.txn = l.txn AND m.adjustment = l.adjustment AND m.resubmit = l.resubmit + 1) ORDER BY l.claim, l.line
            """, row => (Id: string.Create(CultureInfo.InvariantCulture, $"{row.GetString(0)}/{row.GetInt64(1)}"), Line: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(2), ClaimJson.Default.ClaimLine)!,
                Chain: JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(3), ChargeJson.Default.ListTransfer)!), key, request.From.DayNumber, request.To.DayNumber);
        foreach (var one in refused) ClaimChains.Keep(statements, $"again:{one.Id}", ChargeChain.Reversal(one.Chain, BatchKind.Normal));
        return [.. refused.Select(one => one.Line with { Resubmit = one.Line.Resubmit + 1, Reason = "T" })];
    }

    private Claim Keep(ClaimRequest request, ClaimKind kind, string account, string key, List<ClaimLine> lines)
    {
        var (last, before) = statements.Read("SELECT coalesce(max(sequence), 0), coalesce(max(made), -1) FROM claim WHERE issuer = $1", row => (row.GetInt32(0), row.GetInt64(1)), key).Single();
        var second = UnixMicros.PerSecond;
        var made = Math.Max(request.Made / second * second, before < 0 ? 0 : before + second);
        var claim = new Claim(Claim.IdOf(request.Issuer, last + 1), request.Issuer, last + 1, request.Dialect, kind, request.Agency, request.Hub, identity.Currency, lines.Min(line => line.Day), lines.Max(line => line.Day), made, request.By,
            "", lines.Count, lines.Sum(line => line.Change), "", null);
        var time = UnixMicros.ToTime(made).UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        claim = claim with { Name = request.Dialect == ClaimDialect.EZPass ? $"{request.Agency}_{claim.IssuerDigits}_{time}.ICTX" : $"{request.Hub}_{request.Agency}_{claim.IssuerDigits}_{time}.{claim.Type}" };
        claim = claim with { Hash = ClaimFile.Write(Stream.Null, claim, lines) };
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            statements.Run("INSERT INTO claim_line VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)", claim.Id, i + 1, key, line.Transaction, line.Passage, line.Adjustment, line.Resubmit, line.Day.DayNumber, line.Amount, line.Change,
                JsonSerializer.SerializeToUtf8Bytes(line, ClaimJson.Default.ClaimLine));
        }
        statements.Run("INSERT INTO claim VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,NULL)", claim.Id, key, claim.Sequence, (long)claim.Dialect, (long)claim.Kind, claim.Agency, claim.Hub, claim.Currency,
            claim.From.DayNumber, claim.To.DayNumber, claim.Made, claim.By, claim.Name, claim.Rows, claim.Total, claim.Hash, account);
        return claim;
    }
}
