using System.Globalization;
using SmartCity.Cloud.Tolling.Configuration;

namespace SmartCity.Cloud.Tolling.Rating;

/// <summary>Whose caps and kilometres they are. Who pays instead of the driver has caps of his own; amounts of two currencies are never added.</summary>
internal readonly record struct VehicleKey(string Corridor, string Vehicle, string? Partner, bool Pays, string Currency, int Scale);

/// <summary>A use with the versions that hold for it.</summary>
internal sealed class UseInWork
{
    private UseInWork(TollUse use, string corridor, Tariff tariff, DateTime local, string band, ExactAmount km, TariffExemption? exemption)
    {
        (Use, Corridor, Tariff, Day, Band, Km, Exemption) = (use, corridor, tariff, DateOnly.FromDateTime(local), band, km, exemption);
        // No vehicle is named in two ways: a key of a plate or tag has a colon, and no control character.
        Key = new VehicleKey(corridor, use.Vehicle ?? "\u0001" + use.Id, exemption?.Partner, exemption?.PartnerPays ?? true, tariff.Currency, tariff.Scale);
    }

    public TollUse Use { get; }
    public string Corridor { get; }
    public Tariff Tariff { get; }
    public DateOnly Day { get; }
    public string Band { get; }
    /// <summary>Kilometres of a tariff by distance; else 0.</summary>
    public ExactAmount Km { get; }
    public TariffExemption? Exemption { get; }
    public VehicleKey Key { get; }
    public ExactAmount List { get; set; }
    public ExactAmount Amount { get; private set; }
    public List<RuleStep> Trace { get; } = new(6);

    public void Step(RatingRule rule, string input, ExactAmount change)
    {
        Amount += change;
        Trace.Add(new RuleStep(rule, input, change, Amount));
    }

    /// <summary>Finds the versions and the cell of a use.</summary>
    /// <returns>Why there is no price, or null.</returns>
    public static RatingProblem? Of(TollUse use, TollConfiguration configuration, out UseInWork? work)
    {
        work = null;
        if (configuration.CorridorOf(use.Point) is not { } id) return Fault(RatingFault.PointUnknown, $"{use.Point} is a toll point of no corridor");
        if (configuration.LocalOf(id, use.Time) is not { } local) return Fault(RatingFault.TimeOutOfRange, $"{use.Time} µs is outside of the years 1–9999");
        if (configuration.CorridorAt(id, local) is not { } corridor) return Fault(RatingFault.PointUnknown, $"corridor {id} has no version at {At(local)}");
        if (!corridor.HasPoint(use.Point)) return Fault(RatingFault.PointUnknown, $"{use.Point} is no toll point of {corridor}");
        if (!corridor.HasClass(use.VehicleClass)) return Fault(RatingFault.ClassUnknown, $"{use.VehicleClass} is no class of {corridor}");
        if (configuration.TariffAt(id, local) is not { } tariff) return Fault(RatingFault.TariffMissing, $"corridor {id} has no tariff at {At(local)}");
        if (configuration.CalendarAt(tariff.Calendar, local) is not { } calendar) return Fault(RatingFault.TariffMissing, $"calendar {tariff.Calendar} has no version at {At(local)}");
        var band = calendar.BandAt(local);
        var km = ExactAmount.Zero;
        switch (tariff.Basis)
        {
            case TariffBasis.Distance:
                if (use.Entry is not null && use.Km is null && !corridor.HasPoint(use.Entry)) return Fault(RatingFault.PointUnknown, $"{use.Entry} is no toll point of {corridor}");
                if ((use.Km ?? (use.Entry is null ? null : corridor.KmBetween(use.Entry, use.Point))) is not { } found) return Fault(RatingFault.DistanceMissing, $"the kilometres to {use.Point} are not known");
                if (found.Sign < 0 || found > Tariff.KmMax) return Fault(RatingFault.DistanceMissing, $"{found} km are no distance");
                if (tariff.RatesOf(use.VehicleClass).Count == 0) return Missing();
                km = found;
                break;
            case TariffBasis.EntryExit when use.Entry is null:
                return Fault(RatingFault.EntryMissing, $"the trip to {use.Point} has no entry");
            default:
                if (tariff.PriceOf(tariff.EntryOf(use.Entry), use.Point, use.VehicleClass, band) is null) return Missing();
                break;
        }
        var exemption = use.Exemption is null ? null : tariff.Exemptions.FirstOrDefault(known => known.Code == use.Exemption && Holds(known.Classes, use.VehicleClass));
        work = new UseInWork(use, id, tariff, local, band, km, exemption);
        return null;

        static string At(DateTime local) => local.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        RatingProblem Fault(RatingFault fault, string reason) => new(use, fault, reason);
        RatingProblem Missing() => Fault(RatingFault.TariffMissing, $"{tariff} has no price for {(tariff.Basis == TariffBasis.EntryExit ? use.Entry + " → " : "")}{use.Point} × {use.VehicleClass} × {band}");
    }

    public static bool Holds(IReadOnlyList<string> of, string one) => of.Count == 0 || of.Contains(one, StringComparer.Ordinal);
}
