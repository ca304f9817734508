using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Ledger;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>A charge as it stands in the ledger.</summary>
/// <param name="Charge">Charge id, the same through all revisions.</param>
/// <param name="Revision">Revision that stands, from 0.</param>
/// <param name="Payer">Account that pays.</param>
/// <param name="Shares">Net by concession.</param>
/// <param name="Vat">Tax.</param>
/// <param name="VatPercent">Tax in percent.</param>
/// <param name="Date">Business date.</param>
/// <param name="Batch">The batch that the revision came in.</param>
/// <param name="Links">Links of its transfers.</param>
/// <param name="Refund">What was given back beside it; null = nothing.</param>
public sealed record StandingCharge(
    string Charge, int Revision, string Payer, IReadOnlyList<NetShare> Shares, long Vat, ExactAmount VatPercent, DateOnly Date, BatchKind Batch, TransferLinks Links, ChargeRefund? Refund = null)
{
    /// <summary>What stands, minor units with tax.</summary>
    public long Gross => Shares.Sum(share => share.Net) + Vat;

    /// <summary>Its transfers, as they were posted.</summary>
    public IReadOnlyList<Transfer> Chain => ChargePosting.Chain(Payer, Shares, Vat, Date, Batch, Revision, Links with { Charge = Charge });
}

/// <summary>What was given back of a charge by disputes, as transfers of their own.</summary>
/// <param name="Refunded">Sum, minor units, above 0 and at most <paramref name="Of"/>.</param>
/// <param name="Of">What the charge stood at when the last of it was given back.</param>
public sealed record ChargeRefund(long Refunded, long Of);

/// <summary>A linked pair of postings. Posting it again does nothing: its ids follow from the charge and the revision.</summary>
/// <param name="Cancel">Undoes what stands; empty where nothing was posted.</param>
/// <param name="Rerate">What stands after it; empty where nothing is to be paid.</param>
/// <param name="Standing">The charge after it.</param>
/// <param name="Change">What the driver pays more; below 0 = less.</param>
public sealed record ReratePair(IReadOnlyList<Transfer> Cancel, IReadOnlyList<Transfer> Rerate, StandingCharge Standing, long Change);

/// <summary>From a charge that stands to one that was rated anew.</summary>
public static class Rerating
{
    /// <summary>
    /// What a driver has to pay, all told, when a charge that was partly refunded becomes <paramref name="amount"/>: a refund is a judgement about the old amount, so an amount
    /// that rises keeps it, and one that falls takes it up before any more is given back. So nobody is refunded twice.
    /// </summary>
    /// <param name="amount">New amount, at least 0.</param>
    /// <param name="refund">Refund; null = none.</param>
    public static long Payable(long amount, ChargeRefund? refund)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        if (refund is null) return amount;
        if (refund.Refunded <= 0 || refund.Refunded > refund.Of) throw new ArgumentException($"A refund of {refund.Refunded} of {refund.Of} is none.");
        return amount >= refund.Of ? amount - refund.Refunded : Math.Min(amount, refund.Of - refund.Refunded);
    }

    /// <summary>The pair that takes a charge from what stands to what it was rated at now; null where both are the same.</summary>
    /// <param name="standing">What stands.</param>
    /// <param name="rated">The charge as it is rated now; null where the passage is no longer charged.</param>
    /// <param name="payer">Who pays it now.</param>
    public static ReratePair? Pair(StandingCharge standing, TollCharge? rated, string payer)
    {
        ArgumentNullException.ThrowIfNull(standing);
        var amount = rated?.Gross ?? 0;
        // The refund is a posting of its own and stays: what is posted for the charge is what is to be paid and the refund.
        var posted = Payable(amount, standing.Refund) + (standing.Refund?.Refunded ?? 0);
        var (shares, vat) = posted == amount && rated is not null ? (rated.Shares, rated.Vat) : Divide(posted, rated, standing);
        if (vat == standing.Vat && shares.Where(share => share.Net > 0).SequenceEqual(standing.Shares.Where(share => share.Net > 0)) && (payer == standing.Payer || posted == 0)) return null;
        var next = standing with
        {
            Revision = standing.Revision + 1, Payer = payer, Shares = shares, Vat = vat, VatPercent = rated?.Tariff.VatPercent ?? standing.VatPercent, Date = rated?.Day ?? standing.Date, Batch = BatchKind.Rerated,
        };
        return new ReratePair(ChargeChain.Reversal(standing.Chain, BatchKind.Rerated), next.Chain, next, posted - standing.Gross);
    }

    private static (IReadOnlyList<NetShare> Shares, long Vat) Divide(long gross, TollCharge? rated, StandingCharge standing)
    {
        var net = VehicleRating.NetOf(gross, rated?.Tariff.VatPercent ?? standing.VatPercent, rated?.Tariff.Rounding.Mode ?? RoundingMode.HalfAwayFromZero);
        var shares = rated is not null && rated.Net > 0 ? rated.Shares : standing.Shares;
        var weights = shares.Any(share => share.Net > 0) ? shares.Select(share => share.Net).ToArray() : [.. shares.Select(_ => 1L)];
        return ([.. shares.Zip(LargestRemainder.Split(net, weights), (share, part) => share with { Net = part })], gross - net);
    }
}
