using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Receipts;

/// <summary>What an account that pays was charged, and what it paid, from the ledger's postings alone.</summary>
/// <param name="Account">The account.</param>
/// <param name="From">First business date.</param>
/// <param name="To">Last business date, included.</param>
/// <param name="Opening">What it owed before the first date, minor units; below 0 where it had something to its credit.</param>
/// <param name="Lines">In the order of booking.</param>
public sealed record AccountStatement(string Account, DateOnly From, DateOnly To, long Opening, IReadOnlyList<StatementLine> Lines)
{
    private const int Page = 10_000;

    /// <summary>What it owes after the last line.</summary>
    public long Closing => Opening + Lines.Sum(line => line.Amount);

    /// <summary>Whether an account is one of somebody who pays: prepaid, or a receivable.</summary>
    public static bool IsOfPayer(string account) => account is not null && (account.StartsWith("liability:prepaid:", StringComparison.Ordinal) || account.StartsWith("asset:receivable:", StringComparison.Ordinal));

    /// <summary>Reads the statement of an account. A charge that was rated anew within a period is one line; one that was corrected in a later period has a line there.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="account">Its name.</param>
    /// <param name="from">First business date; null for the account's first.</param>
    /// <param name="to">Last business date; null for the account's last.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null where no account of a payer has the name.</returns>
    public static AccountStatement? Of(ITollLedger ledger, string account, DateOnly? from, DateOnly? to, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        if (!IsOfPayer(account) || ledger.FindAccount(account) is null) return null;
        var opening = 0L;
        var (first, last) = ((DateOnly?)null, (DateOnly?)null);
        var lines = new Dictionary<(string, int), StatementLine>();
        for (var after = 0L; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = ledger.Entries(new EntryQuery(after, Page, account));
            foreach (var (number, posted) in page.Where(entry => entry.Event is TransferPosted).Select(entry => (entry.Number, (TransferPosted)entry.Event)))
            {
                var transfer = posted.Transfer;
                var amount = transfer.Debit == account ? transfer.Amount : -transfer.Amount;
                if (transfer.EffectiveDate < from) opening += amount;
                if (transfer.EffectiveDate < from || transfer.EffectiveDate > to) continue;
                if (first is null || transfer.EffectiveDate < first) first = transfer.EffectiveDate;
                if (last is null || transfer.EffectiveDate > last) last = transfer.EffectiveDate;
                var isCharge = transfer.Links.Charge is not null && transfer.Code is TransferCode.Charge or TransferCode.Reversal;
                // Anything else than a charge stands for itself.
                var key = isCharge ? (transfer.Links.Charge!, posted.Period) : ($"#{number}", posted.Period);
                var vat = isCharge && (transfer.Credit == "liability:vat" || transfer.Debit == "liability:vat") ? amount : 0;
                var line = lines.GetValueOrDefault(key) ?? new StatementLine(transfer.EffectiveDate, posted.Period, transfer.Batch, isCharge ? TransferCode.Charge : transfer.Code, transfer.Links.Charge, 0, 0);
                lines[key] = line with { Net = line.Net + amount - vat, Vat = line.Vat + vat };
            }
            if (page.Count < Page) break;
            after = page[^1].Number;
        }
        // What was charged and taken back within a period, as by another payer's turn, is nothing to this one.
        var (begin, end) = (from ?? first ?? to ?? DateOnly.MinValue, to ?? last ?? from ?? DateOnly.MinValue);
        return new AccountStatement(account, begin, end, opening, [.. lines.Values.Where(line => (line.Net, line.Vat) != (0, 0)).OrderBy(line => line.Day).ThenBy(line => line.Period)]);
    }
}

/// <summary>A line of a statement. Amounts in minor units; above 0 the account owes more.</summary>
/// <param name="Day">Business date.</param>
/// <param name="Period">Period that it was booked in.</param>
/// <param name="Batch">The batch of its first transfer.</param>
/// <param name="Code">What it is.</param>
/// <param name="Charge">Charge; null where it is about none.</param>
/// <param name="Net">Without tax.</param>
/// <param name="Vat">Tax.</param>
public sealed record StatementLine(DateOnly Day, int Period, BatchKind Batch, TransferCode Code, string? Charge, long Net, long Vat)
{
    /// <summary>Net and tax.</summary>
    public long Amount => Net + Vat;
}
