using SmartCity.Cloud.Tolling.Ledger;
using SmartCity.Cloud.Tolling.Receipts;

namespace SmartCity.Cloud.Tolling.Reconciliation;

/// <summary>
/// E13: every charge that the ledger booked something of in a sealed period is one leaf of that period's trees. A tree whose leaves are not those that its
/// checkpoint signs for has none.
/// </summary>
/// <param name="periods">The sealed periods that are looked at.</param>
/// <param name="receipts">Where trees stand.</param>
internal sealed class IssuedReceipts(IEnumerable<Period> periods, SqliteReceiptStore receipts)
{
    private readonly Dictionary<int, Booked> _booked = periods.ToDictionary(period => period.Number, _ => new Booked());

    /// <summary>Takes what the ledger booked.</summary>
    public void Take(TransferPosted posted)
    {
        if (!_booked.TryGetValue(posted.Period, out var booked) || PeriodReceipts.PartOf(posted.Transfer) is not { } part) return;
        booked.Charges.Add(posted.Transfer.Links.Charge!);
        booked.Money += part.Net + part.Vat;
    }

    /// <summary>The identity over all that was taken.</summary>
    public ReconIdentity Identity()
    {
        var trees = receipts.Count(_booked.Keys.ToHashSet());
        var made = trees.Select(tree => tree.Period).ToHashSet();
        var whole = trees.Where(tree => tree.IsWhole).ToList();
        var waiting = _booked.Where(one => !made.Contains(one.Key)).Select(one => one.Value).ToList();
        return new ReconIdentity("E13", new ReconTerm("booked", _booked.Values.Sum(one => (long)one.Charges.Count), _booked.Values.Sum(one => one.Money)),
        [
            new("leaves", whole.Sum(tree => tree.Leaves), whole.Sum(tree => tree.Money)), new("waiting", waiting.Sum(one => (long)one.Charges.Count), waiting.Sum(one => one.Money)),
        ]);
    }

    private sealed class Booked
    {
        public HashSet<string> Charges { get; } = new(StringComparer.Ordinal);
        public long Money { get; set; }
    }
}
