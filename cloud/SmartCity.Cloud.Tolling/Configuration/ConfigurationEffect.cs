using System.Globalization;

namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>One difference in what uses cost.</summary>
/// <param name="Corridor">Corridor; empty for what is of none.</param>
/// <param name="What">Toll point, <c>entry → exit</c>, component of a price by distance, or a rule such as <c>dailyCap</c>.</param>
/// <param name="VehicleClass">Class; empty for a rule.</param>
/// <param name="Days">Kinds of day, by both calendars; empty for a rule.</param>
/// <param name="Time">Time of day such as <c>07:00–09:00</c>; empty = all day.</param>
/// <param name="From">First day.</param>
/// <param name="To">Last day; null = from then on.</param>
/// <param name="DayCount">How many days; 0 where it goes on.</param>
/// <param name="Before">Price or rule before; <c>–</c> = none.</param>
/// <param name="After">Price or rule after; <c>–</c> = none.</param>
public sealed record EffectRow(string Corridor, string What, string VehicleClass, string Days, string Time, DateOnly From, DateOnly? To, int DayCount, string Before, string After);

/// <summary>How many rows of a register change.</summary>
/// <param name="Register">Register, as its list in JSON is named.</param>
/// <param name="Added">New ones.</param>
/// <param name="Removed">Those that are no longer there.</param>
/// <param name="Changed">Those of one key that say something else.</param>
public sealed record RegisterChange(string Register, int Added, int Removed, int Changed);

/// <summary>What a new configuration changes: which days × points × classes get another price, which rules another content, how many rows of which register.</summary>
/// <param name="Rows">By corridor, day, place and class.</param>
/// <param name="Registers">Registers that change.</param>
public sealed record ConfigurationEffect(IReadOnlyList<EffectRow> Rows, IReadOnlyList<RegisterChange> Registers)
{
    private const string None = "–";

    /// <summary>First day on which anything costs something else; null where nothing does. What was rated from there on is to be rated again.</summary>
    public DateOnly? From => Rows.Count == 0 ? null : Rows.Min(row => row.From);

    /// <summary>Compares two configurations. Pure.</summary>
    /// <param name="before">What holds.</param>
    /// <param name="after">What would hold.</param>
    public static ConfigurationEffect Of(TollConfiguration before, TollConfiguration after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var rows = new List<EffectRow>();
        foreach (var corridor in before.CorridorIds.Union(after.CorridorIds, StringComparer.Ordinal)) rows.AddRange(Corridor(corridor, before, after));
        foreach (var policy in before.PolicyIds.Union(after.PolicyIds, StringComparer.Ordinal))
        {
            var ends = before.ChangesOfPolicy(policy).Concat(after.ChangesOfPolicy(policy)).Distinct().Order().ToList();
            for (var i = 0; i < ends.Count; i++)
                Rule(rows, "", "penaltyPolicy " + policy, ends[i], i + 1 < ends.Count ? ends[i + 1] : null, Show(before.PenaltyPolicyAt(policy, ends[i])), Show(after.PenaltyPolicyAt(policy, ends[i])));
        }
        return new ConfigurationEffect([.. rows.OrderBy(row => row.Corridor, StringComparer.Ordinal).ThenBy(row => row.From).ThenBy(row => row.What, StringComparer.Ordinal)
            .ThenBy(row => row.VehicleClass, StringComparer.Ordinal).ThenBy(row => row.Time, StringComparer.Ordinal).ThenBy(row => row.Days, StringComparer.Ordinal)], RegistersOf(before.Registers, after.Registers));
    }

    private static List<RegisterChange> RegistersOf(TollRegisters before, TollRegisters after)
    {
        RegisterChange[] changes =
        [
            Compare("issuers", before.Issuers, after.Issuers, issuer => issuer.Number, issuer => issuer with { Place = ConfigPlace.None }),
            Compare("accounts", before.Accounts, after.Accounts, account => account.Id, account => account with { Place = ConfigPlace.None }),
            Compare("tags", before.Tags, after.Tags, tag => tag.Tag, tag => tag with { Place = ConfigPlace.None }),
            Compare("plates", before.Plates, after.Plates, plate => plate.Plate.Key, plate => plate with { Place = ConfigPlace.None }),
            Compare("exceptions", before.Exceptions, after.Exceptions, entry => (entry.Kind, entry.Subject, entry.From), entry => entry with { Place = ConfigPlace.None }),
        ];
        return [.. changes.Where(change => change.Added + change.Removed + change.Changed > 0)];
    }

