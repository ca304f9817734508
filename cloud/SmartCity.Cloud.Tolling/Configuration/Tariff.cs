namespace SmartCity.Cloud.Tolling.Configuration;

/// <summary>What a tariff prices.</summary>
public enum TariffBasis
{
    /// <summary>Each toll point passed.</summary>
    Point = 1,
    /// <summary>The pair of entry and exit.</summary>
    EntryExit = 2,
    /// <summary>Kilometres, in bands over the vehicle's kilometres of the day.</summary>
    Distance = 3,
}

/// <summary>The price list of a corridor, with its rules. Amounts are major units of <see cref="Currency"/>, exact.</summary>
public sealed record Tariff : ConfigVersion
{
    private readonly IReadOnlyList<TariffPrice> _prices = [];
    private readonly Dictionary<(string, string, string, string), ExactAmount> _cells = [];

    private readonly IReadOnlyList<DistanceRate> _rates = [];
    private readonly Dictionary<string, IReadOnlyList<(string, DistanceRate[])>> _ratesOf = [];

    /// <summary>Any band, any class, where a rule names none.</summary>
    public const string Any = "*";

    /// <summary>Most kilometres of one use.</summary>
    public static ExactAmount KmMax { get; } = 1_000_000;

    /// <summary>Corridor it is of. A corridor has one tariff at a time.</summary>
    public required string Corridor { get; init; }
    /// <summary>Calendar that gives the bands.</summary>
    public required string Calendar { get; init; }
    /// <summary>Penalty policy of what is not paid in time; null = none.</summary>
    public string? PenaltyPolicy { get; init; }
    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>Decimal places of the minor unit, as the ledger has it, 0–6.</summary>
    public required int Scale { get; init; }
    /// <summary>What is priced.</summary>
    public required TariffBasis Basis { get; init; }
    /// <summary>Sparse table: a cell that is not there has no price.</summary>
    public IReadOnlyList<TariffPrice> Prices
    {
        get => _prices;
        init => (_prices, _cells) = (value, value.ToDictionary(p => (p.Entry, p.Point, p.VehicleClass, p.Band), p => p.Amount));
    }
    /// <summary>Prices of kilometres; of each component and class in ascending bands, the last of them open.</summary>
    public IReadOnlyList<DistanceRate> Rates
    {
        get => _rates;
        init => (_rates, _ratesOf) = (value, ByClass(value));
    }
    /// <summary>Sums added to each use.</summary>
    public IReadOnlyList<TariffFee> Fees { get; init; } = [];
    /// <summary>Kilometres of a vehicle's day that cost nothing.</summary>
    public ExactAmount FreeKmPerDay { get; init; }
    /// <summary>Within so many minutes of the first priced use, inclusive, only the dearest counts; 0 = no such rule.</summary>
    public int OneChargeMinutes { get; init; }
    /// <summary>Most that a vehicle's uses of a local day cost, after discounts; null = no cap.</summary>
    public ExactAmount? DailyCap { get; init; }
    /// <summary>Most that a vehicle's uses of a month cost; null = no cap.</summary>
    public ExactAmount? MonthlyCap { get; init; }
    /// <summary>Most uses of a month that cost anything; null = no cap.</summary>
    public int? MonthlyCount { get; init; }
    /// <summary>Calendar of the months.</summary>
    public DateSystem Months { get; init; }
    /// <summary>Discounts by payment means.</summary>
    public IReadOnlyList<TariffDiscount> PaymentDiscounts { get; init; } = [];
    /// <summary>Discounts by plan; 100 % is an unlimited plan.</summary>
    public IReadOnlyList<TariffDiscount> Plans { get; init; } = [];
    /// <summary>Exemptions.</summary>
    public IReadOnlyList<TariffExemption> Exemptions { get; init; } = [];
    /// <summary>Value added tax in percent, 0–100.</summary>
    public ExactAmount VatPercent { get; init; }
    /// <summary>Whether prices include it.</summary>
    public bool VatIncluded { get; init; } = true;
    /// <summary>Rounding.</summary>
    public required Rounding Rounding { get; init; }
    /// <summary>Who the net is for, by weight; empty = one concession named as the corridor.</summary>
    public IReadOnlyList<ConcessionShare> Concessions { get; init; } = [];

    /// <summary>Whether what a use costs depends on other uses of its month.</summary>
    public bool HasMonthlyCap => MonthlyCap is not null || MonthlyCount is not null;

    /// <summary>One minor unit, in major units.</summary>
    public ExactAmount MinorUnit => ExactAmount.OfMinor(1, Scale);

