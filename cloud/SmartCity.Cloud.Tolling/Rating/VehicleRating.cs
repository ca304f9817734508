using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;
using SmartCity.Model;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>The rules over one vehicle's uses of one corridor, from the first to the last.</summary>
internal static class VehicleRating
{
    public static void Rate(List<UseInWork> uses, List<TollCharge> charges, List<RatingProblem> problems)
    {
        uses.Sort((a, b) => RatingEngine.Compare(a.Use, b.Use));
        Price(uses);
        OneCharge(uses);
        Settle(uses, charges, problems);
    }

    /// <summary>List price, exemption, plan and free kilometres.</summary>
    private static void Price(List<UseInWork> uses)
    {
        var (day, driven) = (default(DateOnly), ExactAmount.Zero);
        foreach (var work in uses)
        {
            if (work.Day != day) (day, driven) = (work.Day, 0);
            var (use, tariff, from) = (work.Use, work.Tariff, driven);
            driven += work.Km;
            var free = ExactAmount.Zero;
            if (tariff.Basis == TariffBasis.Distance)
            {
                foreach (var (component, bands) in tariff.RatesOf(use.VehicleClass))
                {
                    var cost = Cost(bands, from, driven);
                    work.Step(RatingRule.ListPrice, $"{component} × {use.VehicleClass}, km {from} to {driven} of the day", cost);
                    var withoutFree = cost - Cost(bands, from, ExactAmount.Min(driven, ExactAmount.Max(from, tariff.FreeKmPerDay)));
                    RoundComponent(work, component, cost);
                    free += Component(tariff, cost) - Component(tariff, withoutFree);
                }
            }
            else
            {
                var cell = tariff.PriceOf(tariff.EntryOf(use.Entry), use.Point, use.VehicleClass, work.Band)!.Value;
                work.Step(RatingRule.ListPrice, $"{(use.Entry is null || tariff.Basis != TariffBasis.EntryExit ? "" : use.Entry + " → ")}{use.Point} × {use.VehicleClass} × {work.Band}", cell);
                RoundComponent(work, "toll", cell);
            }
            foreach (var fee in tariff.Fees)
            {
                if ((fee.VehicleClass != Tariff.Any && fee.VehicleClass != use.VehicleClass) || (fee.Means is not null && fee.Means != use.Means)) continue;
                work.Step(RatingRule.Fee, fee.Component, fee.Amount);
                RoundComponent(work, fee.Component, fee.Amount);
            }
            work.List = work.Amount;
            Exempt(work);
            if (work.Amount.Sign == 0 && work.Exemption is { PartnerPays: false }) continue;
            var kept = Plan(work);
            if (free.Sign > 0) work.Step(RatingRule.FreeKm, $"{tariff.FreeKmPerDay} km of the day are free", -free.Percent(kept));
        }
    }

    private static ExactAmount Component(Tariff tariff, ExactAmount amount) => tariff.Rounding.Stage == RoundingStage.Component ? amount.RoundTo(tariff.Rounding.Unit, tariff.Rounding.Mode) : amount;

    private static void RoundComponent(UseInWork work, string component, ExactAmount amount)
    {
        var change = Component(work.Tariff, amount) - amount;
        if (change.Sign != 0) work.Step(RatingRule.ComponentRounding, $"{component} to {work.Tariff.Rounding.Unit}", change);
    }

    private static ExactAmount Cost(DistanceRate[] bands, ExactAmount from, ExactAmount to)
    {
        var (cost, start) = (ExactAmount.Zero, ExactAmount.Zero);
        foreach (var band in bands)
        {
            var (a, b) = (ExactAmount.Max(from, start), band.UpToKm is { } end ? ExactAmount.Min(to, end) : to);
            if (b > a) cost += (b - a) * band.PerKm;
            if (band.UpToKm is null || to <= band.UpToKm) break;
            start = band.UpToKm.Value;
        }
        return cost;
    }