    private static RegisterChange Compare<T, TKey>(string register, IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, TKey> key, Func<T, T> said) where TKey : notnull
    {
        var (old, young) = (before.ToDictionary(key, said), after.ToDictionary(key, said));
        return new RegisterChange(register, young.Keys.Count(one => !old.ContainsKey(one)), old.Keys.Count(one => !young.ContainsKey(one)),
            young.Count(row => old.TryGetValue(row.Key, out var was) && !EqualityComparer<T>.Default.Equals(was, row.Value)));
    }

    private static List<EffectRow> Corridor(string corridor, TollConfiguration before, TollConfiguration after)
    {
        var (rows, prices) = (new List<EffectRow>(), new PriceEffects(corridor));
        var ends = before.ChangesOf(corridor).Concat(after.ChangesOf(corridor)).Distinct().Order().ToList();
        for (var i = 0; i < ends.Count; i++)
        {
            var (from, to) = (ends[i], i + 1 < ends.Count ? ends[i + 1] : (DateTime?)null);
            // Between two of these moments no version changes on either side.
            var (old, young) = (EffectSide.At(before, corridor, from), EffectSide.At(after, corridor, from));
            if (old.Hashes == young.Hashes) continue;
            prices.Add(from, to, old, young);
            foreach (var (name, show) in _rules) Rule(rows, corridor, name, from, to, show(old), show(young));
        }
        rows.AddRange(prices.Rows());
        return rows;
    }

    private static void Rule(List<EffectRow> rows, string corridor, string name, DateTime from, DateTime? to, string before, string after)
    {
        if (before == after) return;
        var (first, last) = (DateOnly.FromDateTime(from), to is { } end ? DateOnly.FromDateTime(end.AddTicks(-1)) : (DateOnly?)null);
        // What goes on over a change of something else is one row.
        if (rows.FindIndex(row => row.Corridor == corridor && row.What == name && row.Before == before && row.After == after && row.To >= first.AddDays(-1)) is var known and >= 0)
            rows[known] = rows[known] with { To = last, DayCount = Count(rows[known].From, last) };
        else rows.Add(new EffectRow(corridor, name, "", "", "", first, last, Count(first, last), before, after));
    }

    private static int Count(DateOnly from, DateOnly? to) => to is { } last ? last.DayNumber - from.DayNumber + 1 : 0;

    private static readonly (string Name, Func<EffectSide, string> Show)[] _rules =
    [
        ("points", side => side.Corridor is null ? None : List(side.Corridor.Points.Select(point => point.Role is { } role ? $"{point.Id} ({role})" : point.Id))),
        ("lanes", side => side.Corridor is null ? None : List(side.Corridor.Points.SelectMany(point => point.Lanes).Select(lane => $"{lane.Id}({string.Join(" ", lane.Devices.Order(StringComparer.Ordinal))})"))),
        ("distances", side => side.Corridor is null ? None : List(side.Corridor.Distances.Select(d => $"{d.From}–{d.To} {d.Km}"))),
        Of("fees", tariff => List(tariff.Fees.Select(fee => $"{fee.Component} {fee.VehicleClass} {fee.Means} {fee.Amount}"))),
        Of("freeKmPerDay", tariff => tariff.FreeKmPerDay.Sign == 0 ? None : tariff.FreeKmPerDay.ToString()),
        Of("oneChargeMinutes", tariff => tariff.OneChargeMinutes == 0 ? None : tariff.OneChargeMinutes.ToString(CultureInfo.InvariantCulture)),
        Of("dailyCap", tariff => tariff.DailyCap?.ToString() ?? None),
        Of("monthlyCap", tariff => tariff.MonthlyCap is { } cap ? $"{cap} a {tariff.Months} month" : None),
        Of("monthlyCount", tariff => tariff.MonthlyCount is { } count ? FormattableString.Invariant($"{count} a {tariff.Months} month") : None),
        Of("paymentDiscounts", tariff => Discounts(tariff.PaymentDiscounts)),
        Of("plans", tariff => Discounts(tariff.Plans)),
        Of("exemptions", tariff => List(tariff.Exemptions.Select(one => $"{one.Code} {one.Partner} {(one.PartnerPays ? "pays" : "is told")} {string.Join("+", one.Classes)}".TrimEnd()))),
        Of("vat", tariff => tariff.VatPercent.Sign == 0 ? None : $"{tariff.VatPercent} % {(tariff.VatIncluded ? "included" : "added")}"),
        Of("rounding", tariff => $"{tariff.Rounding.Mode} {tariff.Rounding.Unit} {tariff.Rounding.Stage}"),
        Of("penaltyPolicy", tariff => tariff.PenaltyPolicy ?? None),
        Of("concessions", tariff => List(tariff.Concessions.Select(one => FormattableString.Invariant($"{one.Concession} {one.Weight}")))),
    ];

