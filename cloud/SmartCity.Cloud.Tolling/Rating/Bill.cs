using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>Charges of one service at one price.</summary>
/// <param name="Corridor">Corridor.</param>
/// <param name="Point">Point; of trips entry and exit as <c>A → B</c>.</param>
/// <param name="VehicleClass">Class.</param>
/// <param name="UnitGross">Of one charge, minor units.</param>
/// <param name="VatPercent">Tax in percent.</param>
/// <param name="Count">How many.</param>
/// <param name="Net">Sum of their nets.</param>
/// <param name="Vat">Sum of their taxes.</param>
public sealed record BillLine(string Corridor, string Point, string VehicleClass, long UnitGross, ExactAmount VatPercent, int Count, long Net, long Vat);

/// <summary>What a bill owes at one rate of tax.</summary>
/// <param name="VatPercent">Tax in percent.</param>
/// <param name="Gross">To be paid.</param>
/// <param name="Net">Net of the summed gross, not the sum of nets.</param>
/// <param name="Vat">Tax.</param>
/// <param name="RoundingNet">The line ADJ-ROUNDING: net less the nets of the lines.</param>
/// <param name="RoundingVat">Tax less the taxes of the lines.</param>
public sealed record BillTotal(ExactAmount VatPercent, long Gross, long Net, long Vat, long RoundingNet, long RoundingVat);

/// <summary>Charges as lines, with a rounding line for each rate of tax. Minor units.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Scale">Decimal places of the minor unit.</param>
/// <param name="Lines">By corridor, point, class, tax and unit price.</param>
/// <param name="Totals">By rate of tax.</param>
public sealed record Bill(string Currency, int Scale, IReadOnlyList<BillLine> Lines, IReadOnlyList<BillTotal> Totals)
{
    /// <summary>To be paid.</summary>
    public long Gross => Totals.Sum(total => total.Gross);

    /// <summary>Makes the bill of charges. The order of the charges is of no matter.</summary>
    /// <param name="charges">At least one, of one currency and scale.</param>
    /// <exception cref="ArgumentException">There are none, or of two currencies or scales.</exception>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public static Bill Of(IReadOnlyCollection<TollCharge> charges)
    {
        ArgumentNullException.ThrowIfNull(charges);
        if (charges.Select(charge => (charge.Currency, charge.Scale)).Distinct().Count() != 1) throw new ArgumentException("A bill has charges of one currency and scale.");
        var (currency, scale) = (charges.First().Currency, charges.First().Scale);
        var lines = charges.GroupBy(charge => (charge.Corridor, Point: PointOf(charge), charge.Use.VehicleClass, charge.Tariff.VatPercent, charge.Gross)).Select(group =>
            new BillLine(group.Key.Corridor, group.Key.Point, group.Key.VehicleClass, group.Key.Gross, group.Key.VatPercent, group.Count(), group.Sum(charge => charge.Net), group.Sum(charge => charge.Vat)));
        // Where a tariff rounds on the bill, its charges are rounded together; where two tariffs round otherwise, each for itself.
        var totals = charges.GroupBy(charge => (charge.Tariff.VatPercent, charge.Tariff.Rounding.Mode, Unit: charge.Tariff.Rounding.Stage == RoundingStage.Bill ? charge.Tariff.Rounding.Unit : charge.Tariff.MinorUnit))
            .Select(group => Total([.. group], group.Key.VatPercent, group.Key.Mode, group.Key.Unit))
            .GroupBy(total => total.VatPercent).Select(group => group.Aggregate((a, b) =>
                new BillTotal(a.VatPercent, a.Gross + b.Gross, a.Net + b.Net, a.Vat + b.Vat, a.RoundingNet + b.RoundingNet, a.RoundingVat + b.RoundingVat)));
        return new Bill(currency, scale,
            [.. lines.OrderBy(line => line.Corridor, StringComparer.Ordinal).ThenBy(line => line.Point, StringComparer.Ordinal).ThenBy(line => line.VehicleClass, StringComparer.Ordinal).ThenBy(line => line.VatPercent).ThenBy(line => line.UnitGross)],
            [.. totals.OrderBy(total => total.VatPercent)]);
    }

    private static BillTotal Total(List<TollCharge> charges, ExactAmount percent, RoundingMode mode, ExactAmount unit)
    {
        var scale = charges[0].Scale;
        var gross = ExactAmount.OfMinor(charges.Sum(charge => charge.Gross), scale).RoundTo(unit, mode).ToMinor(scale);
        var net = VehicleRating.NetOf(gross, percent, mode);
        return new BillTotal(percent, gross, net, gross - net, net - charges.Sum(charge => charge.Net), gross - net - charges.Sum(charge => charge.Vat));
    }

    private static string PointOf(TollCharge charge) => charge.Use.Entry is { } entry ? $"{entry} → {charge.Use.Point}" : charge.Use.Point;
}
