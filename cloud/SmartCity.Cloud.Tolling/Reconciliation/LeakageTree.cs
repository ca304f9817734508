using SmartCity.Cloud.Tolling.Charging;

namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>
/// Where the money of passages went. Collected is what prepaid accounts paid at once; owed is what stands on receivables, by whose they are; lost is what
/// was not charged though a vehicle passed. Pure.
/// </summary>
/// <remarks>
/// <code>
/// passages ─┬─ collected
///           ├─ owed ─── accounts, issuers, partners, noAddress (plates that nobody has an account for)
///           ├─ free ─── exempt, entries, duplicates, noPrice (charged 0 by a rule)
///           ├─ waiting, refused (by the ledger)
///           └─ lost ─── unread, review, unrated by code
/// </code>
/// </remarks>
public static class LeakageTree
{
    /// <summary>Builds the tree.</summary>
    /// <param name="charges">Charges summed by toll point, outcome and code.</param>
    /// <param name="standing">What stands in the ledger for each charge, by the account that was debited; charges that come to nothing there are left out.</param>
    /// <param name="open">Charges whose chain is not in the ledger: how many, and what they ask for, by whether the ledger refused them.</param>
    public static LeakageNode Of(IReadOnlyList<LeakageSum> charges, IReadOnlyCollection<(string Account, long Money)> standing, (long Waiting, long WaitingMoney, long Refused, long RefusedMoney) open)
    {
        ArgumentNullException.ThrowIfNull(charges);
        ArgumentNullException.ThrowIfNull(standing);
        // What a passage of a toll point comes to on average stands for one that has no amount.
        var average = charges.Where(sum => sum is { Outcome: ChargeOutcome.Charged, Money: > 0 }).GroupBy(sum => sum.Point, StringComparer.Ordinal)
            .ToDictionary(point => point.Key, point => point.Sum(sum => sum.Money) / Math.Max(1, point.Sum(sum => sum.Count)), StringComparer.Ordinal);
        var owed = standing.ToLookup(one => OwnerOf(one.Account), StringComparer.Ordinal);
        return LeakageNode.Of("passages",
        [
            Standing("collected"),
            LeakageNode.Of("owed", [Standing("accounts"), Standing("issuers"), Standing("partners"), Standing("noAddress")]),
            LeakageNode.Of("free",
            [
                Count("exempt", ChargeOutcome.Exempt), Count("entries", ChargeOutcome.Entry), Count("duplicates", ChargeOutcome.Duplicate),
                LeakageNode.Leaf("noPrice", charges.Where(sum => sum.Outcome == ChargeOutcome.Charged).Sum(sum => sum.Free), 0),
            ]),
            LeakageNode.Leaf("waiting", open.Waiting, open.WaitingMoney),
            LeakageNode.Leaf("refused", open.Refused, open.RefusedMoney),
            LeakageNode.Of("lost",
            [
                Lost("unread", sum => sum.Outcome == ChargeOutcome.Unreadable), Lost("review", sum => sum.Outcome == ChargeOutcome.Review),
                LeakageNode.Of("unrated", [.. charges.Where(sum => sum.Outcome == ChargeOutcome.Unrated).Select(sum => sum.Code ?? "").Distinct().Order(StringComparer.Ordinal)
                    .Select(code => Lost(code, sum => sum.Outcome == ChargeOutcome.Unrated && (sum.Code ?? "") == code))]),
            ]),
        ]);

        LeakageNode Standing(string owner) => LeakageNode.Leaf(owner, owed[owner].Count(), owed[owner].Sum(one => one.Money));

        LeakageNode Count(string name, ChargeOutcome outcome) => LeakageNode.Leaf(name, charges.Where(sum => sum.Outcome == outcome).Sum(sum => sum.Count), 0);

        LeakageNode Lost(string name, Func<LeakageSum, bool> isOne) =>
            LeakageNode.Leaf(name, charges.Where(isOne).Sum(sum => sum.Count), charges.Where(isOne).Sum(sum => sum.Count * average.GetValueOrDefault(sum.Point)), isEstimate: true);
    }

    private static string OwnerOf(string account) => account.Split(':') switch
    {
        ["liability", "prepaid", ..] => "collected",
        ["asset", "receivable", "issuer", _, ..] => "issuers",
        ["asset", "receivable", "partner", _, ..] => "partners",
        ["asset", "receivable", "plate", _, ..] => "noAddress",
        _ => "accounts",
    };
}

/// <summary>Charges of one toll point with one outcome and code.</summary>
/// <param name="Point">Toll point.</param>
/// <param name="Outcome">Outcome.</param>
/// <param name="Code">Why there is no charge; null where there is one.</param>
/// <param name="Count">How many.</param>
/// <param name="Free">How many of them come to 0.</param>
/// <param name="Money">What they come to, minor units.</param>
public sealed record LeakageSum(string Point, ChargeOutcome Outcome, string? Code, long Count, long Free, long Money);