    private static (string, Func<EffectSide, string>) Of(string name, Func<Tariff, string> show) => (name, side => side.Tariff is null ? None : show(side.Tariff));

    private static string Discounts(IReadOnlyList<TariffDiscount> discounts) =>
        List(discounts.Select(one => $"{one.Key} {one.Percent} % {string.Join("+", one.Classes.Concat(one.Points))}".TrimEnd()));

    private static string List(IEnumerable<string> items) => string.Join(", ", items.Order(StringComparer.Ordinal)) is { Length: > 0 } list ? list : None;

    private static string Show(PenaltyPolicy? policy)
    {
        if (policy is null) return None;
        var step = policy.StepPercent.Sign == 0 ? "" : FormattableString.Invariant($", then {policy.StepPercent} % of {policy.StepBase} every {(policy.StepMonths > 0 ? $"{policy.StepMonths} {policy.Months} months" : $"{policy.StepDays} days")}");
        return $"{policy.FirstPercent} % after {policy.GraceDays} days{step}{(policy.MaxPercent is { } max ? $", at most {max} %" : "")}, {policy.Mode}";
    }
}

/// <summary>What holds of a corridor at a moment.</summary>
internal sealed record EffectSide(Corridor? Corridor, Tariff? Tariff, TollCalendar? Calendar)
{
    public (string?, string?, string?) Hashes => (Corridor?.Hash, Tariff?.Hash, Calendar?.Hash);

    public static EffectSide At(TollConfiguration configuration, string corridor, DateTime local)
    {
        var tariff = configuration.TariffAt(corridor, local);
        return new EffectSide(configuration.CorridorAt(corridor, local), tariff, tariff is null ? null : configuration.CalendarAt(tariff.Calendar, local));
    }

    /// <summary>What a day counts as on both sides; where a side has no calendar, as on the other.</summary>
    public static (DayKind Before, DayKind After) KindsOf(EffectSide before, EffectSide after, DateOnly day)
    {
        var (old, young) = (before.Calendar?.KindOf(day), after.Calendar?.KindOf(day));
        return (old ?? young ?? DayKind.Working, young ?? old ?? DayKind.Working);
    }

    /// <summary>Bands of a kind of day with where each begins.</summary>
    public IEnumerable<TimeOnly> Edges(DayKind kind) => Calendar is null ? [] : Calendar.Bands.Where(band => band.Days.Contains(kind)).SelectMany(band => new[] { band.From, band.To });

    public string? BandAt(DayKind kind, TimeOnly time) => Calendar is null ? null : Calendar.Bands.FirstOrDefault(band => band.Holds(kind, time))?.Band ?? Calendar.DefaultBand;

    /// <summary>Price of each cell in a band.</summary>
    public IEnumerable<((string What, string VehicleClass) Cell, string Price)> Prices(string? band)
    {
        if (Tariff is null || Corridor is null || band is null) yield break;
        foreach (var cell in Tariff.Prices.Select(price => (price.Entry, price.Point, price.VehicleClass)).Distinct())
            if (Tariff.PriceOf(cell.Entry, cell.Point, cell.VehicleClass, band) is { } price)
                yield return ((cell.Entry.Length > 0 ? $"{cell.Entry} → {cell.Point}" : cell.Point, cell.VehicleClass), $"{price} {Tariff.Currency}");
        foreach (var vehicleClass in Tariff.Rates.Select(rate => rate.VehicleClass).Distinct(StringComparer.Ordinal))
            foreach (var (component, bands) in Tariff.RatesOf(vehicleClass))
                yield return (($"{component} per km", vehicleClass), string.Join(", ", bands.Select(rate => $"{rate.PerKm}{(rate.UpToKm is { } end ? $" to {end} km" : "")}")) + " " + Tariff.Currency);
    }
}