    /// <summary>Step to which a line is rounded.</summary>
    public ExactAmount LineUnit => Rounding.Stage == RoundingStage.Bill ? MinorUnit : Rounding.Unit;

    /// <summary>Price of a cell; null where the table has none.</summary>
    /// <param name="entry">Entry of an <see cref="TariffBasis.EntryExit"/>; else empty.</param>
    /// <param name="point">Point or exit.</param>
    /// <param name="vehicleClass">Class.</param>
    /// <param name="band">Band.</param>
    public ExactAmount? PriceOf(string entry, string point, string vehicleClass, string band) =>
        _cells.TryGetValue((entry, point, vehicleClass, band), out var price) || _cells.TryGetValue((entry, point, vehicleClass, Any), out price) ? price : null;

    /// <summary>Each component with its bands, in the order of names; none where the class has no price.</summary>
    public IReadOnlyList<(string Component, DistanceRate[] Bands)> RatesOf(string vehicleClass) => _ratesOf.TryGetValue(vehicleClass, out var rates) ? rates : [];

    /// <summary>The entry as the table has it.</summary>
    public string EntryOf(string? entry) => Basis == TariffBasis.EntryExit ? entry ?? "" : "";

    private static Dictionary<string, IReadOnlyList<(string, DistanceRate[])>> ByClass(IReadOnlyList<DistanceRate> rates) =>
        rates.GroupBy(rate => rate.VehicleClass, StringComparer.Ordinal).ToDictionary(group => group.Key, group => (IReadOnlyList<(string, DistanceRate[])>)[.. group
            .GroupBy(rate => rate.Component, StringComparer.Ordinal).OrderBy(component => component.Key, StringComparer.Ordinal)
            .Select(component => (component.Key, component.OrderBy(rate => rate.UpToKm is null).ThenBy(rate => rate.UpToKm ?? 0).ToArray()))], StringComparer.Ordinal);
}

/// <summary>A cell of the table.</summary>
/// <param name="Entry">Entry of an <see cref="TariffBasis.EntryExit"/>; else empty.</param>
/// <param name="Point">Point or exit.</param>
/// <param name="VehicleClass">Class.</param>
/// <param name="Band">Band, or <see cref="Tariff.Any"/>.</param>
/// <param name="Amount">At least 0.</param>
/// <param name="Place">Where it was read.</param>
public sealed record TariffPrice(string Entry, string Point, string VehicleClass, string Band, ExactAmount Amount, ConfigPlace Place);

/// <summary>Price of a kilometre in a band of the vehicle's kilometres of the day, those without charge among them.</summary>
/// <param name="Component">What it is for, such as <c>infrastructure</c> or <c>co2</c>; the components are added.</param>
/// <param name="VehicleClass">Class.</param>
/// <param name="UpToKm">End of the band in km from the start of the day; null = all beyond.</param>
/// <param name="PerKm">At least 0.</param>
/// <param name="Place">Where it was read.</param>
public sealed record DistanceRate(string Component, string VehicleClass, ExactAmount? UpToKm, ExactAmount PerKm, ConfigPlace Place);

/// <summary>A sum added to each use, such as a camera fee.</summary>
/// <param name="Component">What it is for.</param>
/// <param name="VehicleClass">Class, or <see cref="Tariff.Any"/>.</param>
/// <param name="Means">Payment means it is for; null = all.</param>
/// <param name="Amount">At least 0.</param>
public sealed record TariffFee(string Component, string VehicleClass, string? Means, ExactAmount Amount);

/// <summary>A share taken off.</summary>
/// <param name="Key">Payment means or plan.</param>
/// <param name="Percent">0–100.</param>
/// <param name="Classes">Classes it is for; empty = all.</param>
/// <param name="Points">Points or exits it is for; empty = all.</param>
public sealed record TariffDiscount(string Key, ExactAmount Percent, IReadOnlyList<string> Classes, IReadOnlyList<string> Points);

/// <summary>A group that does not pay itself.</summary>
/// <param name="Code">Exemption code.</param>
/// <param name="Partner">Exemption partner it is accounted to.</param>
/// <param name="PartnerPays">Whether the partner owes the price; else nobody does.</param>
/// <param name="Classes">Classes it is for; empty = all.</param>
public sealed record TariffExemption(string Code, string Partner, bool PartnerPays, IReadOnlyList<string> Classes);

/// <summary>A concession's share of the net.</summary>
/// <param name="Concession">Name, as in the account <c>liability:concession:…</c>.</param>
/// <param name="Weight">Above 0.</param>
public sealed record ConcessionShare(string Concession, int Weight);
