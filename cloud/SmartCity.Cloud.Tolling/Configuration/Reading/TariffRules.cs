namespace SmartCity.Cloud.Tolling.Configuration.Reading;

/// <summary>What a tariff has to do with its corridor and its calendar, and whether its rules can hold together.</summary>
internal sealed class TariffRules(ConfigParts parts, ConfigIssues issues)
{
    private readonly ILookup<string, Corridor> _corridors = parts.Corridors.ToLookup(corridor => corridor.Id, StringComparer.Ordinal);
    private readonly ILookup<string, TollCalendar> _calendars = parts.Calendars.ToLookup(calendar => calendar.Id, StringComparer.Ordinal);
    private readonly HashSet<string> _policies = parts.PenaltyPolicies.Select(policy => policy.Id).ToHashSet(StringComparer.Ordinal);

    public void Check()
    {
        foreach (var group in parts.Tariffs.GroupBy(tariff => tariff.Corridor, StringComparer.Ordinal))
        {
            var standing = Timeline.Standing(group);
            foreach (var tariff in group)
            {
                var at = standing.ToList().IndexOf(tariff);
                Check(tariff, tariff.ValidTo ?? (at >= 0 && at + 1 < standing.Count ? standing[at + 1].ValidFrom : null));
            }
        }
    }

    private void Check(Tariff tariff, DateTime? end)
    {
        if (!_corridors.Contains(tariff.Corridor)) issues.Add(tariff.Origin, $"corridor {ConfigIssues.Quote(tariff.Corridor)} is in no file");
        else if (!_calendars.Contains(tariff.Calendar)) issues.Add(tariff.Origin, $"calendar {ConfigIssues.Quote(tariff.Calendar)} is in no file");
        else
        {
            ConfigurationRules.Times(tariff, _corridors[tariff.Corridor].First().Zone, "tariff", issues);
            Covered(tariff, end, _corridors[tariff.Corridor], "corridor");
            Covered(tariff, end, _calendars[tariff.Calendar], "calendar");
            References(tariff, Within(tariff, end, _corridors[tariff.Corridor]), Within(tariff, end, _calendars[tariff.Calendar]));
        }
        if (tariff.PenaltyPolicy is { } policy && !_policies.Contains(policy)) issues.Add(tariff.Origin, $"penalty policy {ConfigIssues.Quote(policy)} is in no file");
        Basis(tariff);
        foreach (var (name, cap) in (ReadOnlySpan<(string, ExactAmount?)>)[("dailyCap", tariff.DailyCap), ("monthlyCap", tariff.MonthlyCap)])
            if (cap is { } most && !most.IsMultipleOf(tariff.LineUnit)) issues.Add(tariff.Origin, $"{name} {most} is no whole number of {tariff.LineUnit}, to which a charge is rounded: rounding would go beyond it");
    }

    private void Covered<T>(Tariff tariff, DateTime? end, IEnumerable<T> versions, string what) where T : ConfigVersion
    {
        // That there is no gap between them has been seen.
        var standing = Timeline.Standing(versions);
        if (standing.Count == 0) return;
        if (standing[0].ValidFrom > tariff.ValidFrom) issues.Add(tariff.Origin, $"the tariff begins on {ConfigurationRules.Show(tariff.ValidFrom)}, its {what} {standing[0]} on {ConfigurationRules.Show(standing[0].ValidFrom)}", standing[0].Origin);
        if (standing[^1].ValidTo is { } last && (end is null || end > last))
            issues.Add(tariff.Origin, $"the tariff {(end is { } day ? "ends on " + ConfigurationRules.Show(day) : "has no end")}, its {what} {standing[^1]} ends on {ConfigurationRules.Show(last)}", standing[^1].Origin);
    }

    private static List<T> Within<T>(Tariff tariff, DateTime? end, IEnumerable<T> versions) where T : ConfigVersion
    {
        var standing = Timeline.Standing(versions);
        return [.. standing.Where((version, i) => (end is null || version.ValidFrom < end) && ((version.ValidTo ?? (i + 1 < standing.Count ? standing[i + 1].ValidFrom : null)) is not { } to || to > tariff.ValidFrom))];
    }

