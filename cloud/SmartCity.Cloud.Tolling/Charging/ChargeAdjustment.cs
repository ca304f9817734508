using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Cloud.Tolling.Rating;

namespace SmartCity.Cloud.Tolling.Charging;

/// <summary>
/// Takes off a charge what disputes gave back. It is done anew whenever the charge is rated, from what it is rated at then, by <see cref="Rerating.Payable"/>:
/// so nobody is refunded twice. Pure.
/// </summary>
public static class ChargeAdjustment
{
    private const string Rule = "Dispute";

    /// <summary>The charge with what was given back taken off, and a step of its trace that says so.</summary>
    /// <param name="rated">As it was rated.</param>
    /// <param name="refund">What was given back.</param>
    /// <param name="scale">Decimal places of the minor unit.</param>
    public static Charge Apply(Charge rated, GrantedRefund refund, int scale)
    {
        ArgumentNullException.ThrowIfNull(rated);
        ArgumentNullException.ThrowIfNull(refund);
        var payable = Rerating.Payable(rated.Gross, new ChargeRefund(refund.Refunded, refund.Of));
        if (payable == rated.Gross) return rated;
        var net = (long)Round((Int128)payable * rated.Net, rated.Gross);
        var weights = rated.Shares.Any(share => share.Net > 0) ? rated.Shares.Select(share => share.Net).ToArray() : [.. rated.Shares.Select(_ => 1L)];
        var input = string.Create(CultureInfo.InvariantCulture, $"dispute {refund.Dispute}: {Text(refund.Refunded, scale)} of {Text(refund.Of, scale)} given back");
        return rated with
        {
            Shares = [.. rated.Shares.Zip(LargestRemainder.Split(net, weights), (share, part) => share with { Net = part })],
            Vat = payable - net,
            Trace = [.. rated.Trace, new ChargeStep(Rule, input, Text(payable - rated.Gross, scale), Text(payable, scale))],
            Rated = new ChargeAmount(rated.Shares, rated.Vat),
        };
    }

    /// <summary>The charge as it was rated, before anything was given back.</summary>
    public static Charge Undo(Charge charge)
    {
        ArgumentNullException.ThrowIfNull(charge);
        return charge.Rated is not { } rated ? charge : charge with { Shares = rated.Shares, Vat = rated.Vat, Rated = null, Trace = [.. charge.Trace.Where(step => step.Rule != Rule)] };
    }

    /// <summary>The refund that stands after another one of a charge, as <see cref="Rerating.Payable"/> reads it.</summary>
    /// <param name="charge">As it stands.</param>
    /// <param name="amount">What more is given back, 1 to what stands.</param>
    /// <param name="dispute">Dispute.</param>
    /// <exception cref="ArgumentOutOfRangeException">That much does not stand.</exception>
    public static GrantedRefund Add(Charge charge, long amount, int dispute)
    {
        ArgumentNullException.ThrowIfNull(charge);
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, charge.Gross);
        var rated = Undo(charge).Gross;
        return new GrantedRefund(rated - (charge.Gross - amount), rated, dispute);
    }

    private static Int128 Round(Int128 dividend, long divisor) => (2 * dividend + divisor) / (2 * (Int128)divisor);

    private static string Text(long minor, int scale) => ExactAmount.OfMinor(minor, scale).ToString();
}