    private static void Exempt(UseInWork work)
    {
        if (work.Use.Exemption is not { } code) return;
        if (work.Exemption is not { } exemption) work.Step(RatingRule.Exemption, $"{code} is no exemption of this tariff for {work.Use.VehicleClass}", 0);
        else if (exemption.PartnerPays) work.Step(RatingRule.Exemption, $"{code}: {exemption.Partner} pays", 0);
        else work.Step(RatingRule.Exemption, $"{code}: nobody pays, told to {exemption.Partner}", -work.Amount);
    }

    /// <returns>Percent of the price that the plan leaves.</returns>
    private static ExactAmount Plan(UseInWork work)
    {
        if (work.Use.Plan is not { } key) return 100;
        var plan = work.Tariff.Plans.FirstOrDefault(known => known.Key == key);
        if (plan is null) work.Step(RatingRule.Plan, $"{key} is no plan of this tariff", 0);
        else if (!UseInWork.Holds(plan.Classes, work.Use.VehicleClass)) work.Step(RatingRule.Plan, $"{key} is not for {work.Use.VehicleClass}", 0);
        else if (!UseInWork.Holds(plan.Points, work.Use.Point)) work.Step(RatingRule.Plan, $"{key} is not for {work.Use.Point}", 0);
        else
        {
            work.Step(RatingRule.Plan, $"{key}: {plan.Percent} %", -work.Amount.Percent(plan.Percent));
            return 100 - plan.Percent;
        }
        return 100;
    }

    /// <summary>Of the uses in a window only the dearest counts, of equal ones the first. A use that costs nothing opens no window.</summary>
    private static void OneCharge(List<UseInWork> uses)
    {
        for (var first = 0; first < uses.Count;)
        {
            var (opener, next) = (uses[first], first + 1);
            if (opener.Tariff.OneChargeMinutes == 0 || opener.Amount.Sign <= 0)
            {
                first = next;
                continue;
            }
            var length = opener.Tariff.OneChargeMinutes * 60L * UnixMicros.PerSecond;
            var dearest = opener;
            while (next < uses.Count && uses[next].Day == opener.Day && uses[next].Use.Time - opener.Use.Time <= length)
            {
                if (uses[next].Amount > dearest.Amount) dearest = uses[next];
                next++;
            }
            for (var i = first; i < next; i++)
                if (uses[i] != dearest && uses[i].Amount.Sign > 0) uses[i].Step(RatingRule.OneCharge, $"within {opener.Tariff.OneChargeMinutes} min only {dearest.Use.Id} counts", -uses[i].Amount);
            first = next;
        }
    }

    /// <summary>Payment discount, caps, rounding and tax.</summary>
    private static void Settle(List<UseInWork> uses, List<TollCharge> charges, List<RatingProblem> problems)
    {
        var (day, month, ofDay, ofMonth, count) = (default(DateOnly), 0, ExactAmount.Zero, ExactAmount.Zero, 0);
        foreach (var work in uses)
        {
            var tariff = work.Tariff;
            if (work.Day != day) (day, ofDay) = (work.Day, 0);
            if (LocalDates.MonthOf(work.Day, tariff.Months) is var now && now != month) (month, ofMonth, count) = (now, 0, 0);
            Discount(work);
            Cap(work, RatingRule.DailyCap, "the day", tariff.DailyCap, ofDay);
            if (tariff.MonthlyCount <= count && work.Amount.Sign > 0) work.Step(RatingRule.MonthlyCap, string.Create(CultureInfo.InvariantCulture, $"{tariff.MonthlyCount} uses of the month are paid"), -work.Amount);
            Cap(work, RatingRule.MonthlyCap, "the month", tariff.MonthlyCap, ofMonth);
            Round(work, ofDay, ofMonth);
            var paid = work.Amount;
            try
            {
                charges.Add(Taxed(work));
            }
            catch (OverflowException)
            {
                problems.Add(new RatingProblem(work.Use, RatingFault.AmountTooLarge, $"{work.Amount} {tariff.Currency} do not fit 64 bits at scale {tariff.Scale}"));
                continue;
            }
            (ofDay, ofMonth) = (ofDay + paid, ofMonth + paid);
            if (paid.Sign > 0) count++;
        }
    }