    private void References(Tariff tariff, List<Corridor> corridors, List<TollCalendar> calendars)
    {
        var points = corridors.SelectMany(corridor => corridor.Points).Select(point => point.Id).ToHashSet(StringComparer.Ordinal);
        var classes = corridors.SelectMany(corridor => corridor.Classes).ToHashSet(StringComparer.Ordinal);
        var bands = calendars.SelectMany(calendar => calendar.BandNames).Append(Tariff.Any).ToHashSet(StringComparer.Ordinal);
        var of = corridors.Count > 0 ? $"corridor \"{tariff.Corridor}\"" : "its corridor";
        foreach (var price in tariff.Prices)
        {
            if (price.Entry.Length > 0) Known(points, price.Entry, "entry", of, price.Place);
            Known(points, price.Point, "point", of, price.Place);
            Known(classes, price.VehicleClass, "class", of, price.Place);
            Known(bands, price.Band, "band", $"calendar \"{tariff.Calendar}\"", price.Place);
        }
        foreach (var rate in tariff.Rates) Known(classes, rate.VehicleClass, "class", of, rate.Place);
        foreach (var fee in tariff.Fees)
            if (fee.VehicleClass != Tariff.Any) Known(classes, fee.VehicleClass, "class", of, tariff.Origin);
        foreach (var discount in tariff.PaymentDiscounts.Concat(tariff.Plans))
        {
            foreach (var one in discount.Classes) Known(classes, one, "class", of, tariff.Origin);
            foreach (var one in discount.Points) Known(points, one, "point", of, tariff.Origin);
        }
        foreach (var one in tariff.Exemptions.SelectMany(exemption => exemption.Classes)) Known(classes, one, "class", of, tariff.Origin);
        var priced = tariff.Prices.Select(price => price.VehicleClass).Concat(tariff.Rates.Select(rate => rate.VehicleClass)).ToHashSet(StringComparer.Ordinal);
        if (classes.Except(priced).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } none) issues.Warn(tariff.Origin, $"no price at all for {string.Join(", ", none)}: such uses will be TARIFF_MISSING");
    }

    private void Known(HashSet<string> known, string one, string what, string of, ConfigPlace place)
    {
        if (!known.Contains(one)) issues.Add(place, $"{what} {ConfigIssues.Quote(one)} is not one of {of}");
    }

    private void Basis(Tariff tariff)
    {
        if (tariff.Basis == TariffBasis.Distance)
        {
            if (tariff.Prices.Count > 0) issues.Add(tariff.Prices[0].Place, "a tariff of basis distance has rates, not prices");
            if (tariff.Rates.Count == 0) issues.Add(tariff.Origin, "a tariff of basis distance needs rates");
        }
        else
        {
            if (tariff.Rates.Count > 0) issues.Add(tariff.Rates[0].Place, $"only a tariff of basis distance has rates");
            if (tariff.Prices.Count == 0) issues.Add(tariff.Origin, "the tariff has no prices");
            if (tariff.FreeKmPerDay.Sign > 0) issues.Add(tariff.Origin, "only a tariff of basis distance has freeKmPerDay");
        }
        var most = ExactAmount.OfMinor(long.MaxValue, tariff.Scale);
        foreach (var price in tariff.Prices)
            if (price.Amount > most) issues.Add(price.Place, $"amount {price.Amount} does not fit 64 bits at scale {tariff.Scale}; at most {most}");
        foreach (var group in tariff.Rates.GroupBy(rate => (rate.Component, rate.VehicleClass)))
            if (!group.Any(rate => rate.UpToKm is null)) issues.Add(group.Last().Place, $"{group.Key.Component} × {group.Key.VehicleClass} has no price beyond {group.Max(rate => rate.UpToKm)} km; the last band has no upToKm");
    }
}