    private static void Discount(UseInWork work)
    {
        if (work.Use.Means is not { } means || work.Amount.Sign == 0) return;
        var discount = work.Tariff.PaymentDiscounts.FirstOrDefault(known => known.Key == means && UseInWork.Holds(known.Classes, work.Use.VehicleClass) && UseInWork.Holds(known.Points, work.Use.Point));
        if (discount is not null) work.Step(RatingRule.PaymentDiscount, $"{means}: {discount.Percent} %", -work.Amount.Percent(discount.Percent));
    }

    private static void Cap(UseInWork work, RatingRule rule, string what, ExactAmount? cap, ExactAmount paid)
    {
        if (cap is not { } most) return;
        var left = ExactAmount.Max(0, most - paid);
        if (work.Amount > left) work.Step(rule, $"{most} is the most of {what}, {paid} are paid", left - work.Amount);
    }

    // A cap and what is paid are whole units, so that rounding goes beyond a cap only where the day or month has versions with different units.
    private static void Round(UseInWork work, ExactAmount ofDay, ExactAmount ofMonth)
    {
        var (tariff, rounding) = (work.Tariff, work.Tariff.Rounding);
        var rounded = work.Amount.RoundTo(tariff.LineUnit, rounding.Mode);
        if (tariff.DailyCap is { } daily && rounded > work.Amount) rounded = ExactAmount.Min(rounded, ExactAmount.Max(0, daily - ofDay));
        if (tariff.MonthlyCap is { } monthly && rounded > work.Amount) rounded = ExactAmount.Min(rounded, ExactAmount.Max(0, monthly - ofMonth));
        if (rounded != work.Amount) work.Step(RatingRule.Rounding, $"to {tariff.LineUnit}", rounded - work.Amount);
    }

    private static TollCharge Taxed(UseInWork work)
    {
        var (tariff, amount) = (work.Tariff, work.Amount.ToMinor(work.Tariff.Scale));
        var (net, vat) = Tax(amount, tariff);
        // The sum has to fit too.
        _ = net + vat;
        if (tariff.VatPercent.Sign > 0)
            work.Step(RatingRule.Vat, $"{tariff.VatPercent} % {(tariff.VatIncluded ? $"are in it: {ExactAmount.OfMinor(vat, tariff.Scale)}" : "are added")}", tariff.VatIncluded ? 0 : ExactAmount.OfMinor(vat, tariff.Scale));
        var shares = tariff.Concessions.Count == 0 ? [new NetShare(work.Corridor, net)]
            : tariff.Concessions.Zip(LargestRemainder.Split(net, [.. tariff.Concessions.Select(share => (long)share.Weight)]), (share, part) => new NetShare(share.Concession, part)).ToArray();
        return new TollCharge
        {
            Use = work.Use, Corridor = work.Corridor, Tariff = tariff, Day = work.Day, Band = work.Band, List = work.List, Net = net, Vat = vat,
            Partner = work.Exemption is { PartnerPays: true } exemption ? exemption.Partner : null, Shares = shares, Trace = work.Trace,
        };
    }

    internal static (long Net, long Vat) Tax(long amount, Tariff tariff)
    {
        if (!tariff.VatIncluded) return (amount, ((ExactAmount)amount).Percent(tariff.VatPercent).RoundTo(1, tariff.Rounding.Mode).ToMinor(0));
        var net = NetOf(amount, tariff.VatPercent, tariff.Rounding.Mode);
        return (net, amount - net);
    }

    /// <summary>The net of an amount that includes a tax.</summary>
    internal static long NetOf(long gross, ExactAmount vatPercent, RoundingMode mode) => (long)ExactAmount.Divide((ExactAmount)gross * 100, 100 + vatPercent, mode);
}
